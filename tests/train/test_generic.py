"""The trainer learns any rows of {input, label, rationale}: here sums in words, from scratch."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import torch
from click.testing import CliRunner
from safetensors.torch import load_file
from tokenizers import Tokenizer

from fhirdistill.cli import main
from fhirdistill.train.config import TrainConfig
from fhirdistill.train.seq2seq import TextCodec, new_seq2seq

WORDS = ["zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve"]
SETTINGS = """
model = "t5"
steps = 160
batch = 40
warmup = 10
learning_rate = 4e-3
width = 64
layers = 1
encoder_layers = 1
heads = 4
inner = 128
dropout = 0.0
checkpoint_every = 100
"""


def sums() -> list[dict[str, str]]:
    rows = []
    for a in range(8):
        for b in range(5):
            row = {"asked": f"{WORDS[a]} plus {WORDS[b]}", "answer": WORDS[a + b]}
            rows.append(row if (a + b) % 3 else {**row, "why": f"{WORDS[b]} more than {WORDS[a]}"})
    return rows


def run(*args: object) -> tuple[int, str]:
    done = CliRunner().invoke(main, [str(arg) for arg in args])
    return done.exit_code, done.stderr


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore")
def test_train_learns_forty_rows_of_another_domain(tmp_path: Path) -> None:
    rows, out = sums(), tmp_path / "run"
    (tmp_path / "rows.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    (tmp_path / "settings.toml").write_text(SETTINGS)
    columns = ("--column", "input=asked", "--column", "label=answer", "--column", "rationale=why")
    code, said = run(
        "train", tmp_path / "rows.jsonl", "--generic", "--out", out, "--config", tmp_path / "settings.toml", *columns
    )
    assert code == 0, said
    state = json.loads((out / "checkpoint/state.json").read_text())
    assert state["step"] == 160
    codec = TextCodec(Tokenizer.from_file(str(out / "tokenizer.json")))
    model = new_seq2seq(codec, TrainConfig(**state["config"]))
    model.load_state_dict(load_file(out / "checkpoint/model.safetensors"))
    model.eval()
    right = 0
    for row in rows:
        ids = torch.tensor([codec.tokenizer.encode(row["asked"]).ids])
        written = model.generate(ids, codec.id_of("<label>"), codec.id_of("<eos>"), 8)
        right += codec.text(written[0]) == row["answer"]
    assert right >= 38


@pytest.mark.parametrize(
    ("options", "code", "message"),
    [
        (("--column", "label"), 2, "'label' is not NAME=COLUMN"),
        (("--column", "goal=x"), 1, "no such column role: goal"),
        (("--share", "0.5"), 2, "are for a corpus"),
        (("--alpha", "3"), 1, "alpha = 3.0 is outside 0 to 1"),
        (("--column", "label=nothing"), 1, "line 1: no column 'nothing'"),
    ],
)
def test_options_that_do_not_fit_are_said(tmp_path: Path, options: tuple[str, ...], code: int, message: str) -> None:
    path = tmp_path / "rows.jsonl"
    path.write_text('{"input": "a", "label": "b"}\n')
    assert run("train", path, "--generic", "--out", tmp_path / "run", *options)[0] == code
    assert message in run("train", path, "--generic", "--out", tmp_path / "run", *options)[1]
    assert not (tmp_path / "run").exists()


def test_a_missing_file_and_a_missing_run_are_said(tmp_path: Path) -> None:
    code, said = run("train", tmp_path / "none.jsonl", "--generic", "--out", tmp_path / "run")
    assert (code, "can't be read" in said) == (1, True)
    code, said = run("train", tmp_path / "none.jsonl", "--out", tmp_path / "run", "--start", tmp_path / "other")
    assert (code, "holds no run to go on from" in said) == (1, True)
    code, said = run("export", tmp_path / "other", "--out", tmp_path / "bundle")
    assert (code, "holds no checkpoint" in said) == (1, True)
