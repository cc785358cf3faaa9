"""In: a search, or two. Out: its canonical form, or whether the two mean the same.

Two searches mean the same when every server that follows the specification gives the same answer to both, as far as
their text shows: order of parameters and of alternatives, the default prefix, the spelling of dates, numbers and
references, codes with the only system that they can have, and words that FHIR compares without case
(search.html#prefix #date #reference #string).
"""

from __future__ import annotations

import calendar
import re
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

from fhirdistill.search.ast import (
    Chain,
    CompositeValue,
    Concept,
    DateMath,
    DateValue,
    Has,
    NumberValue,
    Parameter,
    QuantityValue,
    ReferenceValue,
    Search,
    SortKey,
    StringValue,
    TokenValue,
    Value,
)
from fhirdistill.search.formatting import distance, format_parameter, format_value
from fhirdistill.search.parsing import parse
from fhirdistill.search.registry import Registry, SearchParameter
from fhirdistill.search.registry import registry as load
from fhirdistill.search.spec import CONTROLS
from fhirdistill.search.validation import search_types
from fhirdistill.search.values import is_number

_DEFAULTS = {
    "_summary": "false",
    "_contained": "false",
    "_containedType": "container",
}  # search.html#summary #contained
_EXACT = frozenset({"gt", "lt", "ge", "le"})  # search.html#number: under these, trailing zeros change nothing
_ZONED = re.compile(r"(\d{4}-\d\d-\d\dT\d\d:\d\d)(:\d\d)?(\.\d+)?(Z|[+-]\d\d:\d\d)")


def equivalent(a: Search | str, b: Search | str, today: date | str | None = None) -> bool:
    """Say whether two searches mean the same; with `today` (a date or ISO text), date arithmetic counts as its dates.

    Raises SearchSyntaxError for a text that can't be parsed.

    >>> equivalent("Encounter?status=finished&date=eq2024", "Encounter?date=2024&status=finished")
    True
    >>> equivalent("Patient?birthdate=lt{today-60y}", "Patient?birthdate=lt1966-03-15", today="2026-03-15")
    True
    """
    day = date.fromisoformat(today) if isinstance(today, str) else today
    one, other = (canonical(parse(s) if isinstance(s, str) else s, today=day) for s in (a, b))
    return one == other


def canonical(search: Search, registry: Registry | None = None, today: date | None = None) -> Search:
    """Return the one spelling that all searches of this meaning share; the base is left out. Idempotent.

    >>> from fhirdistill.search import format, parse
    >>> format(canonical(parse("Observation?value-quantity=ge5.0&subject:Patient=12")))
    'Observation?patient=12&value-quantity=ge5'
    """
    registry = registry or load()
    type, parameters = search.type, search.parameters
    types = (type,) if type else search_types(search)
    if type is None and search.compartment is None and len(types) == 1 and types != ("Resource",):
        type, parameters = types[0], tuple(p for p in parameters if p.name != "_type")
    kept = {p for p in (_parameter(p, types, search.base, registry, today) for p in parameters) if p is not None}
    return Search(type, tuple(sorted(kept, key=_order)), "", search.compartment)


def _order(parameter: Parameter) -> str:
    return format_parameter(parameter)


def _parameter(
    parameter: Parameter, types: tuple[str, ...], base: str, registry: Registry, today: date | None
) -> Parameter | None:
    """Spell one parameter canonically; None where it says nothing."""
    if not parameter.values:
        return None
    if not parameter.steps and parameter.name in CONTROLS:
        return _control(parameter)
    steps, ends = _steps(parameter.steps, types, registry)
    found = registry.resolve(types, parameter.steps, parameter.name)
    if not found:
        return replace(parameter, steps=steps)
    definition, name, modifier, values = found[0], parameter.name, parameter.modifier, parameter.values
    if definition.type == "reference":
        name, modifier, values = _references(parameter, definition, ends, base, registry)
        definition = registry.resolve(ends, (), name)[0]
    plain = modifier in (None, "not")
    values = tuple(_value(v, definition if plain else None, modifier, today) for v in values)
    return Parameter(steps, name, modifier, tuple(sorted(set(values), key=format_value)))


def _control(parameter: Parameter) -> Parameter | None:
    values = parameter.values
    if parameter.name in _DEFAULTS and values == (TokenValue(None, _DEFAULTS[parameter.name]),):
        return None
    if any(isinstance(value, SortKey) for value in values):
        return parameter
    values = tuple(_value(v, None, None, None) if isinstance(v, NumberValue) else v for v in values)
    return replace(parameter, values=tuple(sorted(set(values), key=format_value)))


def _steps(
    steps: tuple[Chain | Has, ...], types: tuple[str, ...], registry: Registry
) -> tuple[tuple[Chain | Has, ...], tuple[str, ...]]:
    """Spell the steps: no type where there is only one, `patient` for `subject:Patient` where the type has it."""
    spelled: list[Chain | Has] = []
    for step in steps:
        here, types = types, registry.reach(types, step)
        if isinstance(step, Chain) and len(here) == 1 and len(types) == 1:
            step = Chain(*_narrow(step.reference, types[0], here[0], registry))
        spelled.append(step)
    return tuple(spelled), types


def _narrow(reference: str, target: str, here: str, registry: Registry) -> tuple[str, str | None]:
    """Find the parameter of `here` that is `reference` narrowed to one target; else keep it, typed if need be."""
    definition = registry.parameter(here, reference)
    if definition is None or definition.targets == (target,):
        return reference, None
    wanted = f"{definition.expression}.where(resolve() is {target})"
    for name, other in registry.parameters(here).items():
        if other.expression == wanted and other.type == "reference" and other.targets == (target,):
            return name, None
    return reference, target


def _references(
    parameter: Parameter, definition: SearchParameter, types: tuple[str, ...], base: str, registry: Registry
) -> tuple[str, str | None, tuple[Value, ...]]:
    """Spell a reference: `Type/id` where several types are possible, else the bare id (search.html#reference)."""
    name, modifier = parameter.name, parameter.modifier
    values = tuple(_local(v, base) for v in parameter.values)
    if modifier in definition.targets:
        values = tuple(
            ReferenceValue(modifier, v.id) if isinstance(v, ReferenceValue) and v.type is None else v for v in values
        )
        modifier = None
    kinds = {v.type if isinstance(v, ReferenceValue) else None for v in values}
    target = kinds.pop() if len(kinds) == 1 else None
    if modifier is None and target is not None and len(types) == 1:
        name, left = _narrow(name, target, types[0], registry)
        if left is None:
            values = tuple(ReferenceValue(None, v.id) if isinstance(v, ReferenceValue) else v for v in values)
    return name, modifier, values


def _local(value: Value, base: str) -> Value:
    """Make a reference into the search's own server relative."""
    if isinstance(value, ReferenceValue) and value.type is None and base and value.id.startswith(base + "/"):
        type, _, id = value.id[len(base) + 1 :].partition("/")
        return ReferenceValue(type, id) if id else value
    return value


def _value(value: Value, definition: SearchParameter | None, modifier: str | None, today: date | None) -> Value:
    """Spell one value; `definition` is None where codes and references are not to be touched."""
    if isinstance(value, CompositeValue):
        return CompositeValue(tuple(_value(part, None, None, today) for part in value.parts))
    if isinstance(value, Concept):
        return Concept(" ".join(value.text.casefold().split()))
    if isinstance(value, StringValue):
        return value if modifier == "exact" else StringValue(value.text.casefold())
    if isinstance(value, DateValue):
        return DateValue("" if value.prefix == "eq" else value.prefix, _date(value.value, today))
    if isinstance(value, NumberValue | QuantityValue):
        prefix = "" if value.prefix == "eq" else value.prefix
        return replace(value, prefix=prefix, number=_number(value.number, prefix in _EXACT))
    if isinstance(value, TokenValue) and definition is not None and definition.binding == "required" and value.system:
        known = any(pair[:2] == (value.system, value.code) for pair in definition.codings)
        return TokenValue(None, value.code) if known else value
    return value


def _number(text: str, exact: bool) -> str:
    """Spell a number without exponent; trailing zeros carry precision unless `exact`."""
    if not is_number(text):
        return text
    spelled = f"{Decimal(text):f}"
    return (spelled.rstrip("0").rstrip(".") if "." in spelled else spelled) if exact else spelled


def _date(value: str | DateMath, today: date | None) -> str | DateMath:
    if isinstance(value, DateMath):
        folded = _folded(value)
        return (_resolved(folded, today) if today else None) or folded
    match = _ZONED.fullmatch(value)
    if not match:
        return value
    try:
        moment = datetime.fromisoformat(f"{match[1]}{match[2] or ':00'}{match[4].replace('Z', '+00:00')}")
        utc = moment.astimezone(UTC)
    except (ValueError, OverflowError):
        return value
    return f"{utc:%Y-%m-%dT%H:%M}{f':{utc.second:02}' if match[2] else ''}{match[3] or ''}Z"


def _folded(value: DateMath) -> DateMath:
    """Fold `-(17+1)y` to `-18y`, 12 months to a year, weeks to days."""
    amount, unit = distance(value), value.unit
    if unit == "mo" and amount % 12 == 0:
        amount, unit = amount // 12, "y"
    if unit == "w":
        amount, unit = amount * 7, "d"
    return DateMath(value.base, amount, unit if amount else "", rest=value.rest)


def _resolved(value: DateMath, today: date) -> str | None:
    """Give the FHIR date of date arithmetic; None for weeks and for hours, which are no single date."""
    try:
        if value.base == "year":
            return f"{today.year + value.amount:04}{value.rest}"
        if value.base == "month":
            return f"{_months(today, value.amount):%Y-%m}{value.rest}"
        if value.base == "today" and value.unit in ("", "d"):
            return (today + timedelta(days=value.amount)).isoformat() + value.rest
        if value.base == "today" and value.unit in ("y", "mo"):
            return _months(today, value.amount * (12 if value.unit == "y" else 1)).isoformat() + value.rest
    except (ValueError, OverflowError):
        return None
    return None


def _months(day: date, months: int) -> date:
    """Move by calendar months; the 31st becomes the last day of a shorter month."""
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    return date(year, month + 1, min(day.day, calendar.monthrange(year, month + 1)[1]))
