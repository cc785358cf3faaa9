"""In: requests, or the output file of a hosted batch service. Out: the input file of one, or reply records."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from fhirdistill.errors import TeacherError
from fhirdistill.teacher.base import Record, Request
from fhirdistill.teacher.client import chat_body, completion_reply
from fhirdistill.teacher.files import BrokenLine, read_jsonl


@dataclass(frozen=True, slots=True)
class Ingested:
    """Records of a batch's answers, and its lines that hold none."""

    records: tuple[Record, ...]
    broken: tuple[BrokenLine, ...]


def batch_rows(requests: Iterable[Request], model: str) -> Iterator[dict[str, Any]]:
    """Yield one line a request in the shape that hosted batch services take; `custom_id` is the request's key."""
    for request in requests:
        body = chat_body(model, request.prompt.text)
        yield {"custom_id": request.key, "method": "POST", "url": "/v1/chat/completions", "body": body}


def ingest(path: Path, noted: Mapping[str, Mapping[str, Any]], model: str) -> Ingested:
    """Read a batch's output file; `noted` are the rows of the rendered requests by key (`Store.noted_requests`).

    A failed request, an unknown custom_id and a broken line are named, never raised. Raises InputError for the file.
    """
    rows = read_jsonl(path)
    records: list[Record] = []
    broken = list(rows.broken)
    for number, row in rows.rows:
        try:
            records.append(batch_record(row, noted, model))
        except TeacherError as error:
            broken.append(BrokenLine(str(path), number, str(error)))
    return Ingested(tuple(records), tuple(broken))


def batch_record(row: dict[str, Any], noted: Mapping[str, Mapping[str, Any]], model: str) -> Record:
    """Read one answer of a batch. Raises TeacherError that says why it is none."""
    key = row.get("custom_id")
    request = noted.get(key) if isinstance(key, str) else None
    if not isinstance(key, str) or request is None:
        raise TeacherError(f"custom_id {key!r} was not rendered for this folder")
    response = row.get("response")
    if row.get("error") or not isinstance(response, dict) or response.get("status_code") != 200:
        raise TeacherError(f"request {key} failed: {failure(row)}")
    reply = completion_reply(response.get("body"), model)
    return Record(
        key, request["prompt"], request["hash"], reply.teacher, tuple(request["ids"]), reply.text, reply.usage
    )


def failure(row: dict[str, Any]) -> str:
    """Return what a batch line says about its failure, shortened."""
    response = row.get("response")
    body = response.get("body") if isinstance(response, dict) else None
    said = row.get("error") or (body.get("error") if isinstance(body, dict) else None) or response or "no response"
    return str(said.get("message") or json.dumps(said) if isinstance(said, dict) else said)[:300]
