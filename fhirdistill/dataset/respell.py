"""In: a row that names absolute dates. Out: the same request about other dates, spelled in other ways."""

from __future__ import annotations

import calendar
import random
import re
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import date, timedelta

from fhirdistill.dataset.row import Row

SAME_SPELLING = 0.5
EARLIEST, LATEST = date(2005, 1, 1), date(2026, 12, 31)
FARTHEST = 1200  # days that dates are moved by
_DATE = re.compile(r"(?<![\d-])(\d{4})-(\d\d)(?:-(\d\d))?(?![\d-])")


def _ordinal(day: int) -> str:
    """Write a day as 1st, 2nd, 13th."""
    suffix = "th" if 10 < day % 100 < 14 else {1: "st", 2: "nd", 3: "rd"}.get(day % 10, "th")
    return f"{day}{suffix}"


def _month(day: date) -> str:
    return calendar.month_name[day.month]


def _mon(day: date) -> str:
    return calendar.month_abbr[day.month]


DAYS: Mapping[str, Callable[[date], str]] = {
    "iso": lambda d: d.isoformat(),
    "day month": lambda d: f"{d.day} {_month(d)} {d.year}",
    "month day": lambda d: f"{_month(d)} {d.day}, {d.year}",
    "month day plain": lambda d: f"{_month(d)} {d.day} {d.year}",
    "month ordinal": lambda d: f"{_month(d)} {_ordinal(d.day)}, {d.year}",
    "ordinal month": lambda d: f"{_ordinal(d.day)} {_month(d)} {d.year}",
    "ordinal of month": lambda d: f"{_ordinal(d.day)} of {_month(d)} {d.year}",
    "day mon": lambda d: f"{d.day} {_mon(d)} {d.year}",
    "mon day": lambda d: f"{_mon(d)} {d.day}, {d.year}",
    "mon day plain": lambda d: f"{_mon(d)} {d.day} {d.year}",
    "strokes": lambda d: f"{d.month}/{d.day}/{d.year}",
    "long strokes": lambda d: f"{d.month:02}/{d.day:02}/{d.year}",
}
MONTHS: Mapping[str, Callable[[date], str]] = {
    "iso": lambda d: f"{d.year}-{d.month:02}",
    "month": lambda d: f"{_month(d)} {d.year}",
    "month of": lambda d: f"{_month(d)} of {d.year}",
    "mon": lambda d: f"{_mon(d)} {d.year}",
    "strokes": lambda d: f"{d.month:02}/{d.year}",
}


def respell(row: Row, rng: random.Random) -> Row:
    """Move the absolute dates of a row together and spell them anew; the row itself where one is not said just once.

    Dates keep their order and distance, so that a range stays a range.
    """
    template = row.template or ""
    written = sorted({match[0] for match in _DATE.finditer(template)})
    found = {text: spelling for text in written if (spelling := _spelled(row.question, text))}
    if not written or len(found) != len(written) or any(text.endswith("-02-29") for text in written):
        return row
    moves = _moved(written, rng)
    if moves is None:
        return row
    question, rationale = row.question, row.rationale
    marks = {text: f"\x00{i}\x00" for i, text in enumerate(written)}
    for text in sorted(written, key=len, reverse=True):
        template = template.replace(text, marks[text])
        question = _swap(question, found[text][1], marks[text])
        rationale = rationale and _swap(_swap(rationale, found[text][1], marks[text]), text, marks[text])
    for text, moved in moves.items():
        spellings = DAYS if len(text) == len("2024-01-31") else MONTHS
        name = found[text][0] if rng.random() < SAME_SPELLING else rng.choice(list(spellings))
        said = spellings[name](moved)
        said = said.lower() if row.question.islower() else said.upper() if row.question.isupper() else said
        template = template.replace(marks[text], spellings["iso"](moved))
        question = question.replace(marks[text], said)
        rationale = rationale and rationale.replace(marks[text], said)
    return replace(row, question=question, template=template, rationale=rationale)


def _spelled(question: str, text: str) -> tuple[str, str] | None:
    """Return the name of the spelling in which the question says a date, once, and the words."""
    year, month, *day = (int(part) for part in text.split("-"))
    try:
        moment = date(year, month, *(day or [1]))
    except ValueError:
        return None
    for name, spell in (DAYS if day else MONTHS).items():
        if len(_places(question, spell(moment))) == 1:
            return name, spell(moment)
    return None


def _places(text: str, said: str) -> list[int]:
    pattern = rf"(?<![\w/-]){re.escape(said)}(?![\w/-])"
    return [match.start() for match in re.finditer(pattern, text, re.IGNORECASE)]


def _swap(text: str, said: str, mark: str) -> str:
    return re.sub(rf"(?<![\w/-]){re.escape(said)}(?![\w/-])", mark, text, flags=re.IGNORECASE)


def _moved(written: list[str], rng: random.Random) -> dict[str, date] | None:
    """Move all dates by one random distance that keeps them in the usual years; None where there is none."""
    first = {text: date.fromisoformat(text if text.count("-") > 1 else f"{text}-01") for text in written}
    low, high = min(first.values()), max(first.values())
    born = high.year < EARLIEST.year
    for _ in range(5):
        shift = timedelta(days=rng.randint(-FARTHEST, FARTHEST))
        if born or (low + shift >= EARLIEST and high + shift <= LATEST):
            return {text: day + shift for text, day in first.items()}
    return None
