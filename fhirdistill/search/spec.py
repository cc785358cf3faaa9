"""In: nothing. Out: the tables of the search specification that no SearchParameter holds, each with its section."""

from __future__ import annotations

from types import MappingProxyType
from typing import Final

PREFIXES: Final = ("eq", "ne", "gt", "lt", "ge", "le", "sa", "eb", "ap")  # search.html#prefix
ORDERED: Final = frozenset({"date", "number", "quantity"})  # search.html#prefix: the types whose values take a prefix

# search.html#modifiers (R4, R4B) and search.html#modifiers of R5. A reference takes the name of a target type as well.
_R4: Final = MappingProxyType(
    {
        "string": ("missing", "exact", "contains"),
        "token": ("missing", "text", "not", "above", "below", "in", "not-in", "of-type"),
        "reference": ("missing", "identifier", "above", "below"),
        "uri": ("missing", "above", "below"),
        "date": ("missing",),
        "number": ("missing",),
        "quantity": ("missing",),
    }
)
_R5: Final = MappingProxyType(
    {
        "string": ("missing", "exact", "contains", "text"),
        "token": (
            "missing", "text", "not", "above", "below", "in", "not-in", "of-type", "code-text", "text-advanced",
        ),
        "reference": ("missing", "identifier", "above", "below", "text", "code-text", "text-advanced"),
        "uri": ("missing", "above", "below", "contains"),
        "date": ("missing",),
        "number": ("missing",),
        "quantity": ("missing",),
    }
)  # fmt: skip
MODIFIERS: Final = MappingProxyType({"R4": _R4, "R4B": _R4, "R5": _R5})

# search.html#modifiers: the kind of value that a modifier asks for, whatever the type of the parameter.
MODIFIER_KINDS: Final = MappingProxyType(
    {
        "missing": "token",
        "identifier": "token",
        "of-type": "token",
        "in": "uri",
        "not-in": "uri",
        "text": "string",
        "code-text": "string",
        "text-advanced": "string",
    }
)

# search.html#return and search.html#all: what shapes the answer, or has no SearchParameter; name -> kind of value.
CONTROLS: Final = MappingProxyType(
    {
        "_sort": "sort",
        "_count": "number",
        "_include": "include",
        "_revinclude": "include",
        "_summary": "token",
        "_total": "token",
        "_elements": "string",
        "_contained": "token",
        "_containedType": "token",
        "_type": "token",
        "_format": "token",
        "_pretty": "token",
        "_list": "special",
        "_filter": "special",
    }
)
# The codes that a control takes: #summary, #total, #contained; `_format` takes any media type.
CONTROL_CODES: Final = MappingProxyType(
    {
        "_summary": ("true", "text", "data", "count", "false"),
        "_total": ("none", "estimate", "accurate"),
        "_contained": ("true", "false", "both"),
        "_containedType": ("container", "contained"),
        "_pretty": ("true", "false"),
    }
)
ITERATE: Final = "iterate"  # search.html#include: the one modifier of `_include` and `_revinclude`

TEXT_PARAMETERS: Final = frozenset({"_text", "_content"})  # search.html#content: their values are free text
# compartmentdefinition.html; that of EpisodeOfCare came with R5
COMPARTMENTS: Final = ("Patient", "Encounter", "RelatedPerson", "Practitioner", "Device", "EpisodeOfCare")
