"""The loss is what the paper says whatever the batch size, and a run that was killed ends where it would have ended."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from torch import Tensor, nn

from fhirdistill.errors import DataError
from fhirdistill.train.batches import collate
from fhirdistill.train.pointer import Memory
from fhirdistill.train.rows import FixedRows, Row
from fhirdistill.train.trainer import Trainer

from .toy import PAD, ROWS, ToyCodec, gradients, settings, tiny, trainer, weights


def same(one: Mapping[str, Tensor], other: Mapping[str, Tensor], tolerance: float = 0.0) -> bool:
    return one.keys() == other.keys() and all(
        torch.allclose(one[name], other[name], rtol=tolerance, atol=tolerance / 10) for name in one
    )


@pytest.mark.parametrize(("batch", "accumulate"), [(1, 8), (2, 4), (4, 2)])
def test_a_window_gives_the_gradients_of_one_large_batch(tmp_path: Path, batch: int, accumulate: int) -> None:
    whole = gradients(tmp_path / "whole", settings(batch=8, accumulate=1))
    parts = gradients(tmp_path / "parts", settings(batch=batch, accumulate=accumulate))
    assert any(value.abs().max() > 1e-3 for value in whole.values())
    assert same(whole, parts, 1e-4)


def test_a_window_gives_the_weights_of_one_large_batch(tmp_path: Path) -> None:
    runs = [
        trainer(tmp_path / str(batch), settings(batch=batch, accumulate=8 // batch, steps=1, weight_decay=0.1))
        for batch in (8, 1)
    ]
    for run in runs:
        run.run()
    start, one, other = dict(tiny().state_dict()), weights(runs[0]), weights(runs[1])
    moved = sum(float((one[name] - start[name]).abs().sum()) for name in one)
    apart = sum(float((one[name] - other[name]).abs().sum()) for name in one)
    assert moved > 1
    assert apart < 0.02 * moved, "only where a gradient is zero but for rounding may Adam differ"


def test_the_loss_is_the_papers_weighted_sum_of_two_means(tmp_path: Path) -> None:
    """Hsieh et al. 2023, equation 4."""
    config = settings(alpha=0.25)
    model, codec = tiny(), ToyCodec()
    encoded = [found for row in ROWS if (found := codec.encode(row))]
    batch = collate(encoded, PAD)
    memory = model.encode(batch["ids"], batch["mask"])
    label = model.loss(memory, batch["targets"]["label"]) / batch["targets"]["label"]["count"]
    targets = batch["targets"]["rationale"]
    chosen = Memory(states=memory["states"][targets["rows"]], mask=memory["mask"][targets["rows"]])
    rationale = model.loss(chosen, targets) / targets["count"]
    (0.25 * label + 0.75 * rationale).backward()  # type: ignore[no-untyped-call]
    mine = {name: p.grad for name, p in model.named_parameters() if p.grad is not None}
    assert same(mine, gradients(tmp_path, config), 1e-4)


def test_rows_without_a_rationale_take_no_part_in_that_task(tmp_path: Path) -> None:
    """With alpha = 0 the label counts for nothing: rows without a rationale may have any label."""
    changed = tuple(row if row.rationale else replace(row, label="99") for row in ROWS)
    assert changed != ROWS
    config = settings(alpha=0.0)
    assert same(gradients(tmp_path / "a", config), gradients(tmp_path / "b", config, changed), 1e-4)
    encoded = [found for row in ROWS if (found := ToyCodec().encode(row))]
    assert collate(encoded, PAD)["targets"]["rationale"]["rows"].tolist() == [0, 1, 3, 5, 6, 7]


def test_alpha_one_trains_labels_alone(tmp_path: Path) -> None:
    bare = tuple(replace(row, rationale=None) for row in ROWS)
    with_rationales = gradients(tmp_path / "a", settings(alpha=1.0))
    assert same(with_rationales, gradients(tmp_path / "b", settings(alpha=1.0), bare))
    assert not same(with_rationales, gradients(tmp_path / "c", settings(alpha=0.5)), 1e-4)


def test_no_rationale_at_all_trains_labels(tmp_path: Path) -> None:
    bare = tuple(replace(row, rationale=None) for row in ROWS)
    run = trainer(tmp_path, settings(steps=3, alpha=0.0), bare)
    before = weights(run)
    run.run()
    assert run.step == 3
    assert same(before, weights(run)), "alpha = 0 and no rationale: there is nothing to learn"


def test_rationale_share_leaves_rationales_out(tmp_path: Path) -> None:
    bare = tuple(replace(row, rationale=None) for row in ROWS)
    none = gradients(tmp_path / "a", settings(rationale_share=0.0))
    assert same(none, gradients(tmp_path / "b", settings(), bare))


def killed_at(step: int) -> object:
    def evaluate(_: nn.Module, now: int) -> Mapping[str, float]:
        if now == step:
            raise KeyboardInterrupt
        return {}

    return evaluate


def test_a_killed_run_ends_with_the_weights_of_one_that_was_not(tmp_path: Path) -> None:
    config = settings(steps=7, batch=3, checkpoint_every=3, evaluate_every=1, dropout=0.1)
    whole = trainer(tmp_path / "whole", config, dropout=0.1)
    whole.run()
    with pytest.raises(KeyboardInterrupt):
        trainer(tmp_path / "killed", config, dropout=0.1).run(killed_at(5))  # type: ignore[arg-type]
    torch.manual_seed(99)
    again = trainer(tmp_path / "killed", config, dropout=0.1)
    again.run()
    assert again.step == 7
    assert same(weights(whole), weights(again))
    assert json.loads((tmp_path / "killed/checkpoint/state.json").read_text())["step"] == 7


def test_a_finished_run_stays_as_it_is(tmp_path: Path) -> None:
    config = settings(steps=2)
    first = trainer(tmp_path, config)
    first.run()
    again = trainer(tmp_path, config)
    again.run()
    assert same(weights(first), weights(again))


@pytest.mark.parametrize("left", ["checkpoint.old", "checkpoint.new"])
def test_what_a_kill_between_renames_leaves_is_no_obstacle(tmp_path: Path, left: str) -> None:
    config = settings(steps=2, checkpoint_every=1)
    trainer(tmp_path, config).run()
    if left == "checkpoint.old":
        (tmp_path / "checkpoint").rename(tmp_path / left)
    else:
        (tmp_path / left).mkdir()
        (tmp_path / left / "model.safetensors").write_bytes(b"half")
    again = trainer(tmp_path, replace(config, steps=4))
    again.run()
    assert again.step == 4
    assert sorted(path.name for path in tmp_path.iterdir()) == ["checkpoint", "metrics.jsonl"]


def test_both_checkpoints_left_by_a_kill(tmp_path: Path) -> None:
    config = settings(steps=1, checkpoint_every=1)
    trainer(tmp_path, config).run()
    (tmp_path / "checkpoint.old").mkdir()
    (tmp_path / "checkpoint.old" / "state.json").write_text("{}")
    again = trainer(tmp_path, replace(config, steps=2))
    again.run()
    assert again.step == 2
    assert not (tmp_path / "checkpoint.old").exists()


def test_other_data_is_refused(tmp_path: Path) -> None:
    trainer(tmp_path, settings()).run()
    with pytest.raises(DataError, match="other data") as caught:
        trainer(tmp_path, settings(), (*ROWS, Row("5 + 5", "10"))).run()
    assert "--out" in caught.value.hint


def test_rows_that_the_codec_cannot_say_are_counted(tmp_path: Path) -> None:
    trainer(tmp_path, settings(), (*ROWS, Row("é", "1"))).run()
    first = json.loads((tmp_path / "metrics.jsonl").read_text().splitlines()[0])
    assert (first["rows"], first["encoded"]) == (9, 8)


def test_nothing_to_train_on_is_said(tmp_path: Path) -> None:
    run = Trainer(tiny(), ToyCodec(), FixedRows((Row("é", "1"),)), settings(), tmp_path)
    with pytest.raises(DataError, match="none of the rows"):
        run.run()
