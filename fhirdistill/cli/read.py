"""In: file names given on a command line. Out: their lines, checked, with the number of every line that is wrong."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TextIO

import click

from fhirdistill.errors import InputError


def read_text(name: str) -> str:
    """Return the text of a file, or of standard input for `-`.

    Raises InputError where it is missing, a folder or not UTF-8.
    """
    try:
        raw = sys.stdin.buffer.read() if name == "-" else Path(name).read_bytes()
        return raw.decode("utf-8-sig")
    except FileNotFoundError as error:
        raise InputError(
            f"there is no file {name}", hint="give the path of an existing file, or - for standard input"
        ) from error
    except IsADirectoryError as error:
        raise InputError(f"{name} is a folder", hint="give a file") from error
    except OSError as error:
        raise InputError(f"{name} can't be read: {error.strerror}") from error
    except UnicodeDecodeError as error:
        told = "standard input" if name == "-" else name
        raise InputError(f"{told} is not UTF-8 text (byte {error.start})", hint="convert it to UTF-8") from error


def json_lines(name: str, complain: Callable[[int, str], None]) -> Iterator[tuple[int, dict[str, Any]]]:
    """Yield (line number, object) for each line of a JSONL file; `complain` is told of each line that is no object."""
    for number, line in enumerate(read_text(name).split("\n"), 1):
        if not line.strip():
            continue
        try:
            record = json.loads(line)
        except json.JSONDecodeError as error:
            complain(number, f"not JSON: {error}")
            continue
        if isinstance(record, dict):
            yield number, record
        else:
            complain(number, "not a JSON object")


@contextmanager
def writing(name: str) -> Iterator[TextIO]:
    """Open a file for writing, beside its place until it is whole: a failed run leaves no half of it. `-` is stdout."""
    if name == "-":
        yield sys.stdout
        return
    target = Path(name)
    if target.is_dir():
        raise InputError(f"{name} is a folder", hint="give a file to write")
    if not target.parent.is_dir():
        raise InputError(f"there is no folder {target.parent}", hint="make it first")
    fresh = target.with_name(f".{target.name}.{os.getpid()}")
    try:
        file = fresh.open("w", encoding="utf-8")
    except OSError as error:
        raise InputError(f"{name} can't be written: {error.strerror}") from error
    try:
        with file:
            yield file
        fresh.replace(target)
    finally:
        fresh.unlink(missing_ok=True)


class Complaints:
    """Lines that could not be used: each is said once on stderr, and the exit code tells that there were some."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.count = 0

    def __call__(self, number: int, message: str) -> None:
        """Say what is wrong with a line."""
        self.count += 1
        click.echo(f"Error: {self.name}, line {number}: {message}", err=True)

    def finish(self) -> None:
        """Exit with 1 if any line was wrong."""
        if self.count:
            click.echo(f"{self.count} line(s) of {self.name} could not be used; the rest is done", err=True)
            sys.exit(1)
