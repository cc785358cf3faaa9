"""In: rows and a codec. Out: padded batches in a seeded order, each with the targets of both tasks."""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal, Protocol, TypedDict

import torch
from torch import Tensor

from fhirdistill.train.rows import Row

Task = Literal["label", "rationale"]
TASKS: tuple[Task, ...] = ("label", "rationale")


@dataclass(frozen=True, slots=True)
class Target:
    """The target of one task: tokens, and for each the input position that it points at (-1: none)."""

    tokens: tuple[int, ...]
    places: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Encoded:
    """A row as ids; a target is None where the row has nothing for that task."""

    ids: tuple[int, ...]
    label: Target | None
    rationale: Target | None


class Codec(Protocol):
    """What turns a row into ids: the trainer knows nothing else about the data."""

    @property
    def pad(self) -> int:
        """The id that fills up targets."""
        ...

    def encode(self, row: Row) -> Encoded | None:
        """Return the row as ids, or None where the codec can't say it."""
        ...


class Targets(TypedDict):
    """Targets of one task: tokens and places (rows, length), the batch's rows that have one, the tokens to predict."""

    tokens: Tensor
    places: Tensor
    rows: Tensor
    pad: int
    count: int


class Batch(TypedDict):
    """Input ids and mask (rows, length), and the targets of each task that any row has."""

    ids: Tensor
    mask: Tensor
    targets: dict[Task, Targets]


def collate(rows: Sequence[Encoded], pad: int, *, rationales: Sequence[bool] | None = None) -> Batch:
    """Pad rows to one batch; `rationales` says which rows take part in the rationale task (None: all that have one)."""
    length = max(len(row.ids) for row in rows)
    ids = torch.full((len(rows), length), 0)
    mask = torch.zeros((len(rows), length), dtype=torch.long)
    for i, row in enumerate(rows):
        ids[i, : len(row.ids)] = torch.tensor(row.ids)
        mask[i, : len(row.ids)] = 1
    chosen: dict[Task, list[tuple[int, Target]]] = {
        "label": [(i, row.label) for i, row in enumerate(rows) if row.label],
        "rationale": [
            (i, row.rationale) for i, row in enumerate(rows) if row.rationale and (rationales is None or rationales[i])
        ],
    }
    return Batch(ids=ids, mask=mask, targets={task: _targets(found, pad) for task, found in chosen.items() if found})


def _targets(found: Sequence[tuple[int, Target]], pad: int) -> Targets:
    length = max(len(target.tokens) for _, target in found)
    tokens = torch.full((len(found), length), pad)
    places = torch.full((len(found), length), -1)
    for i, (_, target) in enumerate(found):
        tokens[i, : len(target.tokens)] = torch.tensor(target.tokens)
        places[i, : len(target.places)] = torch.tensor(target.places)
    count = sum(len(target.tokens) - 1 for _, target in found)
    return Targets(tokens=tokens, places=places, rows=torch.tensor([i for i, _ in found]), pad=pad, count=count)


def ordered(rows: Sequence[Encoded], size: int, seed: int) -> Iterator[list[Encoded]]:
    """Yield batches of `size` rows in an order that `seed` decides; rows of like length share a batch."""
    rng = random.Random(seed)
    order = list(rows)
    rng.shuffle(order)
    pool = size * 16
    batches = []
    for start in range(0, len(order), pool):
        part = sorted(
            order[start : start + pool], key=lambda row: (len(row.ids), len(row.label.tokens) if row.label else 0)
        )
        batches += [part[i : i + size] for i in range(0, len(part), size)]
    rng.shuffle(batches)
    yield from batches
