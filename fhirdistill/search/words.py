"""In: names and values of FHIR. Out: the plain English that `explain` uses for them."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Final

from fhirdistill.search.ast import (
    CompositeValue,
    Concept,
    DateMath,
    DateValue,
    NumberValue,
    QuantityValue,
    ReferenceValue,
    StringValue,
    TokenValue,
    UriValue,
    Value,
)
from fhirdistill.search.formatting import distance, format_value
from fhirdistill.search.registry import SearchParameter

_HUMP = re.compile(r"(?<=[a-z])(?=[A-Z])")
_UNITS: Final = {"y": "year", "mo": "month", "w": "week", "d": "day", "h": "hour", "min": "minute"}
_MONTHS: Final = (
    "January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November",
    "December",
)  # fmt: skip
_NAMES: Final = {
    "_id": "id",
    "_lastUpdated": "last update",
    "birthdate": "birth date",
    "authoredon": "authored-on date",
}
_DATE_VERBS: Final = {
    "": "is {}", "eq": "is {}", "ne": "is not {}", "gt": "is after {}", "lt": "is before {}", "ge": "is {} or later",
    "le": "is {} or earlier", "sa": "starts after {}", "eb": "ends before {}", "ap": "is about {}",
}  # fmt: skip
_NUMBER_VERBS: Final = {
    "": "is {}", "eq": "is {}", "ne": "is not {}", "gt": "is over {}", "lt": "is under {}", "ge": "is at least {}",
    "le": "is at most {}", "sa": "is wholly over {}", "eb": "is wholly under {}", "ap": "is about {}",
}  # fmt: skip
_MODIFIED: Final = {
    "exact": "is exactly {}", "contains": "contains {}", "not": "is not {}", "text": "reads like {}",
    "above": "is {} or above it", "below": "is {} or below it", "in": "is in the value set {}",
    "not-in": "is not in the value set {}", "of-type": "is the identifier {}", "identifier": "has the identifier {}",
    "code-text": "has a code or text like {}", "text-advanced": "reads like {}",
}  # fmt: skip


def words(name: str) -> str:
    """Spell a parameter's name, or a type's, as words.

    >>> words("general-practitioner"), words("MedicationRequest")
    ('general practitioner', 'medication request')
    """
    if name in _NAMES:
        return _NAMES[name]
    return (
        _HUMP.sub(" ", name.lstrip("_").replace("-", " ")).lower()
        if name[:1].isupper()
        else name.lstrip("_").replace("-", " ")
    )


def article(noun: str) -> str:
    """Put a or an before a noun."""
    return f"{'an' if noun[:1] in 'aeio' else 'a'} {noun}"


def plural(noun: str) -> str:
    """Give the plural of a type's words.

    >>> plural("family member history"), plural("diagnostic report")
    ('family member histories', 'diagnostic reports')
    """
    if noun.endswith("y") and noun[-2:-1] not in "aeou":
        return noun[:-1] + "ies"
    return noun if noun.endswith("s") else noun + "s"


def date_words(date: str | DateMath) -> str:
    """Say a date.

    >>> date_words(DateMath("today", -60, "y")), date_words(DateMath("month", -1)), date_words("2024-03")
    ('60 years before today', 'last month', '2024-03')
    >>> date_words(DateMath("year", rest="-05")), date_words(DateMath("year", -1, rest="-10-15"))
    ('May of this year', 'October 15 of last year')
    """
    if isinstance(date, str):
        return date
    if date.rest:
        whole = date_words(replace(date, rest=""))
        return f"{_part(date)} of {whole}" if date.rest[0] == "-" else f"{whole} at {date.rest[1:]}"
    amount = distance(date)
    if date.unit:
        count = abs(amount)
        unit = _UNITS[date.unit] + ("" if count == 1 else "s")
        return f"{count} {unit} {'before' if amount < 0 else 'after'} {date.base}"
    if date.base in ("today", "now"):
        return date.base
    near = {0: "this", -1: "last", 1: "next"}.get(amount)
    if near:
        return f"{near} {date.base}"
    return f"the {date.base} {abs(amount)} {date.base}s {'ago' if amount < 0 else 'ahead'}"


def _part(date: DateMath) -> str:
    """Say the month or the day that follows the braces: `May`, `October 15`, `day 3`."""
    first, _, second = date.rest[1:].partition("-")
    if date.base == "month":
        return f"day {int(first)}"
    month = _MONTHS[int(first) - 1] if 1 <= int(first) <= len(_MONTHS) else f"month {first}"
    return f"{month} {int(second)}" if second else month


def value_words(value: Value, parameter: SearchParameter | None) -> str:
    """Say a value without its prefix."""
    if isinstance(value, Concept):
        return value.text
    if isinstance(value, StringValue | UriValue):
        return f'"{value.text}"' if isinstance(value, StringValue) else value.text
    if isinstance(value, DateValue):
        return date_words(value.value)
    if isinstance(value, NumberValue):
        return value.number
    if isinstance(value, QuantityValue):
        return f"{value.number} {value.code.replace('{', '').replace('}', '')}" if value.code else value.number
    if isinstance(value, TokenValue):
        return _token(value, parameter)
    if isinstance(value, ReferenceValue):
        return f"{value.type}/{value.id}" if value.type else value.id
    return format_value(value)


def _token(value: TokenValue, parameter: SearchParameter | None) -> str:
    if not value.code:
        return f"any code of {value.system}"
    codings = parameter.codings if parameter else ()
    display = next(
        (text for system, code, text in codings if code == value.code and value.system in (None, system)), ""
    )
    display = "" if words(display).replace(" ", "") == value.code.replace("-", "").lower() else display
    text = f"{value.code} ({display})" if display and display.lower() != value.code.lower() else value.code
    if value.value is not None:
        return f"{value.value} of the type {value.code}"
    return f"{text} of {value.system}" if value.system else text


def predicate(value: Value, parameter: SearchParameter | None, modifier: str | None) -> str:
    """Say what a value asks of what stands before: `is over 9`, `starts with "Vo"`, `is not completed`."""
    if modifier == "missing":
        return "is missing" if isinstance(value, TokenValue) and value.code == "true" else "is present"
    if isinstance(value, CompositeValue):
        return _together(value, parameter)
    said = value_words(value, parameter)
    if modifier is not None:
        return _MODIFIED.get(modifier, f"is the {words(modifier)} {{}}").format(said)
    if isinstance(value, DateValue):
        return _DATE_VERBS[value.prefix].format(said)
    if isinstance(value, NumberValue | QuantityValue):
        return _NUMBER_VERBS[value.prefix].format(said)
    return f"starts with {said}" if isinstance(value, StringValue) else f"is {said}"


def _together(value: CompositeValue, parameter: SearchParameter | None) -> str:
    names = [name for name, _ in parameter.components] if parameter else []
    parts = [
        f"{words(names[i]) if i < len(names) else 'part'} {predicate(part, None, None)}"
        for i, part in enumerate(value.parts)
    ]
    return "together " + " and ".join(parts)
