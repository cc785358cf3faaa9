"""In: the text of a search. Out: a `Search`, its values typed by the registry.

Parsing refuses what has no place in the grammar; what is grammatical and wrong (an unknown parameter, a date that is
none) is for `validate` to report. Source: FHIR search.html; the braces of the template form come from
docs/labelling-guide.md.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import partial
from typing import Final, TypeAlias

from fhirdistill.errors import SearchSyntaxError
from fhirdistill.search.ast import (
    Chain,
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
from fhirdistill.search.lexer import CLOSE, OPEN, Item, Request, decode, lex, split, value_span
from fhirdistill.search.registry import Registry, SearchParameter
from fhirdistill.search.registry import registry as load
from fhirdistill.search.spec import CONTROLS, MODIFIER_KINDS, PREFIXES

_KEY = re.compile(r"[A-Za-z_][A-Za-z0-9_-]*(?:[.:][A-Za-z_][A-Za-z0-9_-]*)*")
_ESCAPED = re.compile(r"\\([\\,$|])")
_PREFIXES = frozenset(PREFIXES)
_BRACED = re.compile(rf"([a-z]{{2}})?{OPEN}([^{OPEN}{CLOSE}]+){CLOSE}(-\d\d(?:-\d\d)?|T\d\d:\d\d)?", re.ASCII)
_RESTS = {"year": ("-", (3, 6)), "month": ("-", (3,)), "today": ("T", (6,))}  # how a rest begins, how long it may be
_DATE_MATH = re.compile(
    r"(today|now|week|month|year)(?:([+-])(?:\((\d{1,5})\+(\d{1,3})\)|(\d{1,5}))(y|mo|w|d|h|min)?)?", re.ASCII
)
_REFERENCE = re.compile(r"([A-Z][A-Za-z]+)/(.+)", re.DOTALL)
_MANY = 64
ALL_TYPES: Final = ("Resource",)


def parse(text: str, registry: Registry | None = None) -> Search:
    """Parse a search: a URL, relative or absolute, a `GET` line, a POST request, a bare query, or a template.

    Values are typed by `registry` (R4 where none is given). Raises SearchSyntaxError with the span at fault.

    >>> parse("Patient?birthdate=lt{today-60y}").parameters[0].values
    (DateValue(prefix='lt', value=DateMath(base='today', amount=-60, unit='y', plus=0, rest='')),)
    """
    return build(lex(text), registry or load())


def build(request: Request, registry: Registry) -> Search:
    """Build the search that a lexed request says."""
    types = contexts(request, registry)
    keys = registry.memory(types)
    parameters = []
    for item in request.items:
        key = keys.get(item[0])
        if key is None:
            key = keys[item[0]] = _key(item, types, registry)
        parameters.append(_parameter(item, key))
    return Search(request.type, tuple(parameters), request.base, request.compartment)


def contexts(request: Request, registry: Registry) -> tuple[str, ...]:
    """Return the types that a request's parameters belong to: its own, those of `_type`, or Resource."""
    if request.type is not None:
        return (request.type,)
    for key, value, start, _ in request.items:
        if key == "_type":
            return tuple(t for t in decode(value, start).split(",") if registry.has_type(t)) or ALL_TYPES
    return ALL_TYPES


def parse_key(key: str, at: int = 0) -> tuple[tuple[Chain | Has, ...], str, str | None]:
    """Parse `patient.name:exact` or `_has:Group:member:_id` to steps, name and modifier. Raises SearchSyntaxError.

    >>> parse_key("_has:Condition:patient:code:not")
    ((Has(type='Condition', reference='patient'),), 'code', 'not')
    """
    if not _KEY.fullmatch(key):
        raise _bad_key(key, at, "Names are letters, digits and hyphens.")
    if "." not in key and ":" not in key:
        return (), key, None
    steps: list[Chain | Has] = []
    *links, last = key.split(".")
    for link in links:
        words = _has(link.split(":"), steps, key, at)
        if len(words) > 2:
            raise _bad_key(key, at, "A link of a chain is a reference, or reference:Type.")
        steps.append(Chain(words[0], words[1] if len(words) == 2 else None))
    words = _has(last.split(":"), steps, key, at)
    if len(words) > 2:
        raise _bad_key(key, at, "A parameter takes one modifier.")
    return tuple(steps), words[0], words[1] if len(words) == 2 else None


def _has(words: list[str], steps: list[Chain | Has], key: str, at: int) -> list[str]:
    """Move the `_has` steps at the start of `words` to `steps`; return the words that are left."""
    start = 0
    while words[start] == "_has":
        if len(words) < start + 4:
            raise _bad_key(key, at, "Write _has:Type:reference:parameter.")
        steps.append(Has(words[start + 1], words[start + 2]))
        start += 3
    return words[start:]


def _bad_key(key: str, at: int, hint: str) -> SearchSyntaxError:
    return SearchSyntaxError(f"{key[:60]!r} is no parameter.", (at, at + len(key)), hint=hint)


# What a key says, remembered by the registry: steps, name, modifier, kind of value, kinds of a composite's parts.
_Key: TypeAlias = tuple[tuple[Chain | Has, ...], str, str | None, str, tuple[str, ...]]


def _key(item: Item, types: tuple[str, ...], registry: Registry) -> _Key:
    key, _, start, form = item
    steps, name, modifier = parse_key(decode(key, start, form) if "%" in key else key, start)
    kind, definition = kind_of(types, steps, name, modifier, registry)
    return steps, name, modifier, kind, tuple(part for _, part in definition.components) if definition else ()


def _parameter(item: Item, key: _Key) -> Parameter:
    _, raw, start, form = item
    steps, name, modifier, kind, parts = key
    if not raw:
        return Parameter(steps, name, modifier, ())
    text = decode(raw, start + len(item[0]) + 1, form)
    pieces = [text] if kind == "special" else split(text, ",")
    try:
        if kind == "composite":
            return Parameter(steps, name, modifier, _each(partial(_composite, parts), pieces))
        if OPEN in text or CLOSE in text:
            return Parameter(steps, name, modifier, _each(partial(_value, kind), pieces))
        return Parameter(steps, name, modifier, _each(_PLAIN[kind], pieces))
    except _ValueError as error:
        raise SearchSyntaxError(f"{name}: {error.message}", value_span(item), hint=error.hint) from None


def _each(read: Callable[[str], Value], pieces: list[str]) -> tuple[Value, ...]:
    """Read alternatives; among many, those written alike are read once."""
    if len(pieces) < _MANY:
        return tuple(map(read, pieces))
    known = {piece: read(piece) for piece in dict.fromkeys(pieces)}
    return tuple([known[piece] for piece in pieces])


def kind_of(
    types: tuple[str, ...], steps: tuple[Chain | Has, ...], name: str, modifier: str | None, registry: Registry
) -> tuple[str, SearchParameter | None]:
    """Return the kind of value that a parameter takes, and its definition ("special" and None where it has none)."""
    if not steps and name in CONTROLS:
        return CONTROLS[name], None
    found = registry.resolve(types, steps, name)
    if not found:
        return "special", None
    if modifier is not None and modifier in MODIFIER_KINDS:
        return "of-type" if modifier == "of-type" else MODIFIER_KINDS[modifier], found[0]
    return found[0].type, found[0]


class _ValueError(Exception):
    """A value outside the grammar; becomes a SearchSyntaxError where its place is known."""

    def __init__(self, message: str, hint: str) -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint


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
        raise _ValueError(
            "braces hold a whole concept or a date.",
            "Write {words} as the whole value; a brace that is text is %7B or %7D.",
        )
    if kind == "date":
        date = date_math(inner, rest)
        if date is not None and (not rest or _fits(date)):
            return DateValue(prefix, date)
        if prefix or rest:
            message = f"{{{inner}}}{rest} is no date arithmetic."
            raise _ValueError(message, "Write {today-60y}, {month-1}, {year}-05, {today}T09:00 or the like.")
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
    if "|" not in rest:
        return QuantityValue(prefix, unescape(rest))
    parts = [unescape(part) for part in split(rest, "|")]
    if len(parts) > 3:
        raise _ValueError("too many bars.", "Write number|system|code; a bar that is text is \\|.")
    return QuantityValue(prefix, *parts)


def _token(text: str) -> TokenValue:
    if "|" not in text:
        return TokenValue(None, unescape(text))
    parts = [unescape(part) for part in split(text, "|")]
    if len(parts) > 2:
        raise _ValueError("too many bars.", "Write system|code; a bar that is text is \\|.")
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
        raise _ValueError(f"{text[:40]!r} names no reference.", "Write Type:parameter, Type:parameter:Target or *.")
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
