"""In: nothing, or a file with one search a line. Out: how many a second are parsed, validated and explained here.

Run `python scripts/bench_validate.py [queries.txt]`; the times are CPU time of one core.
"""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

QUERIES = (
    "Patient?birthdate=le{today-65y}&gender=female&_summary=count",
    "Patient?_has:Condition:patient:code=http://snomed.info/sct|44054006",
    "Patient?_has:Observation:patient:code-value-quantity={hba1c}$gt9",
    "Observation?code=http://loinc.org|4548-4&value-quantity=gt7||%25&date=ge2023-03-01&_sort=-date&_count=1",
    "Condition?patient.name=smith&clinical-status=active&onset-date=ge{year-1}",
    "MedicationRequest?code={metformin}&requester:Practitioner.name=Osei&status=active",
    "Encounter?status=in-progress&class=IMP&location.name=Ward%203",
    "DiagnosticReport?patient=Patient/123&_include=DiagnosticReport:result&issued=gt2024-01-01T00:00:00Z",
)
STARTUP = """
import time, dataclasses, json, re, typing, pkgutil, decimal, datetime
a = time.process_time()
from fhirdistill.search import registry
b = time.process_time(); registry(); c = time.process_time()
print(f"import {(b - a) * 1000:.1f} ms (standard library apart), R4 registry {(c - b) * 1000:.1f} ms")
"""


def rate(function: Callable[[Any], object], items: list[object], seconds: float = 2.0) -> float:
    """Return calls a second of CPU time, over whole rounds of `items`."""
    calls, start = 0, time.process_time()
    while time.process_time() - start < seconds:
        for item in items:
            function(item)
        calls += len(items)
    return calls / (time.process_time() - start)


def main() -> None:
    """Print the figures."""
    from fhirdistill.search import explain, parse, validate

    lines = Path(sys.argv[1]).read_text().splitlines() if len(sys.argv) > 1 else list(QUERIES)
    texts: list[object] = [line for line in lines if line]
    searches: list[object] = [parse(line) for line in lines if line]
    subprocess.run([sys.executable, "-c", STARTUP], check=True)
    print(f"parse               {rate(parse, texts):9.0f}/s")
    print(f"validate a Search   {rate(validate, searches):9.0f}/s")
    print(f"parse and validate  {rate(validate, texts):9.0f}/s")
    print(f"explain             {rate(explain, searches):9.0f}/s")
    for name, piece in (("parameters", "name=a&"), ("alternatives", "a,"), ("escapes", "\\,"), ("encoded", "%41")):
        text = f"Patient?{'' if '=' in piece else 'name='}" + piece * (1_000_000 // len(piece))
        start = time.process_time()
        parse(text)
        print(f"1 MB of {name:12} {time.process_time() - start:8.2f} s")


if __name__ == "__main__":
    main()
