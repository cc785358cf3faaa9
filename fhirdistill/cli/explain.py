"""In: FHIR searches. Out: each said back in plain English."""

from __future__ import annotations

import click

from fhirdistill.cli.validate import queries
from fhirdistill.search import explain as say
from fhirdistill.search import registry
from fhirdistill.search.registry import VERSIONS


@click.command()
@click.argument("query", required=False)
@click.option("--input", "source", metavar="FILE", help="A file with one query a line; - is stdin.")
@click.option("--fhir", default="R4", show_default=True, type=click.Choice(VERSIONS), help="The FHIR version.")
def explain(query: str | None, source: str | None, fhir: str) -> None:
    r"""Say FHIR searches in plain English: QUERY, or - for stdin, or --input with one query a line.

    \b
    fhirdistill explain "Patient?_has:Condition:patient:code={asthma}&_summary=count"
    """
    found = registry(fhir)
    for text in queries(query, source):
        click.echo(say(text, found))
