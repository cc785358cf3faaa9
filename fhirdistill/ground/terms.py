"""In: a search with concepts. Out: the same, each concept bound to codes or, without one, searched by its text."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from fhirdistill.records import BoundConcept, Coding, Issue
from fhirdistill.search.ast import (
    Chain,
    CompositeValue,
    Concept,
    Has,
    Parameter,
    Search,
    StringValue,
    TokenValue,
    Value,
)

Link = Callable[[str, str], tuple[Coding, ...]]
"""From a concept's text and the parameter that carries it (`Condition.code`) to codings; none where none is known."""


def no_codes(text: str, parameter: str) -> tuple[Coding, ...]:
    """Know no codes."""
    return ()


def bind_concepts(search: Search, link: Link = no_codes) -> tuple[Search, tuple[BoundConcept, ...], tuple[Issue, ...]]:
    """Bind the concepts of a search; return it, what was bound, and an `unbound-concept` issue for the rest.

    Without a code a plain token parameter is searched with `:text`. A composite or a modifier that needs a code keeps
    the concept's words in the code's place: legal, but it will find nothing on most servers, and the issue says so.
    """
    concepts: list[BoundConcept] = []
    issues: list[Issue] = []
    parameters = []
    for parameter in search.parameters:
        path = _path(search, parameter)
        values = tuple(_bind(value, path, link, concepts) for value in parameter.values)
        unbound = [c.text for c in concepts if c.parameter == path and not c.codings and _mentions(parameter, c.text)]
        if (
            unbound
            and all(isinstance(value, Concept) for value in parameter.values)
            and parameter.modifier in (None, "below", "text")
        ):
            values = tuple(StringValue(v.text) if isinstance(v, Concept) else v for v in parameter.values)
            parameter = replace(parameter, modifier="text", values=values)
            issues += [_issue(text, "it is searched by its words (:text)") for text in unbound]
        else:
            parameter = replace(parameter, values=values)
            issues += [
                _issue(text, f"{parameter.name} needs a code and will hardly match the words") for text in unbound
            ]
        parameters.append(parameter)
    return replace(search, parameters=tuple(parameters)), tuple(concepts), tuple(issues)


def _path(search: Search, parameter: Parameter) -> str:
    """Return where a concept stands: `Condition.code` for `_has:Condition:patient:code` too."""
    type_ = search.type or ""
    for step in parameter.steps:
        match step:
            case Has(reverse, _):
                type_ = reverse
            case Chain(reference, target):
                type_ = target or (("Patient") if reference in ("patient", "subject") else reference)
    return f"{type_}.{parameter.name}"


def _mentions(parameter: Parameter, text: str) -> bool:
    inside = [
        part for value in parameter.values for part in (value.parts if isinstance(value, CompositeValue) else (value,))
    ]
    return any(isinstance(part, Concept) and part.text == text for part in inside)


def _bind(value: Value, path: str, link: Link, concepts: list[BoundConcept]) -> Value:
    match value:
        case CompositeValue(parts):
            return CompositeValue(tuple(_bind(part, path, link, concepts) for part in parts))
        case Concept(text):
            codings = link(text, path)
            concepts.append(BoundConcept(text, path, codings, "terminology" if codings else "text"))
            return TokenValue(codings[0].system, codings[0].code) if codings else TokenValue(None, text)
        case _:
            return value


def _issue(text: str, consequence: str) -> Issue:
    return Issue("warning", "unbound-concept", f"no code is known for {text!r}: {consequence}")
