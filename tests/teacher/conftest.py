"""In: nothing. Out: the fixtures of the teacher's tests."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from .chat_server import Endpoint


@pytest.fixture
def endpoint() -> Iterator[Endpoint]:
    server = Endpoint()
    yield server
    server.stop()


@pytest.fixture
def questions(tmp_path: Path) -> Path:
    """Ten questions in a file."""
    path = tmp_path / "mine.jsonl"
    rows = [{"id": f"q-{n}", "question": f"female patients number {n}"} for n in range(10)]
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), "utf-8")
    return path
