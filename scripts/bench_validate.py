"""In: nothing, or a file with one search a line. Out: how many a second are parsed, validated and explained here.

Run `python scripts/bench_validate.py [queries.txt]`; all times are CPU time of one core, medians.
"""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from resource import RUSAGE_CHILDREN, getrusage
from statistics import median
from tempfile import TemporaryDirectory
from typing import Any

from fhirdistill.errors import SearchSyntaxError
from fhirdistill.search import explain, parse, validate

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
STARTED = {
    "a bare interpreter": "pass",
    "its json, re, typing": "import json, re, typing",
    "import and registry": "import fhirdistill.search as s; s.registry()",
    "... and parse": "import fhirdistill.search as s; s.parse('Patient?name=a')",
    "... and validate": "import fhirdistill.search as s; s.validate('Patient?name=a')",
}
SHAPES = (
    ("Patient?", "a=&"), ("Patient?", "a=1&"), ("Patient?", "name=a&"), ("Patient?", "name=%41&"), ("Patient?", "&"),
    ("Condition?", "code={a}&"), ("Observation?", "code=a|b&"), ("Patient?name=", "a,"), ("Patient?name=", "\\,"),
    ("Patient?name=", "%41"), ("Condition?code=", "{a},"), ("Patient?birthdate=", "{year},"),
    ("Observation?value-quantity=", "gt1,"), ("Observation?code-value-quantity=", "1$2,"), ("Patient?", "a."),
    ("Patient?", "_has:A:b:"), ("", "/"),
)  # fmt: skip


def rate(function: Callable[[Any], object], items: list[object], rounds: int = 15, seconds: float = 0.2) -> float:
    """Return calls a second of CPU time: the median of some rounds, each over whole passes through `items`."""
    rates = []
    for _ in range(rounds):
        calls, start = 0, time.process_time()
        while time.process_time() - start < seconds:
            for item in items:
                function(item)
            calls += len(items)
        rates.append(calls / (time.process_time() - start))
    return median(rates)


def started(code: str, times: int = 11) -> float:
    """Return the CPU time in ms that a new interpreter takes for some code: the median of several."""
    costs = []
    with TemporaryDirectory() as folder:  # of compiled modules, as an installed package has them
        env = {**os.environ, "PYTHONDONTWRITEBYTECODE": "", "PYTHONPYCACHEPREFIX": folder}
        for _ in range(times + 1):
            before = getrusage(RUSAGE_CHILDREN)
            subprocess.run([sys.executable, "-c", code], check=True, env=env)
            after = getrusage(RUSAGE_CHILDREN)
            costs.append(after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime)
    return median(costs[1:]) * 1000


def megabyte(start: str, piece: str) -> float:
    """Return the CPU time in seconds that 1 MB of one piece takes to parse, or to be refused."""
    text = start + piece * (1_000_000 // len(piece))
    begin = time.process_time()
    with suppress(SearchSyntaxError):
        parse(text)
    return time.process_time() - begin


def main() -> None:
    """Print the figures."""
    lines = Path(sys.argv[1]).read_text().splitlines() if len(sys.argv) > 1 else list(QUERIES)
    texts: list[object] = [line for line in lines if line]
    searches: list[object] = [parse(line) for line in lines if line]
    for name, code in STARTED.items():
        print(f"{name:22} {started(code):8.1f} ms")
    for name, function, items in (
        ("parse", parse, texts),
        ("validate a Search", validate, searches),
        ("parse and validate", validate, texts),
        ("explain", explain, searches),
    ):
        print(f"{name:22} {rate(function, items):8.0f} /s")
    for start, piece in SHAPES:
        print(f"1 MB {start + piece:40} {megabyte(start, piece):6.2f} s")


if __name__ == "__main__":
    main()
