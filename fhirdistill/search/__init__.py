"""In: the text of a FHIR search, or of a template. Out: its value, its issues, its meaning and its words.

A library of its own (standard library only): `parse`, `format`, `registry`, `validate`, `equivalent`, `canonical`,
`explain`.
"""

from fhirdistill.search.explaining import explain
from fhirdistill.search.formatting import format
from fhirdistill.search.meaning import canonical, equivalent
from fhirdistill.search.parsing import parse
from fhirdistill.search.registry import Registry, SearchParameter, registry
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
