"""In: a question with its template and rationale. Out: the slots in which all change together, grouped."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from functools import lru_cache

from fhirdistill.dataset.calendar_slots import date_groups
from fhirdistill.dataset.kinds import kind_of
from fhirdistill.dataset.leaves import Leaf, Place, leaves, parsed
from fhirdistill.dataset.lists import UCUM
from fhirdistill.dataset.slot import Group, Slot, Span
from fhirdistill.dataset.words import Number, numbers, places
from fhirdistill.search.ast import (
    Concept,
    DateMath,
    DateValue,
    NumberValue,
    QuantityValue,
    RawValue,
    ReferenceValue,
    Search,
    StringValue,
    TokenValue,
    UriValue,
)
from fhirdistill.search.spec import CONTROLS

_WORD = re.compile(r"[^\W\d_]{4,}")
_MASKED = re.compile(r"\d{4}-\d\d(?:-\d\d)?|\d{1,4}[/.]\d{1,2}[/.]\d{2,4}|\d{1,2}:\d\d|\d+0s\b|'\d\d\b")
_TIME = re.compile(r"[\s-]*(?:year|yr|month|week|wk|day|hour|hr|minute|min|[ymwdh]\b|mo\b|d\b)", re.IGNORECASE)
_UNIT = re.compile(
    rf"\s?({'|'.join(re.escape(u) for u in sorted(UCUM, key=len, reverse=True))}|per ?cent)(?![\w/])", re.IGNORECASE
)
_SPELLING = {unit.lower(): unit for unit in UCUM} | {"percent": "%", "per cent": "%"}


@dataclass(frozen=True, slots=True)
class Plan:
    """What can change in an example; `held` are the texts that the template takes from it, `numbers` the template's."""

    search: Search
    groups: tuple[Group, ...]
    held: frozenset[str]
    numbers: frozenset[float]


@dataclass(slots=True)
class _Reading:
    """A question and its template, read once; `texts` are the copied texts with their places in the question."""

    question: str
    rationale: str
    leaves: tuple[Leaf, ...]
    texts: dict[str, list[Span]] = field(default_factory=dict)
    numbers: tuple[Number, ...] = ()

    def __post_init__(self) -> None:
        for leaf in self.leaves:
            text = copied(leaf)
            if text and text.lower() not in self.texts:
                self.texts[text.lower()] = places(self.question, text)
        masked = [m.span() for m in _MASKED.finditer(self.question)]
        masked += [span for found in self.texts.values() for span in found]
        self.numbers = tuple(n for n in numbers(self.question) if not any(_meet((n.start, n.end), s) for s in masked))

    def number(self, value: float) -> Number | None:
        """Return the one number of the question that is `value`; None where there is none, or more than one."""
        same = [n for n in self.numbers if float(n.value) == value]
        return same[0] if len(same) == 1 else None


def copied(leaf: Leaf) -> str | None:
    """Return the text that a value takes from the question, or None."""
    if leaf.parameter.name in CONTROLS:
        return None
    match leaf.value:
        case Concept(text) | StringValue(text) | UriValue(text) | RawValue(text):
            return text
        case TokenValue(_, text, _) | ReferenceValue(_, text) if kind_of(leaf) == "numbered":
            return text
    return None


@lru_cache(maxsize=65_536)
def plan(question: str, template: str, rationale: str = "") -> Plan:
    """Find what can change in a question, its template and its rationale together.

    A text is a slot where the question says it exactly once as whole words, where no other text of the template shares
    its place, and where the rationale speaks of it by no other words.

    >>> template = "Patient?birthdate=lt{today-60y}&_has:Condition:patient:code={gout}"
    >>> [group.kind for group in plan("women over 60 with gout", template).groups]
    ['conditions', 'ages']
    """
    search = parsed(template)
    reading = _Reading(question, rationale, tuple(leaves(search)))
    taken: list[Span] = []
    groups = []
    for group in (*_texts(reading), *_measures(reading), *_counted(reading), *date_groups(question, reading.leaves)):
        spans = [span for slot in group.slots for span in slot.spans]
        if spans and not any(_meet(one, other) for one in spans for other in taken):
            taken += spans
            groups.append(group)
    said = {value for _, value in _uses(reading)}
    return Plan(search, tuple(groups), frozenset(reading.texts), frozenset(said | {value - 1 for value in said}))


def _meet(one: Span, other: Span) -> bool:
    return one[0] < other[1] and other[0] < one[1]


def _texts(reading: _Reading) -> Iterable[Group]:
    """Yield a group for each text that can be replaced by itself."""
    with_value = {name for name, _ in _measured(reading)}
    worded = any(leaf.parameter.name in ("value-concept", "code-value-concept") for leaf in reading.leaves)
    for text, (kind, owners) in _owners(reading).items():
        if kind != "labs" or text not in with_value:
            slot = _text_slot(reading, text, owners)
            if slot:
                yield Group("tests" if kind == "labs" and worded else kind, (slot,))


def _owners(reading: _Reading) -> dict[str, tuple[str, list[Leaf]]]:
    """Return each replaceable text, longest first, with its kind and the values that say it."""
    found: dict[str, tuple[str, list[Leaf]]] = {}
    fixed = set()
    for leaf in reading.leaves:
        text = copied(leaf)
        kind = kind_of(leaf)
        if text and kind:
            found.setdefault(text.lower(), (kind, []))[1].append(leaf)
        elif text:
            fixed.add(text.lower())
    return {text: found[text] for text in sorted(found, key=len, reverse=True) if text not in fixed}


def _text_slot(reading: _Reading, text: str, owners: Sequence[Leaf]) -> Slot | None:
    spans = reading.texts[text]
    if len(spans) != 1 or _stale(reading.rationale.lower(), text):
        return None
    for other, its in reading.texts.items():
        shared = any(_meet(spans[0], s) for s in its) if its else set(other.split()) & set(text.split())
        if other != text and shared:
            return None
    start, end = spans[0]
    return Slot("text", reading.question[start:end], (spans[0],), tuple((leaf.place, 0) for leaf in owners))


def _stale(rationale: str, text: str) -> bool:
    """Tell whether a rationale would still speak of a text after the text was replaced wherever it stands whole."""
    words = set(_WORD.findall(text))
    if not words or not any(w in rationale for w in words):
        return False
    rest = rationale.replace(text, "")
    return any(w in rest for w in words)


def _measured(reading: _Reading) -> list[tuple[str, Leaf]]:
    """Return each quantity with the concept that it measures ("" where that is not one concept)."""
    by_place = {leaf.place: leaf for leaf in reading.leaves}
    found = []
    for leaf in reading.leaves:
        if isinstance(leaf.value, QuantityValue):
            i, j, k = leaf.place
            if k > 0:
                names = {_concept(by_place.get((i, j, 0)))}
            else:
                names = {
                    _concept(other)
                    for other in reading.leaves
                    if other.path == "Observation.code" and other.parameter.steps == leaf.parameter.steps
                }
            found.append((names.pop() if len(names) == 1 else "", leaf))
    return found


def _concept(leaf: Leaf | None) -> str:
    return leaf.value.text.lower() if leaf and isinstance(leaf.value, Concept) else ""


def _measures(reading: _Reading) -> Iterable[Group]:
    """Yield a group for each measured concept: the concept where it can be replaced, its numbers, and their unit."""
    owners = _owners(reading)
    grouped: dict[str, list[Leaf]] = {}
    for name, leaf in _measured(reading):
        grouped.setdefault(name, []).append(leaf)
    for name, quantities in grouped.items():
        slots = _number_slots(reading, quantities)
        if slots is None:
            continue
        codes = {leaf.value.code for leaf in quantities if isinstance(leaf.value, QuantityValue)}
        kind, of_lab = owners.get(name, ("", []))
        lab = _text_slot(reading, name, of_lab) if kind == "labs" and len(codes) == 1 else None
        if lab is None:
            yield Group("values", tuple(slots), name)
            continue
        code = codes.pop()
        unit, fixed = _unit_slot(reading, slots, code, [leaf.place for leaf in quantities])
        yield Group("measure", (lab, *slots, *((unit,) if unit else ())), fixed)


def _number_slots(reading: _Reading, quantities: Sequence[Leaf]) -> list[Slot] | None:
    """Return a slot for each number of some quantities; None where one is not said once, or says something else too."""
    uses = _uses(reading)
    slots = {}
    for leaf in quantities:
        assert isinstance(leaf.value, QuantityValue)
        if not re.fullmatch(r"\d+(?:\.\d+)?", leaf.value.number):
            return None
        value = float(leaf.value.number)
        number = reading.number(value)
        same = [other for other, v in uses if v == value]
        if number is None or any(other not in quantities for other in same):
            return None
        slots[value] = number_slot(number, [(other.place, 0) for other in same])
    return [slots[value] for value in sorted(slots)]


def number_slot(number: Number, owners: Sequence[tuple[Place, int]]) -> Slot:
    """Return the slot of a number of the question."""
    return Slot("number", number.value, ((number.start, number.end),), tuple(owners), number.spoken)


def _uses(reading: _Reading) -> list[tuple[Leaf, float]]:
    """Return every number that the template says, with the value that says it."""
    found = []
    for leaf in reading.leaves:
        match leaf.value:
            case QuantityValue(_, text, _, _) | NumberValue(_, text) if re.fullmatch(r"\d+(?:\.\d+)?", text):
                found.append((leaf, float(text)))
            case DateValue(_, DateMath() as math) if math.amount:
                found.append((leaf, float(abs(math.amount))))
    return found


def _unit_slot(
    reading: _Reading, slots: Sequence[Slot], code: str | None, owners: Sequence[Place]
) -> tuple[Slot | None, str]:
    """Return the slot of a unit as typed, and the UCUM code that a new lab must have ("" where any will do)."""
    typed = [m for slot in slots if (m := _UNIT.match(reading.question, slot.spans[0][1]))]
    units = {_SPELLING[m[1].lower()] for m in typed}
    if code and len(units) == 1 and UCUM[next(iter(units))] == code:
        return Slot("unit", units.pop(), tuple(m.span(1) for m in typed), tuple((p, 0) for p in owners)), ""
    return None, code or (UCUM[units.pop()] if units else "")


def _counted(reading: _Reading) -> Iterable[Group]:
    """Yield a group for the ages, and one for each other amount of time, count or plain number."""
    uses = _uses(reading)
    ages: dict[str, dict[float, list[tuple[Leaf, int]]]] = {}
    for leaf, value in uses:
        kind = _family(leaf)
        if kind.startswith("ages"):
            more = _more(reading, leaf, value)
            ages.setdefault(kind, {}).setdefault(value - more, []).append((leaf, more))
        elif kind and (number := _said(reading, value, [leaf], uses)):
            name, _, unit = kind.partition(":")
            if not unit or _TIME.match(reading.question, number.end):
                yield Group(name, (number_slot(number, [(leaf.place, 0)]),), unit)
    for kind, by_number in ages.items():
        owners = [leaf for said in by_number.values() for leaf, _ in said]
        slots = [
            number_slot(number, [(leaf.place, more) for leaf, more in by_number[value]])
            for value in sorted(by_number)
            if (number := _said(reading, value, owners, uses))
        ]
        if len(slots) == len(by_number):
            yield Group("ages", tuple(slots), kind.partition(":")[2])


def _said(reading: _Reading, value: float, owners: Sequence[Leaf], uses: Sequence[tuple[Leaf, float]]) -> Number | None:
    """Return the number of the question that says `value` for some values of the template and for nothing else."""
    return None if any(v == value and leaf not in owners for leaf, v in uses) else reading.number(value)


def _more(reading: _Reading, leaf: Leaf, value: float) -> int:
    """Return 1 where the label counts one more than the question says ("17 or younger" is `gt{today-18y}`)."""
    math = leaf.value.value if isinstance(leaf.value, DateValue) else None
    plain = isinstance(math, DateMath) and not math.plus
    return int(plain and reading.number(value) is None and reading.number(value - 1) is not None)


def _family(leaf: Leaf) -> str:
    match leaf.value:
        case DateValue(_, DateMath() as math) if math.unit:
            return f"{'ages' if leaf.parameter.name == 'birthdate' else 'span'}:{math.unit}"
        case NumberValue() if leaf.parameter.name == "_count":
            return "count"
        case NumberValue():
            return "values"
    return ""
