"""In: a path, or `-` for standard input. Out: JSON objects with their line numbers, and the lines that are none."""

from __future__ import annotations

import gzip
import json
import os
import sys
import zlib
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from fhirdistill.errors import InputError

GZIP_MAGIC = b"\x1f\x8b"
STDIN = Path("-")


@dataclass(frozen=True, slots=True)
class BrokenLine:
    """A line that can't be used: which file, which line (from 1), what is wrong with it."""

    source: str
    number: int
    problem: str

    def __str__(self) -> str:
        """Say where and what, in one line."""
        return f"{self.source}, line {self.number}: {self.problem}"


@dataclass(frozen=True, slots=True)
class Rows:
    """The JSON objects of a file with their line numbers, and its broken lines; blank lines are neither."""

    rows: tuple[tuple[int, dict[str, Any]], ...]
    broken: tuple[BrokenLine, ...]


def read_bytes(path: Path) -> bytes:
    """Read a file, gunzipped where it is gzip; `-` is standard input. Raises InputError."""
    try:
        data = sys.stdin.buffer.read() if path == STDIN else path.read_bytes()
        return gzip.decompress(data) if data.startswith(GZIP_MAGIC) else data
    except IsADirectoryError as error:
        raise InputError(f"{path} is a directory", hint="name a JSON Lines file, or - for standard input") from error
    except (EOFError, gzip.BadGzipFile, zlib.error) as error:
        raise InputError(f"{path} is a damaged gzip file: {error}", hint="copy or download it again") from error
    except OSError as error:
        raise InputError(f"can't read {path}: {error.strerror or error}", hint="check the path") from error


def read_jsonl(path: Path) -> Rows:
    """Read JSON Lines (`.gz` too). A line that is no JSON object is named. Raises InputError for the file."""
    return parse_jsonl(read_bytes(path), "standard input" if path == STDIN else str(path))


def parse_jsonl(data: bytes, source: str) -> Rows:
    """Split bytes into JSON objects; `source` names the file in broken lines."""
    rows: list[tuple[int, dict[str, Any]]] = []
    broken: list[BrokenLine] = []
    for number, line in enumerate(data.removeprefix(b"\xef\xbb\xbf").split(b"\n"), 1):
        if not line.strip():
            continue
        try:
            row = json.loads(line.decode("utf-8"))
        except UnicodeDecodeError:
            broken.append(BrokenLine(source, number, "is no UTF-8 text"))
        except (ValueError, RecursionError) as error:
            broken.append(BrokenLine(source, number, f"is no JSON ({error})"))
        else:
            if isinstance(row, dict):
                rows.append((number, row))
            else:
                broken.append(BrokenLine(source, number, "is no JSON object"))
    return Rows(tuple(rows), tuple(broken))


def dump_line(row: dict[str, Any]) -> str:
    """Write one object as one line, with its newline; text stays readable (no ASCII escapes)."""
    return json.dumps(row, ensure_ascii=False) + "\n"


def write_jsonl(path: Path, rows: Iterable[dict[str, Any]]) -> None:
    """Write a whole file beside its place and rename it, so that nobody sees half of it; `-` is standard output."""
    if path == STDIN:
        for row in rows:
            sys.stdout.write(dump_line(row))
        return
    beside = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with beside.open("w", encoding="utf-8") as file:
            file.writelines(dump_line(row) for row in rows)
            file.flush()
            os.fsync(file.fileno())
        beside.replace(path)
    except OSError as error:
        raise InputError(f"can't write {path}: {error.strerror or error}", hint="name a writable file") from error
    finally:
        beside.unlink(missing_ok=True)
