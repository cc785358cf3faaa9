"""Mutations: each rule is really taken out in turn, and its cases must notice; the docs list every rule."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from types import CodeType, FunctionType, ModuleType

import pytest

from fhirdistill.search import controls, together, validate, validation, values
from fhirdistill.search.spec import MODIFIER_KINDS

from .cases import CASES

DOCS = Path(__file__).parents[2] / "docs" / "search.md"
MODULES = (controls, together, validation, values)  # where issues are made
OUT = "taken-out"


def strings(constant: object) -> Iterator[str]:
    """Every string among the constants of a piece of code."""
    if isinstance(constant, str):
        yield constant
    elif isinstance(constant, tuple | frozenset):
        for part in constant:
            yield from strings(part)
    elif isinstance(constant, CodeType):
        yield from strings(constant.co_consts)


def functions(module: ModuleType) -> Iterator[FunctionType]:
    """The functions that a module defines."""
    for value in vars(module).values():
        value = getattr(value, "__wrapped__", value)
        if isinstance(value, FunctionType) and value.__module__ == module.__name__:
            yield value


def rules() -> list[tuple[str, FunctionType]]:
    """Each place that makes an issue: its code, and the function that makes it."""
    kebab = re.compile(r"[a-z]+(-[a-z]+)+")
    return [
        (text, function)
        for module in MODULES
        for function in functions(module)
        for text in sorted({s for s in strings(function.__code__.co_consts) if kebab.fullmatch(s)})
        if text not in MODIFIER_KINDS
    ]


def without(constant: object, code: str) -> object:
    """The same constant, the code of a rule struck out."""
    if isinstance(constant, tuple):
        return tuple(without(part, code) for part in constant)
    if isinstance(constant, CodeType):
        return constant.replace(co_consts=tuple(without(part, code) for part in constant.co_consts))
    return OUT if constant == code else constant


def reported(code: str) -> list[bool]:
    """Say of each case of a code whether it is reported."""
    return [
        any(issue.code == code for issue in validate(case.query, case.registry()))
        for case in CASES
        if case.code == code
    ]


def test_the_docs_list_exactly_the_codes_that_there_are() -> None:
    table = DOCS.read_text(encoding="utf-8").partition("## Issues")[2].partition("\n## ")[0]
    rows = [line.split("|")[1] for line in table.splitlines() if line.startswith("| `")]
    listed = [code for row in rows for code in re.findall(r"`([^`]+)`", row)]
    assert len(listed) == len(set(listed))
    assert set(listed) == {code for code, _ in rules()} == {case.code for case in CASES}


@pytest.mark.parametrize(("code", "function"), rules(), ids=lambda x: x if isinstance(x, str) else x.__qualname__)
def test_a_case_fails_where_a_rule_is_taken_out(
    code: str, function: FunctionType, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert all(reported(code))
    monkeypatch.setattr(function, "__code__", without(function.__code__, code))
    assert not all(reported(code)), f"no case notices that {function.__qualname__} does without {code}"


@pytest.mark.parametrize("code", sorted({code for code, _ in rules()}))
def test_no_case_of_a_code_is_left_where_all_its_rules_are_taken_out(
    code: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for found, function in rules():
        if found == code:
            monkeypatch.setattr(function, "__code__", without(function.__code__, code))
    assert not any(reported(code))
