"""In: rows of a corpus and the number of an epoch. Out: its rows, refilled and noisy, the same at every call."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import replace

from fhirdistill.dataset.leaves import leaves, parsed
from fhirdistill.dataset.noise import noise
from fhirdistill.dataset.refill import PROBABILITY, refill
from fhirdistill.dataset.respell import respell
from fhirdistill.dataset.row import Row
from fhirdistill.dataset.words import rewrite
from fhirdistill.search.ast import Concept


def epoch(
    rows: Sequence[Row], number: int, seed: int, *, refills: int = 1, refilled: float = PROBABILITY, noisy: float = 0.4
) -> list[Row]:
    """Return `refills` versions of each row; each is drawn from (seed, number, row, version) alone.

    `refilled` is the probability that a slot is refilled, `noisy` that a version gets noise; with 0 and 0 the rows
    stay as they are.

    >>> rows = [Row("1", "women over 60", template="Patient?gender=female&birthdate=lt{today-60y}")]
    >>> epoch(rows, 3, seed=1) == epoch(rows, 3, seed=1)
    True
    """
    return [varied(row, f"{seed}/{number}/{row.id}/{i}", refilled, noisy) for row in rows for i in range(refills)]


def varied(row: Row, seed: str, refilled: float = PROBABILITY, noisy: float = 0.4) -> Row:
    """Return one version of a row, drawn from a seed."""
    rng = random.Random(seed)
    if rng.random() < refilled:
        row = respell(row, rng)
    row = refill(row, rng, refilled)
    if rng.random() >= noisy:
        return row
    question, template = noise(row.question, row.template, rng)
    rationale = rewrite(row.rationale, _misspelled(row.template, template)) if row.rationale else row.rationale
    return replace(row, question=question, template=template, rationale=rationale)


def _misspelled(before: str | None, after: str | None) -> dict[str, str]:
    """Return the concepts that noise changed, so that the rationale quotes the question as it is typed."""
    if not before or not after or before == after:
        return {}
    found = zip(leaves(parsed(before)), leaves(parsed(after)), strict=True)
    return {
        old.value.text.lower(): new.value.text
        for old, new in found
        if isinstance(old.value, Concept) and isinstance(new.value, Concept) and old.value != new.value
    }
