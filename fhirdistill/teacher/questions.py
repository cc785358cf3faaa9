"""In: files of questions, one JSON object a line. Out: the questions by id, and the lines that are none."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from fhirdistill.errors import InputError
from fhirdistill.records import Question
from fhirdistill.teacher.files import STDIN, BrokenLine, read_jsonl

LONGEST = 1000


@dataclass(frozen=True, slots=True)
class Questions:
    """Questions by id, in order; `sources` names the collection of each id; `broken` are unusable lines."""

    by_id: dict[str, Question]
    sources: dict[str, str]
    broken: tuple[BrokenLine, ...] = ()


def read_questions(paths: Iterable[Path]) -> Questions:
    """Read `{"id", "question", "family"?, "source"?, "template"?}` lines.

    A path is a file, `-` (standard input) or a folder (its `*.jsonl`).

    `family` is the id where it is not given, `source` the file's name. The same question twice is one question; an
    id with two texts is a broken line, as are an empty question and one of more than 1000 characters.
    Raises InputError where a file can't be read or no usable question is left.
    """
    by_id: dict[str, Question] = {}
    sources: dict[str, str] = {}
    broken: list[BrokenLine] = []
    files = [file for path in paths for file in question_files(path)]
    for file in files:
        name = "stdin" if file == STDIN else file.name.removesuffix(".gz").removesuffix(".jsonl")
        rows = read_jsonl(file)
        broken += rows.broken
        for number, row in rows.rows:
            try:
                question = question_from(row)
                if by_id.setdefault(question.id, question).text != question.text:
                    raise ValueError(f"id {question.id!r} is used before, for another question")
            except ValueError as error:
                broken.append(BrokenLine("standard input" if file == STDIN else str(file), number, str(error)))
            else:
                sources.setdefault(question.id, str(row.get("source") or name))
    if not by_id:
        names = ", ".join(map(str, files)) or "no file"
        first = f"; first: {broken[0]}" if broken else ""
        raise InputError(f"no question in {names}{first}", hint='one object a line: {"id": "q-1", "question": "..."}')
    return Questions(by_id, sources, tuple(broken))


def question_files(path: Path) -> list[Path]:
    """Return the files that a path stands for: itself, or the `*.jsonl` and `*.jsonl.gz` of a folder."""
    return sorted([*path.glob("*.jsonl"), *path.glob("*.jsonl.gz")]) if path.is_dir() else [path]


def question_from(row: dict[str, Any]) -> Question:
    """Read one question. Raises ValueError that says what is wrong with it."""
    id, text = row.get("id"), row.get("question")
    if isinstance(id, int) and not isinstance(id, bool):
        id = str(id)
    if not isinstance(id, str) or not id.strip():
        raise ValueError('"id" is missing or empty')
    if not isinstance(text, str) or not text.strip():
        raise ValueError(f'"question" of {id!r} is missing or empty')
    if len(text) > LONGEST:
        raise ValueError(f'"question" of {id!r} has {len(text)} characters; at most {LONGEST}')
    return Question(id, text, str(row.get("family") or id), str(row.get("template") or ""))
