"""In: a group of slots. Out: new texts for it, drawn from the slot lists so that the sentence stays plausible."""

from __future__ import annotations

import random
import re
import string
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from itertools import pairwise
from types import MappingProxyType
from typing import Final

from fhirdistill.dataset.lists import Lab, entries, labs, measured
from fhirdistill.dataset.slot import Group

TRIES: Final = 8
AMOUNTS: Mapping[str, tuple[int, int]] = MappingProxyType(
    {"y": (2, 15), "mo": (2, 18), "w": (2, 12), "d": (2, 90), "h": (2, 72), "min": (5, 90)}
)
AGES: Mapping[str, tuple[int, int]] = MappingProxyType(
    {"y": (1, 95), "mo": (1, 36), "w": (1, 52), "d": (1, 60), "h": (1, 72), "min": (5, 90)}
)
SHIFTED: Mapping[str, tuple[int, int]] = MappingProxyType(
    {"births": (1930, 2024), "years": (2008, 2026), "days": (1, 28)}
)
_NUMBER = re.compile(r"\d+(?:\.\d+)?")
_PERSON = re.compile(r"(?:ists?|icians?|surgeons?|internist)$")


@dataclass(slots=True)
class Draw:
    """New texts for the groups of one question; none is drawn that the question or its template has already."""

    rng: random.Random
    question: str
    texts: set[str]
    numbers: set[float] = field(default_factory=set)

    def __post_init__(self) -> None:
        self.question = self.question.lower()
        self.numbers |= {float(n) for n in _NUMBER.findall(self.question.replace(",", ""))}

    def of(self, group: Group) -> list[str] | None:
        """Return a new text for each slot of a group, or None where none was found that keeps the sentence right."""
        return _DRAWS.get(group.kind, Draw.text)(self, group)

    def text(self, group: Group) -> list[str] | None:
        """Draw an entry of the list that a group is named after."""
        old = group.slots[0].text
        options = _options(group.kind, old)
        for _ in range(TRIES):
            new = self.rng.choice(options)
            if self._fresh(new):
                self.texts.add(new.lower())
                return [new]
        return None

    def _fresh(self, new: str) -> bool:
        """Tell whether a text can be told apart from everything else in the question."""
        lower = new.lower()
        if lower in self.question or any(text in lower or lower in text for text in self.texts):
            return False
        return not any(float(n) in self.numbers for n in _NUMBER.findall(lower))

    def numbered(self, group: Group) -> list[str] | None:
        """Draw an identifier of the same shape."""
        shape = group.slots[0].text
        letters = string.ascii_lowercase if shape.islower() else string.ascii_uppercase
        keep = re.match(r"[^\W\d_]*", shape)
        start = keep.end() if keep else 0
        drawn = [
            self.rng.choice("123456789" if i == start else string.digits) if c.isdigit()
            else self.rng.choice(letters) if c.isalpha() and i >= start
            else c
            for i, c in enumerate(shape)
        ]  # fmt: skip
        new = "".join(drawn)
        return [new] if self._fresh(new) else None

    def measure(self, group: Group) -> list[str] | None:
        """Draw a lab with its own values, and its unit where the question states one."""
        numbers = [slot for slot in group.slots if slot.role == "number"]
        unit = group.slots[-1].role == "unit"
        options = [lab for lab in measured(code=group.detail or None) if lab.unit or not unit]
        for _ in range(TRIES if options else 0):
            lab = self.rng.choice(options)
            values = self._values(lab, len(numbers)) if self._fresh(f"{lab.name} {lab.unit if unit else ''}") else None
            if values:
                self.texts.add(lab.name.lower())
                return [lab.name, *values, *([lab.unit] if unit else [])]
        return None

    def _values(self, lab: Lab, count: int) -> list[str] | None:
        drawn = {float(v): v for v in (lab.value(self.rng) for _ in range(count + 2)) if float(v) not in self.numbers}
        if len(drawn) < count:
            return None
        kept = sorted(self.rng.sample(sorted(drawn), count))
        self.numbers |= set(kept)
        return [drawn[value] for value in kept]

    def values(self, group: Group) -> list[str] | None:
        """Draw other values of a lab that keeps its name, or numbers of the same size."""
        known = next((lab for lab in measured() if lab.name.lower() == group.detail), None)
        if known and all(known.low <= float(slot.text) <= known.high for slot in group.slots):
            return self._values(known, len(group.slots))
        factor = self.rng.uniform(0.6, 1.5)
        new = [_scaled(slot.text, factor) for slot in group.slots]
        return new if self._new_numbers([float(text) for text in new]) else None

    def _new_numbers(self, new: list[float], reserved: tuple[float, ...] = ()) -> bool:
        """Take some numbers, if all are new and they differ from each other."""
        if len({*new, *reserved}) < len(new) + len(reserved) or self.numbers & {*new, *reserved} or 0 in new:
            return False
        self.numbers |= {*new, *reserved}
        return True

    def ages(self, group: Group) -> list[str] | None:
        """Draw ages in rising order, none next to another."""
        low, high = AGES[group.detail]
        old = [int(slot.text) for slot in group.slots]
        if not all(low <= age <= high for age in old):
            return None
        more = [any(extra for _, extra in slot.owners) for slot in group.slots]
        for _ in range(TRIES):
            new = sorted(self.rng.sample(range(low, high), len(old)))
            if group.detail == "y" and self.rng.random() < 0.3:
                new = sorted({5 * round(age / 5) or 5 for age in new})
            if len(new) == len(old) and all(b - a > 1 for a, b in pairwise(new)):
                after = tuple(float(age + 1) for age, one_more in zip(new, more, strict=True) if one_more)
                if self._new_numbers([float(age) for age in new], after):
                    return [str(age) for age in new]
        return None

    def amount(self, group: Group) -> list[str] | None:
        """Draw an amount of time, or how many results to return; one stays one, since "1 day" has no plural."""
        old = int(float(group.slots[0].text))
        low, high = AMOUNTS.get(group.detail, (2, 50))
        if old < 2:
            return None
        new = self.rng.choice((self.rng.randint(low, high), self.rng.randint(max(2, old // 2), 2 * old)))
        return [str(new)] if self._new_numbers([float(new)]) else None

    def shifted(self, group: Group) -> list[str] | None:
        """Shift years or days, all by the same offset."""
        low, high = SHIFTED[group.kind]
        old = [int(slot.text) for slot in group.slots]
        first, last = low - old[0], high - old[-1]
        if group.kind == "days":
            first, last = low - min(old), high - max(old)
        if first > 0 or last < 0 or first >= last:
            return None
        offset = self.rng.randint(first, last)
        new = [n + offset for n in old]
        return [str(n) for n in new] if self.numbers.isdisjoint(float(n) for n in new) else None


def _options(kind: str, old: str) -> tuple[str, ...]:
    if kind == "labs":
        return tuple(lab.name for lab in labs())
    if kind == "tests":
        return tuple(lab.name for lab in labs() if not lab.high)
    if kind in ("specialties", "specialists"):
        people = [entry for entry in entries("specialties") if bool(_PERSON.search(entry)) == (kind == "specialists")]
        plural = old.lower().endswith("s")
        return tuple(e for e in people if kind == "specialties" or e.endswith("s") == plural)
    return entries(kind)


def _scaled(text: str, factor: float) -> str:
    decimals = len(text.partition(".")[2])
    value = float(text) * factor
    return f"{round(value, -1 if value >= 100 and not decimals else decimals):.{decimals}f}"


_DRAWS: Final[Mapping[str, Callable[[Draw, Group], list[str] | None]]] = MappingProxyType(
    {
        "numbered": Draw.numbered,
        "measure": Draw.measure,
        "values": Draw.values,
        "ages": Draw.ages,
        "span": Draw.amount,
        "count": Draw.amount,
        "births": Draw.shifted,
        "years": Draw.shifted,
        "days": Draw.shifted,
    }
)
