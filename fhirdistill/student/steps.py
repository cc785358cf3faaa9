"""In: a question. Out: what the decoder writes about it: steps, each a token and perhaps a unit of the question."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

from fhirdistill.student.units import Unit, units


class Step(NamedTuple):
    """A target token, and the unit that it points at (-1 for a token that points at nothing)."""

    token: str
    unit: int = -1


@dataclass(frozen=True, slots=True)
class Source:
    """A question with its units."""

    text: str
    units: tuple[Unit, ...]

    @classmethod
    def of(cls, text: str) -> Source:
        """Split a question."""
        return cls(text, units(text))

    def slice(self, first: int, last: int) -> str:
        """Return the text from unit `first` to unit `last`, both included."""
        return self.text[self.units[first].start : self.units[last].end]
