"""In: nothing. Out: what a plan of changes is made of: slots, and groups of slots that change together."""

from __future__ import annotations

from dataclasses import dataclass

from fhirdistill.dataset.leaves import Place

Span = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Slot:
    """A text that stands at `spans` of the question and in some values of the template.

    `role` is text, number, unit, year or day; an owner is a place in the search and what the label adds to a number.
    """

    role: str
    text: str
    spans: tuple[Span, ...]
    owners: tuple[tuple[Place, int], ...]
    spoken: bool = False


@dataclass(frozen=True, slots=True)
class Group:
    """Slots that change as one, numbers in rising order.

    `kind` says how new texts are drawn; `detail` narrows it: the unit of ages and of spans of time, the UCUM code that
    a new lab of a measure must have, the lab whose values are drawn.
    """

    kind: str
    slots: tuple[Slot, ...]
    detail: str = ""
