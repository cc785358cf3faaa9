"""In: FHIR searches. Out: their issues, one line each, and exit code 1 where one of them is an error."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from dataclasses import asdict
from typing import Any

import click

from fhirdistill.cli.read import read_text
from fhirdistill.errors import InputError, SearchSyntaxError
from fhirdistill.records import Issue
from fhirdistill.search import Registry, registry
from fhirdistill.search import validate as check
from fhirdistill.search.registry import VERSIONS


def queries(query: str | None, source: str | None) -> Iterator[str]:
    """Yield the query of the command line, or the lines of a file (`-`: stdin). Raises InputError for neither."""
    if query is not None and query != "-":
        yield query
        return
    name = source or query
    if name is None:
        raise InputError("no query", hint="give a query, or - to read stdin, or --input FILE with one query a line")
    yield from (line.strip() for line in read_text(name).split("\n") if line.strip())


def load(version: str, capability: str | None, parameters: tuple[str, ...]) -> Registry:
    """Load a registry and lay a server's own definitions over it. Raises InputError for a file that is no JSON."""
    found = registry(version)
    if capability or parameters:
        found = found.overlay([_read(name) for name in parameters], _read(capability) if capability else None)
    return found


def _read(name: str) -> Any:
    try:
        return json.loads(read_text(name))
    except ValueError as error:
        raise InputError(f"{name} is no JSON: {error}", hint="save the answer to GET [base]/metadata") from None


def issues_of(query: str, found: Registry) -> tuple[Issue, ...]:
    """Return the issues of a query; one that can't be parsed has the one issue that says why."""
    try:
        return check(query, found)
    except SearchSyntaxError as error:
        return (Issue("error", "syntax", str(error), error.span, error.hint or None),)


def tell(query: str, issue: Issue) -> None:
    """Print an issue under the query, with a mark under the place that it speaks of."""
    hint = f" Try: {issue.suggestion}" if issue.suggestion else ""
    click.echo(f"{issue.severity} {issue.code}: {issue.message}{hint}")
    if issue.span:
        start, end = issue.span
        click.echo(f"  {query}\n  {' ' * start}{'^' * max(1, end - start)}")


@click.command()
@click.argument("query", required=False)
@click.option("--input", "source", metavar="FILE", help="A file with one query a line; - is stdin.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object a query (always so with --input).")
@click.option("--fhir", default="R4", show_default=True, type=click.Choice(VERSIONS), help="The FHIR version.")
@click.option("--capability", metavar="FILE", help="A server's CapabilityStatement (JSON of GET [base]/metadata).")
@click.option("--parameter", "parameters", multiple=True, metavar="FILE", help="A SearchParameter of your own (JSON).")
def validate(
    query: str | None,
    source: str | None,
    as_json: bool,
    fhir: str,
    capability: str | None,
    parameters: tuple[str, ...],
) -> None:
    r"""Check FHIR searches: QUERY, or - for stdin, or --input with one query a line.

    Prints nothing for a query that has no issue. Exits 1 where a query has an error.

    \b
    fhirdistill validate "Patient?birth-date=1980"
    fhirdistill validate --input queries.txt > issues.jsonl
    """
    found = load(fhir, capability, parameters)
    failed = False
    for text in queries(query, source):
        issues = issues_of(text, found)
        failed = failed or any(issue.severity == "error" for issue in issues)
        if as_json or source:
            click.echo(json.dumps({"query": text, "issues": [asdict(issue) for issue in issues]}, ensure_ascii=False))
        else:
            for issue in issues:
                tell(text, issue)
    sys.exit(1 if failed else 0)
