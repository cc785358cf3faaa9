from __future__ import annotations

import builtins
import json
from collections import Counter
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from dataset.rows import ROWS, UNSUPPORTED
from fhirdistill.dataset.corpus import (
    corpus_hash,
    of_split,
    read_corpus,
    split,
    to_datasets,
    without_copies,
    write_corpus,
)
from fhirdistill.errors import InputError, MissingExtraError


def test_a_corpus_comes_back_as_it_was_written(tmp_path: Path) -> None:
    file = tmp_path / "examples.jsonl"
    write_corpus(file, [*ROWS, UNSUPPORTED])
    assert read_corpus(file) == (*ROWS, UNSUPPORTED)
    assert [path.name for path in tmp_path.iterdir()] == ["examples.jsonl"]


def test_a_row_without_a_family_is_its_own_and_unknown_columns_are_left_out(tmp_path: Path) -> None:
    file = tmp_path / "examples.jsonl"
    file.write_text(
        json.dumps({"id": "a", "question": "all patients", "template": "Patient?", "colour": "red"}) + "\n\n"
    )
    [row] = read_corpus(file)
    assert (row.family, row.status, row.template) == ("a", "ok", "Patient?")


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("{", "line 2: no row of a corpus"),
        ("[1]", "line 2: no row of a corpus"),
        ('{"id": "a"}', "line 2: no row of a corpus"),
        ('{"id": "a", "question": "q", "status": "maybe"}', "line 2: row a: a row has a question and the status"),
        ('{"id": "a", "question": "q", "status": "ok"}', "line 2: row a is ok and has no template"),
    ],
)
def test_a_broken_line_is_named(tmp_path: Path, line: str, message: str) -> None:
    file = tmp_path / "examples.jsonl"
    file.write_text(json.dumps(UNSUPPORTED.to_json()) + "\n" + line + "\n")
    with pytest.raises(InputError, match=message):
        read_corpus(file)


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"no\.jsonl can't be read"):
        read_corpus(tmp_path / "no.jsonl")


def test_a_family_stays_in_its_split() -> None:
    counts = Counter(split(f"family {i}") for i in range(4000))
    assert 3520 < counts["train"] < 3680
    assert 140 < counts["validation"] < 260
    assert 140 < counts["test"] < 260
    assert any(split(f"family {i}") != split(f"family {i}", seed=1) for i in range(100))
    rows = [replace(row, id=f"{row.id}/{i}") for row in ROWS for i in range(3)]
    names = ("train", "validation", "test")
    parts = [{row.family for row in of_split(rows, name)} for name in names]  # type: ignore[arg-type]
    assert sum(len(part) for part in parts) == len(ROWS)


def test_the_hash_knows_every_column_and_the_order() -> None:
    assert corpus_hash(ROWS) == corpus_hash(list(ROWS))
    assert corpus_hash(ROWS) != corpus_hash(ROWS[::-1])
    assert corpus_hash(ROWS) != corpus_hash([replace(ROWS[0], teacher="another"), *ROWS[1:]])


def test_near_copies_go_and_hard_neighbours_stay() -> None:
    original = ROWS[0]
    copy = replace(original, id="copy", question=original.question.lower() + " please")
    neighbour = replace(copy, id="neighbour", template="Patient?gender=female")
    same = replace(original, id="same", question=original.question.upper(), template="Patient?gender=female")
    assert without_copies([original, copy, neighbour, same, ROWS[1]]) == (original, neighbour, ROWS[1])


def test_the_hugging_face_view_has_three_splits() -> None:
    view = to_datasets([*ROWS, UNSUPPORTED])
    assert set(view) == {"train", "validation", "test"}
    assert sum(len(part) for part in view.values()) == len(ROWS) + 1
    assert view["train"][0]["template"] == ROWS[0].template


def test_without_datasets_the_extra_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    real = builtins.__import__

    def without(name: str, *args: Any, **kwargs: Any) -> Any:
        if name == "datasets":
            raise ImportError(name)
        return real(name, *args, **kwargs)

    monkeypatch.setattr(builtins, "__import__", without)
    with pytest.raises(MissingExtraError, match="needs datasets"):
        to_datasets(ROWS)
