"""Search URLs from public sources, where the shared folder has them: judged as their rows say, but for those listed."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from fhirdistill.errors import SearchSyntaxError
from fhirdistill.search import format, parse, validate

FILE = Path(__file__).parents[3] / "shared" / "eval" / "search_urls.jsonl"
DISAGREEMENTS = 6  # docs/search.md lists them, each with the section that decides it


def refused(url: str) -> bool:
    """Say whether a URL does not parse, or has an error."""
    try:
        return any(issue.severity == "error" for issue in validate(url))
    except SearchSyntaxError:
        return True


@pytest.mark.skipif(not FILE.exists(), reason="the shared folder is not here")
def test_public_urls_are_judged_as_their_rows_say() -> None:
    rows = [json.loads(line) for line in FILE.read_text(encoding="utf-8").splitlines()]
    judged = [row for row in rows if row["valid"] is not None]
    apart = [row["url"] for row in judged if refused(row["url"]) == row["valid"]]
    assert len(judged) > 700
    assert len(apart) == DISAGREEMENTS, apart


@pytest.mark.skipif(not FILE.exists(), reason="the shared folder is not here")
def test_public_urls_that_parse_can_be_given_back() -> None:
    for line in FILE.read_text(encoding="utf-8").splitlines():
        try:
            search = parse(json.loads(line)["url"])
        except SearchSyntaxError:
            continue
        assert parse(format(search)) == search
        assert parse(format(search, encode=True)) == search
