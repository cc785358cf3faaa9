"""Rows and settings that can't be used are said with their place."""

from __future__ import annotations

from pathlib import Path

import pytest

from fhirdistill.errors import InputError
from fhirdistill.train.config import TrainConfig, read_config
from fhirdistill.train.rows import Row, data_hash, read_rows


def test_columns_are_mapped(tmp_path: Path) -> None:
    path = tmp_path / "rows.jsonl"
    path.write_text('{"q": "a\u2028b", "answer": 3, "why": null}\n\n{"q": "c", "answer": "d", "why": "e"}\n', "utf-8")
    rows = read_rows(path, {"input": "q", "label": "answer", "rationale": "why"})
    assert rows == (Row("a\u2028b", "3"), Row("c", "d", "e"))


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('{"input": "a", "label": "b"}\n{"input": "a"}\n', "line 2: no column 'label'"),
        ('{"input": "a", "label": "b"}\n[1]\n', "line 2: not a JSON object"),
        ("\n{broken\n", "line 2: not a JSON object"),
        ("\n\n", "holds no rows"),
    ],
)
def test_a_broken_line_is_named(tmp_path: Path, text: str, message: str) -> None:
    path = tmp_path / "rows.jsonl"
    path.write_text(text, "utf-8")
    with pytest.raises(InputError, match=message):
        read_rows(path)


def test_files_that_cannot_be_read(tmp_path: Path) -> None:
    binary = tmp_path / "binary"
    binary.write_bytes(b"\xff\xfe\x00")
    for path in (tmp_path, tmp_path / "missing", binary):
        with pytest.raises(InputError, match="can't be read"):
            read_rows(path)


def test_the_hash_is_of_the_rows() -> None:
    rows = (Row("a", "b"), Row("c", "d", "e"))
    assert data_hash(rows) == data_hash(list(rows))
    assert data_hash(rows) != data_hash(rows[:1])
    assert data_hash((Row("a", "b", ""),)) != data_hash((Row("a", "b"),))


def test_options_go_before_the_file(tmp_path: Path) -> None:
    path = tmp_path / "settings.toml"
    path.write_text('steps = 10\nalpha = 1\nmodel = "t5"\n')
    config = read_config(path, steps=20, batch=None)
    assert (config.steps, config.alpha, config.model, config.batch) == (20, 1.0, "t5", TrainConfig().batch)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("stepz = 1", "unknown training setting 'stepz'"),
        ("steps = 1.5", "steps = 1.5 should be of type int"),
        ("alpha = true", "alpha = True should be of type float"),
        ("alpha = 1.5", "alpha = 1.5 is outside 0 to 1"),
        ("rationale_share = -0.1", "rationale_share = -0.1 is outside"),
        ("batch = 0", "batch = 0 should be at least 1"),
        ("width = 10\nheads = 4", "width = 10 is no multiple of heads = 4"),
        ("steps 5", "settings.toml"),
    ],
)
def test_a_setting_that_cannot_be_is_said(tmp_path: Path, text: str, message: str) -> None:
    path = tmp_path / "settings.toml"
    path.write_text(text)
    with pytest.raises(InputError, match=message):
        read_config(path)


def test_a_missing_settings_file_is_said(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"nothing\.toml"):
        read_config(tmp_path / "nothing.toml")
