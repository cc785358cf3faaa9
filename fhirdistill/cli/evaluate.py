"""In: questions with gold templates. Out: the student's scores on them, as a table or as JSON."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from fhirdistill.cli.read import Complaints, json_lines
from fhirdistill.errors import InputError

if TYPE_CHECKING:
    from fhirdistill.evaluate import Answer, Case, Verdict


@click.command()
@click.argument("cases", metavar="FILE")
@click.option(
    "--today", metavar="DATE", default="2026-03-15", show_default=True, help="The day from which relative dates count."
)
@click.option(
    "--predictions", metavar="FILE", help="Score these {id, status, template} lines instead of asking the student."
)
@click.option("--model", type=click.Path(path_type=Path), help="Another bundle folder than the packaged one.")
@click.option(
    "--beams", default=4, show_default=True, type=click.IntRange(1, 16), help="How many readings the search keeps."
)
@click.option("--show", default=0, show_default=True, type=click.IntRange(0), help="Show this many misses.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
def evaluate(
    cases: str, today: str, predictions: str | None, model: Path | None, beams: int, show: int, as_json: bool
) -> None:
    """Score a student on FILE, a JSONL file of {id, question, gold, tags}.

    `gold` is a list of equally right templates, empty where the question is unsupported; a string is one template.
    """
    from fhirdistill.evaluate import Answer, evaluate, report
    from fhirdistill.ground.dates import read_today

    day = read_today(today)
    complaints = Complaints(cases)
    asked = [case for number, record in json_lines(cases, complaints) if (case := _case(number, record, complaints))]
    if not asked:
        raise InputError(f"{cases} holds no cases", hint='one object a line: {"id", "question", "gold"}')
    if predictions:
        told = {str(r.get("id")): r for _, r in json_lines(predictions, Complaints(predictions))}
        said = [_told(told.get(c.id, {})) for c in asked]
        verdicts = evaluate(asked, lambda _: said, day)
    else:
        from fhirdistill.translate import Translator

        answers = Translator(model, beams=beams).translate_all([(c.id, c.question) for c in asked], today=day)
        verdicts = evaluate(asked, lambda _: (Answer(a.status, a.template, a.confidence) for a in answers), day)
    figures = asdict(report(verdicts))
    if as_json:
        click.echo(json.dumps(figures))
    else:
        _table(figures, verdicts, show)
    complaints.finish()


def _told(record: dict[str, Any]) -> Answer:
    from fhirdistill.evaluate import Answer

    template = record.get("template")
    return Answer(record.get("status", "missing"), template if isinstance(template, str) else None)


def _case(number: int, record: dict[str, object], complaints: Complaints) -> Case | None:
    from fhirdistill.evaluate import Case
    from fhirdistill.search import parse

    gold = record.get("gold")
    golds = [gold] if isinstance(gold, str) else gold
    listed = isinstance(golds, list) and all(isinstance(text, str) for text in golds)
    if not isinstance(record.get("question"), str) or not isinstance(golds, list) or not listed:
        complaints(number, 'needs "question" (text) and "gold" (a list of templates)')
        return None
    try:
        for text in golds:
            parse(text)
    except InputError as error:
        complaints(number, f"gold {text!r}: {error}")
        return None
    tags = record.get("tags")
    return Case(
        str(record.get("id", number)),
        str(record["question"]),
        tuple(golds),
        tuple(tags) if isinstance(tags, list) else (),
    )


def _table(figures: dict[str, object], verdicts: list[Verdict], show: int) -> None:
    for miss in [v for v in verdicts if not v.exact][:show]:
        said = miss.answer.template or miss.answer.status
        click.echo(f"{miss.case.id}  {miss.case.question}\n    gold {list(miss.case.gold)}\n    got  {said}")
    for name, value in figures.items():
        if isinstance(value, dict):
            for tag, (right, total) in value.items():
                click.echo(f"  {tag:<18} {right}/{total}")
        else:
            click.echo(f"{name:<20} {value:.4f}" if isinstance(value, float) else f"{name:<20} {value}")
