"""In: words of a question, and what a label says. Out: where the question says it."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal, InvalidOperation


def same_number(one: str, other: str) -> bool:
    """Tell whether two texts are the same number.

    >>> same_number("7.50", "7.5"), same_number("7.5", "seven")
    (True, False)
    """
    try:
        return Decimal(one) == Decimal(other)
    except InvalidOperation:
        return False


def may_be_short_year(words: Sequence[str], at: int) -> bool:
    """Tell whether the word at `at` may be a year of two digits: after an apostrophe or inside a date."""
    return at > 0 and words[at - 1] in ("'", "\u2019", "/", "-", ".")


def find(words: Sequence[str], wanted: Sequence[str]) -> int | None:
    """Return where `wanted` stands in `words`, or None.

    >>> find(["type", "2", "diabetes"], ["2", "diabetes"])
    1
    """
    size = len(wanted)
    starts = range(len(words) - size + 1) if size else range(0)
    return next((i for i in starts if words[i : i + size] == wanted), None)
