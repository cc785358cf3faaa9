"""In: words of a question, and what a label says. Out: where the question says it."""

from __future__ import annotations

import calendar
from collections.abc import Sequence
from decimal import Decimal, InvalidOperation

from fhirdistill.student.units import Unit

NEAR = 4  # units between the parts of a date
STROKES = frozenset("-/")


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


def month_word(words: Sequence[str], month: int) -> int | None:
    """Return where a month is named, in full or in short.

    >>> month_word(["since", "4", "mar"], 3)
    2
    """
    names = {calendar.month_name[month].lower(), calendar.month_abbr[month].lower()} | (
        {"sept"} if month == 9 else set()
    )
    return next((i for i, word in enumerate(words) if word in names), None)


def numeric_month(units: Sequence[Unit], year: int | None, month: int) -> int | None:
    """Return the unit that writes a month in digits beside its year, as in 2024-03-09, 3/9/2024 and 03/2024."""
    if year is None:
        return None
    return next((i for i in _nearby(units, year) if _writes(units[i], month) and _stroke_beside(units, i)), None)


def numeric_day(units: Sequence[Unit], anchor: int | None, day: int, month: int | None) -> int | None:
    """Return the unit nearest to the year or the month's name that writes the day; `month` is a unit that is taken."""
    if anchor is None:
        return None
    found = [i for i in _nearby(units, anchor) if i not in (anchor, month) and _writes(units[i], day)]
    return min(found, key=lambda i: abs(i - anchor), default=None)


def _nearby(units: Sequence[Unit], anchor: int) -> range:
    return range(max(0, anchor - NEAR), min(len(units), anchor + NEAR + 1))


def _writes(unit: Unit, number: int) -> bool:
    return unit.text.isdecimal() and len(unit.text) < 3 and int(unit.text) == number


def _stroke_beside(units: Sequence[Unit], at: int) -> bool:
    sides = (*units[max(0, at - 1) : at], *units[at + 1 : at + 2])
    return any(unit.text in STROKES for unit in sides)
