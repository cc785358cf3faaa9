"""In: rows of plain text. Out: a codec of characters that copies what it can, and a model small enough for a test."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor

from fhirdistill.train.batches import Encoded, Target
from fhirdistill.train.config import TrainConfig
from fhirdistill.train.pointer import PointerModel, PointerShape, fresh_encoder
from fhirdistill.train.rows import FixedRows, Row
from fhirdistill.train.trainer import Trainer

PAD, LABEL, RATIONALE, END, COPY = range(5)
CHARACTERS = "abcdefghijklmnopqrstuvwxyz0123456789 +="
SIZE = 5 + len(CHARACTERS)

ROWS = (
    Row("1 + 2", "3", "one and two"),
    Row("2 + 2", "4", "two twice"),
    Row("3 + 5", "8"),
    Row("0 + 9", "9", "nothing and nine"),
    Row("4 + 1", "5"),
    Row("6 + 2", "8", "six and two"),
    Row("7 + 1", "8", "one more than seven"),
    Row("10 + 10", "20", "ten twice"),
)


@dataclass(frozen=True, slots=True)
class ToyCodec:
    """Characters; a character of the target that the input has too is pointed at."""

    pad: int = PAD

    def encode(self, row: Row) -> Encoded | None:
        if not row.input or not set(row.input + row.label) <= set(CHARACTERS):
            return None
        rationale = None if row.rationale is None else self._target(RATIONALE, row.rationale, row.input)
        return Encoded(tuple(self._id(c) for c in row.input), self._target(LABEL, row.label, row.input), rationale)

    def _target(self, task: int, text: str, source: str) -> Target:
        places = [source.find(c) for c in text]
        tokens = [self._id(c) if at < 0 else COPY for c, at in zip(text, places, strict=True)]
        return Target((task, *tokens, END), (-1, *places, -1))

    def _id(self, character: str) -> int:
        return 5 + CHARACTERS.index(character)


def tiny(seed: int = 0, dropout: float = 0.0) -> PointerModel:
    """Return a fresh model, always the same for a seed."""
    torch.manual_seed(seed)
    encoder = fresh_encoder(SIZE, 16, 1, 2, 32)
    for module in encoder.modules():
        if isinstance(module, torch.nn.Dropout):
            module.p = dropout
    shape = PointerShape(SIZE, (COPY,), width=16, layers=2, heads=2, inner=32, positions=40, dropout=dropout)
    return PointerModel(shape, encoder)


def settings(**changes: float) -> TrainConfig:
    """Return a configuration for a few steps on the eight rows."""
    told = {"steps": 1, "batch": 8, "warmup": 1, "dropout": 0.0, "clip": 1e9, "learning_rate": 1e-2, **changes}
    return TrainConfig(**told)  # type: ignore[arg-type]


def trainer(folder: Path, config: TrainConfig, rows: Sequence[Row] = ROWS, dropout: float = 0.0) -> Trainer:
    """Return a run over rows with a fresh model."""
    return Trainer(tiny(dropout=dropout), ToyCodec(), FixedRows(tuple(rows)), config, folder)


def gradients(folder: Path, config: TrainConfig, rows: Sequence[Row] = ROWS) -> dict[str, Tensor]:
    """Return the gradients of the first step."""
    run = trainer(folder, config, rows)
    run.optimizer.zero_grad = lambda: None
    run.run()
    return {name: p.grad.clone() for name, p in run.model.named_parameters() if p.grad is not None}


def weights(run: Trainer) -> dict[str, Tensor]:
    """Return a copy of a run's weights."""
    return {name: value.clone() for name, value in run.model.state_dict().items()}
