"""In: the name of a slot list. Out: its entries, as the package holds them in `dataset/slots/`.

Every list was written for this project and is CC0; docs/slots.md says what each holds.
"""

from __future__ import annotations

import random
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from types import MappingProxyType

UCUM: Mapping[str, str] = MappingProxyType(
    {
        "%": "%", "mg/dL": "mg/dL", "mmol/L": "mmol/L", "mmol/mol": "mmol/mol", "nmol/L": "nmol/L", "umol/L": "umol/L",
        "pmol/L": "pmol/L", "g/dL": "g/dL", "g/L": "g/L", "mg/L": "mg/L", "mg/g": "mg/g", "mg/mmol": "mg/mmol",
        "mEq/L": "meq/L", "ng/mL": "ng/mL", "pg/mL": "pg/mL", "ug/mL": "ug/mL", "ug/L": "ug/L", "ug/dL": "ug/dL",
        "ug/g": "ug/g", "ng/dL": "ng/dL", "ng/L": "ng/L", "U/L": "U/L", "U/mL": "U/mL", "IU/L": "[IU]/L",
        "IU/mL": "[IU]/mL", "mIU/L": "m[IU]/L", "uIU/mL": "u[IU]/mL", "mIU/mL": "m[IU]/mL", "kU/L": "kU/L",
        "K/uL": "10*3/uL", "x10^9/L": "10*9/L", "cells/uL": "{cells}/uL", "copies/mL": "{copies}/mL",
        "mL/min": "mL/min",
        "mL": "mL", "L": "L", "L/min": "L/min", "mOsm/kg": "mosm/kg", "fL": "fL", "s": "s", "ms": "ms", "mm/h": "mm/h",
        "mmHg": "mm[Hg]", "bpm": "/min", "/min": "/min", "C": "Cel", "F": "[degF]", "kg": "kg", "lb": "[lb_av]",
        "g": "g",
        "cm": "cm", "in": "[in_i]", "m": "m", "kg/m2": "kg/m2",
    }
)  # fmt: skip
"""Units as people write them, and their UCUM codes (docs/labelling-guide.md, "Units keep their meaning")."""


@dataclass(frozen=True, slots=True)
class Lab:
    """A laboratory test or vital sign; `high` is 0 for a test whose result is a word."""

    name: str
    unit: str = ""
    low: float = 0
    high: float = 0
    decimals: int = 0

    def value(self, rng: random.Random) -> str:
        """Draw a plausible value, rounded as people round.

        >>> Lab("ferritin", "ng/mL", 5, 1500).value(random.Random(3))
        '19'
        """
        drawn = self.low * (self.high / self.low) ** rng.random()
        if drawn >= 1000:
            return str(round(drawn, -2 if drawn < 10_000 else -3).__trunc__())
        if drawn >= 100:
            return str(5 * round(drawn / 5))
        decimals = 0 if self.decimals == 1 and drawn > 3 and rng.random() < 0.3 else self.decimals
        return f"{drawn:.{decimals}f}"


@cache
def _lines(name: str) -> tuple[str, ...]:
    text = files("fhirdistill.dataset").joinpath("slots", name).read_text("utf-8")
    return tuple(line for line in text.splitlines() if line and not line.startswith("#"))


def entries(name: str) -> tuple[str, ...]:
    """Return the entries of a list such as `conditions` or `surnames`.

    >>> "type 2 diabetes" in entries("conditions")
    True
    """
    return _lines(f"{name}.txt")


@cache
def members(name: str) -> frozenset[str]:
    """Return the entries of a list in lower case, for look-up."""
    return frozenset(entry.lower() for entry in entries(name))


@cache
def labs() -> tuple[Lab, ...]:
    """Return the laboratory tests and vital signs."""
    found = []
    for line in _lines("labs.tsv"):
        name, *rest = line.split("\t")
        if rest:
            unit, low, high, decimals = rest
            found.append(Lab(name, unit, float(low), float(high), int(decimals)))
        else:
            found.append(Lab(name))
    return tuple(found)


@cache
def measured(unit: str | None = None, code: str | None = None) -> tuple[Lab, ...]:
    """Return the labs with a number for a value: all, those with this unit as written, or those with this UCUM code."""
    return tuple(
        lab for lab in labs() if lab.high and unit in (None, lab.unit) and code in (None, UCUM.get(lab.unit, ""))
    )
