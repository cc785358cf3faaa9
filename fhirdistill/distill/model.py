"""In: a codec and settings. Out: an untrained student, or one from a checkpoint."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from fhirdistill.distill.codec import StudentCodec
from fhirdistill.distill.encoder import encoder_folder
from fhirdistill.student.vocabulary import POINTERS

if TYPE_CHECKING:
    from torch import Tensor

    from fhirdistill.train.config import TrainConfig
    from fhirdistill.train.pointer import PointerModel

NAMED = ("T:", "P:", "K:", "W:", "Q:", "E:")


def new_model(codec: StudentCodec, settings: TrainConfig) -> PointerModel:
    """Make an untrained student; embeddings of types and parameters start from the encoder's reading of their names."""
    from fhirdistill.train.pointer import PointerModel, PointerShape, fresh_encoder, pretrained_encoder

    vocabulary = codec.vocabulary
    shape = PointerShape(
        vocabulary=len(vocabulary.tokens),
        pointers=tuple(vocabulary.ids[token] for token in POINTERS),
        width=settings.width,
        layers=settings.layers,
        heads=settings.heads,
        inner=settings.inner,
        dropout=settings.dropout,
    )
    if settings.encoder == "fresh":
        size = codec.tokenizer.get_vocab_size()
        return PointerModel(
            shape, fresh_encoder(size, settings.width, settings.encoder_layers, settings.heads, 4 * settings.width)
        )
    encoder = pretrained_encoder(str(encoder_folder()))
    encoder.embeddings.word_embeddings.weight.requires_grad_(False)
    model = PointerModel(shape, encoder)
    _name_embeddings(model, codec)
    return model


def _name_embeddings(model: PointerModel, codec: StudentCodec) -> None:
    """Start the embedding of every named token from the encoder's mean state over what the token is called."""
    import torch

    named = [(i, _spoken(token)) for i, token in enumerate(codec.vocabulary.tokens) if token[:2] in NAMED]
    model.eval()
    with torch.no_grad():
        means = torch.cat(
            [_mean_states(model, codec, [words for _, words in named[i : i + 256]]) for i in range(0, len(named), 256)]
        )
        apart = means - means.mean(dim=0)
        apart = apart / apart.norm(dim=-1, keepdim=True)
        noise = torch.randn(apart.shape, generator=torch.Generator().manual_seed(0)) / apart.shape[-1] ** 0.5
        model.embed.weight[[i for i, _ in named]] = 0.8 * apart + 0.6 * noise


def _mean_states(model: PointerModel, codec: StudentCodec, texts: list[str]) -> Tensor:
    import torch

    codec.tokenizer.enable_padding()
    encoded = codec.tokenizer.encode_batch(texts)
    codec.tokenizer.no_padding()
    ids, mask = torch.tensor([e.ids for e in encoded]), torch.tensor([e.attention_mask for e in encoded])
    states = model.encode(ids, mask)["states"]
    mean: Tensor = (states * mask.unsqueeze(-1)).sum(1) / mask.sum(1, keepdim=True)
    return mean


def _spoken(token: str) -> str:
    """Return the words of a token's name, such as "care plan" for `T:CarePlan`."""
    name = token[2:].replace("-", " ").replace("_", " ")
    spaced = "".join(f" {c.lower()}" if c.isupper() and token[:2] in ("T:", "E:") else c for c in name)
    return spaced.strip() or token


def load_model(codec: StudentCodec, settings: TrainConfig, checkpoint: Path) -> PointerModel:
    """Load a trained student from a checkpoint folder."""
    from safetensors.torch import load_file

    model = new_model(codec, settings)
    model.load_state_dict(load_file(checkpoint / "model.safetensors"))
    return model.eval()


def take_over(model: PointerModel, codec: StudentCodec, earlier: StudentCodec, checkpoint: Path) -> None:
    """Give a model the weights of an earlier run: those of a token by its name, since the vocabularies may differ."""
    import torch
    from safetensors.torch import load_file

    weights = load_file(checkpoint / "model.safetensors")
    known = earlier.vocabulary.ids
    common = [(i, known[token]) for i, token in enumerate(codec.vocabulary.tokens) if token in known]
    new, old = (torch.tensor(places) for places in zip(*common, strict=True))
    for name in ("embed.weight", "bias"):
        fresh = model.state_dict()[name].clone()
        fresh[new] = weights[name][old]
        weights[name] = fresh
    model.load_state_dict(weights)
