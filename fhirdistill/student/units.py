"""In: a question as text. Out: its words, numbers and marks, with their place in the text and what they read as.

A unit is what the decoder points at: a span runs from the start of one unit to the end of another, so a copied value
always has the question's own spelling. A number is one unit, decimals and thousands included; number words ("forty
five", "four point five") give their first unit the number that they say.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

UNIT = re.compile(r"\d{1,3}(?:,\d{3})+(?:\.\d+)?(?![\d,])|\d+(?:\.\d+)?|[^\W\d_]+|\S")
ONES = {
    word: value
    for value, word in enumerate(
        [
            "zero",
            "one",
            "two",
            "three",
            "four",
            "five",
            "six",
            "seven",
            "eight",
            "nine",
            "ten",
            "eleven",
            "twelve",
            "thirteen",
            "fourteen",
            "fifteen",
            "sixteen",
            "seventeen",
            "eighteen",
            "nineteen",
        ]
    )
}
TENS = {
    word: 10 * (i + 2)
    for i, word in enumerate(["twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety"])
}
SPOKEN = {**ONES, **TENS, "fourty": 40, "ninty": 90, "dozen": 12}
SCALES = {"hundred": 100, "thousand": 1000, "million": 1_000_000}
DECADES = {word[:-1] + "ies": value for word, value in TENS.items()}


@dataclass(frozen=True, slots=True)
class Unit:
    """`text` stands at `start:end` of the question; `number` is what it reads as in digits, or None."""

    text: str
    start: int
    end: int
    number: str | None = None


def units(question: str) -> tuple[Unit, ...]:
    """Split a question into units.

    >>> [(u.text, u.number) for u in units("over forty five, LDL > 1,200.5")]
    [('over', None), ('forty', '45'), ('five', '5'), (',', None), ('LDL', None), ('>', None), ('1,200.5', '1200.5')]
    """
    found = [(m.group(), m.start(), m.end()) for m in UNIT.finditer(question)]
    words = [text.lower() for text, _, _ in found]
    return tuple(Unit(text, start, end, _number(words, i)) for i, (text, start, end) in enumerate(found))


def _number(words: list[str], at: int) -> str | None:
    word = words[at]
    if word[0].isdecimal() and word.isascii():
        return word.replace(",", "")
    if word in DECADES:
        return str(DECADES[word])
    if word not in SPOKEN and word != "hundred":
        return None
    whole, after = _whole(words, at)
    if after + 1 < len(words) and words[after] == "point" and words[after + 1] in ONES:
        digits = ""
        for following in words[after + 1 :]:
            if following not in ONES or ONES[following] > 9:
                break
            digits += str(ONES[following])
        return f"{whole}.{digits}" if digits else str(whole)
    return str(whole)


def _whole(words: list[str], at: int) -> tuple[int, int]:
    """Read the whole number that begins at `at`; return it and the place after it."""
    total, current, i, low = 0, 0, at, 0
    while i < len(words):
        word = words[i]
        if word in SPOKEN and (
            current == 0
            or (current % 100 >= 20 and current % 10 == 0 and SPOKEN[word] < 10)
            or (low and current % 100 == 0)
        ):
            current += SPOKEN[word]
            low = 0
        elif word in SCALES and (current or i == at):
            current = max(1, current) * SCALES[word]
            low = 1
            if SCALES[word] > 100:
                total, current, low = total + current, 0, 1
        elif not (
            word in ("-", "and") and i + 1 < len(words) and words[i + 1] in SPOKEN and i > at and (word == "-" or low)
        ):
            break
        i += 1
    return total + current, i
