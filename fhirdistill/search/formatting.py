"""In: a `Search`. Out: its text, so that `parse(format(search)) == search`.

Source: FHIR search.html#escaping for the backslashes; RFC 3986 for the percent-encoding.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any, Final

from fhirdistill.search.ast import (
    CompositeValue,
    Concept,
    DateMath,
    DateValue,
    Has,
    IncludeValue,
    NumberValue,
    Parameter,
    QuantityValue,
    RawValue,
    ReferenceValue,
    Search,
    SortKey,
    StringValue,
    TokenValue,
    UriValue,
    Value,
)

# What the unencoded form would read as something else: &, braces, control characters, a percent before two digits.
_PLAIN = re.compile(r"[&{}\x00-\x1f\x7f]|%(?=[0-9A-Fa-f]{2})| \Z")
_PLAIN_IN_BRACES = re.compile(r"[{}\x00-\x1f\x7f]|%(?=[0-9A-Fa-f]{2})|\A | \Z")
_URL = re.compile(r"[^A-Za-z0-9\-._~,:/$*@!()';=?]")
_SPECIAL = re.compile(r"[\\,$|]")
_SPECIAL_BUT_BAR = re.compile(r"[\\,$]")


def format(search: Search, encode: bool = False) -> str:
    """Write a search as `Type?parameter=value&...`; with `encode`, percent-encoded and ready to send.

    Braces of the template form stay as they are in both.

    >>> from fhirdistill.search import parse
    >>> format(parse("Patient?name=van%20Putten&_has:Condition:patient:code={asthma}"))
    'Patient?name=van Putten&_has:Condition:patient:code={asthma}'
    >>> format(parse("Patient?name=van Putten"), encode=True)
    'Patient?name=van%20Putten'
    """
    path = [search.base] if search.base else []
    path += search.compartment or ()
    if search.type or search.compartment:
        path.append(search.type or "*")
    query = "&".join([format_parameter(p, encode) for p in search.parameters])
    mark = "?" if query or not path or (search.base and not search.type) else ""
    return "/".join(path) + mark + query


def format_parameter(parameter: Parameter, encode: bool = False) -> str:
    """Write one parameter.

    >>> from fhirdistill.search.ast import Chain, StringValue
    >>> format_parameter(Parameter((Chain("subject", "Patient"),), "name", "exact", (StringValue("Ann"),)))
    'subject:Patient.name:exact=Ann'
    """
    return f"{format_key(parameter)}={','.join([format_value(value, encode) for value in parameter.values])}"


def format_key(parameter: Parameter) -> str:
    """Write what stands before the equals sign."""
    text = ""
    for step in parameter.steps:
        if isinstance(step, Has):
            text += f"_has:{step.type}:{step.reference}:"
        else:
            text += f"{step.reference}:{step.type}." if step.type else f"{step.reference}."
    return f"{text}{parameter.name}:{parameter.modifier}" if parameter.modifier else text + parameter.name


def format_value(value: Value, encode: bool = False) -> str:
    """Write one value, escaped."""
    if isinstance(value, CompositeValue):
        return "$".join([format_value(part, encode) for part in value.parts])
    if isinstance(value, Concept):
        return "{" + _protect(value.text, _URL if encode else _PLAIN_IN_BRACES) + "}"
    if isinstance(value, DateValue) and isinstance(value.value, DateMath):
        return f"{value.prefix}{{{format_date_math(value.value)}}}{value.value.rest}"
    return _protect(_WRITERS[type(value)](value), _URL if encode else _PLAIN)


def format_date_math(date: DateMath) -> str:
    """Write the inside of a date's braces.

    >>> format_date_math(DateMath("today", -17, "y", 1))
    'today-(17+1)y'
    """
    if not (date.amount or date.unit or date.plus):
        return date.base
    amount = f"({abs(date.amount)}+{date.plus})" if date.plus else str(abs(date.amount))
    return f"{date.base}{'-' if date.amount < 0 else '+'}{amount}{date.unit}"


def distance(date: DateMath) -> int:
    """Return the signed distance of date arithmetic in its unit (or its period).

    >>> distance(DateMath("today", -17, "y", 1))
    -18
    """
    return date.amount - date.plus if date.amount < 0 else date.amount + date.plus


def _protect(text: str, unsafe: re.Pattern[str]) -> str:
    return unsafe.sub(_quote, text)


def _quote(match: re.Match[str]) -> str:
    return "".join(f"%{byte:02X}" for byte in match[0].encode())


def _escape(text: str) -> str:
    return _SPECIAL.sub(r"\\\g<0>", text)


def _escape_but_bar(text: str) -> str:
    return _SPECIAL_BUT_BAR.sub(r"\\\g<0>", text)


def _quantity(value: QuantityValue) -> str:
    parts = [_escape(value.number)]
    if value.system is not None or value.code is not None:
        parts.append(_escape(value.system or ""))
    if value.code is not None:
        parts.append(_escape(value.code))
    return value.prefix + "|".join(parts)


def _token(value: TokenValue) -> str:
    parts = [value.code] if value.system is None else [value.system, value.code]
    if value.value is not None:
        parts.append(value.value)
    return "|".join([_escape(part) for part in parts])


def _reference(value: ReferenceValue) -> str:
    return _escape_but_bar(f"{value.type}/{value.id}" if value.type else value.id)


def _include(value: IncludeValue) -> str:
    if value.source == value.name == "*" and value.target is None:
        return "*"
    return ":".join([value.source, value.name, *([value.target] if value.target is not None else [])])


_WRITERS: Final[dict[type, Callable[[Any], str]]] = {
    DateValue: lambda value: _escape_but_bar(value.prefix + value.value),
    NumberValue: lambda value: _escape_but_bar(value.prefix + value.number),
    QuantityValue: _quantity,
    TokenValue: _token,
    StringValue: lambda value: _escape(value.text),
    UriValue: lambda value: _escape_but_bar(value.text),
    ReferenceValue: _reference,
    SortKey: lambda value: f"-{value.name}" if value.descending else value.name,
    IncludeValue: _include,
    RawValue: lambda value: value.text,
}
