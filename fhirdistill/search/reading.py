"""In: the decoded text of a parameter's value, and the kind of its values. Out: the values.

Source: FHIR search.html; the braces of the template form come from docs/labelling-guide.md.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import partial
from typing import Final

from fhirdistill.search.ast import (
    CompositeValue,
    Concept,
    DateMath,
    DateValue,
    IncludeValue,
    NumberValue,
    QuantityValue,
    RawValue,
    ReferenceValue,
    SortKey,
    StringValue,
    TokenValue,
    UriValue,
    Value,
)
from fhirdistill.search.lexer import CLOSE, OPEN, split
from fhirdistill.search.spec import PREFIXES

_ESCAPED = re.compile(r"\\([\\,$|])")
_PREFIXES = frozenset(PREFIXES)
_BRACED = re.compile(rf"([a-z]{{2}})?{OPEN}([^{OPEN}{CLOSE}]+){CLOSE}(-\d\d(?:-\d\d)?|T\d\d:\d\d)?", re.ASCII)
_RESTS = {"year": ("-", (3, 6)), "month": ("-", (3,)), "today": ("T", (6,))}  # how a rest begins, how long it may be
_DATE_MATH = re.compile(
    r"(today|now|week|month|year)(?:([+-])(?:\((\d{1,5})\+(\d{1,3})\)|(\d{1,5}))(y|mo|w|d|h|min)?)?", re.ASCII
)
_REFERENCE = re.compile(r"([A-Z][A-Za-z]+)/(.+)", re.DOTALL)
_MANY = 64


class ValueSyntaxError(Exception):
    """A value outside the grammar; the parser, which knows its place, makes a SearchSyntaxError of it."""

    def __init__(self, message: str, hint: str) -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint


def read_values(kind: str, parts: tuple[str, ...], text: str) -> tuple[Value, ...]:
    """Read values joined by commas; `parts` are the kinds of a composite's parts. Raises ValueSyntaxError.

    >>> read_values("number", (), "gt5,7")
    (NumberValue(prefix='gt', number='5'), NumberValue(prefix='', number='7'))
    """
    pieces = [text] if kind == "special" else split(text, ",")
    if kind == "composite":
        return _each(partial(_composite, parts), pieces)
    return _each(partial(_value, kind) if OPEN in text or CLOSE in text else _PLAIN[kind], pieces)


def _each(read: Callable[[str], Value], pieces: list[str]) -> tuple[Value, ...]:
    """Read alternatives; among many, those written alike are read once."""
    if len(pieces) < _MANY:
        return tuple(map(read, pieces))
    known = {piece: read(piece) for piece in dict.fromkeys(pieces)}
    return tuple([known[piece] for piece in pieces])


def unescape(text: str) -> str:
    r"""Take the escapes off (search.html#escaping).

    >>> unescape(r"a\,b\$c")
    'a,b$c'
    """
    return _ESCAPED.sub(r"\1", text) if "\\" in text else text


def _composite(kinds: tuple[str, ...], text: str) -> CompositeValue:
    """Read `a$b`; parts beyond those that the parameter has stay text."""
    parts = split(text, "$")
    if len(parts) > len(kinds):
        kinds += ("special",) * (len(parts) - len(kinds))
    if OPEN in text or CLOSE in text:
        return CompositeValue(tuple(map(_value, kinds, parts)))
    return CompositeValue(tuple([_PLAIN[kind](part) for kind, part in zip(kinds, parts, strict=False)]))


def _value(kind: str, text: str) -> Value:
    if kind == "quantity" and "|" in text:  # a UCUM annotation: {copies}/mL
        text = text.replace(OPEN, "{").replace(CLOSE, "}")
    if OPEN in text or CLOSE in text:
        return _braced(kind, text)
    return _PLAIN[kind](text)


def _braced(kind: str, text: str) -> Value:
    """Read `{concept}` or `ge{today-2w}`."""
    match = _BRACED.fullmatch(text)
    prefix, inner, rest = (match[1] or "", match[2].strip(), match[3] or "") if match else ("", "", "")
    if kind == "special" and not match:
        return RawValue(text.replace(OPEN, "{").replace(CLOSE, "}"))
    if not inner or ((prefix or rest) and (kind != "date" or (prefix and prefix not in _PREFIXES))):
        raise ValueSyntaxError(
            "braces hold a whole concept or a date.",
            "Write {words} as the whole value; a brace that is text is %7B or %7D.",
        )
    if kind == "date":
        date = date_math(inner, rest)
        if date is not None and (not rest or _fits(date)):
            return DateValue(prefix, date)
        if prefix or rest:
            message = f"{{{inner}}}{rest} is no date arithmetic."
            raise ValueSyntaxError(message, "Write {today-60y}, {month-1}, {year}-05, {today}T09:00 or the like.")
    return Concept(inner)


def _fits(date: DateMath) -> bool:
    """Say whether a rest can follow the braces: a month (and day) of a year, a day of a month, a time of a day."""
    mark, lengths = _RESTS.get(date.base, ("", ()))
    return date.rest[0] == mark and len(date.rest) in lengths and date.unit not in ("h", "min")


def date_math(text: str, rest: str = "") -> DateMath | None:
    """Read the inside of a date's braces; None where it is no date arithmetic (docs/labelling-guide.md).

    `rest` is what follows the braces.

    >>> date_math("today-(17+1)y")
    DateMath(base='today', amount=-17, unit='y', plus=1, rest='')
    """
    match = _DATE_MATH.fullmatch(text)
    if not match:
        return None
    base, sign, years, plus, amount, unit = match.groups("")
    if bool(unit) != (base in ("today", "now") and sign != ""):
        return None
    distance = int(amount or years or 0)
    return DateMath(base, -distance if sign == "-" else distance, unit, int(plus or 0), rest)


def _prefixed(text: str) -> tuple[str, str]:
    return (text[:2], text[2:]) if text[:2] in _PREFIXES else ("", text)


def _date(text: str) -> DateValue:
    return DateValue(*_prefixed(unescape(text)))


def _number(text: str) -> NumberValue:
    return NumberValue(*_prefixed(unescape(text)))


def _quantity(text: str) -> QuantityValue:
    prefix, rest = _prefixed(text)
    if "|" not in rest and "\\" not in rest:
        return QuantityValue(prefix, rest)
    parts = [unescape(part) for part in split(rest, "|")]
    if len(parts) > 3:
        raise ValueSyntaxError("too many bars.", "Write number|system|code; a bar that is text is \\|.")
    return QuantityValue(prefix, *parts)


def _token(text: str) -> TokenValue:
    if "|" not in text and "\\" not in text:
        return TokenValue(None, text)
    parts = [unescape(part) for part in split(text, "|")]
    if len(parts) > 2:
        raise ValueSyntaxError("too many bars.", "Write system|code; a bar that is text is \\|.")
    return TokenValue(None, parts[0]) if len(parts) == 1 else TokenValue(parts[0], parts[1])


def _of_type(text: str) -> TokenValue:
    parts = [unescape(part) for part in split(text, "|")]
    return TokenValue(*parts) if len(parts) == 3 else _token(text)


def _reference(text: str) -> ReferenceValue:
    text = unescape(text)
    match = _REFERENCE.fullmatch(text)
    return ReferenceValue(match[1], match[2]) if match else ReferenceValue(None, text)


def _sort(text: str) -> SortKey:
    return SortKey(text[1:], True) if text.startswith("-") else SortKey(text)


def _include(text: str) -> IncludeValue:
    if text == "*":
        return IncludeValue("*", "*")
    parts = text.split(":")
    if len(parts) not in (2, 3) or not all(parts):
        raise ValueSyntaxError(
            f"{text[:40]!r} names no reference.", "Write Type:parameter, Type:parameter:Target or *."
        )
    return IncludeValue(*parts)


_PLAIN: Final[dict[str, Callable[[str], Value]]] = {
    "token": _token,
    "of-type": _of_type,
    "date": _date,
    "number": _number,
    "quantity": _quantity,
    "string": lambda text: StringValue(unescape(text)),
    "uri": lambda text: UriValue(unescape(text)),
    "reference": _reference,
    "sort": _sort,
    "include": _include,
    "special": RawValue,
    "composite": RawValue,
}
