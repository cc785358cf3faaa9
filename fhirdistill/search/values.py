"""In: a value and the kind that it should have. Out: what is wrong with it (severity, code, message, suggestion).

Sources: FHIR datatypes.html#primitive for the lexical forms, search.html#date #number #quantity #reference #uri #token.
"""

from __future__ import annotations

import re
from functools import cache
from typing import TYPE_CHECKING, Any, Final, NamedTuple, TypeAlias

from fhirdistill.search.ast import (
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
from fhirdistill.search.formatting import format_date_math
from fhirdistill.search.registry import Registry, SearchParameter
from fhirdistill.search.spec import PREFIXES
from fhirdistill.search.suggest import nearest
from fhirdistill.search.units import UCUM, is_ucum

if TYPE_CHECKING:
    from fhirdistill.records import Severity

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


def is_rest(date: DateMath) -> bool:
    """Say whether what follows the braces of date arithmetic is a month, a day or a time that there is.

    >>> is_rest(DateMath("year", rest="-02-29")), is_rest(DateMath("year", rest="-13"))
    (True, False)
    """
    leap = {"year": "2024", "month": "2024-01", "today": "2024-01-01"}  # the longest that the period can be
    return date.base in leap and is_date(leap[date.base] + date.rest)


def is_number(text: str) -> bool:
    """Say whether a text is a FHIR decimal of at most 18 digits.

    >>> [is_number(text) for text in ("5.40e-3", "100", "foo", "1" * 47)]
    [True, True, False, False]
    """
    match = _NUMBER.fullmatch(text)
    return bool(match) and len(match[1].lstrip("0") + (match[2] or "")) <= _DIGITS if match else False


Faults: TypeAlias = tuple[Fault, ...]
NONE: Final[Faults] = ()


def check_value(value: Value, parameter: SearchParameter, modifier: str | None, registry: Registry) -> Faults:
    """Return what is wrong with one value of a parameter."""
    if modifier == "missing":
        right = isinstance(value, TokenValue) and value.system is None and value.code in _BOOLEAN
        return NONE if right else (Fault("error", "invalid-missing", ":missing takes true or false."),)
    if modifier == "of-type" and not isinstance(value, Concept):
        right = isinstance(value, TokenValue) and bool(value.system and value.code and value.value)
        return NONE if right else (Fault("error", "invalid-token", ":of-type takes system|code|value."),)
    if modifier == "identifier" and isinstance(value, TokenValue):
        return _token(value, None, registry)
    checker = _CHECKS.get(type(value))
    return checker(value, parameter, registry) if checker is not None else NONE


def _concept(value: Concept, parameter: SearchParameter, _: Registry) -> Faults:
    if parameter.type not in ("token", "string"):
        message = f"`{parameter.name}` is a {parameter.type}: {{{value.text}}} can't stand for one."
        return (Fault("error", "concept-not-allowed", message),)
    if parameter.binding == "required" and parameter.codes:
        message = f"`{parameter.name}` takes a code that FHIR lists, not {{{value.text}}}."
        suggestion = nearest(value.text, parameter.codes) or ", ".join(parameter.codes[:12])
        return (Fault("error", "concept-for-code", message, suggestion),)
    return NONE


def _prefix(prefix: str, parameter: SearchParameter) -> Faults:
    if not prefix or prefix in parameter.comparators:
        return NONE
    message = f"`{parameter.name}` does not take the prefix `{prefix}`."
    return (Fault("error", "prefix-not-allowed", message, ", ".join(parameter.comparators)),)


def _date(value: DateValue, parameter: SearchParameter, _: Registry) -> Faults:
    faults = _prefix(value.prefix, parameter)
    date = value.value
    if isinstance(date, DateMath):
        if date.rest and not is_rest(date):
            message = f"{date.rest!r} is no month, day or time of {{{format_date_math(date)}}}."
            suggestion = "{year}-MM, {year}-MM-DD, {month}-DD or {today}Thh:mm"
            return (*faults, Fault("error", "invalid-date", message, suggestion))
    elif not is_date(date):
        text = f"{value.prefix}{date}"
        message = f"{text[:40]!r} is no date."
        return (*faults, Fault("error", "invalid-date", message, "YYYY, YYYY-MM, YYYY-MM-DD or a dateTime"))
    return faults


def _number(value: NumberValue, parameter: SearchParameter, _: Registry) -> Faults:
    faults = _prefix(value.prefix, parameter)
    if is_number(value.number):
        return faults
    message = f"{value.prefix + value.number[:40]!r} is no number of up to 18 digits."
    return (*faults, Fault("error", "invalid-number", message))


def _quantity(value: QuantityValue, parameter: SearchParameter, _: Registry) -> Faults:
    faults = _prefix(value.prefix, parameter)
    if not is_number(value.number):
        message = f"{value.prefix + value.number[:40]!r} is no number of up to 18 digits."
        faults += (Fault("error", "invalid-quantity", message),)
    if value.code and value.system == UCUM and not is_ucum(value.code):
        faults += (Fault("warning", "unknown-unit", f"{value.code[:40]!r} is no UCUM unit."),)
    if value.system and value.code is None:
        message = "A unit system stands without a unit."
        faults += (Fault("warning", "quantity-without-unit", message, "number|system|code"),)
    return faults


def _token(value: TokenValue, parameter: SearchParameter | None, _: Registry) -> Faults:
    if value.value is not None:
        return (Fault("error", "invalid-token", "Three parts stand only with :of-type."),)
    if not value.code and not value.system:
        return (Fault("error", "invalid-token", "A token has a code, or a system, or both."),)
    if parameter is not None and parameter.codes and value.code:
        return _code(value, parameter)
    return NONE


def _code(value: TokenValue, parameter: SearchParameter) -> Faults:
    """Compare a code with the value set that FHIR binds (terminologies.html#strength)."""
    if parameter.binding == "preferred":
        return NONE
    if value.system and parameter.codings[0][0]:
        known = any(system == value.system and code == value.code for system, code, _ in parameter.codings)
    else:
        known = value.code in parameter.codes
    if known:
        return NONE
    written = f"{value.system}|{value.code}" if value.system else value.code
    suggestion = nearest(value.code, parameter.codes)
    if parameter.binding == "required":
        listed = ", ".join(parameter.codes[:12]) + (" ..." if len(parameter.codes) > 12 else "")
        message = f"{written[:80]!r} is no code of `{parameter.name}`."
        return (Fault("error", "unknown-code", message, suggestion or listed),)
    if not value.system:
        message = f"{written[:80]!r} is not among the codes of `{parameter.name}`."
        return (Fault("information", "unlisted-code", message, suggestion),)
    return NONE


def _reference(value: ReferenceValue, parameter: SearchParameter, registry: Registry) -> Faults:
    if value.type is None:
        if not (_ID.fullmatch(value.id) or _URI.fullmatch(value.id)):
            return (Fault("error", "invalid-reference", f"{value.id[:60]!r} is no id, Type/id or URL."),)
    elif not _VERSIONED.fullmatch(value.id):
        return (Fault("error", "invalid-reference", f"{value.id[:60]!r} is no id."),)
    elif value.type not in parameter.targets:
        suggestion = nearest(value.type, parameter.targets) or ", ".join(parameter.targets[:8])
        return (Fault("error", "wrong-target", f"`{parameter.name}` does not refer to {value.type}.", suggestion),)
    return NONE


def _uri(value: UriValue, _: SearchParameter, __: Registry) -> Faults:
    if _LOOSE_URI.fullmatch(value.text):
        return NONE
    return (Fault("error", "invalid-uri", f"{value.text[:60]!r} is no URI."),)


def _string(value: StringValue, parameter: SearchParameter, _: Registry) -> Faults:
    if value.text.strip() or parameter.type != "string":
        return NONE
    return (Fault("warning", "empty-value", f"An alternative of `{parameter.name}` is empty."),)


def _raw(value: RawValue, parameter: SearchParameter, _: Registry) -> Faults:
    if parameter.name != "near" or all(_POSITION.fullmatch(part) for part in value.text.split(",")):
        return NONE
    return (Fault("error", "invalid-position", f"{value.text[:60]!r} is no latitude|longitude|distance|unit."),)


def _composite(value: CompositeValue, parameter: SearchParameter, registry: Registry) -> Faults:
    count = len(parameter.components)
    if len(value.parts) != count:
        names = "$".join(name for name, _ in parameter.components)
        message = f"`{parameter.name}` takes {count} parts, not {len(value.parts)}."
        return (Fault("error", "component-count", message, names),)
    faults: Faults = ()
    for part, component in zip(value.parts, component_parameters(parameter.components), strict=True):
        if not (isinstance(part, StringValue) and not part.text):
            faults += check_value(part, component, None, registry)
    return faults


@cache
def component_parameters(components: tuple[tuple[str, str], ...]) -> tuple[SearchParameter, ...]:
    """Give a composite's components as parameters that take any prefix."""
    return tuple(SearchParameter(name, kind, comparators=PREFIXES) for name, kind in components)


_CHECKS: dict[type, Any] = {
    Concept: _concept,
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
