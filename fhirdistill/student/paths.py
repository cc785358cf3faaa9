"""In: a parameter and its steps. Out: the types that they lead to, and its place in the one order of a query."""

from __future__ import annotations

from collections.abc import Sequence

from fhirdistill.search import registry
from fhirdistill.search.ast import Chain, Has, Parameter
from fhirdistill.student.vocabulary import RESULTS


def owner(type_: str, steps: Sequence[Chain | Has]) -> str:
    """Return the type whose parameter stands after `steps`, from a search for `type_`.

    >>> owner("Patient", (Has("Condition", "patient"),)), owner("Condition", (Chain("patient"),))
    ('Condition', 'Patient')
    """
    known = registry()
    for step in steps:
        parameter = known.parameter(type_, step.reference)
        only = parameter.targets[0] if parameter and len(parameter.targets) == 1 else type_
        type_ = step.type or only
    return type_


def chain_type(type_: str, reference: str, written: str | None, following: str) -> str | None:
    """Return the type that a chain names: none over a single target, else the written one, or the only one that fits.

    >>> chain_type("Specimen", "collector", None, "given"), chain_type("Condition", "patient", "Patient", "name")
    ('Practitioner', None)
    """
    known = registry()
    parameter = known.parameter(type_, reference)
    targets = parameter.targets if parameter else ()
    if len(targets) == 1 or written:
        return written if len(targets) != 1 else None
    able = [target for target in targets if known.parameter(target, following)]
    return able[0] if len(able) == 1 else None


def parameter_order(parameter: Parameter, place: int) -> tuple[object, ...]:
    """Return the sort key that gives a query its one order: own, chained, reverse, then the shape of the result.

    `place` is the first unit that the values point at; reverse steps follow it, so that facts keep the question's
    order.
    """
    shape = RESULTS.index(parameter.name) + 1 if parameter.name in RESULTS else 0
    steps = tuple((step.reference, step.type or "") for step in parameter.steps)
    match parameter.steps:
        case (Has(), *_):
            return (shape, 2, place, steps, parameter.name)
        case (Chain(), *_):
            return (shape, 1, 0, steps, parameter.name, place)
        case _:
            return (shape, 0, 0, steps, parameter.name, place)
