"""From a corpus to a bundle by the commands of the manual, with a student that is small enough for a test."""

from __future__ import annotations

import json
from itertools import count
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from fhirdistill.cli import main
from fhirdistill.dataset.corpus import SPLITS, split

DRUGS = ("metformin", "warfarin", "apixaban", "lisinopril", "insulin", "aspirin", "digoxin", "heparin")
SETTINGS = """
encoder = "fresh"
encoder_layers = 1
width = 16
layers = 1
heads = 2
inner = 16
batch = 4
warmup = 1
checkpoint_every = 2
"""


def corpus(path: Path) -> Path:
    """Write rows of families that fall into every split, and one that no search can say."""
    wanted = {"train": 6, "validation": 1, "test": 1}
    families = [f"f{i}" for name in SPLITS for i in _of_split(name, wanted[name])]
    rows: list[dict[str, str]] = [
        {
            "id": family,
            "question": f"who takes {drug}?",
            "template": f"MedicationRequest?code={{{drug}}}",
            "rationale": f"Orders for {drug}.",
            "family": family,
        }
        for family, drug in zip(families, DRUGS, strict=True)
    ]
    refused = {"id": "no", "question": "cancel it", "status": "unsupported", "reason": "It writes."}
    rows.append({**refused, "family": families[0]})
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return path


def _of_split(name: str, size: int) -> list[int]:
    found: list[int] = []
    for i in count():
        if len(found) == size:
            return found
        if split(f"f{i}") == name:
            found.append(i)
    raise AssertionError


def run(*args: object) -> Result:
    return CliRunner().invoke(main, [str(arg) for arg in args])


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore")
def test_a_corpus_becomes_a_bundle(tmp_path: Path) -> None:
    rows, settings = corpus(tmp_path / "corpus.jsonl"), tmp_path / "settings.toml"
    settings.write_text(SETTINGS)
    trained, bundle = tmp_path / "run", tmp_path / "bundle"
    done = run("train", rows, "--out", trained, "--config", settings, "--steps", 2, "--threads", 1)
    assert done.exit_code == 0, done.stderr
    told = json.loads((trained / "run.json").read_text())
    assert (told["examples"], told["settings"]["steps"]) == (7, 2)

    longer = run("train", rows, "--out", trained, "--config", settings, "--steps", 3)
    assert longer.exit_code == 0, longer.stderr
    assert json.loads((trained / "checkpoint/state.json").read_text())["step"] == 3

    done = run("export", trained, "--out", bundle, "--corpus", rows, "--name", "toy")
    assert done.exit_code == 0, done.stderr
    card = json.loads((bundle / "card.json").read_text())
    assert (card["name"], card["precision"], card["training"]["steps"]) == ("toy", "int8", 3)
    assert card["metrics"]["validation"]["cases"] == card["metrics"]["test"]["cases"] == 1

    answer = run("translate", "--json", "--model", bundle, "who takes aspirin?")
    assert answer.exit_code in (0, 3), answer.stderr
    assert json.loads(answer.stdout)["model"] == "toy@0.1"

    after = run("train", rows, "--out", tmp_path / "after", "--config", settings, "--steps", 1, "--start", trained)
    assert after.exit_code == 0, after.stderr
    assert (tmp_path / "after/codec/vocabulary.json").read_bytes() == (trained / "codec/vocabulary.json").read_bytes()

    rows.write_text(rows.read_text().replace("who takes", "who is on"))
    refused = run("train", rows, "--out", trained, "--config", settings, "--steps", 5)
    assert refused.exit_code == 1
    assert "was trained on other data" in refused.stderr


@pytest.mark.parametrize(
    ("text", "message"),
    [("", "has no training examples"), ("{\n", "line 1"), ('{"id": "1", "question": "?"}\n', "has no template")],
)
def test_a_corpus_that_cannot_be_used_is_said(tmp_path: Path, text: str, message: str) -> None:
    path = tmp_path / "corpus.jsonl"
    path.write_text(text)
    done = run("train", path, "--out", tmp_path / "run")
    assert done.exit_code == 1
    assert message in done.stderr
    assert not (tmp_path / "run").exists()


def test_a_run_of_other_rows_cannot_be_exported(tmp_path: Path) -> None:
    (tmp_path / "run/checkpoint").mkdir(parents=True)
    (tmp_path / "run/checkpoint/state.json").write_text("{}")
    done = run("export", tmp_path / "run", "--out", tmp_path / "bundle")
    assert done.exit_code == 1
    assert "is a run of rows of another domain" in done.stderr
    assert not (tmp_path / "bundle").exists()
