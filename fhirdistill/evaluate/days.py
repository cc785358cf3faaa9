"""In: a date of a search and today. Out: the days that it names, from the first up to the one after the last."""

from __future__ import annotations

import re
from datetime import date, datetime, timedelta

from fhirdistill.ground.dates import months_later, period
from fhirdistill.search.ast import DateMath

MIDNIGHT = re.compile(r"T00:00(:00(\.0+)?)?(Z|[+-]00:00)?$")


def days(value: str | DateMath, today: date) -> tuple[date, date] | None:
    """Return the first day of a date and the day after its last; None for a time of day, and for what is no date.

    Midnight is the whole day. Raises InputError for a day outside the calendar.

    >>> days("2024-02", date(2026, 3, 15)), days(DateMath("today", -1, "y"), date(2026, 3, 15))
    ((datetime.date(2024, 2, 1), datetime.date(2024, 3, 1)), (datetime.date(2025, 3, 15), datetime.date(2025, 3, 16)))
    >>> days("2024-02-01T10:00", date(2026, 3, 15)) is None
    True
    """
    if isinstance(value, str):
        return _lasting(MIDNIGHT.sub("", value))
    if value.unit in ("h", "min"):
        return None
    if value.base == "now":
        value = DateMath("today", value.amount, value.unit or "d", value.plus)
    first, last = (_lasting(text) for text in period(value, datetime(today.year, today.month, today.day)))
    return (first[0], last[1]) if first and last else None


def _lasting(text: str) -> tuple[date, date] | None:
    """Return the days of a year, a month or a day."""
    parts = text.split("-")
    try:
        if not re.fullmatch(r"\d{4}(-\d\d){0,2}", text, re.ASCII):
            return None
        first = date(*(int(part) for part in [*parts, "1", "1"][:3]))
        if len(parts) == 3:
            return first, first + timedelta(days=1)
        return first, months_later(first, 12 if len(parts) == 1 else 1)
    except (ValueError, OverflowError):
        return None
