"""In: JSONL files of any columns. Out: rows of {input, label, rationale} for the trainer."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Protocol

from fhirdistill.errors import InputError

COLUMNS = {"input": "input", "label": "label", "rationale": "rationale"}


@dataclass(frozen=True, slots=True)
class Row:
    """One thing to learn: from `input` to `label`, and to `rationale` where there is one."""

    input: str
    label: str
    rationale: str | None = None


class Rows(Protocol):
    """Where rows come from: the same rows every epoch, or a new variation of them."""

    def epoch(self, number: int) -> Sequence[Row]:
        """Return the rows of an epoch; the same number always gives the same rows."""
        ...


@dataclass(frozen=True, slots=True)
class FixedRows:
    """The same rows every epoch."""

    rows: tuple[Row, ...]

    def epoch(self, number: int) -> Sequence[Row]:
        """Return the rows."""
        return self.rows


def read_rows(path: Path, columns: Mapping[str, str] = COLUMNS) -> tuple[Row, ...]:
    """Read rows from JSONL; `columns` names the file's column for each of input, label and rationale.

    Raises InputError where the file can't be read, and with the number of the line that is no JSON object or lacks a
    column.
    """
    try:
        lines = path.read_text("utf-8").split("\n")
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"{path} can't be read: {error}", hint="give a JSONL file in UTF-8") from error
    rows = []
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        try:
            record = json.loads(line)
            rationale = record.get(columns["rationale"])
            said = None if rationale is None else str(rationale)
            rows.append(Row(str(record[columns["input"]]), str(record[columns["label"]]), said))
        except (json.JSONDecodeError, AttributeError) as error:
            raise InputError(f"{path}, line {number}: not a JSON object", hint="one object a line") from error
        except KeyError as error:
            raise InputError(
                f"{path}, line {number}: no column {error}", hint="map it with --column label=NAME"
            ) from error
    if not rows:
        raise InputError(f"{path} holds no rows", hint="one JSON object a line with input, label and rationale")
    return tuple(rows)


def data_hash(rows: Sequence[Row]) -> str:
    """Return the SHA-256 of the rows, whatever file they came from."""
    digest = sha256()
    for row in rows:
        digest.update(json.dumps([row.input, row.label, row.rationale], ensure_ascii=False).encode())
    return digest.hexdigest()
