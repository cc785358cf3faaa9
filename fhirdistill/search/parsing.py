"""In: the text of a search. Out: a `Search`, its values typed by the registry.

Parsing refuses what has no place in the grammar; what is grammatical and wrong (an unknown parameter, a date that is
none) is for `validate` to report. Source: FHIR search.html; the braces of the template form come from
docs/labelling-guide.md.
"""

from __future__ import annotations

import re
from typing import Final, TypeAlias

from fhirdistill.errors import SearchSyntaxError
from fhirdistill.search.ast import Chain, Has, Parameter, Search
from fhirdistill.search.lexer import Item, Request, decode, lex, value_span
from fhirdistill.search.reading import ValueSyntaxError, read_values
from fhirdistill.search.registry import Registry, SearchParameter
from fhirdistill.search.registry import registry as load
from fhirdistill.search.spec import CONTROLS, MODIFIER_KINDS

_KEY = re.compile(r"[A-Za-z_][A-Za-z0-9_-]*(?:[.:][A-Za-z_][A-Za-z0-9_-]*)*")
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
    try:
        values = read_values(kind, parts, decode(raw, start + len(item[0]) + 1, form))
    except ValueSyntaxError as error:
        raise SearchSyntaxError(f"{name}: {error.message}", value_span(item), hint=error.hint) from None
    return Parameter(steps, name, modifier, values)


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
