"""In: a search. Out: its issues, each with severity, code, message, span and, where there is one, a suggestion.

Unknown modifiers, prefixes, parameters and codes of a required binding are issues, never defaults (FHIR
search.html#errors lets lenient servers ignore them, which silently widens a search).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from fhirdistill.search.ast import Chain, Has, Parameter, Search, TokenValue
from fhirdistill.search.controls import check_control
from fhirdistill.search.finding import Finding, Locator, Place, name_word, step_words
from fhirdistill.search.formatting import format
from fhirdistill.search.lexer import lex
from fhirdistill.search.parsing import ALL_TYPES, parse
from fhirdistill.search.registry import Registry, SearchParameter
from fhirdistill.search.registry import registry as load
from fhirdistill.search.spec import CONTROLS
from fhirdistill.search.suggest import nearest
from fhirdistill.search.together import check_together
from fhirdistill.search.values import check_value

if TYPE_CHECKING:
    from fhirdistill.records import Issue


def validate(search: Search | str, registry: Registry | None = None) -> tuple[Issue, ...]:
    """Return every issue of a search, in its own order; empty where there is none.

    Spans are ranges of the given text, or of `format(search)` where a Search is given. Raises SearchSyntaxError for a
    text that can't be parsed.

    >>> [issue] = validate("Patient?birth-date=1980")
    >>> issue.severity, issue.code, issue.span, issue.suggestion
    ('error', 'unknown-parameter', (8, 18), 'birthdate')
    """
    registry = registry or load()
    value = parse(search, registry) if isinstance(search, str) else search
    findings = _findings(value, registry)
    if not findings:
        return ()
    from fhirdistill.records import Issue

    find = Locator(lex(search if isinstance(search, str) else format(search))).span
    return tuple(Issue(f.severity, f.code, f.message, find(f.place), f.suggestion) for f in findings)


def _findings(search: Search, registry: Registry) -> list[Finding]:
    if search.type is not None and not registry.has_type(search.type):
        return [_unknown_type(search.type, Place(), registry)]
    types = (search.type,) if search.type else search_types(search)
    findings: list[Finding] = []
    for number, parameter in enumerate(search.parameters):
        if not parameter.steps and parameter.name in CONTROLS:
            findings += check_control(parameter, number, types, registry)
        else:
            findings += _parameter(parameter, number, types, registry)
    if len(search.parameters) > 1:
        findings += check_together(search, registry)
    return findings


def search_types(search: Search) -> tuple[str, ...]:
    """Return the types that a search without a type runs over: those of `_type`, or Resource (#searchcontexts)."""
    for parameter in search.parameters:
        if parameter.name == "_type":
            return tuple(v.code for v in parameter.values if isinstance(v, TokenValue)) or ALL_TYPES
    return ALL_TYPES


def _unknown_type(type: str, place: Place, registry: Registry) -> Finding:
    if registry.switched_off(type, ""):
        return Finding("error", "not-supported", f"The server does not say that it supports {type}.", place)
    return Finding("error", "unknown-type", f"{type} is no resource type.", place, nearest(type, registry.types))


def _parameter(parameter: Parameter, number: int, types: tuple[str, ...], registry: Registry) -> list[Finding]:
    steps, name, modifier = parameter.steps, parameter.name, parameter.modifier
    found = registry.resolve(types, steps, name)
    findings: list[Finding] = []
    if steps:
        finding, types = _steps(steps, types, number, registry)
        if finding:
            return [finding]
        if len(found) > 1:
            findings += _ambiguous(parameter, number, types)
    if not found or (not steps and len(found) < len(types)):
        return [_unknown_parameter(parameter, number, types, registry)]
    definition = found[0]
    if modifier is not None and not _takes(definition, modifier):
        return [*findings, _bad_modifier(parameter, number, definition)]
    if not parameter.values:
        message = f"`{name}` has no value, so a server ignores it."
        findings.append(Finding("warning", "empty-value", message, Place(number, "key", name_word(parameter))))
    for index, value in enumerate(parameter.values):
        for severity, code, message, suggestion in check_value(value, definition, modifier, registry):
            findings.append(Finding(severity, code, message, Place(number, "value", index), suggestion))
    return findings


def _steps(
    steps: tuple[Chain | Has, ...], types: tuple[str, ...], number: int, registry: Registry
) -> tuple[Finding | None, tuple[str, ...]]:
    """Follow the steps of a chain from `types`; return what is wrong, if anything, and the types that it leads to."""
    word = 0
    for step in steps:
        place = Place(number, "key", word)
        ends = registry.reach(types, step)
        if isinstance(step, Has):
            finding = _has(step, types, place, registry)
        else:
            finding = None if ends else _broken_chain(step, types, place, registry)
        if finding:
            return finding, types
        types = ends
        word += step_words(step)
    return None, types


def _has(step: Has, types: tuple[str, ...], place: Place, registry: Registry) -> Finding | None:
    """Check that `_has:Type:reference:` names a reference that points back here (search.html#has)."""
    number, _, word = place
    if not registry.has_type(step.type):
        return _unknown_type(step.type, Place(number, "key", (word or 0) + 1), registry)
    parameter = registry.parameter(step.type, step.reference)
    here = " or ".join(types[:3])
    if parameter is not None and (set(types) & set(parameter.targets) or types == ALL_TYPES):
        return None
    if parameter is None or parameter.type != "reference":
        message = f"{step.type} has no reference parameter `{step.reference}`."
    else:
        message = f"`{step.reference}` of {step.type} does not refer to {here}."
    back = [n for n, p in registry.parameters(step.type).items() if set(types) & set(p.targets)]
    suggestion = nearest(step.reference, back) or ", ".join(back[:6]) or None
    return Finding("error", "bad-has", message, Place(number, "key", (word or 0) + 2), suggestion)


def _broken_chain(step: Chain, types: tuple[str, ...], place: Place, registry: Registry) -> Finding:
    """Say why a chain leads nowhere (search.html#chaining)."""
    known = [p for t in types if (p := registry.parameter(t, step.reference))]
    here = " or ".join(types[:3])
    targets = list(dict.fromkeys(t for p in known for t in p.targets))
    if targets:
        message = f"`{step.reference}` of {here} does not refer to {step.type}."
        place = place._replace(word=(place.word or 0) + 1)
        return Finding(
            "error", "bad-chain", message, place, nearest(step.type or "", targets) or ", ".join(targets[:8])
        )
    references = {n for t in types for n, p in registry.parameters(t).items() if p.type == "reference"}
    message = (
        f"`{step.reference}` of {here} is no reference." if known else f"{here} has no parameter `{step.reference}`."
    )
    return Finding("error", "bad-chain", message, place, nearest(step.reference, sorted(references)))


def _unknown_parameter(parameter: Parameter, number: int, types: tuple[str, ...], registry: Registry) -> Finding:
    here = " or ".join(types[:3]) if types != ALL_TYPES else "A search over all types"
    place = Place(number, "key", name_word(parameter))
    if any(registry.switched_off(t, parameter.name) for t in types):
        return Finding("error", "not-supported", f"The server does not say that {here} has `{parameter.name}`.", place)
    names = dict.fromkeys(n for t in types for n in registry.parameters(t))
    suggestion = nearest(parameter.name, [*names, *(CONTROLS if not parameter.steps else ())])
    return Finding("error", "unknown-parameter", f"{here} has no parameter `{parameter.name}`.", place, suggestion)


def _ambiguous(parameter: Parameter, number: int, types: tuple[str, ...]) -> list[Finding]:
    """Warn of a chain that leaves open which type it goes over (search.html#chaining: the type is then required)."""
    last = parameter.steps[-1]
    if not isinstance(last, Chain) or last.type is not None:
        return []
    place = Place(number, "key", name_word(parameter) - step_words(last))
    message = f"`{last.reference}` may refer to several types that have `{parameter.name}`."
    suggestion = ", ".join(f"{last.reference}:{t}.{parameter.name}" for t in types[:4])
    return [Finding("warning", "ambiguous-chain", message, place, suggestion)]


def _takes(definition: SearchParameter, modifier: str) -> bool:
    return modifier in definition.modifiers or (definition.type == "reference" and modifier in definition.targets)


def _bad_modifier(parameter: Parameter, number: int, definition: SearchParameter) -> Finding:
    place = Place(number, "key", name_word(parameter) + 1)
    allowed = [*definition.modifiers, *definition.targets]
    suggestion = nearest(parameter.modifier or "", allowed) or ", ".join(allowed[:8]) or None
    message = f"`{parameter.name}` is a {definition.type}: it does not take the modifier `:{parameter.modifier}`."
    return Finding("error", "modifier-not-allowed", message, place, suggestion)
