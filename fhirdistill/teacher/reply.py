"""In: the raw reply to a labelling request. Out: one answer a question, and a rejection for each line that is none."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from fhirdistill.records import Issue, Provenance, Question, Rejection
from fhirdistill.teacher.base import Record

FIELDS = ("id", "status", "template", "rationale", "reason")
ENVELOPE = "labels"  # structured output can't be JSON Lines: there the objects come in {"labels": [...]}
SCHEMA: dict[str, Any] = {
    "type": "object",
    "properties": {
        ENVELOPE: {
            "type": "array",
            "items": {
                "type": "object",
                "properties": {
                    "id": {"type": "string"},
                    "status": {"type": "string", "enum": ["ok", "unsupported"]},
                    **{name: {"type": ["string", "null"]} for name in FIELDS[2:]},
                },
                "required": list(FIELDS),
                "additionalProperties": False,
            },
        }
    },
    "required": [ENVELOPE],
    "additionalProperties": False,
}


@dataclass(frozen=True, slots=True)
class Answer:
    """One line of a reply with the right fields; whether it is a good label is for `check` to say."""

    id: str
    status: str
    template: str | None
    rationale: str | None
    reason: str | None
    raw: str


@dataclass(frozen=True, slots=True)
class ParsedReply:
    """Answers in the reply's order, rejected lines, and the asked ids that no line names."""

    answers: tuple[Answer, ...]
    rejections: tuple[Rejection, ...]
    missing: tuple[str, ...]


def provenance_of(record: Record) -> Provenance:
    """Say where a record's labels come from."""
    return Provenance(record.prompt, record.hash, record.teacher, record.key)


def parse_reply(record: Record, questions: Mapping[str, Question] | None = None) -> ParsedReply:
    """Read a reply: JSON Lines, with or without blank lines and code fences, or the envelope of structured output.

    Never raises: a line that is no answer becomes a Rejection with one issue (`reply-not-json`, `reply-fields`,
    `reply-unknown-id`, `reply-duplicate-id`); its question has an empty id where the line names none.
    """
    provenance = provenance_of(record)
    answers: dict[str, Answer] = {}
    rejections: list[Rejection] = []
    named: set[str] = set()
    for raw in reply_lines(record.reply):
        id, result = read_line(raw)
        if id is not None and id not in record.ids:
            result = Issue("error", "reply-unknown-id", f"the reply answers {id!r}, which was not asked")
        elif id in answers:
            result = Issue("error", "reply-duplicate-id", f"the reply answers {id!r} twice; the first answer counts")
        if isinstance(result, Answer):
            answers[result.id] = result
        else:
            question = (questions or {}).get(id or "") or Question(id or "", "")
            rejections.append(Rejection(question, raw, provenance, (result,)))
        named.add(id or "")
    return ParsedReply(tuple(answers.values()), tuple(rejections), tuple(id for id in record.ids if id not in named))


def reply_lines(text: str) -> Iterator[str]:
    """Yield the lines of a reply that carry something."""
    lines = [line.strip() for line in text.split("\n")]
    lines = [line for line in lines if line and not line.startswith("```")]
    try:
        whole = json.loads("\n".join(lines))
    except (ValueError, RecursionError):
        whole = None
    if isinstance(whole, dict) and list(whole) == [ENVELOPE] and isinstance(whole[ENVELOPE], list):
        yield from (json.dumps(item, ensure_ascii=False) for item in whole[ENVELOPE])
    else:
        yield from lines


def read_line(raw: str) -> tuple[str | None, Answer | Issue]:
    """Read one line; return the id that it names, if any, and the answer or what is wrong with it."""
    try:
        row = json.loads(raw)
    except (ValueError, RecursionError) as error:
        return None, Issue("error", "reply-not-json", f"the line is no JSON: {error}")
    if not isinstance(row, dict):
        return None, Issue("error", "reply-not-json", "the line is no JSON object")
    id = row.get("id")
    if not isinstance(id, str) or not id:
        return None, Issue("error", "reply-fields", "the line has no id")
    if problem := field_problem(row):
        return id, Issue("error", "reply-fields", problem)
    return id, Answer(id, row["status"], row["template"], row["rationale"], row["reason"], raw)


def field_problem(row: dict[str, Any]) -> str:
    """Say which field of an answer is missing, unknown or of the wrong kind; "" if none."""
    if missing := [name for name in FIELDS if name not in row]:
        return f"the line lacks {', '.join(missing)}"
    if unknown := [name for name in row if name not in FIELDS]:
        return f"the line has fields that were not asked for: {', '.join(unknown)}"
    if not isinstance(row["status"], str):
        return "status should be a text"
    wrong = [name for name in FIELDS[2:] if not isinstance(row[name], str | None)]
    return f"{', '.join(wrong)} should be a text or null" if wrong else ""
