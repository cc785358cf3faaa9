"""In: a search. Out: its values one by one, each with its place, and the search again with some of them changed."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from functools import lru_cache

from fhirdistill.dataset.lists import UCUM
from fhirdistill.search import parse, registry
from fhirdistill.search.ast import (
    Chain,
    CompositeValue,
    Concept,
    DateMath,
    DateValue,
    Has,
    NumberValue,
    Parameter,
    QuantityValue,
    ReferenceValue,
    Search,
    StringValue,
    TokenValue,
    Value,
)

Place = tuple[int, int, int]
"""Where a value stands: its parameter, its place among the alternatives, its place in a composite (-1 outside one)."""


@dataclass(frozen=True, slots=True)
class Leaf:
    """A value of a search: `type` is the resource type that its parameter belongs to, after every step of the chain."""

    place: Place
    type: str
    parameter: Parameter
    value: Value

    @property
    def path(self) -> str:
        """The parameter with its type, as `Condition.code`."""
        return f"{self.type}.{self.parameter.name}"


@lru_cache(maxsize=65_536)
def parsed(template: str) -> Search:
    """Parse a template; the same text is parsed once."""
    return parse(template)


def leaves(search: Search) -> Iterator[Leaf]:
    """Yield every value of a search."""
    for i, parameter in enumerate(search.parameters):
        type_ = owner(search.type or "Resource", parameter.steps, parameter.name)
        for j, value in enumerate(parameter.values):
            if isinstance(value, CompositeValue):
                for k, part in enumerate(value.parts):
                    yield Leaf((i, j, k), type_, parameter, part)
            else:
                yield Leaf((i, j, -1), type_, parameter, value)


@lru_cache(maxsize=8192)
def owner(type_: str, steps: tuple[Chain | Has, ...], name: str) -> str:
    """Return the type that a parameter belongs to; where a chain leaves it open, the first that has the parameter."""
    types: tuple[str, ...] = (type_,)
    for step in steps:
        types = registry().reach(types, step)
    return next((t for t in types if registry().parameter(t, name)), types[0] if types else type_)


def rebuilt(search: Search, changed: Mapping[Place, Value]) -> Search:
    """Return the search with the values at some places changed."""
    parameters = list(search.parameters)
    for i in {place[0] for place in changed}:
        values: list[Value] = []
        for j, value in enumerate(parameters[i].values):
            if isinstance(value, CompositeValue):
                parts = tuple(changed.get((i, j, k), part) for k, part in enumerate(value.parts))
                values.append(CompositeValue(parts))
            else:
                values.append(changed.get((i, j, -1), value))
        parameters[i] = replace(parameters[i], values=tuple(values))
    return replace(search, parameters=tuple(parameters))


def written(value: Value, role: str, text: str, more: int = 0) -> Value:
    """Return a value with a new text in a role of `Slot`; `more` is what the label adds to a number."""
    match value:
        case Concept():
            return Concept(text.lower())
        case StringValue():
            return StringValue(text)
        case TokenValue():
            return replace(value, code=text)
        case ReferenceValue():
            return replace(value, id=text)
        case QuantityValue() if role == "unit":
            return replace(value, code=UCUM[text])
        case QuantityValue() | NumberValue():
            return replace(value, number=text)
        case DateValue(_, DateMath() as math):
            size = int(text) + more
            return replace(value, value=replace(math, amount=-size if math.amount < 0 else size))
        case DateValue(_, str() as date):
            return replace(value, value=text + date[4:] if role == "year" else date[:8] + f"{int(text):02}")
    raise TypeError(f"{value!r} holds no slot")
