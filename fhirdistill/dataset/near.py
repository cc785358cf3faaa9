"""In: two sets of questions. Out: the pairs that say nearly the same, by the share of words that they share."""

from __future__ import annotations

import math
import re
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

SIMILAR: Final = 0.85
_WORD = re.compile(r"\w+")


@dataclass(frozen=True, slots=True)
class Pair:
    """`first` of one set and `second` of another are similar; both are places in their sets."""

    first: int
    second: int
    similarity: float


def tokens(text: str) -> frozenset[str]:
    """Return the words of a text, in lower case, each once.

    >>> sorted(tokens("Over 60, over 60!"))
    ['60', 'over']
    """
    return frozenset(_WORD.findall(text.lower()))


def similarity(one: str, other: str) -> float:
    """Return the Jaccard similarity of two texts: shared words by all words.

    >>> similarity("latest a1c", "Latest A1C?"), similarity("latest a1c", "first a1c")
    (1.0, 0.3333333333333333)
    """
    first, second = tokens(one), tokens(other)
    return len(first & second) / max(1, len(first | second))


class Index:
    """Texts by their rarest words: two texts of similarity t share one of the n - ceil(t n) + 1 rarest words of each.

    Source: prefix filtering, Bayardo et al. 2007, "Scaling up all pairs similarity search".
    """

    def __init__(self, threshold: float, counts: Counter[str]) -> None:
        self.threshold = threshold
        self._counts = counts
        self._texts: dict[int, frozenset[str]] = {}
        self._by_word: defaultdict[str, list[int]] = defaultdict(list)

    def add(self, place: int, words: frozenset[str]) -> None:
        """Add a text."""
        self._texts[place] = words
        for word in self._rare(words):
            self._by_word[word].append(place)

    def near(self, words: frozenset[str]) -> Iterator[tuple[int, float]]:
        """Yield (place, similarity) of every text at or above the threshold."""
        for place in {place for word in self._rare(words) for place in self._by_word.get(word, ())}:
            other = self._texts[place]
            shared = len(words & other)
            alike = shared / (len(words) + len(other) - shared)
            if alike >= self.threshold:
                yield place, alike

    def _rare(self, words: frozenset[str]) -> list[str]:
        kept = len(words) - math.ceil(self.threshold * len(words)) + 1
        return sorted(words, key=lambda word: (self._counts[word], word))[:kept]


def pairs(texts: Sequence[str], others: Sequence[str], threshold: float = SIMILAR) -> Iterator[Pair]:
    """Yield every pair of a text and another of `others` at or above the threshold, in the order of the texts.

    >>> list(pairs(["a b c d e f g", "x"], ["A b c, d e f g!"]))
    [Pair(first=0, second=0, similarity=1.0)]
    """
    first, second = [tokens(text) for text in texts], [tokens(text) for text in others]
    index = Index(threshold, Counter(word for words in (*first, *second) for word in words))
    for place, words in enumerate(second):
        index.add(place, words)
    for place, words in enumerate(first):
        for other, alike in sorted(index.near(words)):
            yield Pair(place, other, alike)


def leaks(questions: Sequence[str], held_out: Sequence[str], threshold: float = SIMILAR) -> list[Pair]:
    """Return each question that is, or nearly is, in a held-out set: `first` is its place, `second` the other's."""
    return list(pairs(questions, held_out, threshold))
