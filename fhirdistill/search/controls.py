"""In: a parameter that shapes the answer (`_sort`, `_include`, `_count` ...). Out: what is wrong with it.

Source: FHIR search.html#return (sort, count, include, summary, elements, total, contained) and #searchcontexts
(`_type`).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Final

from fhirdistill.search.ast import (
    IncludeValue,
    NumberValue,
    Parameter,
    SortKey,
    StringValue,
    TokenValue,
    Value,
)
from fhirdistill.search.finding import Finding, Place
from fhirdistill.search.registry import Registry
from fhirdistill.search.spec import CONTROL_CODES, ITERATE
from fhirdistill.search.suggest import nearest

Fault = tuple[str, str, str | None]  # code, message, suggestion


def check_control(parameter: Parameter, number: int, types: tuple[str, ...], registry: Registry) -> Iterator[Finding]:
    """Yield what is wrong with one control parameter of a search over `types`."""
    name, kind = parameter.name, Place(number, "key", 0)
    includes = name in ("_include", "_revinclude")
    if parameter.modifier is not None and not (includes and parameter.modifier == ITERATE):
        allowed = ITERATE if includes else None
        message = f"`{name}` does not take the modifier `:{parameter.modifier}`."
        yield Finding("error", "modifier-not-allowed", message, Place(number, "key", 1), allowed)
    if not parameter.values:
        yield Finding("error", "empty-control", f"`{name}` has no value.", kind)
    for index, value in enumerate(parameter.values):
        place = Place(number, "value", index)
        if includes:
            yield from _include(parameter, value, place, types, registry)
            continue
        check = _CHECKS.get(name)
        fault = check(name, value, types, registry) if check else None
        if fault:
            yield Finding("error", fault[0], fault[1], place, fault[2])


def _sort(_: str, value: Value, types: tuple[str, ...], registry: Registry) -> Fault | None:
    """Check a sort key: the name of a search parameter, not of an element (search.html#sort)."""
    name = value.name if isinstance(value, SortKey) else ""
    if name == "_score" or all(registry.parameter(t, name) for t in types):
        return None
    known = dict.fromkeys(n for t in types for n in registry.parameters(t))
    return "unknown-sort", f"{' or '.join(types[:3])} has no parameter `{name[:60]}` to sort by.", nearest(name, known)


def _count(_: str, value: Value, __: tuple[str, ...], ___: Registry) -> Fault | None:
    text = value.prefix + value.number if isinstance(value, NumberValue) else ""
    if text.isascii() and text.isdigit():
        return None
    return "invalid-count", "`_count` takes a whole number that is not negative.", None


def _code(name: str, value: Value, _: tuple[str, ...], __: Registry) -> Fault | None:
    code = value.code if isinstance(value, TokenValue) and value.system is None else ""
    codes = CONTROL_CODES[name]
    if code in codes:
        return None
    return "invalid-control", f"`{name}` takes one of {', '.join(codes)}.", nearest(code, codes)


def _elements(_: str, value: Value, types: tuple[str, ...], registry: Registry) -> Fault | None:
    """Check an element name (search.html#elements: the top elements of the resource, without [x])."""
    name = value.text if isinstance(value, StringValue) else ""
    known = [n for t in types for n in registry.elements(t)]
    if not known or name.partition(".")[0].removeprefix(f"{types[0]}.") in known:
        return None
    return "unknown-element", f"{' or '.join(types[:3])} has no element `{name[:60]}`.", nearest(name, known)


def _type(_: str, value: Value, __: tuple[str, ...], registry: Registry) -> Fault | None:
    code = value.code if isinstance(value, TokenValue) else ""
    if registry.has_type(code):
        return None
    return "unknown-type", f"{code[:60] or 'This'} is no resource type.", nearest(code, registry.types)


def _include(
    parameter: Parameter, value: Value, place: Place, types: tuple[str, ...], registry: Registry
) -> Iterator[Finding]:
    """Check `Type:reference:Target` (search.html#include)."""
    if not isinstance(value, IncludeValue) or value.source == "*":
        return
    if not registry.has_type(value.source):
        message, suggestion = f"{value.source} is no resource type.", nearest(value.source, registry.types)
        yield Finding("error", "unknown-type", message, place, suggestion)
        return
    known = registry.parameters(value.source)
    references = {n: p for n, p in known.items() if p.type == "reference"}
    targets = {t for n, p in references.items() if value.name in (n, "*") for t in p.targets}
    if value.name != "*" and value.name not in references:
        message = f"{value.source} has no reference parameter `{value.name}` to include."
        yield Finding("error", "bad-include", message, place, nearest(value.name, references))
    elif value.target is not None and value.target not in targets:
        message = f"`{value.name}` of {value.source} does not refer to {value.target}."
        suggestion = nearest(value.target, sorted(targets)) or ", ".join(sorted(targets)[:8])
        yield Finding("error", "bad-include", message, place, suggestion)
    elif parameter.modifier != ITERATE:
        yield from _useless(parameter, value, place, types, targets)


def _useless(
    parameter: Parameter, value: IncludeValue, place: Place, types: tuple[str, ...], targets: set[str]
) -> Iterator[Finding]:
    """Warn of an include that can't bring anything to this search."""
    here = " or ".join(types[:3])
    if parameter.name == "_include" and value.source not in types and types != ("Resource",):
        message = f"The search is for {here}, so including from {value.source} brings nothing without :iterate."
        yield Finding("warning", "idle-include", message, place)
    elif parameter.name == "_revinclude" and not targets & set(types) and types != ("Resource",):
        message = f"`{value.name}` of {value.source} does not refer to {here}, so this brings nothing without :iterate."
        yield Finding("warning", "idle-include", message, place)


_CHECKS: Final[dict[str, Callable[[str, Value, tuple[str, ...], Registry], Fault | None]]] = {
    "_sort": _sort,
    "_count": _count,
    "_elements": _elements,
    "_type": _type,
    **dict.fromkeys(CONTROL_CODES, _code),
}
