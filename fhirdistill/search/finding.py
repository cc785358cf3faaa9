"""In: the text of a search, and where in its parts something is wrong. Out: the character range to underline."""

from __future__ import annotations

import re
from typing import Literal, NamedTuple

from fhirdistill.records import Severity
from fhirdistill.search.ast import Chain, Has, Parameter
from fhirdistill.search.lexer import Item, Request

_WORD = re.compile(r"[^.:]+")
_COMMA = re.compile(r"\\.|%5[Cc].|\{[^{}]*\}|,|%2[Cc]")


class Place(NamedTuple):
    """Where a finding is: the search's type (`parameter` is None), a word of a parameter's key, or a value."""

    parameter: int | None = None
    part: Literal["key", "value"] = "key"
    word: int | None = None


class Finding(NamedTuple):
    """An issue before its span is known; spans are worked out only when there is something to report."""

    severity: Severity
    code: str
    message: str
    place: Place
    suggestion: str | None = None


def step_word(steps: tuple[Chain | Has, ...], index: int) -> int:
    """Return which word of the key the step at `index` starts with; with `len(steps)`, the parameter's own name."""
    return sum(3 if isinstance(step, Has) else 2 if step.type else 1 for step in steps[:index])


def name_word(parameter: Parameter) -> int:
    """Return which word of the key is the parameter's own name."""
    return step_word(parameter.steps, len(parameter.steps))


def span_of(request: Request, place: Place) -> tuple[int, int]:
    """Return the half-open range in the lexed text that a place stands for."""
    if place.parameter is None:
        return request.type_span
    item = request.items[place.parameter]
    if place.part == "key":
        return _word_span(item, place.word)
    return _value_span(item, place.word)


def _word_span(item: Item, index: int | None) -> tuple[int, int]:
    words = [m.span() for m in _WORD.finditer(item.key)]
    if index is None or index >= len(words) or "%" in item.key:
        return item.key_span
    return item.start + words[index][0], item.start + words[index][1]


def _value_span(item: Item, index: int | None) -> tuple[int, int]:
    if index is None:
        return item.value_span
    cuts = [m.span() for m in _COMMA.finditer(item.value) if m[0] in (",", "%2C", "%2c")]
    starts = [0, *(end for _, end in cuts)]
    ends = [*(start for start, _ in cuts), len(item.value)]
    if index >= len(starts):
        return item.value_span
    return item.value_start + starts[index], item.value_start + ends[index]
