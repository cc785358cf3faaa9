"""In: a gold search, another search and a day. Out: whether the other asks for the same thing, as a grader reads it.

Laxer than `search.equivalent` where two people would write the same wish in two ways: plural, article and filler words
of a concept, `{one; other}` names, any concept where gold names a clinical code, a birthdate one day off, `subject` for
`patient`, a typed chain, a unit on one side only, dates that bound the same days. Everything else counts.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import NamedTuple, TypeAlias, TypeVar

from fhirdistill.errors import InputError
from fhirdistill.evaluate.days import days
from fhirdistill.search.ast import (
    Chain,
    CompositeValue,
    Concept,
    DateValue,
    Has,
    IncludeValue,
    NumberValue,
    Parameter,
    QuantityValue,
    Search,
    SortKey,
    Value,
)
from fhirdistill.search.formatting import format_value

UNSAID = frozenset({"_format", "_total", "_pretty"})  # they change how an answer looks, not what is in it
ARTICLES = frozenset({"a", "an", "the", "of", "any"})
FILLERS = frozenset(
    [
        *("level", "test", "result", "value", "reading", "measurement", "lab", "status", "screening", "exam", "scan"),
        *("study", "shot", "vaccine", "vaccination", "immunization", "jab", "allergy", "disease", "device"),
        *("prescription", "medication", "med", "tablet", "pill", "procedure", "surgery", "operation"),
    ]
)
CLINICAL = re.compile(r"snomed|loinc|rxnorm|icd-|cvx|/ndc|ucum|cpt|atc", re.IGNORECASE)
MEASURED = ("quantity", "value", "number", "probability")  # parameters whose plain digits are a number
SIMPLE_REFERENCE = re.compile(r"[A-Z][A-Za-z]+/([\w.-]+)")
Item = TypeVar("Item")


class Names(NamedTuple):
    """A concept: its names, each in plain singular words."""

    names: frozenset[str]


class Coded(NamedTuple):
    """A code of a clinical terminology."""

    code: str


class Amount(NamedTuple):
    """A number with its prefix and unit ("" where none is stated)."""

    prefix: str
    number: float
    unit: str


Bit: TypeAlias = Names | Coded | Amount | str


class Wish(NamedTuple):
    """A parameter that is no date: its name, and its alternatives, each one or more bits."""

    name: str
    alternatives: tuple[tuple[Bit, ...], ...]


@dataclass(frozen=True, slots=True)
class Span:
    """The days from `first` up to `end` (not included) that the bounds of one date leave; None is open."""

    first: date | None = None
    end: date | None = None
    others: tuple[tuple[str, str], ...] = ()

    def with_bound(self, prefix: str, first: date, end: date) -> Span:
        """Narrow the span by one more bound, whose own value lasts from `first` to `end`."""
        start = {"": first, "ge": first, "gt": end, "sa": end}.get(prefix)
        stop = {"": end, "le": end, "lt": first, "eb": first}.get(prefix)
        return Span(_tighter(max, self.first, start), _tighter(min, self.end, stop), self.others)

    def with_other(self, prefix: str, text: str) -> Span:
        """Add a bound that is compared as it is written."""
        return Span(self.first, self.end, tuple(sorted((*self.others, (prefix or "eq", text)))))


@dataclass(frozen=True, slots=True)
class Asked:
    """What a search asks for: its type, the span of each date, and its other parameters."""

    type: str
    spans: dict[str, Span]
    wishes: tuple[Wish, ...]

    def names(self) -> list[str]:
        """Return the names of the parameters; the bounds of one date are one."""
        return [*self.spans, *(wish.name for wish in self.wishes)]


def asked(search: Search, today: date) -> Asked:
    """Return what a search asks for, relative dates counted from `today`."""
    spans: dict[str, Span] = {}
    wishes: list[Wish] = []
    for parameter in search.parameters:
        if not parameter.steps and parameter.name in UNSAID:
            continue
        name = name_of(parameter)
        bounded = _bounded(spans.get(name, Span()), parameter, today)
        if bounded:
            spans[name] = bounded
        else:
            wishes.append(Wish(name, tuple(_bits(value, name) for value in parameter.values)))
    return Asked(search.type or "", spans, tuple(wishes))


def alike(gold: Asked, said: Asked) -> bool:
    """Say whether `said` asks for what `gold` asks for."""
    if gold.type != said.type or gold.spans.keys() != said.spans.keys():
        return False
    spans = all(_same_span(name, span, said.spans[name]) for name, span in gold.spans.items())
    return spans and _paired(gold.wishes, said.wishes, _same_wish)


def name_of(parameter: Parameter) -> str:
    """Return a parameter's path and name: `patient` for `subject` and `beneficiary`, chains without their type.

    >>> from fhirdistill.search import parse
    >>> name_of(parse("Encounter?subject:Patient.name=ann").parameters[0])
    'patient.name'
    """
    path = "".join(_step(step, i) for i, step in enumerate(parameter.steps))
    name, modifier = parameter.name, parameter.modifier
    if modifier == "Patient" and name in ("subject", "patient"):
        return f"{path}patient"
    if not path and modifier in (None, "missing") and name in ("subject", "beneficiary"):
        name = "patient"
    return f"{path}{name}:{modifier}" if modifier else f"{path}{name}"


def plain_words(text: str) -> str:
    """Return a concept's name in lower case and singular, without articles and without filler words at its end.

    >>> plain_words("The allergies of Peanuts"), plain_words("HbA1c levels"), plain_words("Crohn's disease")
    ('allergy peanut', 'hba1c', 'crohn')
    """
    spaced = re.sub(r"[^a-z0-9%.+/]+", " ", text.lower().replace("'s", ""))
    words = [_singular(word) for word in spaced.split() if word not in ARTICLES]
    while len(words) > 1 and words[-1] in FILLERS:
        del words[-1]
    return " ".join(words)


def _singular(word: str) -> str:
    if len(word) > 4 and word.endswith("ies"):
        return f"{word[:-3]}y"
    if len(word) > 4 and re.search(r"(ch|sh|x|ss)es$", word):
        return word[:-2]
    return word[:-1] if len(word) > 3 and re.search(r"[^sui]s$", word) else word


def _step(step: Chain | Has, at: int) -> str:
    if isinstance(step, Has):
        return f"_has:{step.type}:{'patient' if step.reference == 'subject' else step.reference}:"
    typed = step.type == "Patient" and step.reference == "subject"
    untyped = at == 0 and step.type is None and step.reference in ("subject", "beneficiary")
    return "patient." if typed or untyped else f"{step.reference}."


def _bounded(span: Span, parameter: Parameter, today: date) -> Span | None:
    """Narrow a span by a parameter; None where it is no single date."""
    only = parameter.values[0] if len(parameter.values) == 1 else None
    if not isinstance(only, DateValue) or parameter.modifier == "missing":
        return None
    prefix = "" if only.prefix == "eq" else only.prefix
    try:
        found = days(only.value, today)
    except InputError:
        found = None
    if found is None:
        return span.with_other(prefix, format_value(DateValue("", only.value)))
    if prefix in ("ne", "ap"):
        return span.with_other(prefix, found[0].isoformat())
    return span.with_bound(prefix, *found)


def _tighter(choose: Callable[[date, date], date], one: date | None, other: date | None) -> date | None:
    return other if one is None else one if other is None else choose(one, other)


def _same_span(name: str, gold: Span, said: Span) -> bool:
    slack = timedelta(days=1 if re.search(r"(^|[.:])birthdate$", name) else 0)
    ends = ((gold.first, said.first), (gold.end, said.end))
    return gold.others == said.others and all(
        one == other or (one is not None and other is not None and abs(one - other) <= slack) for one, other in ends
    )


def _bits(value: Value, name: str) -> tuple[Bit, ...]:
    parts = value.parts if isinstance(value, CompositeValue) else (value,)
    return tuple(_bit(part, name) for part in parts)


def _bit(value: Value, name: str) -> Bit:
    if isinstance(value, Concept):
        return Names(frozenset(plain_words(other) for other in value.text.split(";")))
    if isinstance(value, NumberValue | QuantityValue):
        unit = value.code if isinstance(value, QuantityValue) else None
        if value.prefix or unit is not None or any(word in name for word in MEASURED):
            return _amount(value.prefix, value.number, unit or "")
    if isinstance(value, IncludeValue):
        reference = "patient" if value.name == "subject" else value.name
        target = "" if value.target in (None, "Patient") else f":{value.target}"
        return f"{value.source}:{reference}{target}".lower()
    text = format_value(value)
    return text.lower() if isinstance(value, SortKey) else _text(text)


def _amount(prefix: str, number: str, unit: str) -> Bit:
    try:
        return Amount(prefix or "eq", float(number), unit.lower())
    except ValueError:
        return f"{prefix}{number}|{unit}".lower()


def _text(text: str) -> Bit:
    system, bar, code = text.partition("|")
    if bar and CLINICAL.search(system):
        return Coded(code.lower())
    text = code or text
    reference = SIMPLE_REFERENCE.fullmatch(text)
    return (reference[1] if reference else text).lower()


def _same_wish(gold: Wish, said: Wish) -> bool:
    return gold.name == said.name and _paired(gold.alternatives, said.alternatives, _same_bits)


def _same_bits(gold: Sequence[Bit], said: Sequence[Bit]) -> bool:
    return len(gold) == len(said) and all(_same_bit(one, other) for one, other in zip(gold, said, strict=True))


def _same_bit(gold: Bit, said: Bit) -> bool:
    match gold, said:
        case Coded(), Names():
            return True
        case Coded(code), str(text):
            return code == text
        case Names(one), Names(other):
            return bool(one & other)
        case Amount(prefix, number, unit), Amount():
            same = (prefix, number) == (said.prefix, said.number)
            return same and (unit == said.unit or not (unit and said.unit))
        case _:
            return type(gold) is type(said) and gold == said


def _paired(gold: Iterable[Item], said: Iterable[Item], same: Callable[[Item, Item], bool]) -> bool:
    """Say whether each of `gold` has its own partner in `said`, and none is left over."""
    left = list(said)
    for one in gold:
        at = next((i for i, other in enumerate(left) if same(one, other)), None)
        if at is None:
            return False
        del left[at]
    return not left


__all__ = ["Asked", "alike", "asked", "name_of", "plain_words"]
