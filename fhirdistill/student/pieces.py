"""In: a question. Out: the word pieces that the encoder reads, with the first and the last piece of every unit."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from tokenizers import Tokenizer, normalizers, pre_tokenizers

from fhirdistill.student.steps import Source

LONGEST = 160


@dataclass(frozen=True, slots=True)
class Pieces:
    """Ids of the word pieces; `first[i]` and `last[i]` are the places of unit `i` among them."""

    ids: tuple[int, ...]
    first: tuple[int, ...]
    last: tuple[int, ...]

    def unit_at(self, place: int, *, end: bool) -> int:
        """Return the unit that begins (or, with `end`, ends) at a place."""
        return (self.last if end else self.first).index(place)


def read_tokenizer(path: Path) -> Tokenizer:
    """Read a word-piece tokenizer (Hugging Face `tokenizer.json`) for pre-split units."""
    tokenizer: Tokenizer = Tokenizer.from_file(str(path))
    tokenizer.normalizer = normalizers.BertNormalizer(lowercase=True)
    tokenizer.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    tokenizer.no_padding()
    tokenizer.no_truncation()
    return tokenizer


def cut(source: Source, tokenizer: Tokenizer) -> Pieces:
    """Cut the units of a question into word pieces; nothing can point at units past the longest input."""
    encoding = tokenizer.encode([unit.text for unit in source.units], is_pretokenized=True)
    ids, words = encoding.ids[:LONGEST], encoding.word_ids[:LONGEST]
    first: dict[int, int] = {}
    last: dict[int, int] = {}
    for place, word in enumerate(words):
        if word is not None:
            first.setdefault(word, place)
            last[word] = place
    count = len(first)
    present = [word for word in range(len(source.units)) if word in first]
    if present != list(range(count)):
        return _with_gaps(ids, first, last, len(source.units))
    return Pieces(tuple(ids), tuple(first[w] for w in present), tuple(last[w] for w in present))


def _with_gaps(ids: list[int], first: dict[int, int], last: dict[int, int], count: int) -> Pieces:
    """Give a unit that the tokenizer dropped (a control character) the place -1."""
    return Pieces(
        tuple(ids), tuple(first.get(w, -1) for w in range(count)), tuple(last.get(w, -1) for w in range(count))
    )
