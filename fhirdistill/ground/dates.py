"""In: date arithmetic and the moment it counts from. Out: FHIR dates.

The meaning of each form is the labelling guide's; periods of days are compared as search.html#date says (a date is
the whole of its period).
"""

from __future__ import annotations

import calendar
from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import TypeGuard

from fhirdistill.errors import InputError
from fhirdistill.search.ast import DateMath, DateValue, Parameter, Search, Value

HOURS = {"h": timedelta(hours=1), "min": timedelta(minutes=1)}


def read_today(text: str) -> date:
    """Read `--today`: a date as YYYY-MM-DD. Raises InputError for anything else.

    >>> read_today("2026-03-15")
    datetime.date(2026, 3, 15)
    """
    try:
        if len(text) == len("2026-03-15"):
            return date.fromisoformat(text)
    except ValueError:
        pass
    raise InputError(f"today = {text!r} is no date", hint="write it as 2026-03-15")


def months_later(day: date, months: int) -> date:
    """Return the same day some months later (earlier if negative), or the last day of a shorter month.

    >>> months_later(date(2024, 2, 29), -12)
    datetime.date(2023, 2, 28)
    """
    index = day.year * 12 + day.month - 1 + months
    year, month = divmod(index, 12)
    if not 1 <= year <= 9999:
        raise InputError(
            f"{months} months from {day} is outside the calendar", hint="ask for a date between the years 1 and 9999"
        )
    return date(year, month + 1, min(day.day, calendar.monthrange(year, month + 1)[1]))


def period(math: DateMath, now: datetime) -> tuple[str, str]:
    """Return the first and the last date (FHIR text, both included) of what `math` names.

    They differ for a week only: every other period is one FHIR date. Hours and minutes give an instant with its offset.

    >>> period(DateMath("week", -1), datetime(2026, 3, 15))
    ('2026-03-02', '2026-03-08')
    >>> period(DateMath("today", -60, "y"), datetime(2026, 3, 15))
    ('1966-03-15', '1966-03-15')
    """
    today = now.date()
    math = replace(math, amount=math.amount + (math.plus if math.amount >= 0 else -math.plus), plus=0)
    try:
        if math.base == "week":
            first = today - timedelta(days=today.weekday()) + timedelta(weeks=math.amount)
            return first.isoformat(), (first + timedelta(days=6)).isoformat()
        text = _moment(math, now, today) + math.rest
    except OverflowError as error:
        raise InputError(
            f"{math.amount}{math.unit} from {today} is outside the calendar", hint="ask for a nearer date"
        ) from error
    return text, text


def _moment(math: DateMath, now: datetime, today: date) -> str:
    amount = math.amount
    match math.base, math.unit:
        case "year", _:
            return f"{months_later(today.replace(day=1), 12 * amount).year:04}"
        case "month", _:
            return months_later(today.replace(day=1), amount).isoformat()[:7]
        case _, "h" | "min":
            moment = (now if now.tzinfo else now.astimezone()) + amount * HOURS[math.unit]
            return moment.isoformat(timespec="seconds")
        case _, "y":
            return months_later(today, 12 * amount).isoformat()
        case _, "mo":
            return months_later(today, amount).isoformat()
        case _, "w":
            return (today + timedelta(weeks=amount)).isoformat()
        case "now", "":
            return (now if now.tzinfo else now.astimezone()).isoformat(timespec="seconds")
        case _:
            return (today + timedelta(days=amount)).isoformat()


def bind_dates(search: Search, now: datetime) -> Search:
    """Return the search with every date arithmetic worked out against `now` (its time zone decides about hours).

    A week without a prefix becomes two bounds of one parameter, since no single FHIR date names it.
    """
    parameters: list[Parameter] = []
    for parameter in search.parameters:
        parameters += _bind(parameter, now)
    return replace(search, parameters=tuple(parameters))


def settle_dates(search: Search, now: datetime) -> Search:
    """Return the template with each day or month of a relative year as the date that it is: `{year}-05` -> `2026-05`.

    >>> from fhirdistill.search import format, parse
    >>> format(settle_dates(parse("Slot?start=ge{today}&start=lt{year}-05"), datetime(2026, 3, 15)))
    'Slot?start=ge{today}&start=lt2026-05'
    """
    parameters = []
    for parameter in search.parameters:
        values = tuple(_bound(v, now) if _rest(v) else v for v in parameter.values)
        parameters.append(replace(parameter, values=values))
    return replace(search, parameters=tuple(parameters))


def _bind(parameter: Parameter, now: datetime) -> list[Parameter]:
    only = parameter.values[0] if len(parameter.values) == 1 else None
    if (
        isinstance(only, DateValue)
        and isinstance(only.value, DateMath)
        and only.value.base == "week"
        and only.prefix in ("", "eq")
    ):
        first, last = period(only.value, now)
        bounds = (DateValue("ge", first), DateValue("le", last))
        return [replace(parameter, values=(bound,)) for bound in bounds]
    values = tuple(
        _bound(v, now) if isinstance(v, DateValue) and isinstance(v.value, DateMath) else v for v in parameter.values
    )
    return [replace(parameter, values=values)]


def _rest(value: Value) -> TypeGuard[DateValue]:
    return isinstance(value, DateValue) and isinstance(value.value, DateMath) and bool(value.value.rest)


def _bound(value: DateValue, now: datetime) -> DateValue:
    assert isinstance(value.value, DateMath)
    first, last = period(value.value, now)
    if first != last and value.prefix in ("", "eq", "ne", "ap"):
        raise InputError(
            "a week among alternatives can't be written as one FHIR date", hint="ask for each week by itself"
        )
    return DateValue(value.prefix, last if value.prefix in ("gt", "le", "sa") else first)
