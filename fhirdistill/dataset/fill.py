"""In: the name of a place in a template's piece, such as `past` or `conditions`. Out: values drawn for it."""

from __future__ import annotations

import random
import string
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Final

from fhirdistill.dataset.lists import UCUM, Lab, entries, labs, measured

Draw = Callable[[random.Random], str]
COMPARISONS: Final = ("gt", "gt", "lt", "lt", "ge", "le")
SPANS: Final = (
    ("d", (7, 10, 14, 30, 45, 60, 90)), ("w", (1, 2, 3, 4, 6, 8, 12)), ("mo", (1, 2, 3, 4, 6, 9, 12, 18)),
    ("y", (1, 2, 3, 5, 10)),
)  # fmt: skip


def past(rng: random.Random) -> list[str]:
    """Draw the values of a date parameter that looks back: one value, or the two bounds of a range."""
    unit, sizes = rng.choice(SPANS)
    size = rng.choice((*sizes, rng.randint(2, 20)))
    year = rng.randint(2015, 2025)
    month = rng.randint(1, 9)
    exact = f"{rng.randint(2022, 2025)}-{rng.randint(1, 12):02}-{rng.randint(1, 28):02}"
    return rng.choices(
        (
            [f"ge{{today-{size}{unit}}}"],
            [f"lt{{today-{size}{unit}}}"],
            [rng.choice(("{month}", "{month-1}", "{year}", "{year-1}", "{week}", "{week-1}", "{today}", "{today-1d}"))],
            [str(year)],
            [f"{rng.choice(('ge', 'lt', 'gt'))}{year}"],
            [f"{rng.choice(('', 'ge'))}{year}-{month:02}"],
            [f"{rng.choice(('ge', 'gt', 'lt', 'le', '', ''))}{exact}"],
            [f"ge{year}-{month:02}", f"le{year}-{month + rng.randint(1, 3):02}"],
            [f"ge{year}", f"le{year + rng.randint(1, 2)}"],
            [f"ge{exact[:7]}-0{rng.randint(1, 9)}", f"le{exact[:7]}-{rng.randint(10, 28)}"],
        ),
        (9, 3, 8, 4, 3, 3, 6, 3, 1, 2),
    )[0]


def recent(rng: random.Random) -> list[str]:
    """Draw the values of a date parameter that looks back over hours, days or weeks."""
    hours = f"ge{{now-{rng.choice((6, 8, 12, 24, 36, 48, 72))}h}}"
    return [hours] if rng.random() < 0.3 else past(rng)


def future(rng: random.Random) -> list[str]:
    """Draw the values of a date parameter that looks ahead."""
    ahead = rng.choice((f"{rng.randint(2, 30)}d", f"{rng.randint(1, 8)}w", f"{rng.randint(1, 6)}mo"))
    exact = f"2026-{rng.randint(1, 12):02}-{rng.randint(1, 28):02}"
    return rng.choice(
        (
            ["ge{today}"],
            ["ge{today}", f"le{{today+{ahead}}}"],
            [rng.choice(("{today}", "{today+1d}", "{week}", "{week+1}", "{month}", "{month+1}"))],
            [f"{rng.choice(('', 'lt', 'ge', 'le'))}{exact}"],
        )
    )


def _older(rng: random.Random) -> list[str]:
    years = rng.choice((18, 40, 50, 60, 65, 70, 75, 80, rng.randint(20, 90)))
    return [f"{rng.choice(('lt', 'lt', 'le'))}{{today-{years}y}}"]


def _younger(rng: random.Random) -> list[str]:
    years = rng.choice(("18y", "12y", "5y", "1y", f"{rng.randint(2, 60)}y", f"({rng.randint(2, 60)}+1)y", "6mo", "28d"))
    return [f"gt{{today-{years}}}"]


def _birth(rng: random.Random) -> list[str]:
    year = rng.randint(1935, 2020)
    exact = f"{year}-{rng.randint(1, 12):02}-{rng.randint(1, 28):02}"
    return rng.choice(
        ([exact], [exact], [f"{rng.choice(('lt', 'gt', 'ge', ''))}{year}"], [f"ge{year}", f"le{year + 9}"])
    )


DATES: Mapping[str, Callable[[random.Random], list[str]]] = MappingProxyType(
    {"past": past, "recent": recent, "future": future, "older": _older, "younger": _younger, "birth": _birth}
)


def ages(rng: random.Random, prefix: str) -> list[str]:
    """Draw the two bounds of a range of ages, the upper one as `{today-(49+1)y}`; `prefix` leads to the patient."""
    low = rng.choice((0, 5, 13, 18, 20, 30, 40, 50, 65, rng.randint(1, 80)))
    high = low + rng.choice((4, 9, 10, 15, 20, rng.randint(1, 30)))
    return [f"{prefix}birthdate=le{{today-{low or 1}y}}", f"{prefix}birthdate=gt{{today-({high}+1)y}}"]


def amount(rng: random.Random, lab: Lab) -> str:
    """Draw a comparison with a plausible value of a lab, most often with its unit.

    >>> amount(random.Random(1), Lab("ferritin", "ng/mL", 5, 1500, 0))
    'gt21||ng/mL'
    """
    unit = f"||{UCUM[lab.unit]}" if lab.unit and rng.random() < 0.7 else ""
    return rng.choice(COMPARISONS) + lab.value(rng) + unit.replace("{", "%7B").replace("}", "%7D")


def measure(rng: random.Random) -> str:
    """Draw the value of a composite of a lab and its value."""
    lab = rng.choice(measured())
    return f"{{{lab.name.lower()}}}${amount(rng, lab)}"


def _pressure(rng: random.Random) -> str:
    part, low = rng.choice((("systolic blood pressure", 100), ("diastolic blood pressure", 60)))
    unit = rng.choice(("||mm[Hg]", ""))
    return f"{{{part}}}${rng.choice(COMPARISONS)}{low + 5 * rng.randint(0, 14)}{unit}"


def _digits(count: int) -> Draw:
    return lambda rng: rng.choice("123456789") + "".join(rng.choice(string.digits) for _ in range(count - 1))


def _lot(rng: random.Random) -> str:
    letters = rng.choice(string.ascii_uppercase) + rng.choice(string.ascii_uppercase)
    return letters + rng.choice(("", "-")) + str(rng.randint(100, 99_999))


def _mrn(rng: random.Random) -> str:
    return rng.choice((str(rng.randint(1000, 9_999_999)), f"{rng.choice('ABCHMPRT')}{rng.randint(1000, 999_999)}"))


def _email(rng: random.Random) -> str:
    return f"{rng.choice(('ana', 'jo', 'kim', 'sam', 'lee', 'max'))}{rng.randint(1, 99)}@example.org"


VALUES: Mapping[str, Draw] = MappingProxyType(
    {
        "measure": measure,
        "pressure": _pressure,
        "labs": lambda rng: rng.choice(labs()).name,
        "tests": lambda rng: rng.choice([lab.name for lab in labs() if not lab.high]),
        "id": lambda rng: str(rng.randint(10, 99_999)),
        "mrn": _mrn,
        "zip": _digits(5),
        "digit": _digits(1),
        "phone": lambda rng: f"555-01{rng.randint(10, 99)}",
        "email": _email,
        "part": lambda rng: rng.choice(entries("surnames"))[:4].strip().lower(),
        "age": lambda rng: str(rng.randint(10, 80)),
        "days": lambda rng: str(rng.randint(2, 45)),
        "lot": _lot,
        "udi": _digits(14),
        "nct": lambda rng: f"NCT0{rng.randint(1_000_000, 6_999_999)}",
        "fraction": lambda rng: f"0.{rng.randint(1, 9)}",
        "money": lambda rng: str(50 * rng.randint(1, 60)),
    }
)


def value(name: str, rng: random.Random) -> str:
    """Draw a value for a place that holds no date: one of VALUES, or an entry of a slot list."""
    return VALUES[name](rng) if name in VALUES else rng.choice(entries(name))
