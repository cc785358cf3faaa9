"""In: an example. Out: the same question about other things: concepts, names, numbers and dates changed throughout."""

from __future__ import annotations

import random
from dataclasses import replace
from typing import Final

from fhirdistill.dataset.draw import Draw
from fhirdistill.dataset.kinds import PROPER
from fhirdistill.dataset.leaves import Place, rebuilt, written
from fhirdistill.dataset.plan import Plan, plan
from fhirdistill.dataset.row import Row
from fhirdistill.dataset.slot import Group, Slot
from fhirdistill.dataset.words import article, article_start, like, ordinal, rewrite, spoken
from fhirdistill.search import format as format_search
from fhirdistill.search.ast import CompositeValue, Value

PROBABILITY: Final = 0.6


def refill(row: Row, rng: random.Random, probability: float = PROBABILITY) -> Row:
    """Replace each slot of an example with some probability, in its question, template and rationale together.

    The words between the slots stay as they are, so what is asked stays the same; a row without a template comes back
    unchanged.

    >>> row = Row("1", "who has gout?", template="Patient?_has:Condition:patient:code={gout}")
    >>> new = refill(row, random.Random(2), 1)
    >>> new.question, new.template
    ('who has multiple myeloma?', 'Patient?_has:Condition:patient:code={multiple myeloma}')
    """
    if not row.template:
        return row
    rationale = row.rationale or ""
    planned = plan(row.question, row.template, rationale)
    change = _Change(row.question, planned)
    draw = Draw(rng, row.question, set(planned.held), set(planned.numbers))
    for group in planned.groups:
        if rng.random() < probability:
            new = draw.of(group)
            if new is not None:
                change.apply(group, new, rng)
    if not change.edits:
        return row
    reworded = row.rationale and change.reworded(rationale)
    return replace(row, question=change.question(), template=change.template(), rationale=reworded)


class _Change:
    """Edits of one example, gathered and then made at once."""

    def __init__(self, question: str, planned: Plan) -> None:
        self.old = question
        self.planned = planned
        self.edits: list[tuple[int, int, str]] = []
        self.values: dict[Place, Value] = {}
        self.words: dict[str, str] = {}

    def apply(self, group: Group, new: list[str], rng: random.Random) -> None:
        """Note the new texts of a group."""
        for slot, text in zip(group.slots, new, strict=True):
            label = text
            for start, end in slot.spans:
                surface = self._surface(slot, group.kind, start, end, text, rng)
                self.words.setdefault(self.old[start:end].lower(), surface)
                if slot.role == "text":
                    label = surface
                self._edit(start, end, surface)
            self._label(slot, label)

    def _surface(self, slot: Slot, kind: str, start: int, end: int, text: str, rng: random.Random) -> str:
        """Return a new text as the question writes it."""
        old = self.old[start:end]
        if slot.role == "text":
            if kind == "surnames" and " " in text and " " not in old and self._name_word(slot):
                text = text.rpartition(" ")[2]
            return like(self.old, old, text, start, proper=kind in PROPER)
        if slot.spoken and "." not in text and int(text) < 100 and rng.random() < 0.7:
            return like(self.old, old, spoken(int(text), "-" in old), start)
        if slot.role == "day":
            zero = old.startswith("0") or (self.old[start - 1 : start] == "-" and self.old[end - 3 : end - 2] == "-")
            return text.zfill(2) if zero else text + ("" if old.isdecimal() else ordinal(int(text)))
        if slot.role == "unit" and self.old.islower():
            return text.lower()
        return f"{int(text):,}" if "," in old and text.isdecimal() else text

    def _name_word(self, slot: Slot) -> bool:
        return any(self.planned.search.parameters[i].name == "name" for (i, _, _), _ in slot.owners)

    def _edit(self, start: int, end: int, surface: str) -> None:
        first = article_start(self.old, start)
        if first < start:
            old = self.old[first:start]
            self.edits.append((first, end, article(old.rstrip(), surface) + old[len(old.rstrip()) :] + surface))
        else:
            self.edits.append((start, end, surface))

    def _label(self, slot: Slot, text: str) -> None:
        if slot.role == "number":
            self.words.setdefault(slot.text, text)
        for place, more in slot.owners:
            value = self.values.get(place) or self._value(place)
            self.values[place] = written(value, slot.role, text, more)
            if more:
                self.words.setdefault(str(int(slot.text) + more), str(int(text) + more))

    def _value(self, place: Place) -> Value:
        i, j, k = place
        value = self.planned.search.parameters[i].values[j]
        return value.parts[k] if isinstance(value, CompositeValue) else value

    def question(self) -> str:
        """Return the new question."""
        out, at = [], 0
        for start, end, text in sorted(self.edits):
            out += [self.old[at:start], text]
            at = end
        return "".join([*out, self.old[at:]])

    def template(self) -> str:
        """Return the new template."""
        return format_search(rebuilt(self.planned.search, self.values))

    def reworded(self, rationale: str) -> str:
        """Return the new rationale."""
        return rewrite(rationale, self.words)
