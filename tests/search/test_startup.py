"""What an import of the search language costs: only what is used is loaded."""

from __future__ import annotations

import subprocess
import sys

import pytest

import fhirdistill.search


def loaded(code: str) -> set[str]:
    """The modules that a new interpreter has loaded after some code."""
    said = subprocess.run(
        [sys.executable, "-c", f"{code}\nimport sys; print(*sys.modules)"], check=True, capture_output=True, text=True
    )
    return set(said.stdout.split())


def test_the_registry_needs_neither_parser_nor_dataclasses() -> None:
    modules = loaded("import fhirdistill.search as s; s.registry()")
    assert "fhirdistill.search.registry" in modules
    assert not modules & {"dataclasses", "inspect", "fhirdistill.records", "fhirdistill.search.parsing"}


def test_parsing_needs_neither_rules_nor_meaning_nor_words() -> None:
    modules = loaded("import fhirdistill.search as s; s.parse('Patient?name=a')")
    rules = {f"fhirdistill.search.{name}" for name in ("validation", "values", "meaning", "explaining", "words")}
    assert "fhirdistill.search.parsing" in modules
    assert not modules & {*rules, "fhirdistill.records", "decimal", "difflib"}


@pytest.mark.parametrize("name", fhirdistill.search.__all__)
def test_every_public_name_is_there(name: str) -> None:
    assert callable(getattr(fhirdistill.search, name))


def test_other_names_are_not() -> None:
    with pytest.raises(AttributeError, match="parze"):
        fhirdistill.search.parze  # noqa: B018
