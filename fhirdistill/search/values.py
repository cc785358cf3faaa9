"""In: a value and the kind that it should have. Out: what is wrong with it (severity, code, message, suggestion).

Sources: FHIR datatypes.html#primitive for the lexical forms, search.html#date #number #quantity #reference #uri #token.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache
from typing import Any, NamedTuple

from fhirdistill.records import Severity
from fhirdistill.search.ast import (
    PREFIXES,
    CompositeValue,
    Concept,
    DateMath,
    DateValue,
    NumberValue,
    QuantityValue,
    RawValue,
    ReferenceValue,
    StringValue,
    TokenValue,
    UriValue,
    Value,
)
from fhirdistill.search.registry import Registry, SearchParameter
from fhirdistill.search.suggest import nearest
from fhirdistill.search.units import UCUM, is_ucum

_DATE = re.compile(
    r"(?!0000)(\d{4})(?:-(0[1-9]|1[0-2])(?:-(0[1-9]|[12]\d|3[01])"
    r"(?:T(?:[01]\d|2[0-3]):[0-5]\d(?::(?:[0-5]\d|60)(?:\.\d{1,9})?)?(?:Z|[+-](?:(?:0\d|1[0-3]):[0-5]\d|14:00))?)?)?)?",
    re.ASCII,
)
_DAYS = (31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)
_NUMBER = re.compile(r"[+-]?(\d+)(?:\.(\d+))?(?:[eE][+-]?\d{1,3})?", re.ASCII)
_DIGITS = 18  # datatypes.html#decimal: no more digits than this
_ID = re.compile(r"#?[A-Za-z0-9\-.]{1,64}")
_VERSIONED = re.compile(r"[A-Za-z0-9\-.]{1,64}(?:/_history/[A-Za-z0-9\-.]{1,64})?(?:\|[^\s|]+)?")
_URI = re.compile(r"[A-Za-z][A-Za-z0-9+.\-]*:[^\s<>\"{}]+")
_LOOSE_URI = re.compile(r"[^\s<>\"{}]+")
_POSITION = re.compile(r"[+-]?\d{1,2}(?:\.\d+)?\|[+-]?\d{1,3}(?:\.\d+)?(?:\|\d+(?:\.\d+)?(?:\|[^|]+)?)?")
_BOOLEAN = ("true", "false")


class Fault(NamedTuple):
    """What is wrong with a value."""

    severity: Severity
    code: str
    message: str
    suggestion: str | None = None


def is_date(text: str) -> bool:
    """Say whether a text is a FHIR date or dateTime of any precision, on the calendar.

    >>> [is_date(text) for text in ("2024", "2024-02-30", "2024-03-09T10:00Z", "05")]
    [True, False, True, False]
    """
    match = _DATE.fullmatch(text)
    if not match or not match[3]:
        return bool(match)
    year, month, day = int(match[1]), int(match[2]), int(match[3])
    leap = year % 4 == 0 and (year % 100 != 0 or year % 400 == 0)
    return day <= _DAYS[month - 1] and (leap or (month, day) != (2, 29))


def is_number(text: str) -> bool:
    """Say whether a text is a FHIR decimal of at most 18 digits.

    >>> [is_number(text) for text in ("5.40e-3", "100", "foo", "1" * 47)]
    [True, True, False, False]
    """
    match = _NUMBER.fullmatch(text)
    return bool(match) and len(match[1].lstrip("0") + (match[2] or "")) <= _DIGITS if match else False


def check_value(value: Value, parameter: SearchParameter, modifier: str | None, registry: Registry) -> Iterator[Fault]:
    """Yield what is wrong with one value of a parameter."""
    if modifier == "missing":
        if not isinstance(value, TokenValue) or value.system is not None or value.code not in _BOOLEAN:
            yield Fault("error", "invalid-missing", ":missing takes true or false.")
    elif isinstance(value, Concept):
        yield from _concept(value, parameter)
    elif modifier == "of-type":
        if (
            not isinstance(value, TokenValue)
            or value.value is None
            or not (value.system and value.code and value.value)
        ):
            yield Fault("error", "invalid-token", ":of-type takes system|code|value.")
    elif modifier == "identifier" and isinstance(value, TokenValue):
        yield from _token(value, None, registry)
    else:
        checker = _CHECKS.get(type(value))
        if checker is not None:
            yield from checker(value, parameter, registry)


def _concept(value: Concept, parameter: SearchParameter) -> Iterator[Fault]:
    if parameter.type not in ("token", "string"):
        yield Fault(
            "error",
            "concept-not-allowed",
            f"`{parameter.name}` is a {parameter.type}: {{{value.text}}} can't stand for one.",
        )
    elif parameter.binding == "required" and parameter.codes:
        suggestion = nearest(value.text, parameter.codes)
        yield Fault(
            "error",
            "concept-for-code",
            f"`{parameter.name}` takes a code that FHIR lists, not {{{value.text}}}.",
            suggestion or ", ".join(parameter.codes[:12]),
        )


def _prefix(prefix: str, parameter: SearchParameter) -> Iterator[Fault]:
    if prefix and prefix not in parameter.comparators:
        allowed = ", ".join(parameter.comparators)
        yield Fault("error", "prefix-not-allowed", f"`{parameter.name}` does not take the prefix `{prefix}`.", allowed)


def _date(value: DateValue, parameter: SearchParameter, _: Registry) -> Iterator[Fault]:
    yield from _prefix(value.prefix, parameter)
    if not isinstance(value.value, DateMath) and not is_date(value.value):
        text = f"{value.prefix}{value.value}"
        yield Fault("error", "invalid-date", f"{text[:40]!r} is no date.", "YYYY, YYYY-MM, YYYY-MM-DD or a dateTime")


def _number(value: NumberValue, parameter: SearchParameter, _: Registry) -> Iterator[Fault]:
    yield from _prefix(value.prefix, parameter)
    if not is_number(value.number):
        yield Fault("error", "invalid-number", f"{value.prefix + value.number[:40]!r} is no number of up to 18 digits.")


def _quantity(value: QuantityValue, parameter: SearchParameter, _: Registry) -> Iterator[Fault]:
    yield from _prefix(value.prefix, parameter)
    if not is_number(value.number):
        yield Fault(
            "error", "invalid-quantity", f"{value.prefix + value.number[:40]!r} is no number of up to 18 digits."
        )
    if value.code and value.system == UCUM and not is_ucum(value.code):
        yield Fault("warning", "unknown-unit", f"{value.code[:40]!r} is no UCUM unit.")
    if value.system and value.code is None:
        yield Fault("warning", "quantity-without-unit", "A unit system stands without a unit.", "number|system|code")


def _token(value: TokenValue, parameter: SearchParameter | None, _: Registry) -> Iterator[Fault]:
    if value.value is not None:
        yield Fault("error", "invalid-token", "Three parts stand only with :of-type.")
    elif not value.code and not value.system:
        yield Fault("error", "invalid-token", "A token has a code, or a system, or both.")
    elif parameter is not None and parameter.codes and value.code:
        yield from _code(value, parameter)


def _code(value: TokenValue, parameter: SearchParameter) -> Iterator[Fault]:
    """Compare a code with the value set that FHIR binds (terminologies.html#strength)."""
    known = value.code in parameter.codes
    if known and value.system and parameter.codings[0][0]:
        known = any(system == value.system and code == value.code for system, code, _ in parameter.codings)
    if known or parameter.binding == "preferred":
        return
    written = f"{value.system}|{value.code}" if value.system else value.code
    suggestion = nearest(value.code, parameter.codes)
    if parameter.binding == "required":
        listed = ", ".join(parameter.codes[:12]) + (" ..." if len(parameter.codes) > 12 else "")
        yield Fault(
            "error", "unknown-code", f"{written[:80]!r} is no code of `{parameter.name}`.", suggestion or listed
        )
    elif not value.system:
        yield Fault(
            "information",
            "unlisted-code",
            f"{written[:80]!r} is not among the codes of `{parameter.name}`.",
            suggestion,
        )


def _reference(value: ReferenceValue, parameter: SearchParameter, registry: Registry) -> Iterator[Fault]:
    if value.type is None:
        if not (_ID.fullmatch(value.id) or _URI.fullmatch(value.id)):
            yield Fault("error", "invalid-reference", f"{value.id[:60]!r} is no id, Type/id or URL.")
    elif not _VERSIONED.fullmatch(value.id):
        yield Fault("error", "invalid-reference", f"{value.id[:60]!r} is no id.")
    elif value.type not in parameter.targets:
        suggestion = nearest(value.type, parameter.targets) or ", ".join(parameter.targets[:8])
        yield Fault("error", "wrong-target", f"`{parameter.name}` does not refer to {value.type}.", suggestion)


def _uri(value: UriValue, _: SearchParameter, __: Registry) -> Iterator[Fault]:
    if not _LOOSE_URI.fullmatch(value.text):
        yield Fault("error", "invalid-uri", f"{value.text[:60]!r} is no URI.")


def _string(value: StringValue, parameter: SearchParameter, _: Registry) -> Iterator[Fault]:
    if not value.text.strip() and parameter.type == "string":
        yield Fault("warning", "empty-value", f"An alternative of `{parameter.name}` is empty.")


def _raw(value: RawValue, parameter: SearchParameter, _: Registry) -> Iterator[Fault]:
    if parameter.name == "near" and not all(_POSITION.fullmatch(part) for part in value.text.split(",")):
        yield Fault("error", "invalid-position", f"{value.text[:60]!r} is no latitude|longitude|distance|unit.")


def _composite(value: CompositeValue, parameter: SearchParameter, registry: Registry) -> Iterator[Fault]:
    if len(value.parts) != len(parameter.components):
        names = "$".join(name for name, _ in parameter.components)
        count = len(parameter.components)
        yield Fault(
            "error", "component-count", f"`{parameter.name}` takes {count} parts, not {len(value.parts)}.", names
        )
        return
    for part, component in zip(value.parts, component_parameters(parameter.components), strict=True):
        if not (isinstance(part, StringValue) and not part.text):
            yield from check_value(part, component, None, registry)


@cache
def component_parameters(components: tuple[tuple[str, str], ...]) -> tuple[SearchParameter, ...]:
    """Give a composite's components as parameters that take any prefix."""
    return tuple(SearchParameter(name, kind, comparators=PREFIXES) for name, kind in components)


_CHECKS: dict[type, Any] = {
    DateValue: _date,
    NumberValue: _number,
    QuantityValue: _quantity,
    TokenValue: _token,
    ReferenceValue: _reference,
    UriValue: _uri,
    StringValue: _string,
    RawValue: _raw,
    CompositeValue: _composite,
}
