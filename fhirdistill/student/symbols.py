"""In: nothing. Out: the grammar's symbols, and its rules for numbers, quantities and dates.

Sources: FHIR R4 search.html#number, #quantity, #date; docs/labelling-guide.md for date arithmetic.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from itertools import product
from typing import Literal, TypeAlias

from fhirdistill.student.vocabulary import BASES, DATE_UNITS, Vocabulary

Number = Literal["any", "whole", "year", "short-year", "month", "day"]
DIGITS = tuple(f"N:{digit}" for digit in "0123456789")
MONTHS = tuple(f"MM:{month:02}" for month in range(1, 13))
MONTH_LENGTHS = (31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)
LONGEST_NUMBER = 12


@dataclass(frozen=True, slots=True)
class Symbol:
    """A thing still to be written: its rule, and what the rule depends on (types, parameter, modifier, count)."""

    rule: str
    scope: tuple[str, ...] = ()
    name: str = ""
    modifier: str = ""
    count: int = 0
    used: frozenset[str] = frozenset()


Stack: TypeAlias = tuple[Symbol, ...]


@dataclass(frozen=True, slots=True)
class Moves:
    """What each token that may begin a symbol leaves to write; `nullable`: the symbol may also be left out."""

    after: Mapping[str, Stack]
    nullable: bool = False
    number: Number = "any"


def number(_: Symbol, vocabulary: Vocabulary) -> Moves:
    """A decimal number, copied or spelled."""
    more = Symbol("digits", count=LONGEST_NUMBER)
    signed: dict[str, Stack] = {"N:-": (Symbol("digits-needed"),)}
    return Moves({"<number>": (), **signed, **each(DIGITS, (more, Symbol("fraction")))})


def digits_needed(_: Symbol, vocabulary: Vocabulary) -> Moves:
    """The digits after a minus sign."""
    more = Symbol("digits", count=LONGEST_NUMBER)
    return Moves({"<number>": (), **each(DIGITS, (more, Symbol("fraction")))})


def digits(symbol: Symbol, vocabulary: Vocabulary) -> Moves:
    """More digits, at most `count`."""
    more: Stack = (Symbol("digits", count=symbol.count - 1),) if symbol.count > 1 else ()
    return Moves(each(DIGITS, more), nullable=True)


def fraction(_: Symbol, vocabulary: Vocabulary) -> Moves:
    """The decimals of a spelled number."""
    return Moves({"N:.": (Symbol("decimals"),)}, nullable=True)


def decimals(_: Symbol, vocabulary: Vocabulary) -> Moves:
    """The first decimal."""
    return Moves(each(DIGITS, (Symbol("digits", count=LONGEST_NUMBER),)))


def whole(_: Symbol, vocabulary: Vocabulary) -> Moves:
    """A whole number from 1."""
    return Moves({"<number>": (), **each(DIGITS[1:], (Symbol("digits", count=4),))}, number="whole")


def quantity(symbol: Symbol, vocabulary: Vocabulary) -> Moves:
    """A number and its unit."""
    bare = number(symbol, vocabulary)
    return Moves({token: (*stack, Symbol("ucum")) for token, stack in bare.after.items()})


def ucum(_: Symbol, vocabulary: Vocabulary) -> Moves:
    """A unit: a known one, or one copied from the question."""
    known: dict[str, Stack] = dict.fromkeys(vocabulary.of_kind("Q"), ())
    return Moves({"<||>": (Symbol("end-of-start"),), **known}, nullable=True)


def date(_: Symbol, vocabulary: Vocabulary) -> Moves:
    """A date as FHIR writes it, or date arithmetic."""
    math: dict[str, Stack] = {}
    month = Symbol("month")
    for base, sign in product(BASES, ("", "-", "+")):
        unit = (Symbol("math-unit"),) if base in ("today", "now") else ()
        of_year = (Symbol("month", modifier="named"),) if base == "year" else ()
        math[f"A:{base}{sign}"] = (Symbol("whole"), *unit, *of_year) if sign else of_year
    spelled = each(("N:1", "N:2"), (Symbol("year-digits", count=3), month))
    return Moves({**math, "<number>": (month,), **spelled}, number="year")


def year_digits(symbol: Symbol, vocabulary: Vocabulary) -> Moves:
    """The rest of a spelled year; its last two digits may be copied."""
    more: Stack = (Symbol("year-digits", count=symbol.count - 1),) if symbol.count > 1 else ()
    short: dict[str, Stack] = {"<number>": ()} if symbol.count == 2 else {}
    return Moves({**each(DIGITS, more), **short}, number="short-year")


def math_unit(symbol: Symbol, vocabulary: Vocabulary) -> Moves:
    """The unit of an amount of time."""
    plus: dict[str, Stack] = {} if symbol.count else {"<+1>": (Symbol("math-unit", count=1),)}
    return Moves({**{f"U:{unit}": () for unit in DATE_UNITS}, **plus})


def month(symbol: Symbol, vocabulary: Vocabulary) -> Moves:
    """A month, of a year that is written; one that the question writes in digits is copied."""
    named: dict[str, Stack] = {m: (Symbol("day", count=d),) for m, d in zip(MONTHS, MONTH_LENGTHS, strict=True)}
    copied: dict[str, Stack] = {} if symbol.modifier == "named" else {"<number>": (Symbol("day", count=31),)}
    return Moves({**named, **copied}, nullable=True, number="month")


def day(symbol: Symbol, vocabulary: Vocabulary) -> Moves:
    """A day, of a month of at most `count` days; copied where the question writes it in digits."""
    spelled: dict[str, Stack] = {f"DD:{day:02}": () for day in range(1, symbol.count + 1)}
    return Moves({**spelled, "<number>": ()}, nullable=True, number="day")


def each(tokens: Iterable[str], stack: Stack) -> dict[str, Stack]:
    """Return moves in which every token leaves the same to write."""
    return dict.fromkeys(tokens, stack)


RULES: dict[str, Callable[[Symbol, Vocabulary], Moves]] = {
    "number": number,
    "digits-needed": digits_needed,
    "digits": digits,
    "fraction": fraction,
    "decimals": decimals,
    "whole": whole,
    "quantity": quantity,
    "ucum": ucum,
    "date": date,
    "year-digits": year_digits,
    "math-unit": math_unit,
    "month": month,
    "day": day,
}
