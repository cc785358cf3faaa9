"""In: reply records. Out: a folder whose `replies.jsonl` only grows, by whole lines that survive a kill."""

from __future__ import annotations

import json
import os
from collections.abc import Iterable
from pathlib import Path
from types import TracebackType
from typing import Any

from fhirdistill.errors import DataError, InputError
from fhirdistill.teacher.base import Record, Request, record_from, record_row
from fhirdistill.teacher.files import BrokenLine, dump_line, parse_jsonl, read_bytes
from fhirdistill.teacher.reply import parse_reply

REPLIES = "replies.jsonl"
REQUESTS = "requests.jsonl"
DERIVED = frozenset({"examples.jsonl", "rejections.jsonl", REQUESTS})  # stand beside replies and are none


def read_records(path: Path) -> tuple[list[Record], list[BrokenLine]]:
    """Read recorded replies (`.gz` too). A torn last line of a killed run is ignored, another broken line is named."""
    data = read_bytes(path)
    return parse_records(data[: whole_length(data)], str(path))


def parse_records(data: bytes, source: str) -> tuple[list[Record], list[BrokenLine]]:
    """Read records from bytes; `source` names the file in broken lines."""
    rows = parse_jsonl(data, source)
    records: list[Record] = []
    broken = list(rows.broken)
    for number, row in rows.rows:
        try:
            records.append(record_from(row))
        except ValueError as error:
            broken.append(BrokenLine(source, number, str(error)))
    return records, broken


def record_files(path: Path) -> list[Path]:
    """Return the files that a path stands for: itself, or of a folder `replies.jsonl`, else all `*.jsonl[.gz]`."""
    if not path.is_dir():
        return [path]
    own = [path / REPLIES, path / f"{REPLIES}.gz"]
    every = sorted([*path.glob("*.jsonl"), *path.glob("*.jsonl.gz")])
    files = [file for file in own if file.is_file()] or [file for file in every if file.name not in DERIVED]
    if not files:
        raise InputError(f"no recorded replies in {path}", hint=f"`fhirdistill label` writes {REPLIES} there")
    return files


def answered(records: Iterable[Record], hash: str) -> set[str]:
    """Return the ids that the prompt with this hash has an answer for, good or bad."""
    return {answer.id for record in records if record.hash == hash for answer in parse_reply(record).answers}


class Store:
    """The folder of a labelling run. Reading needs no lock; `with store:` opens it for one writer.

    `records` are what it holds. Raises DataError where a line other than a torn last one is broken.
    """

    def __init__(self, folder: Path) -> None:
        if folder.exists() and not folder.is_dir():
            raise InputError(f"{folder} is no directory", hint="name a directory for --out")
        self.folder = folder
        self.path = folder / REPLIES
        self.records: list[Record] = self._read(self.path)
        self._file = -1

    def __enter__(self) -> Store:
        """Create the folder, lock the file, mend its end. Raises InputError where another run writes to it."""
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            self._file = os.open(self.path, os.O_RDWR | os.O_CREAT | os.O_APPEND, 0o644)
        except OSError as error:
            raise InputError(f"can't write {self.path}: {error.strerror}", hint="name a writable --out") from error
        try:
            lock(self._file, self.folder)
            self.records = self._read(self.path)
            mend(self._file, self.path)
        except BaseException:
            self._close()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close the file, which lets go of the lock."""
        self._close()

    def add(self, record: Record) -> None:
        """Append a record; when this returns, it is on the disk."""
        try:
            append(self._file, dump_line(record_row(record)))
        except OSError as error:
            raise DataError(
                f"can't write {self.path}: {error.strerror}", hint="make room on the disk and run again"
            ) from error
        self.records.append(record)

    def note_requests(self, requests: Iterable[Request]) -> None:
        """Keep the ids of requests that leave as a file, so that their answers can be read when they come."""
        file = os.open(self.folder / REQUESTS, os.O_RDWR | os.O_CREAT | os.O_APPEND, 0o644)
        try:
            mend(file, self.folder / REQUESTS)
            for request in requests:
                prompt = request.prompt
                row = {"key": request.key, "prompt": prompt.name, "hash": prompt.hash, "ids": list(request.ids)}
                append(file, dump_line(row))
        finally:
            os.close(file)

    def noted_requests(self) -> dict[str, dict[str, Any]]:
        """Return the rows that `note_requests` kept, by key."""
        path = self.folder / REQUESTS
        if not path.is_file():
            raise InputError(
                f"{self.folder} has no {REQUESTS}", hint="ingest into the --out that --render was run with"
            )
        data = read_bytes(path)
        rows = parse_jsonl(data[: whole_length(data)], str(path))
        return {row["key"]: row for _, row in rows.rows}

    @staticmethod
    def _read(path: Path) -> list[Record]:
        if not path.is_file():
            return []
        records, broken = read_records(path)
        if broken:
            raise DataError(str(broken[0]), hint="mend or take out that line: every line should be one recorded reply")
        return records

    def _close(self) -> None:
        if self._file >= 0:
            os.close(self._file)
        self._file = -1


def whole_length(data: bytes) -> int:
    """Return how many bytes of a file are whole lines; a last line without newline counts if it is whole JSON."""
    end = data.rfind(b"\n") + 1
    try:
        json.loads(data[end:])
    except ValueError:
        return end
    return len(data)


def mend(file: int, path: Path) -> None:
    """Cut off what a killed writer left of its last line, or end that line where only the newline is missing."""
    data = path.read_bytes()
    whole = whole_length(data)
    if whole < len(data):
        os.ftruncate(file, whole)
        os.fsync(file)
    elif data and not data.endswith(b"\n"):
        append(file, "\n")


def append(file: int, text: str) -> None:
    """Write all of the text at the end of the file and wait until the disk has it."""
    data = text.encode()
    while data:
        data = data[os.write(file, data) :]
    os.fsync(file)


def lock(file: int, folder: Path) -> None:
    """Take the file for this process alone, until it is closed; does nothing on systems without `flock`."""
    try:
        import fcntl
    except ImportError:
        return
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        raise InputError(f"another run is writing to {folder}", hint="wait for it, or name another --out") from error
