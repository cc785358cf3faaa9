"""In: token ids of a question. Out: an encoder-decoder whose steps are a token and, for some, a place in the input.

The encoder is a pretrained BERT (or a fresh one); the decoder is fresh and pre-norm. At each step the decoder scores
the vocabulary; for the first tokens that the codec names as pointers it also scores every input position (See et al.
2017 copy words; here a pointer is a step of its own, so that a span has a learned start and a learned end). Both
tasks of step-by-step distillation share one encoding and differ in the token that the decoder starts from (Hsieh et
al. 2023, section 3.2).
"""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass
from typing import TypedDict

import torch
from torch import Tensor, nn
from torch.nn import functional as F
from transformers import BertConfig, BertModel

from fhirdistill.train.batches import Targets


@dataclass(frozen=True, slots=True)
class PointerShape:
    """Sizes of the model: `pointers` are the ids of the pointing tokens, in the order of their queries."""

    vocabulary: int
    pointers: tuple[int, ...]
    width: int = 384
    layers: int = 4
    heads: int = 6
    inner: int = 1024
    positions: int = 192
    dropout: float = 0.1

    def to_dict(self) -> dict[str, object]:
        """Return the sizes as plain values."""
        return asdict(self)


class Memory(TypedDict):
    """What the encoder leaves for the decoder: states (batch, length, width), mask of real tokens (batch, length)."""

    states: Tensor
    mask: Tensor


class Attention(nn.Module):
    """Multi-head attention whose keys and values may be computed once and passed in."""

    def __init__(self, width: int, heads: int, dropout: float) -> None:
        super().__init__()
        self.heads, self.dropout = heads, dropout
        self.query = nn.Linear(width, width)
        self.key_value = nn.Linear(width, 2 * width)
        self.out = nn.Linear(width, width)

    def split(self, x: Tensor) -> Tensor:
        """(batch, length, width) -> (batch, heads, length, width / heads)."""
        return torch.unflatten(x, -1, (self.heads, -1)).transpose(1, 2)

    def keys_values(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """Return the keys and values of `x`, split by head."""
        key, value = self.key_value(x).chunk(2, dim=-1)
        return self.split(key), self.split(value)

    def forward(self, x: Tensor, key: Tensor, value: Tensor, mask: Tensor | None, *, causal: bool = False) -> Tensor:
        """Attend from `x` to `key` and `value`; `mask` is True where attention is allowed."""
        drop = self.dropout if self.training else 0.0
        mixed = F.scaled_dot_product_attention(
            self.split(self.query(x)), key, value, attn_mask=mask, dropout_p=drop, is_causal=causal
        )
        out: Tensor = self.out(mixed.transpose(1, 2).flatten(-2))
        return out


class Layer(nn.Module):
    """One decoder layer: self-attention, attention to the input, a feed-forward net; each normed, in a residual."""

    def __init__(self, shape: PointerShape) -> None:
        super().__init__()
        self.own = Attention(shape.width, shape.heads, shape.dropout)
        self.cross = Attention(shape.width, shape.heads, shape.dropout)
        self.wide = nn.Linear(shape.width, shape.inner)
        self.narrow = nn.Linear(shape.inner, shape.width)
        self.norms = nn.ModuleList(nn.LayerNorm(shape.width) for _ in range(3))
        self.drop = nn.Dropout(shape.dropout)

    def remember(self, states: Tensor) -> tuple[Tensor, Tensor]:
        """Return the keys and values of the input that this layer attends to."""
        return self.cross.keys_values(states)

    def forward(
        self, x: Tensor, past: tuple[Tensor, Tensor] | None, memory: tuple[Tensor, Tensor], mask: Tensor
    ) -> tuple[Tensor, Tensor, Tensor]:
        """Return the new states, and the keys and values so far.

        With `past` None, `x` is a whole target and attention is causal.
        """
        normed = self.norms[0](x)
        key, value = self.own.keys_values(normed)
        if past is not None:
            key, value = torch.cat([past[0], key], dim=2), torch.cat([past[1], value], dim=2)
        x = x + self.drop(self.own(normed, key, value, None, causal=past is None))
        x = x + self.drop(self.cross(self.norms[1](x), *memory, mask))
        x = x + self.drop(self.narrow(F.gelu(self.wide(self.norms[2](x)))))
        return x, key, value


class PointerModel(nn.Module):
    """The student: `encode` once, then `loss` for each task, or `step` by step in the exported form."""

    def __init__(self, shape: PointerShape, encoder: BertModel) -> None:
        super().__init__()
        self.shape = shape
        self.encoder = encoder
        self.embed = nn.Embedding(shape.vocabulary, shape.width)
        self.place = nn.Embedding(shape.positions, shape.width)
        self.pointed = nn.Linear(shape.width, shape.width)
        self.layers = nn.ModuleList(Layer(shape) for _ in range(shape.layers))
        self.norm = nn.LayerNorm(shape.width)
        self.bias = nn.Parameter(torch.zeros(shape.vocabulary))
        self.pointer_key = nn.Linear(shape.width, shape.width)
        self.pointer_query = nn.Linear(shape.width, len(shape.pointers) * shape.width)
        nn.init.normal_(self.embed.weight, std=1 / math.sqrt(shape.width))
        nn.init.normal_(self.place.weight, std=0.02)

    def decoder_layers(self) -> list[Layer]:
        """Return the layers of the decoder, the first one first."""
        return [layer for layer in self.layers if isinstance(layer, Layer)]

    def encode(self, ids: Tensor, mask: Tensor) -> Memory:
        """Encode input ids (batch, length)."""
        return Memory(states=self.encoder(input_ids=ids, attention_mask=mask).last_hidden_state, mask=mask.bool())

    def inputs(self, tokens: Tensor, places: Tensor, states: Tensor, start: int | Tensor = 0) -> Tensor:
        """Return what the decoder reads: each token's embedding, plus the state of its place (-1: none)."""
        pointed = torch.gather(states, 1, places.clamp(min=0).unsqueeze(-1).expand(-1, -1, states.shape[-1]))
        pointed = self.pointed(pointed) * (places >= 0).unsqueeze(-1).to(states.dtype)
        order = torch.arange(tokens.shape[1], device=tokens.device) + start
        embedded = self.embed(tokens) * math.sqrt(self.shape.width)
        out: Tensor = embedded + pointed + self.place(order)
        return out

    def decode(self, memory: Memory, tokens: Tensor, places: Tensor) -> Tensor:
        """Return the decoder's states (batch, target length, width) under teacher forcing."""
        x = self.inputs(tokens, places, memory["states"])
        mask = memory["mask"][:, None, None, :]
        for layer in self.decoder_layers():
            x, _, _ = layer(x, None, layer.remember(memory["states"]), mask)
        out: Tensor = self.norm(x)
        return out

    def scores(self, x: Tensor) -> Tensor:
        """Return the scores of the vocabulary (batch, target length, vocabulary)."""
        return F.linear(x, self.embed.weight, self.bias)

    def pointer_scores(self, x: Tensor, states: Tensor, mask: Tensor) -> Tensor:
        """Return every pointer's scores of the input positions (batch, target length, pointers, input length)."""
        queries = self.pointer_query(x).unflatten(-1, (len(self.shape.pointers), -1))
        scores = torch.einsum("btpw,blw->btpl", queries, self.pointer_key(states)) / math.sqrt(self.shape.width)
        return scores.masked_fill(~mask[:, None, None, :], -1e4)

    def loss(self, memory: Memory, targets: Targets, smoothing: float = 0.0) -> Tensor:
        """Return the loss summed over target steps: cross-entropy of the token and, where it points, of the place."""
        x = self.decode(memory, targets["tokens"][:, :-1], targets["places"][:, :-1])
        wanted, places = targets["tokens"][:, 1:], targets["places"][:, 1:]
        real = wanted != targets["pad"]
        chosen = x[real]
        loss = F.cross_entropy(self.scores(chosen), wanted[real], reduction="sum", label_smoothing=smoothing)
        rows = torch.tensor(self.shape.pointers, device=wanted.device)
        points = (places >= 0) & real
        if points.any():
            which = (wanted[points].unsqueeze(-1) == rows).int().argmax(dim=-1)
            batch = points.nonzero()[:, 0]
            queries = self.pointer_query(x[points]).unflatten(-1, (len(rows), -1))[torch.arange(len(which)), which]
            keys = self.pointer_key(memory["states"])[batch]
            scores = torch.einsum("nw,nlw->nl", queries, keys) / math.sqrt(self.shape.width)
            scores = scores.masked_fill(~memory["mask"][batch], -1e4)
            loss = loss + F.cross_entropy(scores, places[points], reduction="sum")
        return loss


def fresh_encoder(vocabulary: int, width: int, layers: int, heads: int, inner: int) -> BertModel:
    """Return an encoder from scratch."""
    config = BertConfig(
        vocab_size=vocabulary,
        hidden_size=width,
        num_hidden_layers=layers,
        num_attention_heads=heads,
        intermediate_size=inner,
    )
    return BertModel(config, add_pooling_layer=False)


def pretrained_encoder(folder: str) -> BertModel:
    """Load an encoder from a local folder in the Hugging Face layout."""
    encoder: BertModel = BertModel.from_pretrained(folder, add_pooling_layer=False, local_files_only=True)
    return encoder
