"""In: a question and the values of its template. Out: the groups of absolute years and days that can be shifted."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from fhirdistill.dataset.leaves import Leaf, Place
from fhirdistill.dataset.slot import Group, Slot, Span
from fhirdistill.dataset.words import DAYS, month_number
from fhirdistill.search.ast import DateValue

_DATE = re.compile(r"(\d{4})(?:-(\d\d)(?:-(\d\d))?)?")
_YEAR = re.compile(r"(?<![\w.,])(?:19|20)\d\d(?![\w,]|\.\d)")


def date_groups(question: str, leaves: Sequence[Leaf]) -> Iterable[Group]:
    """Yield the years of births, the other years, and the days; a group is shifted as a whole, so ranges stay ranges.

    >>> from fhirdistill.dataset.leaves import leaves, parsed
    >>> found = date_groups("visits since 5 May 2021", tuple(leaves(parsed("Encounter?date=ge2021-05-05"))))
    >>> [(g.kind, [s.text for s in g.slots]) for g in found]
    [('years', ['2021']), ('days', ['5'])]
    """
    dated = [(leaf, m) for leaf in leaves if isinstance(leaf.value, DateValue) and (m := _date(leaf.value))]
    for kind, group in (
        ("births", [d for d in dated if d[0].parameter.name == "birthdate"]),
        ("years", [d for d in dated if d[0].parameter.name != "birthdate"]),
    ):
        slots = _years(question, group)
        if slots:
            yield Group(kind, slots)
    slots = _days(question, dated)
    if slots:
        yield Group("days", slots)


def _date(value: DateValue) -> re.Match[str] | None:
    return _DATE.match(value.value) if isinstance(value.value, str) else None


def _years(question: str, dated: Sequence[tuple[Leaf, re.Match[str]]]) -> tuple[Slot, ...]:
    if any(match[0].endswith("-02-29") for _, match in dated):
        return ()
    owners: dict[str, list[tuple[Place, int]]] = {}
    for leaf, match in dated:
        owners.setdefault(match[1], []).append((leaf.place, 0))
    said: dict[str, list[Span]] = {}
    for year in _YEAR.finditer(question):
        said.setdefault(year[0], []).append(year.span())
    if any(not 1 <= len(said.get(year, ())) <= len(its) for year, its in owners.items()):
        return ()
    return tuple(Slot("year", year, tuple(said[year]), tuple(owners[year])) for year in sorted(owners))


def _days(question: str, dated: Sequence[tuple[Leaf, re.Match[str]]]) -> tuple[Slot, ...]:
    """Return a slot a day, if the question says every day of the template once, beside its month."""
    found: dict[tuple[int, int], set[Span]] = {}
    for pattern in DAYS:
        for match in pattern.finditer(question):
            span = (match.start("day"), match.end("suffix") if match["suffix"] else match.end("day"))
            found.setdefault((month_number(match["month"]), int(match["day"])), set()).add(span)
    owners: dict[tuple[int, int], list[tuple[Place, int]]] = {}
    for leaf, match in dated:
        if match[3]:
            owners.setdefault((int(match[2]), int(match[3])), []).append((leaf.place, 0))
    if any(len(found.get(key, ())) != 1 for key in owners):
        return ()
    return tuple(Slot("day", str(key[1]), tuple(found[key]), tuple(owners[key])) for key in sorted(owners))
