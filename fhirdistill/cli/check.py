"""In: recorded replies and the questions that they answer. Out: examples, rejections, and how many of which kind."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import click

FILE = click.Path(path_type=Path, allow_dash=True)


@click.command()
@click.argument("replies", metavar="REPLIES...", nargs=-1, required=True, type=FILE)
@click.option(
    "--questions", required=True, multiple=True, type=FILE, metavar="FILE", help="Questions; may be repeated."
)
@click.option(
    "--out", type=click.Path(path_type=Path), metavar="DIR", help="Write examples.jsonl and rejections.jsonl."
)
@click.option("--json", "as_json", is_flag=True, help="Print the counts as one JSON object.")
@click.pass_context
def check(
    ctx: click.Context, replies: tuple[Path, ...], questions: tuple[Path, ...], out: Path | None, as_json: bool
) -> None:
    """Check a teacher's replies and keep what is right.

    REPLIES are folders of `fhirdistill label`, or files of recorded replies (.jsonl, .jsonl.gz); later ones win.
    --questions names the files (or folders of files) with the questions. Every label is parsed, checked against
    FHIR R4 and compared with its question; DIR/examples.jsonl gets the good ones, DIR/rejections.jsonl the others with
    what is wrong. Both files are made anew each time. Printed are the share that is kept and the reasons for the rest.

    \b
      fhirdistill check run --questions mine.jsonl --out run
      fhirdistill check fixtures/teacher --questions fixtures/questions --json

    Exit code 1 if a line of a file can't be read; the rest is done.
    """  # noqa: D301 - click's paragraph mark
    from fhirdistill.check import check_records
    from fhirdistill.teacher.derived import EXAMPLES, REJECTIONS, write_examples, write_rejections
    from fhirdistill.teacher.questions import read_questions
    from fhirdistill.teacher.store import read_records, record_files

    asked = read_questions(questions)
    found = [read_records(file) for path in replies for file in record_files(path)]
    checked = check_records((record for records, _ in found for record in records), asked.by_id)
    if out:
        write_examples(out / EXAMPLES, checked.examples, asked.sources)
        write_rejections(out / REJECTIONS, checked.rejections, asked.sources)
    report = checked.report()
    click.echo(json.dumps(report, indent=2) if as_json else "\n".join(table(report)))
    broken = [*asked.broken, *(line for _, lines in found for line in lines)]
    for line in broken:
        click.echo(f"Error: {line}", err=True)
    ctx.exit(int(bool(broken)))


def table(report: dict[str, Any]) -> list[str]:
    """Return the report as lines of text: the counts, then the reasons of rejections and the notes on examples."""
    counts = {name: value for name, value in report.items() if isinstance(value, int)}
    rate = report["keep_rate"]
    lines = [f"{name.replace('_', ' '):<28}{value:>8}" for name, value in counts.items()]
    lines.append(f"{'keep rate':<28}{'-' if rate is None else format(rate, '.1%'):>8}")
    for title, name in (("reasons of rejections", "reasons"), ("notes on examples", "notes")):
        if report[name]:
            lines += ["", title, *(f"  {code:<26}{count:>8}" for code, count in report[name].items())]
    return lines
