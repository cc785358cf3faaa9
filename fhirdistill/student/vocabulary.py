"""In: the search parameters of a FHIR version and what a corpus adds to them. Out: the student's target vocabulary.

A token is a string with its kind before a colon: `T:Patient` (type), `P:birthdate` (parameter), `M:not` (modifier),
`X:ge` (prefix), `K:female` (code), `A:today-` (date arithmetic), `U:y` (its unit), `MM:03` and `DD:09` (parts of a
date), `N:5` (a spelled digit), `Q:mg/dL` (UCUM unit), `W:weight` (a concept that the words imply but do not name),
`E:birthDate` (element), `R:...` (a piece of rationale text); marks stand in angle brackets. `<start>`, `<end>` and
`<number>` point into the question.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from itertools import chain as joined

from fhirdistill.search import Registry
from fhirdistill.search.ast import PREFIXES

POINTERS = ("<start>", "<end>", "<number>")
MARKS = (
    "<pad>",
    "<label>",
    "<rationale>",
    "<eos>",
    "<unsupported>",
    *POINTERS,
    "<,>",
    "<$>",
    "<.>",
    "</>",
    "<{>",
    "<has>",
    "<->",
    "<*>",
    "<+1>",
    "<||>",
)
MODIFIERS = (
    "missing",
    "exact",
    "contains",
    "text",
    "not",
    "above",
    "below",
    "in",
    "not-in",
    "identifier",
    "iterate",
)
BASES = ("today", "now", "week", "month", "year")
DATE_UNITS = ("y", "mo", "w", "d", "h", "min")
RESULTS = ("_sort", "_count", "_summary", "_elements", "_include", "_revinclude", "_total")
SPECIAL = ("_text", "_content", "_list")
UNITS = (
    "%", "/min", "10*3/uL", "10*6/uL", "10*9/L", "10*12/L", "Cel", "[IU]/L", "[IU]/mL", "[degF]", "[in_i]",
    "[lb_av]", "a", "cm", "d", "deg", "fL", "g", "g/L", "g/dL", "h", "kPa", "kg", "kg/m2", "m", "m[IU]/L",
    "m[IU]/mL", "meq/L", "mg", "mg/L", "mg/dL", "mg/g", "mg/mmol", "min", "mL", "mL/min", "mL/min/{1.73_m2}", "mm",
    "mm/h", "mm[Hg]", "mmol/L", "mmol/mol", "mo", "mosm/kg", "ng/L", "ng/dL", "ng/mL", "nmol/L", "pg", "pg/mL",
    "pmol/L", "s", "u[IU]/mL", "U/L", "U/mL", "ug/L", "ug/dL", "ug/g", "ug/mL", "umol/L", "wk", "{copies}/mL",
)  # fmt: skip
RESULT_CODES: Mapping[str, tuple[str, ...]] = {
    "_summary": ("true", "text", "data", "count", "false"),
    "_total": ("none", "estimate", "accurate"),
}


@dataclass(frozen=True)
class Vocabulary:
    """The tokens in the order of their ids, and the plain codes that each `Type.parameter` may take."""

    tokens: tuple[str, ...]
    codes: Mapping[str, tuple[str, ...]]

    @cached_property
    def ids(self) -> dict[str, int]:
        """The id of each token."""
        return {token: i for i, token in enumerate(self.tokens)}

    @cached_property
    def structural(self) -> int:
        """The number of tokens of the label task; pieces of rationale text come after them."""
        return next((i for i, token in enumerate(self.tokens) if token.startswith("R:")), len(self.tokens))

    def of_kind(self, kind: str) -> tuple[str, ...]:
        """Return the tokens of a kind, such as `Q`, in the order of their ids."""
        return tuple(token for token in self.tokens if token.startswith(f"{kind}:"))

    def to_json(self) -> str:
        """Return the vocabulary as JSON text."""
        return json.dumps({"tokens": self.tokens, "codes": self.codes}, ensure_ascii=False, indent=0)

    @classmethod
    def from_json(cls, text: str) -> Vocabulary:
        """Read what `to_json` wrote."""
        data = json.loads(text)
        return cls(tuple(data["tokens"]), {key: tuple(codes) for key, codes in data["codes"].items()})


@dataclass(frozen=True, slots=True)
class Observed:
    """What a corpus adds: plain codes by `Type.parameter`, UCUM units, implied concepts, element names, text pieces."""

    codes: Mapping[str, tuple[str, ...]]
    units: tuple[str, ...] = ()
    phrases: tuple[str, ...] = ()
    elements: tuple[str, ...] = ()
    pieces: tuple[str, ...] = ()


def build(registry: Registry, observed: Observed) -> Vocabulary:
    """Build the vocabulary from the registry and what a corpus adds to it; the order depends on nothing else."""
    names: set[str] = {*RESULTS, *SPECIAL}
    codes: dict[str, set[str]] = {}
    for type_ in registry.types:
        for name, parameter in registry.parameters(type_).items():
            names.add(name)
            if parameter.type == "token" and parameter.codes:
                codes.setdefault(f"{type_}.{name}", set()).update(parameter.codes)
    for key, extra in observed.codes.items():
        codes.setdefault(key, set()).update(extra)
    every_code = {"true", "false", *joined.from_iterable(codes.values()), *joined.from_iterable(RESULT_CODES.values())}
    tokens = (
        *MARKS,
        *_kind("T", registry.types),
        *_kind("P", names),
        *_kind("M", MODIFIERS),
        *_kind("X", PREFIXES),
        *_kind("K", every_code),
        *_kind("A", joined.from_iterable((base, f"{base}-", f"{base}+") for base in BASES)),
        *_kind("U", DATE_UNITS),
        *_kind("MM", (f"{month:02}" for month in range(1, 13))),
        *_kind("DD", (f"{day:02}" for day in range(1, 32))),
        *_kind("N", "0123456789.-"),
        *_kind("Q", (*UNITS, *observed.units)),
        *_kind("W", observed.phrases),
        *_kind("E", observed.elements),
        *(f"R:{piece}" for piece in observed.pieces),
    )
    return Vocabulary(tokens, {key: tuple(sorted(values)) for key, values in sorted(codes.items())})


def _kind(kind: str, values: object) -> list[str]:
    return [f"{kind}:{value}" for value in sorted(set(values))]  # type: ignore[call-overload]
