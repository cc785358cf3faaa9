"""The shipped corpus: derived by one command, split by family, and free of the evaluation questions."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from fhirdistill.cli import main
from fhirdistill.dataset.corpus import read_corpus, split
from fhirdistill.dataset.near import leaks, tokens
from fhirdistill.search import parse, validate

ROOT = Path(__file__).parent.parent
CORPUS = ROOT / "fixtures" / "corpus" / "examples.jsonl"
HELD_OUT = ROOT.parent / "shared" / "eval"


def held_out(name: str) -> list[str]:
    return [json.loads(line)["question"] for line in (HELD_OUT / name).read_text("utf-8").splitlines() if line.strip()]


@pytest.mark.skipif(not HELD_OUT.is_dir(), reason="the evaluation questions are not beside this checkout")
@pytest.mark.parametrize("name", ["dev.jsonl", "doc_pairs.jsonl"])
def test_no_evaluation_question_is_in_the_corpus(name: str) -> None:
    asked = held_out(name)
    rows = read_corpus(CORPUS)
    assert leaks([row.question for row in rows], asked) == []
    assert not {tokens(row.question) for row in rows} & {tokens(question) for question in asked}


@pytest.mark.skipif(not HELD_OUT.is_dir(), reason="the evaluation questions are not beside this checkout")
def test_the_leak_test_can_fail() -> None:
    asked = held_out("dev.jsonl")
    assert leaks([asked[6].upper() + "!"], asked)


@pytest.mark.slow
def test_corpus_is_derived_from_the_recorded_replies(tmp_path: Path) -> None:
    replies, questions = str(ROOT / "fixtures/teacher/label.v1.jsonl.gz"), str(ROOT / "fixtures/questions")
    done = CliRunner().invoke(main, ["check", replies, "--questions", questions, "--out", str(tmp_path)])
    assert done.exit_code == 0, done.output
    assert (tmp_path / "examples.jsonl").read_bytes() == CORPUS.read_bytes()


def test_every_label_of_the_corpus_is_legal() -> None:
    rows = read_corpus(CORPUS)
    assert len(rows) > 4000
    labels = {row.id: validate(parse(row.template)) for row in rows if row.template}
    assert [id for id, issues in labels.items() if any(issue.severity == "error" for issue in issues)] == []
    assert all(row.reason for row in rows if row.status == "unsupported")


def test_a_family_never_spans_two_splits() -> None:
    rows = read_corpus(CORPUS)
    assert len({row.family for row in rows}) == len({(row.family, split(row.family)) for row in rows})
    shares = [sum(split(row.family) == name for row in rows) / len(rows) for name in ("train", "validation", "test")]
    assert 0.88 < shares[0] < 0.92
    assert min(shares[1:]) > 0.03
