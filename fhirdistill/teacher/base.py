"""In: nothing. Out: what a teacher is asked and what it answers, and the one method that makes something a teacher."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import Any, Protocol

from fhirdistill.errors import TeacherError
from fhirdistill.teacher.prompts import Prompt


class RefusedError(TeacherError):
    """A refusal that every further request would meet too: a wrong key, model or address. A run stops at the first."""


@dataclass(frozen=True, slots=True)
class Request:
    """One rendered prompt and the ids of the questions in it; `key` names it in every file (see `request_key`)."""

    key: str
    prompt: Prompt
    ids: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Usage:
    """Tokens that a request cost: read and written."""

    prompt_tokens: int
    completion_tokens: int

    def __add__(self, other: Usage) -> Usage:
        """Add token counts."""
        return Usage(self.prompt_tokens + other.prompt_tokens, self.completion_tokens + other.completion_tokens)


@dataclass(frozen=True, slots=True)
class Reply:
    """A teacher's raw answer; `usage` is None where the server doesn't count."""

    text: str
    teacher: str
    usage: Usage | None = None


@dataclass(frozen=True, slots=True)
class Record:
    """One line of a replies file: a reply as it was bought, with the prompt and the question ids that it answers."""

    key: str
    prompt: str
    hash: str
    teacher: str
    ids: tuple[str, ...]
    reply: str
    usage: Usage | None = None


class Teacher(Protocol):
    """Whatever answers a request: a model behind an endpoint, or a recording."""

    async def ask(self, request: Request) -> Reply:
        """Answer one request. Raises TeacherError where there is no answer, RefusedError where there never will be."""
        ...


def request_key(hash: str, ids: Sequence[str]) -> str:
    """Return the key of a request: the first 24 hex digits of the SHA-256 of the prompt's hash and the ids, one a line.

    >>> request_key("0123456789ab", ["q-1", "q-2"])
    '3c7b16a7e843b782b1c64c83'
    """
    return sha256("\n".join([hash, *ids]).encode()).hexdigest()[:24]


def make_request(prompt: Prompt, ids: Sequence[str]) -> Request:
    """Name a rendered prompt by its key."""
    return Request(request_key(prompt.hash, ids), prompt, tuple(ids))


def record_of(request: Request, reply: Reply) -> Record:
    """Join a request and its reply to the record that is kept."""
    prompt = request.prompt
    return Record(request.key, prompt.name, prompt.hash, reply.teacher, request.ids, reply.text, reply.usage)


def record_row(record: Record) -> dict[str, Any]:
    """Return the JSON object of a record, as it stands in a replies file."""
    usage = record.usage
    return {
        "key": record.key,
        "prompt": record.prompt,
        "hash": record.hash,
        "teacher": record.teacher,
        "ids": list(record.ids),
        "reply": record.reply,
        "usage": usage and {"prompt_tokens": usage.prompt_tokens, "completion_tokens": usage.completion_tokens},
    }


def record_from(row: dict[str, Any]) -> Record:
    """Read the JSON object of a record. Raises ValueError that says which field is missing or of the wrong kind."""
    for name in ("key", "prompt", "hash", "teacher", "reply"):
        if not isinstance(row.get(name), str):
            raise ValueError(f"no reply record: {name!r} should be a text, is {json.dumps(row.get(name))[:40]}")
    ids = row.get("ids")
    if not isinstance(ids, list) or not all(isinstance(item, str) for item in ids):
        raise ValueError("no reply record: 'ids' should be a list of texts")
    return Record(
        row["key"], row["prompt"], row["hash"], row["teacher"], tuple(ids), row["reply"], usage_from(row.get("usage"))
    )


def usage_from(value: Any) -> Usage | None:
    """Read the token counts of a chat completion or a record; None where there are none."""
    if not isinstance(value, dict):
        return None
    read, written = value.get("prompt_tokens"), value.get("completion_tokens")
    return Usage(read, written) if isinstance(read, int) and isinstance(written, int) else None
