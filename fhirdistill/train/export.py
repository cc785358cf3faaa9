"""In: a trained pointer model. Out: `encoder.onnx` and `decoder.onnx` in int8; the decoder is one step with its cache.

Names of the decoder's inputs and outputs are the contract with `student.decode`: tokens and places (rows, 1), states
(rows, length, width), mask (rows, length), cross (layers, 2, rows, heads, length, width / heads), past (layers, 2,
rows, heads, steps, width / heads).
"""

from __future__ import annotations

import shutil
from pathlib import Path
from tempfile import TemporaryDirectory

import torch
from onnxruntime.quantization import QuantType, quantize_dynamic
from torch import Tensor, nn

from fhirdistill.train.pointer import PointerModel

ROWS = {0: "rows", 1: "length"}
ENCODER_AXES = {"ids": ROWS, "mask": ROWS, "states": ROWS, "cross": {2: "rows", 4: "length"}, "keys": ROWS}
DECODER_AXES = {
    "tokens": {0: "rows"},
    "places": {0: "rows"},
    "states": ROWS,
    "mask": ROWS,
    "cross": {2: "rows", 4: "length"},
    "keys": ROWS,
    "past": {2: "rows", 4: "steps"},
    "scores": {0: "rows"},
    "pointers": {0: "rows", 2: "length"},
    "cache": {2: "rows", 4: "steps_after"},
}


class EncoderGraph(nn.Module):
    """From ids and mask to the states, and to the keys and values that every decoder step attends to."""

    def __init__(self, model: PointerModel) -> None:
        super().__init__()
        self.model = model

    def forward(self, ids: Tensor, mask: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Return states, cross keys and values, and pointer keys."""
        states = self.model.encode(ids, mask)["states"]
        cross = torch.stack([torch.stack(layer.remember(states)) for layer in self.model.decoder_layers()])
        return states, cross, self.model.pointer_key(states)


class DecoderGraph(nn.Module):
    """One step: the last token in, the scores of the next one out."""

    def __init__(self, model: PointerModel) -> None:
        super().__init__()
        self.model = model

    def forward(
        self, tokens: Tensor, places: Tensor, states: Tensor, mask: Tensor, cross: Tensor, keys: Tensor, past: Tensor
    ) -> tuple[Tensor, Tensor, Tensor]:
        """Return scores (rows, vocabulary), pointer scores (rows, pointers, length) and the cache, this step added."""
        model = self.model
        x = model.inputs(tokens, places, states, past.shape[4])
        allowed = mask.bool()[:, None, None, :]
        cache = []
        for i, layer in enumerate(model.decoder_layers()):
            x, key, value = layer(x, (past[i, 0], past[i, 1]), (cross[i, 0], cross[i, 1]), allowed)
            cache.append(torch.stack([key, value]))
        x = model.norm(x)
        queries = model.pointer_query(x[:, 0]).unflatten(-1, (len(model.shape.pointers), -1))
        pointers = torch.matmul(queries, keys.transpose(1, 2)) / model.shape.width**0.5
        pointers = pointers.masked_fill(~mask.bool()[:, None, :], -1e4)
        return model.scores(x)[:, 0], pointers, torch.stack(cache)


def export(model: PointerModel, folder: Path, *, quantize: bool = True) -> None:
    """Write both graphs to `folder`, in int8 (weights per channel, activations at run time) or float32."""
    model.eval()
    shape, encoder_width = model.shape, model.encoder.config.hidden_size
    ids, mask = torch.ones((2, 7), dtype=torch.long), torch.ones((2, 7), dtype=torch.long)
    head = shape.width // shape.heads
    states = torch.zeros(2, 7, encoder_width)
    cross = torch.zeros(shape.layers, 2, 2, shape.heads, 7, head)
    past = torch.zeros(shape.layers, 2, 2, shape.heads, 3, head)
    tokens, places = torch.ones((2, 1), dtype=torch.long), torch.full((2, 1), -1)
    with TemporaryDirectory() as scratch, torch.no_grad():
        encoder, decoder = Path(scratch) / "encoder.onnx", Path(scratch) / "decoder.onnx"
        outputs = ["states", "cross", "keys"]
        _write(EncoderGraph(model), {"ids": ids, "mask": mask}, encoder, outputs, ENCODER_AXES)
        inputs = {"tokens": tokens, "places": places, "states": states, "mask": mask, "cross": cross}
        inputs |= {"keys": torch.zeros(2, 7, shape.width), "past": past}
        _write(DecoderGraph(model), inputs, decoder, ["scores", "pointers", "cache"], DECODER_AXES)
        for name in ("encoder.onnx", "decoder.onnx"):
            source = Path(scratch) / name
            if quantize:
                quantize_dynamic(
                    source,
                    folder / f"{name}.new",
                    weight_type=QuantType.QInt8,
                    per_channel=True,
                    op_types_to_quantize=["MatMul", "Gemm", "Gather"],
                )
            else:
                shutil.copyfile(source, folder / f"{name}.new")
            (folder / f"{name}.new").replace(folder / name)


def _write(
    graph: nn.Module,
    inputs: dict[str, Tensor],
    path: Path,
    outputs: list[str],
    axes: dict[str, dict[int, str]],
) -> None:
    torch.onnx.export(
        graph,
        tuple(inputs.values()),
        path,
        input_names=list(inputs),
        output_names=outputs,
        dynamic_axes=axes,
        opset_version=17,
        dynamo=False,
        do_constant_folding=True,
    )
