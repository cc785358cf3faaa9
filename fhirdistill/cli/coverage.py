"""In: a corpus file. Out: what it covers, as a table, as JSON, as a plot."""

from __future__ import annotations

import json

import click

from fhirdistill.cli.read import Complaints, json_lines, writing
from fhirdistill.errors import FhirDistillError, InputError


@click.command()
@click.argument("corpus")
@click.option("--json", "as_json", is_flag=True, help="Print every count as one JSON object.")
@click.option("--plot", "picture", metavar="FILE", help="Draw bars of the most frequent as an SVG picture, too.")
@click.option("--most", default=30, show_default=True, type=click.IntRange(1), help="Rows a section of the table.")
def coverage(corpus: str, as_json: bool, picture: str | None, most: int) -> None:
    """Show what a corpus covers.

    CORPUS is a JSONL file of labelled questions, such as examples.jsonl (- is standard input). The result types,
    the parameters, the constructs of the search language and the lengths are counted, a row once for each that it has.

    \b
      fhirdistill coverage examples.jsonl
      fhirdistill coverage examples.jsonl --json
      fhirdistill coverage examples.jsonl --plot docs/coverage.svg
    """  # noqa: D301
    from fhirdistill.dataset.coverage import coverage as count
    from fhirdistill.dataset.coverage import plot, table
    from fhirdistill.dataset.leaves import parsed
    from fhirdistill.dataset.row import Row

    complaints = Complaints(corpus)
    rows = []
    for number, record in json_lines(corpus, complaints):
        try:
            row = Row.of(record)
            if row.template:
                parsed(row.template)
            rows.append(row)
        except (FhirDistillError, TypeError) as error:
            complaints(number, str(error))
    if not rows:
        raise InputError(f"{corpus} holds no rows", hint="give a file of labelled questions, one object a line")
    found = count(rows)
    click.echo(json.dumps(found.to_json(), ensure_ascii=False, indent=1) if as_json else table(found, most))
    if picture:
        with writing(picture) as file:
            file.write(plot(found))
    complaints.finish()
