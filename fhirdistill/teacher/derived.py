"""In: examples and rejections. Out: the derived dataset's files, `examples.jsonl` and `rejections.jsonl`, and back."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from fhirdistill.errors import InputError
from fhirdistill.records import Example, Issue, Label, Provenance, Question, Rejection
from fhirdistill.teacher.files import read_jsonl, write_jsonl

EXAMPLES = "examples.jsonl"
REJECTIONS = "rejections.jsonl"


def example_row(example: Example, source: str) -> dict[str, Any]:
    """Return an example as the JSON object of `examples.jsonl`; `source` names the question's collection."""
    question, label, provenance = example.question, example.label, example.provenance
    return {
        "id": question.id,
        "question": question.text,
        "status": label.status,
        "template": label.template,
        "rationale": label.rationale,
        "reason": label.reason,
        "family": question.family,
        "source": source,
        "prompt": provenance.prompt,
        "prompt_hash": provenance.hash,
        "teacher": provenance.teacher,
    }


def rejection_row(rejection: Rejection, source: str) -> dict[str, Any]:
    """Return a rejection as the JSON object of `rejections.jsonl`."""
    question, provenance = rejection.question, rejection.provenance
    return {
        "id": question.id,
        "question": question.text,
        "raw": rejection.raw,
        "issues": [
            {"severity": i.severity, "code": i.code, "message": i.message, "span": list(i.span) if i.span else None}
            for i in rejection.issues
        ],
        "family": question.family,
        "source": source,
        "prompt": provenance.prompt,
        "prompt_hash": provenance.hash,
        "teacher": provenance.teacher,
        "request": provenance.request,
    }


def write_examples(path: Path, examples: Iterable[Example], sources: Mapping[str, str]) -> None:
    """Write examples, one a line, in their order; `sources` names the collection of each question id."""
    write_jsonl(path, (example_row(example, sources.get(example.question.id, "")) for example in examples))


def write_rejections(path: Path, rejections: Iterable[Rejection], sources: Mapping[str, str]) -> None:
    """Write rejections, one a line, in their order."""
    write_jsonl(path, (rejection_row(rejection, sources.get(rejection.question.id, "")) for rejection in rejections))


def read_examples(path: Path) -> tuple[list[Example], dict[str, str]]:
    """Read examples (`.gz` too) and the source of each id. Raises InputError where a line is no example."""
    examples: list[Example] = []
    sources: dict[str, str] = {}
    for number, row in _rows(path):
        try:
            question = Question(row["id"], row["question"], row["family"])
            label = Label(row["status"], row["template"], row["rationale"], row["reason"])
            provenance = Provenance(row["prompt"], row["prompt_hash"], row["teacher"], "")
            sources[question.id] = row["source"]
        except KeyError as error:
            raise _no_row(path, number, error) from error
        examples.append(Example(question, label, provenance))
    return examples, sources


def read_rejections(path: Path) -> list[Rejection]:
    """Read rejections (`.gz` too). Raises InputError where a line is no rejection."""
    rejections: list[Rejection] = []
    for number, row in _rows(path):
        try:
            question = Question(row["id"], row["question"], row["family"])
            provenance = Provenance(row["prompt"], row["prompt_hash"], row["teacher"], row["request"])
            issues = tuple(
                Issue(i["severity"], i["code"], i["message"], tuple(i["span"]) if i["span"] else None)
                for i in row["issues"]
            )
            rejections.append(Rejection(question, row["raw"], provenance, issues))
        except KeyError as error:
            raise _no_row(path, number, error) from error
    return rejections


def _rows(path: Path) -> tuple[tuple[int, dict[str, Any]], ...]:
    rows = read_jsonl(path)
    if rows.broken:
        raise InputError(str(rows.broken[0]), hint="`fhirdistill check --out` writes this file anew")
    return rows.rows


def _no_row(path: Path, number: int, error: KeyError) -> InputError:
    return InputError(f"{path}, line {number}: lacks {error}", hint="`fhirdistill check --out` writes this file anew")
