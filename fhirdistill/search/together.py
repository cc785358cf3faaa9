"""In: a search whose parameters are right one by one. Out: what is odd about them together (all of it warnings).

Repeated parameters, bounds that exclude each other or repeat each other, and `_has` constraints that FHIR does not
tie to one resource (search.html#has; docs/labelling-guide.md, "untied-constraints").
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from decimal import Decimal, InvalidOperation

from fhirdistill.search.ast import (
    Chain,
    DateMath,
    DateValue,
    Has,
    NumberValue,
    Parameter,
    QuantityValue,
    Search,
)
from fhirdistill.search.finding import Finding, Place, name_word
from fhirdistill.search.formatting import distance
from fhirdistill.search.registry import Registry
from fhirdistill.search.spec import CONTROLS

_ONCE = frozenset({"_count", "_summary", "_total", "_sort", "_elements", "_contained", "_containedType", "_pretty"})
_LOWER = frozenset({"gt", "ge", "sa"})
_UPPER = frozenset({"lt", "le", "eb"})
_DAYS = {"y": 365.2425, "mo": 30.436875, "w": 7.0, "d": 1.0, "h": 1 / 24, "min": 1 / 1440, "": 0.0}
_PERIOD = {"year": 365.2425, "month": 30.436875, "week": 7.0}
Bound = tuple[str, float | Decimal | str, object]  # prefix, place on its line, which line


def check_together(search: Search, registry: Registry) -> Iterator[Finding]:
    """Yield what is odd about the parameters of a search together."""
    if len({parameter.name for parameter in search.parameters}) < len(search.parameters):
        yield from _repeated(search)
        yield from _bounds(search)
    yield from _untied(search, registry)


def _repeated(search: Search) -> Iterator[Finding]:
    seen: set[object] = set()
    for number, parameter in enumerate(search.parameters):
        once = parameter.name in _ONCE and not parameter.steps
        mark: object = parameter.name if once else parameter
        if mark in seen:
            message = f"`{parameter.name}` stands here for the second time."
            yield Finding("warning", "duplicate-parameter", message, Place(number, "key", name_word(parameter)))
        seen.add(mark)


def _bounds(search: Search) -> Iterator[Finding]:
    """Compare the bounds of each parameter with those that stand before it."""
    kept: dict[object, dict[bool, Bound]] = {}
    for number, parameter in enumerate(search.parameters):
        bound = _bound(parameter)
        if bound is None:
            continue
        earlier = kept.setdefault((parameter.steps, parameter.name, bound[2]), {})
        for other in earlier.values():
            verdict = _verdict(other, bound)
            if verdict:
                code, words = verdict
                yield Finding("warning", code, f"`{parameter.name}` {words}.", Place(number, "value", 0))
        earlier[bound[0] in _LOWER] = bound


def _bound(parameter: Parameter) -> Bound | None:
    """Read the bound that a parameter sets; None where it sets none that can be compared."""
    if len(parameter.values) != 1 or parameter.modifier is not None:
        return None
    if any(isinstance(step, Has) for step in parameter.steps):
        return None  # each _has speaks of a resource of its own
    value = parameter.values[0]
    if isinstance(value, DateValue) and value.prefix in _LOWER | _UPPER:
        if isinstance(value.value, DateMath):
            line = f"relative {value.value.base}" if value.value.rest else "relative"
            return value.prefix, _day(value.value) + _within(value.value), line
        return value.prefix, value.value, "absolute"
    if isinstance(value, NumberValue | QuantityValue) and value.prefix in _LOWER | _UPPER:
        unit = (value.system, value.code) if isinstance(value, QuantityValue) else None
        try:
            return value.prefix, Decimal(value.number), unit
        except InvalidOperation:
            return None
    return None


def _day(date: DateMath) -> float:
    """Place date arithmetic on a line of days from today (roughly: only its order counts)."""
    return distance(date) * (_DAYS[date.unit] if date.unit else _PERIOD.get(date.base, 0.0))


def _within(date: DateMath) -> float:
    """Place what follows the braces within its period, in days: `-05-12` of a year, `-12` of a month, `T09:00`."""
    if not date.rest:
        return 0.0
    first, second = int(date.rest[1:3]), int(date.rest[4:6] or 0)
    if date.base == "year":
        return first * _PERIOD["month"] + second
    return float(first) if date.base == "month" else first / 24 + second / 1440


def _verdict(first: Bound, second: Bound) -> tuple[str, str] | None:
    """Compare two bounds of one parameter: do they exclude each other, or say one thing twice?"""
    if (first[0] in _LOWER) == (second[0] in _LOWER):
        return "duplicate-bounds", "has two bounds on the same side"
    lower, upper = (first, second) if first[0] in _LOWER else (second, first)
    low, high = lower[1], upper[1]
    if isinstance(low, str) and isinstance(high, str):
        size = min(len(low), len(high))
        return ("contradictory-bounds", "can't be after and before at once") if low[:size] > high[:size] else None
    relative = isinstance(second[2], str)
    touching = low == high and not (lower[0] == "ge" and upper[0] == "le") and not relative
    if low > high or touching:  # type: ignore[operator]
        return "contradictory-bounds", "can't be above and below at once"
    return None


def _untied(search: Search, registry: Registry) -> Iterator[Finding]:
    """Warn of two `_has` over one reference that a reader takes to be about one resource."""
    seen: dict[tuple[Chain | Has, ...], dict[str, bool]] = {}  # steps -> name -> whether it was one side of a range
    for number, parameter in enumerate(search.parameters):
        last = next((step for step in reversed(parameter.steps) if isinstance(step, Has)), None)
        if last is None or parameter.name in CONTROLS:
            continue
        others = seen.setdefault(parameter.steps, {})
        name, sided = parameter.name, _sided(parameter)
        ranges = sided and others.get(name, False)
        if ranges or len(others) > (name in others):
            message = f"FHIR does not tie these constraints to one {last.type}: each may hold of another."
            place = Place(number, "key", name_word(parameter))
            yield Finding("warning", "untied-constraints", message, place, _tied(name, others, last, registry))
        others[name] = sided or others.get(name, False)


def _sided(parameter: Parameter) -> bool:
    """Say whether a constraint is one side of a range."""
    return any(getattr(value, "prefix", "") in _LOWER | _UPPER for value in parameter.values[:1])


def _tied(name: str, others: Mapping[str, bool], last: Has, registry: Registry) -> str | None:
    """Name the composite that ties a constraint to one of the others, if there is one."""
    for composite, definition in registry.parameters(last.type).items():
        parts = {part for part, _ in definition.components}
        if name in parts and parts - {name} and parts - {name} <= others.keys():
            return composite
    return None
