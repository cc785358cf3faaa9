"""In: examples.jsonl. Out: its rows, split by family, without near copies, with a hash; and back to the file."""

from __future__ import annotations

import json
import os
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, Final, Literal

from fhirdistill.dataset.near import SIMILAR, Index, tokens
from fhirdistill.dataset.row import Row
from fhirdistill.errors import InputError, MissingExtraError

if TYPE_CHECKING:
    from datasets import DatasetDict

Split = Literal["train", "validation", "test"]
SPLITS: Final[tuple[Split, ...]] = ("train", "validation", "test")
SHARES: Final[Mapping[Split, float]] = {"train": 0.9, "validation": 0.05, "test": 0.05}


def read_corpus(path: Path) -> tuple[Row, ...]:
    """Read a corpus file. Raises InputError with the number of the first line that is no row."""
    rows = []
    try:
        lines = path.read_text("utf-8").split("\n")
    except OSError as error:
        raise InputError(f"{path} can't be read: {error.strerror}", hint="give a corpus file (JSON Lines)") from error
    for number, line in enumerate(lines, 1):
        if line.strip():
            try:
                rows.append(Row.of(json.loads(line)))
            except (ValueError, AttributeError, TypeError) as error:
                hint = "one JSON object a line, with id, question, status and template"
                raise InputError(f"{path}, line {number}: no row of a corpus", hint=hint) from error
            except InputError as error:
                raise InputError(f"{path}, line {number}: {error}", hint=error.hint) from error
    return tuple(rows)


def write_corpus(path: Path, rows: Iterable[Row]) -> None:
    """Write a corpus file; it is written beside its place and renamed when it is whole."""
    fresh = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        with fresh.open("w", encoding="utf-8") as file:
            for row in rows:
                file.write(json.dumps(row.to_json(), ensure_ascii=False) + "\n")
        fresh.replace(path)
    finally:
        fresh.unlink(missing_ok=True)


def split(family: str, seed: int = 0) -> Split:
    """Return the split of a family: its hash decides, so it never moves when the corpus grows.

    >>> split("adm-0001"), split("adm-0001", seed=3)
    ('train', 'train')
    """
    drawn = int.from_bytes(sha256(f"{seed}/{family}".encode()).digest()[:8]) / 2**64
    for name in SPLITS:
        if drawn < SHARES[name]:
            return name
        drawn -= SHARES[name]
    return "test"


def of_split(rows: Iterable[Row], name: Split, seed: int = 0) -> tuple[Row, ...]:
    """Return the rows of one split."""
    return tuple(row for row in rows if split(row.family, seed) == name)


def corpus_hash(rows: Iterable[Row]) -> str:
    """Return the SHA-256 of rows in their order, whatever file they came from."""
    digest = sha256()
    for row in rows:
        digest.update(json.dumps(row.to_json(), ensure_ascii=False, sort_keys=True).encode() + b"\n")
    return digest.hexdigest()


def without_copies(rows: Sequence[Row], threshold: float = SIMILAR) -> tuple[Row, ...]:
    """Leave out each row that nearly repeats an earlier one: its words are similar and its template is the same.

    Similar words with another template are kept: they are the hard neighbours that a student must tell apart. The same
    words in the same order are a copy whatever the template.
    """
    words = [tokens(row.question) for row in rows]
    index = Index(threshold, Counter(word for each in words for word in each))
    kept: dict[int, Row] = {}
    for place, (row, its) in enumerate(zip(rows, words, strict=True)):
        near = [kept[other] for other, _ in index.near(its)]
        if not any(_copy(row, other) for other in near):
            kept[place] = row
            index.add(place, its)
    return tuple(kept.values())


def _copy(row: Row, other: Row) -> bool:
    same = row.question.lower().split() == other.question.lower().split()
    return same or (row.status, row.template) == (other.status, other.template)


def to_datasets(rows: Iterable[Row], seed: int = 0) -> DatasetDict:
    """Return the rows as a Hugging Face DatasetDict of three splits. Raises MissingExtraError without `datasets`."""
    try:
        from datasets import Dataset, DatasetDict, Features, Value
    except ImportError as error:
        raise MissingExtraError(
            "a Hugging Face view needs datasets", hint='pip install "fhirdistill[train]"'
        ) from error
    columns = Features({name: Value("string") for name in Row("", "").to_json()})
    by_split: dict[Split, list[dict[str, str | None]]] = {name: [] for name in SPLITS}
    for row in rows:
        by_split[split(row.family, seed)].append(row.to_json())
    return DatasetDict(
        {
            name: Dataset.from_dict({column: [row[column] for row in its] for column in columns}, features=columns)
            for name, its in by_split.items()
        }
    )
