"""In: the text of a FHIR search, or of a template. Out: its value, its issues, its meaning and its words.

A library of its own (standard library only): `parse`, `format`, `registry`, `validate`, `equivalent`, `canonical`,
`explain`. Each is loaded when it is first asked for, so that a program pays only for what it uses.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from fhirdistill.search.registry import Registry, SearchParameter, registry

if TYPE_CHECKING:
    from fhirdistill.search.explaining import explain
    from fhirdistill.search.formatting import format
    from fhirdistill.search.meaning import canonical, equivalent
    from fhirdistill.search.parsing import parse
    from fhirdistill.search.validation import validate

__all__ = [
    "Registry",
    "SearchParameter",
    "canonical",
    "equivalent",
    "explain",
    "format",
    "parse",
    "registry",
    "validate",
]
_HOMES = {
    "canonical": "meaning",
    "equivalent": "meaning",
    "explain": "explaining",
    "format": "formatting",
    "parse": "parsing",
    "validate": "validation",
}


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module

    found = globals()[name] = getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
    return found
