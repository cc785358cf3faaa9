"""In: the steps of a parameter. Out: the types that they lead to."""

from __future__ import annotations

from collections.abc import Sequence

from fhirdistill.search import registry
from fhirdistill.search.ast import Chain, Has


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
