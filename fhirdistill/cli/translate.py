"""In: a question, or a file of questions. Out: a FHIR search, or a JSON object a question."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from fhirdistill.cli.read import Complaints, json_lines, read_text, writing
from fhirdistill.errors import InputError

if TYPE_CHECKING:
    from fhirdistill.records import Translation
    from fhirdistill.translate import Translator


@click.command()
@click.argument("question", required=False)
@click.option(
    "--today", metavar="DATE", help="Count relative dates from this day, as 2026-03-15. Default: the day of your clock."
)
@click.option("--json", "as_json", is_flag=True, help="Print the whole Translation as one JSON object.")
@click.option("--explain", is_flag=True, help="Add the student's own rationale.")
@click.option(
    "--input",
    "source",
    metavar="FILE",
    help="Translate a JSONL file of {id, question}, one object a line; - is standard input.",
)
@click.option(
    "--output",
    "target",
    metavar="FILE",
    default="-",
    show_default=True,
    help="Where the objects of --input go, in the same order.",
)
@click.option(
    "--beams", default=4, show_default=True, type=click.IntRange(1, 16), help="How many readings the search keeps."
)
@click.option("--model", type=click.Path(path_type=Path), help="Another bundle folder than the packaged one.")
def translate(
    question: str | None,
    today: str | None,
    as_json: bool,
    explain: bool,
    source: str | None,
    target: str,
    beams: int,
    model: Path | None,
) -> None:
    """Turn a clinical question into a FHIR R4 search.

    The query alone is printed on stdout; its confidence and everything to know about it on stderr. What no single
    search can say is answered as unsupported, with the reason, and exit code 3.

    \b
      fhirdistill translate "patients over 60 with diabetes"
      fhirdistill translate --json "latest a1c of MRN 4471"
      fhirdistill translate --input questions.jsonl --output out.jsonl
    """  # noqa: D301 - click's paragraph mark
    if (question is None) == (source is None):
        raise click.UsageError("give either a QUESTION or --input FILE")
    if question is not None and target != "-":
        raise click.UsageError("--output goes with --input; the answer to a QUESTION goes to stdout")
    from fhirdistill.ground.dates import read_today
    from fhirdistill.translate import Translator, check_question, to_json

    day = read_today(today) if today is not None else None
    if question is not None:
        text = read_text("-").strip() if question == "-" else question
        check_question(text)
        answer = Translator(model, beams=beams).translate(text, today=day, explain=explain)
        if as_json:
            click.echo(json.dumps(to_json(answer), ensure_ascii=False))
        else:
            _say(answer)
        sys.exit(3 if answer.status == "unsupported" else 0)
    assert source is not None
    complaints = Complaints(source)
    asked = _questions(source, complaints)
    if not asked and not complaints.count:
        raise InputError(f"{source} holds no questions", hint='one object a line: {"id": "1", "question": "..."}')
    _translate_all(Translator(model, beams=beams), asked, day, explain, target)
    complaints.finish()


def _questions(source: str, complaints: Complaints) -> list[tuple[str | None, str]]:
    from fhirdistill.translate import check_question

    asked: list[tuple[str | None, str]] = []
    for number, record in json_lines(source, complaints):
        text, id_ = record.get("question"), record.get("id")
        if not isinstance(text, str) or not isinstance(id_, str | int | None):
            complaints(number, 'no text under "question", or an "id" that is neither text nor number')
            continue
        try:
            asked.append((None if id_ is None else str(id_), check_question(text)))
        except InputError as error:
            complaints(number, str(error))
    return asked


def _translate_all(
    translator: Translator, asked: list[tuple[str | None, str]], day: object, explain: bool, target: str
) -> None:
    from tqdm import tqdm

    from fhirdistill.translate import to_json

    with writing(target) as file:
        answers = translator.translate_all(asked, today=day, explain=explain)  # type: ignore[arg-type]
        for answer in tqdm(answers, total=len(asked), unit="question", disable=None):
            file.write(json.dumps(to_json(answer), ensure_ascii=False) + "\n")


def _say(answer: Translation) -> None:
    """Print the query on stdout and the rest on stderr."""
    if answer.status == "unsupported":
        click.echo(f"unsupported ({answer.confidence:.2f}): {answer.reason}", err=True)
        for other in answer.alternatives:
            click.echo(f"nearest: {other.query}", err=True)
        return
    click.echo(answer.query)
    click.echo(f"confidence {answer.confidence:.2f}, today {answer.today}, {answer.model}", err=True)
    if answer.rationale:
        click.echo(f"rationale: {answer.rationale}", err=True)
    for issue in answer.issues:
        click.echo(f"{issue.severity} {issue.code}: {issue.message}", err=True)
