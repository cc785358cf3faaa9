"""In: the text of a search, and where in its parts something is wrong. Out: the character range to underline."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Literal, NamedTuple

from fhirdistill.search.ast import Chain, Has, Parameter
from fhirdistill.search.lexer import Item, Request, key_span, value_span

if TYPE_CHECKING:
    from fhirdistill.records import Severity

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


def step_words(step: Chain | Has) -> int:
    """Return how many words of the key a step is."""
    if isinstance(step, Has):
        return 3
    return 2 if step.type else 1


def name_word(parameter: Parameter) -> int:
    """Return which word of the key is the parameter's own name."""
    return sum(map(step_words, parameter.steps))


class Locator:
    """Finds the spans of places in a lexed text; remembers its cuts, so that many findings are cheap."""

    def __init__(self, request: Request) -> None:
        """Look at a lexed text."""
        self._request = request
        self._cuts: dict[tuple[int, str], list[tuple[int, int]]] = {}

    def span(self, place: Place) -> tuple[int, int]:
        """Return the half-open range that a place stands for."""
        if place.parameter is None:
            return self._request.type_span
        item = self._request.items[place.parameter]
        whole = key_span(item) if place.part == "key" else value_span(item)
        if place.word is None or (place.part == "key" and "%" in item[0]):
            return whole
        key = (place.parameter, place.part)
        if key not in self._cuts:
            self._cuts[key] = _words(item) if place.part == "key" else _alternatives(item)
        cuts = self._cuts[key]
        return cuts[place.word] if place.word < len(cuts) else whole


def _words(item: Item) -> list[tuple[int, int]]:
    start, _ = key_span(item)
    return [(start + m.start(), start + m.end()) for m in _WORD.finditer(item[0])]


def _alternatives(item: Item) -> list[tuple[int, int]]:
    commas = [m.span() for m in _COMMA.finditer(item[1]) if m[0] in (",", "%2C", "%2c")]
    starts = [0, *(end for _, end in commas)]
    ends = [*(start for start, _ in commas), len(item[1])]
    at, _ = value_span(item)
    return [(at + start, at + end) for start, end in zip(starts, ends, strict=True)]
