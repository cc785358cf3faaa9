"""In: a rationale. Out: its steps (pieces of text, and spans copied from the question), and the way back."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers

from fhirdistill.errors import DataError
from fhirdistill.student.codec import WORD
from fhirdistill.student.steps import Source, Step

PIECES = 2000
SPACE = "\u0120"  # how byte-level pieces write a space


def train_pieces(texts: Iterable[str], size: int = PIECES) -> Tokenizer:
    """Learn byte-level pieces from rationales (BPE, Sennrich et al. 2016): any text can be written with them."""
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=size, show_progress=False, initial_alphabet=pre_tokenizers.ByteLevel.alphabet()
    )
    tokenizer.train_from_iterator(texts, trainer)
    return tokenizer


def pieces_of(tokenizer: Tokenizer) -> tuple[str, ...]:
    """Return the pieces in the order of their ids."""
    vocabulary = tokenizer.get_vocab()
    return tuple(sorted(vocabulary, key=lambda piece: vocabulary[piece]))


def encode_rationale(text: str, source: Source, tokenizer: Tokenizer) -> list[Step]:
    """Return the steps of a rationale: numbers and runs of units of the question are copied, the rest is spelled."""
    steps: list[Step] = []
    words = [(m.group().lower(), m.start(), m.end()) for m in WORD.finditer(text)]
    asked = [unit.text.lower() for unit in source.units]
    at, spelled_to = 0, 0
    while at < len(words):
        size, first = _longest(words, at, asked)
        if size > 1 or (size and words[at][0][0].isdigit()):
            steps += _spell(text[spelled_to : words[at][1]], tokenizer)
            steps += [Step("<start>", first), Step("<end>", first + size - 1)]
            spelled_to = words[at + size - 1][2]
        at += max(1, size)
    steps += _spell(text[spelled_to:], tokenizer)
    return [*steps, Step("<eos>")]


def _spell(text: str, tokenizer: Tokenizer) -> list[Step]:
    return [Step(f"R:{piece}") for piece in tokenizer.encode(text).tokens] if text else []


def _longest(words: Sequence[tuple[str, int, int]], at: int, asked: Sequence[str]) -> tuple[int, int]:
    """Return the length in words, and the first unit, of the longest run from `at` that the question says too."""
    best = (0, 0)
    for first in range(len(asked)):
        size = 0
        while at + size < len(words) and first + size < len(asked) and words[at + size][0] == asked[first + size]:
            size += 1
        best = max(best, (size, -first))
    return best[0], -best[1]


def read_rationale(steps: Sequence[Step], source: Source) -> str:
    """Return the text that `steps` write. Raises DataError for a step of another task."""
    decoder = decoders.ByteLevel()
    out: list[str] = []
    pieces: list[str] = []
    first = -1
    for step in steps:
        kind, _, piece = step.token.partition(":")
        if step.token == "<eos>":
            break
        if kind == "R":
            pieces.append(piece)
            continue
        out.append(decoder.decode(pieces))
        pieces = []
        if step.token == "<start>":
            first = step.unit
        elif step.token == "<end>":
            out.append(source.slice(first, max(first, step.unit)))
        else:
            raise DataError(f"{step.token!r} is no step of a rationale")
    return "".join([*out, decoder.decode(pieces)]).strip()
