"""In: a file of questions. Out: how long the translator takes, in process and as a whole command.

Run it as `python -m fhirdistill.benchmark FILE`.
"""

from __future__ import annotations

import json
import resource
import subprocess
import sys
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from statistics import median, quantiles

import click

from fhirdistill.cli.read import Complaints, json_lines

ROUNDS = 2
COMMAND_ROUNDS = 7


@click.command()
@click.argument("questions", metavar="FILE")
@click.option("--threads", default=2, show_default=True, help="Processor threads.")
@click.option("--beams", default=4, show_default=True, help="Readings that the search keeps.")
@click.option("--model", type=click.Path(path_type=Path), help="Another bundle folder than the packaged one.")
def main(questions: str, threads: int, beams: int, model: Path | None) -> None:
    """Time the translator on the questions of a JSONL FILE of {question}; milliseconds, one JSON object on stdout."""
    from fhirdistill.translate import Translator

    records = (record for _, record in json_lines(questions, Complaints(questions)))
    asked = [str(record["question"]) for record in records if record.get("question")]
    translator = Translator(model, beams=beams, threads=threads)
    for text in asked[:10]:
        translator.translate(text)
    single = [_milliseconds(partial(translator.translate, text)) for _ in range(ROUNDS) for text in asked]
    started = time.perf_counter()
    count = sum(1 for _ in translator.translate_all([(None, text) for text in asked * ROUNDS]))
    batch = count / (time.perf_counter() - started)
    command = [_milliseconds(partial(_command, asked[i % len(asked)], model)) for i in range(COMMAND_ROUNDS)]
    children = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024
    click.echo(json.dumps({
        "questions": len(single), "threads": threads, "beams": beams, "warm_p50_ms": round(median(single), 1),
        "warm_p95_ms": round(quantiles(single, n=20)[18], 1), "batch_per_second": round(batch, 1),
        "command_p50_ms": round(median(command)), "command_peak_mib": round(children),
    }))  # fmt: skip


def _milliseconds(call: Callable[[], object]) -> float:
    started = time.perf_counter()
    call()
    return 1000 * (time.perf_counter() - started)


def _command(text: str, model: Path | None) -> None:
    given = ["--model", str(model)] if model else []
    code = "import sys; from fhirdistill.cli import main; sys.argv[0] = 'fhirdistill'; main()"
    subprocess.run([sys.executable, "-c", code, "translate", *given, "--", text], capture_output=True, check=False)


if __name__ == "__main__":
    main()
