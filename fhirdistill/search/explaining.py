"""In: a search. Out: what it says, in plain English; the same words for the same search, always."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from fhirdistill.search.ast import Chain, CompositeValue, Has, IncludeValue, Parameter, Search, SortKey, Value
from fhirdistill.search.formatting import format_key, format_value
from fhirdistill.search.parsing import parse
from fhirdistill.search.registry import Registry
from fhirdistill.search.registry import registry as load
from fhirdistill.search.spec import CONTROLS
from fhirdistill.search.validation import search_types
from fhirdistill.search.words import article, plural, predicate, words

_SUMMARIES: Final = {
    "count": "Only the number of matches",
    "true": "Only the summary elements",
    "text": "Only the narrative and the mandatory elements",
    "data": "Without the narrative",
    "false": "With all elements",
}
_CONTAINED: Final = {
    "true": "Contained resources only",
    "both": "Contained resources too",
    "false": "No contained resources",
}
_SPOKEN: Final = 8  # steps; a longer chain is named as it is written
_VERBS: Final = ("starts with ", "is exactly ", "contains ", "is not ", "is ")


def explain(search: Search | str, registry: Registry | None = None) -> str:
    """Say a search back in plain English. Raises SearchSyntaxError for a text that can't be parsed.

    >>> explain("Patient?gender=female&birthdate=le{today-65y}")
    'Patients whose gender is female and whose birth date is 65 years before today or earlier.'
    >>> explain("Condition?code={asthma}&_sort=-recorded-date&_count=1")
    'Conditions whose code is asthma. Sorted by recorded date, latest first. At most 1 in a page.'
    """
    registry = registry or load()
    value = parse(search, registry) if isinstance(search, str) else search
    types = (value.type,) if value.type else search_types(value)
    clauses = [_clause(p, types, registry) for p in value.parameters if not _is_control(p)]
    sentences = [_head(value) + (" " + " and ".join(clauses) if clauses else "")]
    sentences += [text for p in value.parameters if _is_control(p) and (text := _control(p, types, registry))]
    return ". ".join(sentences) + "."


def _is_control(parameter: Parameter) -> bool:
    return not parameter.steps and parameter.name in CONTROLS and parameter.name not in ("_list", "_filter")


def _head(search: Search) -> str:
    noun = plural(words(search.type)) if search.type else "resources of any type"
    if search.type is None and search_types(search) != ("Resource",):
        noun = " and ".join(plural(words(t)) for t in search_types(search))
    if search.compartment:
        noun += f" in the compartment of {words(search.compartment[0])} {search.compartment[1]}"
    return noun[:1].upper() + noun[1:]


def _clause(parameter: Parameter, types: tuple[str, ...], registry: Registry) -> str:
    """Say one constraint: `whose patient's name starts with "smith"`."""
    owner = "whose"
    if len(parameter.steps) > _SPOKEN:
        return f"whose {format_key(parameter)} is {','.join(format_value(value) for value in parameter.values)}"
    for step in parameter.steps:
        owner = _over(step, owner)
    found = registry.resolve(types, parameter.steps, parameter.name)
    definition = found[0] if found else None
    if not parameter.values:
        return f"{owner} {words(parameter.name)} is anything (no value is given)"
    if definition is None or definition.type == "special":
        return _special(parameter, owner)
    if isinstance(parameter.values[0], CompositeValue):
        return _where(owner) + _alternatives(parameter.values, lambda v: predicate(v, definition, parameter.modifier))
    said = _alternatives(parameter.values, lambda v: predicate(v, definition, parameter.modifier))
    return f"{owner} {words(parameter.name)} {said}"


def _where(owner: str) -> str:
    """Turn `whose`, or `..., where the observation's`, to the start of a clause of its own."""
    before, comma, last = owner.rpartition(", where the ")
    if owner == "whose" or (comma and last.count("'s") == 1):
        return f"{before}{',' if comma else ''} where ".lstrip()
    return f"{owner.removesuffix(chr(39) + 's')} is one where "


def _over(step: Chain | Has, owner: str) -> str:
    """Go over one step: to what a reference points at, or to what points here."""
    if isinstance(step, Chain):
        type = f" (as {article(words(step.type))})" if step.type else ""
        return f"{owner} {words(step.reference)}{type}'s"
    noun = words(step.type)
    points = f"{article(noun)} points at as its {words(step.reference)}, where the {noun}'s"
    return f"that {points}" if owner == "whose" else f"{owner.removesuffix(chr(39) + 's')} is what {points}"


def _alternatives(values: tuple[Value, ...], say: Callable[[Value], str]) -> str:
    """Join alternatives with or; the verb is said once where it is the same."""
    said = [say(value) for value in values]
    first, *rest = said
    verb = next((v for v in _VERBS if all(s.startswith(v) for s in said)), "")
    return " or ".join([first, *(s.removeprefix(verb) for s in rest)])


def _special(parameter: Parameter, owner: str) -> str:
    text = ",".join(format_value(value) for value in parameter.values)
    phrases = {
        "_text": f"{owner} narrative matches {text}",
        "_content": f"{owner} whole content matches {text}",
        "_list": f"that are in the list {text}",
        "_filter": f"that pass the filter {text}",
        "near": f"{owner} position is near {text}",
    }
    return phrases.get(parameter.name, f"{owner} {words(parameter.name)} (not known here) is {text}")


def _control(parameter: Parameter, types: tuple[str, ...], registry: Registry) -> str:
    """Say what a control parameter does to the answer."""
    name, texts = parameter.name, [format_value(value) for value in parameter.values]
    joined = ", ".join(texts)
    if name == "_sort":
        return "Sorted by " + ", then by ".join(_sort(v, types, registry) for v in parameter.values)
    if name in ("_include", "_revinclude"):
        return "Together with " + " and ".join(_include(parameter, v) for v in parameter.values)
    sentences = {
        "_count": f"At most {joined} in a page",
        "_summary": _SUMMARIES.get(joined, f"Summary {joined}"),
        "_elements": f"Only the elements {joined}",
        "_total": {"none": "Without the total"}.get(joined, f"With the total ({joined})"),
        "_contained": _CONTAINED.get(joined, f"Contained: {joined}"),
        "_containedType": f"Contained resources come as {joined}",
        "_format": f"In the format {joined}",
        "_pretty": "Laid out for reading" if joined == "true" else "Laid out tightly",
    }
    return sentences.get(name, "")


def _sort(value: Value, types: tuple[str, ...], registry: Registry) -> str:
    if not isinstance(value, SortKey):
        return format_value(value)
    found = registry.resolve(types, (), value.name)
    orders = ("earliest first", "latest first") if found and found[0].type == "date" else ("ascending", "descending")
    return f"{words(value.name)}, {orders[value.descending]}"


def _include(parameter: Parameter, value: Value) -> str:
    if not isinstance(value, IncludeValue):
        return format_value(value)
    if value.source == "*":
        said = "everything that the matches refer to"
    elif parameter.name == "_include":
        name = "everything" if value.name == "*" else f"the {words(value.name)}"
        said = f"{name} that {article(words(value.source))} refers to"
    else:
        name = "" if value.name == "*" else f" as its {words(value.name)}"
        said = f"every {words(value.source)} that points at a match{name}"
    target = f" (only {plural(words(value.target))})" if value.target else ""
    return said + target + (", again and again" if parameter.modifier == "iterate" else "")
