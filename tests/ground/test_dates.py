from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fhirdistill.errors import InputError
from fhirdistill.ground.dates import bind_dates, months_later, period, read_today
from fhirdistill.search import format as format_search
from fhirdistill.search import parse
from fhirdistill.search.ast import DateMath

SUNDAY = datetime(2026, 3, 15, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("template", "query"),
    [
        ("Patient?birthdate=lt{today-60y}", "Patient?birthdate=lt1966-03-15"),
        ("Patient?birthdate=gt{today-(17+1)y}", "Patient?birthdate=gt2008-03-15"),
        ("Encounter?date={week}", "Encounter?date=ge2026-03-09&date=le2026-03-15"),
        ("Encounter?date={week-1}", "Encounter?date=ge2026-03-02&date=le2026-03-08"),
        ("Encounter?date=gt{week}", "Encounter?date=gt2026-03-15"),
        ("Encounter?date=lt{week+1}", "Encounter?date=lt2026-03-16"),
        ("Encounter?date={month-1}", "Encounter?date=2026-02"),
        ("Encounter?date={month-3}", "Encounter?date=2025-12"),
        ("Encounter?date={year-1}", "Encounter?date=2025"),
        ("Encounter?date=ge{today-2w}", "Encounter?date=ge2026-03-01"),
        ("Encounter?date=ge{today-6mo}", "Encounter?date=ge2025-09-15"),
        ("Encounter?date={today+1d}", "Encounter?date=2026-03-16"),
        ("Observation?date=ge{now-24h}", "Observation?date=ge2026-03-14T12:00:00+00:00"),
        ("Observation?date=2024-02", "Observation?date=2024-02"),
    ],
)
def test_arithmetic_of_the_guide(template: str, query: str) -> None:
    assert format_search(bind_dates(parse(template), SUNDAY)) == query


@pytest.mark.parametrize("text", ["", "yesterday", "2026-3-15", "2026-02-30", "20260315", "2026-03-15T00:00"])
def test_today_must_be_a_date(text: str) -> None:
    with pytest.raises(InputError, match="no date"):
        read_today(text)


@given(st.dates(date(1900, 1, 1), date(2200, 1, 1)), st.integers(-900, 900))
def test_months_keep_the_day_or_end_the_month(day: date, months: int) -> None:
    later = months_later(day, months)
    assert (later.year * 12 + later.month) - (day.year * 12 + day.month) == months
    assert later.day == day.day or (later + timedelta(days=1)).day == 1


@given(st.datetimes(datetime(1950, 1, 1), datetime(2100, 1, 1)), st.integers(-500, 500))
def test_a_week_is_seven_days_from_monday(now: datetime, weeks: int) -> None:
    first, last = (date.fromisoformat(text) for text in period(DateMath("week", weeks), now))
    assert first.weekday() == 0
    assert (last - first).days == 6
    assert weeks != 0 or first <= now.date() <= last


@pytest.mark.parametrize(
    "math", [DateMath("today", -9999, "y"), DateMath("today", -9999999, "d"), DateMath("month", -99999)]
)
def test_outside_the_calendar_is_said(math: DateMath) -> None:
    with pytest.raises(InputError, match="outside the calendar"):
        period(math, SUNDAY)
