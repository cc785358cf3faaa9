"""The exported graphs, run step by step with their cache, give the scores that the model gives to a whole target."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from onnxruntime import InferenceSession

from fhirdistill.train.batches import collate
from fhirdistill.train.export import export

from .toy import PAD, ROWS, ToyCodec, tiny


@pytest.mark.filterwarnings("ignore")
def test_the_decoder_with_a_cache_agrees_with_teacher_forcing(tmp_path: Path) -> None:
    model = tiny(seed=3).eval()
    export(model, tmp_path, quantize=False)
    encoder, decoder = (InferenceSession(tmp_path / f"{name}.onnx") for name in ("encoder", "decoder"))
    rows = [found for row in (ROWS[0], ROWS[6], ROWS[7]) if (found := ToyCodec().encode(row))]
    batch = collate(rows, PAD)
    targets = batch["targets"]["rationale"]
    tokens, places = targets["tokens"], targets["places"]
    assert int((places >= 0).sum()) > 0, "the rows shall point"
    with torch.no_grad():
        memory = model.encode(batch["ids"], batch["mask"])
        x = model.decode(memory, tokens, places)
        wanted, pointed = model.scores(x).numpy(), model.pointer_scores(x, memory["states"], memory["mask"]).numpy()
    states, cross, keys = encoder.run(None, {"ids": batch["ids"].numpy(), "mask": batch["mask"].numpy()})
    np.testing.assert_allclose(states, memory["states"].numpy(), atol=1e-5)
    layers, two, count, heads, _, head = cross.shape
    cache = np.zeros((layers, two, count, heads, 0, head), np.float32)
    for step in range(tokens.shape[1]):
        feeds = {
            "tokens": tokens[:, step : step + 1].numpy(),
            "places": places[:, step : step + 1].numpy(),
            "states": states,
            "mask": batch["mask"].numpy(),
            "cross": cross,
            "keys": keys,
            "past": cache,
        }
        scores, pointers, cache = decoder.run(None, feeds)
        np.testing.assert_allclose(scores, wanted[:, step], atol=1e-4)
        np.testing.assert_allclose(pointers, pointed[:, step], atol=1e-4)
    assert cache.shape[4] == tokens.shape[1]


@pytest.mark.filterwarnings("ignore")
def test_int8_is_close_and_nothing_else_is_written(tmp_path: Path) -> None:
    model = tiny(seed=3).eval()
    export(model, tmp_path)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["decoder.onnx", "encoder.onnx"]
    row = ToyCodec().encode(ROWS[0])
    assert row is not None
    batch = collate([row], PAD)
    inputs = {"ids": batch["ids"].numpy(), "mask": batch["mask"].numpy()}
    states, _, _ = InferenceSession(tmp_path / "encoder.onnx").run(None, inputs)
    with torch.no_grad():
        exact = model.encode(batch["ids"], batch["mask"])["states"].numpy()
    assert 0 < np.abs(states - exact).max() < 0.3
