"""What tests of several folders share: a bundle that is made here, so that no test waits for a trained student."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from babble import write_bundle


@pytest.fixture(scope="session")
def bundle(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A bundle whose student babbles: random weights, every output legal by the grammar."""
    return write_bundle(tmp_path_factory.mktemp("bundle"))


@pytest.fixture
def questions(tmp_path: Path) -> Path:
    """A file of three questions, with an id of each kind."""
    path = tmp_path / "questions.jsonl"
    rows = [
        {"id": "b", "question": "asthma since 2024"},
        {"id": 7, "question": "women over 60"},
        {"question": "latest a1c"},
    ]
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), "utf-8")
    return path
