"""Question files: what is read, and how each unusable line is named."""

from __future__ import annotations

import io
import sys
from pathlib import Path

import pytest

from fhirdistill.errors import InputError
from fhirdistill.records import Question
from fhirdistill.teacher.questions import read_questions


def write(path: Path, *lines: str | bytes) -> Path:
    path.write_bytes(b"\n".join(line.encode() if isinstance(line, str) else line for line in lines))
    return path


def test_questions_have_a_family_and_a_source(tmp_path: Path) -> None:
    path = write(
        tmp_path / "ward.jsonl",
        '\ufeff{"id": "a", "question": "x"}',
        '{"id": 7, "question": "y", "family": "a", "source": "night"}',
        "",
    )
    read = read_questions([path])
    assert list(read.by_id.values()) == [Question("a", "x", "a"), Question("7", "y", "a")]
    assert read.sources == {"a": "ward", "7": "night"}
    assert read.broken == ()


@pytest.mark.parametrize(
    ("line", "problem"),
    [
        ("{oops", "is no JSON"),
        ("3", "is no JSON object"),
        (b"\xff\xfe{}", "is no UTF-8 text"),
        ('{"question": "x"}', '"id" is missing or empty'),
        ('{"id": true, "question": "x"}', '"id" is missing or empty'),
        ('{"id": "b"}', "\"question\" of 'b' is missing or empty"),
        ('{"id": "b", "question": "  "}', "\"question\" of 'b' is missing or empty"),
        ('{"id": "b", "question": "' + "x" * 10_000 + '"}', "has 10000 characters; at most 1000"),
        ('{"id": "a", "question": "other"}', "id 'a' is used before, for another question"),
    ],
)
def test_a_broken_line_is_named_by_its_number_and_the_rest_is_read(
    tmp_path: Path, line: str | bytes, problem: str
) -> None:
    path = write(tmp_path / "q.jsonl", '{"id": "a", "question": "x"}', "", line, '{"id": "c", "question": "z"}')
    read = read_questions([path])
    assert list(read.by_id) == ["a", "c"]
    (broken,) = read.broken
    assert str(broken).startswith(f"{path}, line 3: ")
    assert problem in str(broken)


def test_a_folder_stands_for_its_files_and_the_same_question_twice_is_one(tmp_path: Path) -> None:
    write(tmp_path / "b.jsonl", '{"id": "a", "question": "x"}', '{"id": "b", "question": "y"}')
    write(tmp_path / "a.jsonl", '{"id": "a", "question": "x"}')
    read = read_questions([tmp_path])
    assert (list(read.by_id), read.sources, read.broken) == (["a", "b"], {"a": "a", "b": "b"}, ())


def test_standard_input_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    stdin = io.TextIOWrapper(io.BytesIO(b'{"id": "a", "question": "x"}\nno'))
    monkeypatch.setattr(sys, "stdin", stdin)
    read = read_questions([Path("-")])
    assert read.sources == {"a": "stdin"}
    assert str(read.broken[0]).startswith("standard input, line 2: is no JSON")


def test_files_that_hold_no_question_are_an_error(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"no question in .*first: .*line 1: is no JSON") as caught:
        read_questions([write(tmp_path / "q.jsonl", "PK\x03\x04")])
    assert '{"id": "q-1"' in caught.value.hint
    with pytest.raises(InputError, match=r"can't read .*No such file"):
        read_questions([tmp_path / "none.jsonl"])
