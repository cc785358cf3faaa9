"""In: rows of any text. Out: a text-to-text student with its codec: a T5 from scratch, or a local checkpoint."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers
from torch import Tensor, nn
from torch.nn import functional as F
from transformers import AutoModelForSeq2SeqLM, T5Config, T5ForConditionalGeneration
from transformers.modeling_outputs import BaseModelOutput

from fhirdistill.train.batches import Encoded, Target, Targets
from fhirdistill.train.config import TrainConfig
from fhirdistill.train.pointer import Memory
from fhirdistill.train.rows import Row

SPECIAL = ("<pad>", "<label>", "<rationale>", "<eos>")
LONGEST = 512


@dataclass(frozen=True, slots=True)
class TextCodec:
    """Plain subwords for input, label and rationale; the task is the token that the decoder starts from."""

    tokenizer: Tokenizer
    pad: int = 0

    def encode(self, row: Row) -> Encoded | None:
        """Return the row as ids; None for an empty input or one longer than the model reads."""
        ids = tuple(self.tokenizer.encode(row.input).ids)
        if not 0 < len(ids) <= LONGEST:
            return None
        return Encoded(
            ids,
            self._target("<label>", row.label),
            self._target("<rationale>", row.rationale) if row.rationale else None,
        )

    def _target(self, task: str, text: str) -> Target:
        tokens = (self.id_of(task), *self.tokenizer.encode(text).ids[: LONGEST - 2], self.id_of("<eos>"))
        return Target(tokens, (-1,) * len(tokens))

    def id_of(self, token: str) -> int:
        """Return the id of a special token."""
        return int(self.tokenizer.token_to_id(token) or 0)

    def text(self, ids: list[int]) -> str:
        """Return the text of generated ids."""
        return str(self.tokenizer.decode(ids, skip_special_tokens=True))


def learn_codec(rows: tuple[Row, ...], size: int = 8000) -> TextCodec:
    """Learn byte-level subwords from the rows."""
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    alphabet = pre_tokenizers.ByteLevel.alphabet()
    trainer = trainers.BpeTrainer(
        vocab_size=size, special_tokens=list(SPECIAL), initial_alphabet=alphabet, show_progress=False
    )
    tokenizer.train_from_iterator(
        (text for row in rows for text in (row.input, row.label, row.rationale or "")), trainer
    )
    return TextCodec(tokenizer)


class Seq2Seq(nn.Module):
    """Any Hugging Face encoder-decoder in the shape that the trainer wants."""

    def __init__(self, model: Any) -> None:
        super().__init__()
        self.model = model

    def encode(self, ids: Tensor, mask: Tensor) -> Memory:
        """Encode input ids (batch, length)."""
        states = self.model.get_encoder()(input_ids=ids, attention_mask=mask).last_hidden_state
        return Memory(states=states, mask=mask)

    def loss(self, memory: Memory, targets: Targets, smoothing: float = 0.0) -> Tensor:
        """Return the summed cross-entropy of the target tokens."""
        out = self.model(
            encoder_outputs=BaseModelOutput(last_hidden_state=memory["states"]),
            attention_mask=memory["mask"],
            decoder_input_ids=targets["tokens"][:, :-1],
            use_cache=False,
        )
        wanted = targets["tokens"][:, 1:]
        return F.cross_entropy(
            out.logits.flatten(0, 1),
            wanted.flatten(),
            ignore_index=targets["pad"],
            reduction="sum",
            label_smoothing=smoothing,
        )

    def generate(self, ids: Tensor, start: int, end: int, longest: int = 128) -> list[list[int]]:
        """Write each row's target greedily, from the token `start` to the token `end`."""
        mask = (ids != 0).long()
        out = self.model.generate(
            input_ids=ids,
            attention_mask=mask,
            decoder_start_token_id=start,
            eos_token_id=end,
            pad_token_id=0,
            max_new_tokens=longest,
            num_beams=1,
        )
        rows: list[list[int]] = out[:, 1:].tolist()
        return rows


def new_seq2seq(codec: TextCodec, config: TrainConfig) -> Seq2Seq:
    """Make a T5 from scratch (`model = "t5"`), or load a local checkpoint folder whose subwords the codec uses."""
    if config.model not in ("pointer", "t5"):
        model = AutoModelForSeq2SeqLM.from_pretrained(config.model, local_files_only=True)
        model.resize_token_embeddings(codec.tokenizer.get_vocab_size())
        return Seq2Seq(model)
    shape = T5Config(
        vocab_size=codec.tokenizer.get_vocab_size(),
        d_model=config.width,
        d_kv=config.width // config.heads,
        num_heads=config.heads,
        d_ff=config.inner,
        num_layers=config.encoder_layers,
        num_decoder_layers=config.layers,
        dropout_rate=config.dropout,
        pad_token_id=0,
        eos_token_id=codec.id_of("<eos>"),
        decoder_start_token_id=codec.id_of("<label>"),
    )
    return Seq2Seq(T5ForConditionalGeneration(shape))
