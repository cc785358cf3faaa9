"""In: the rows of a corpus. Out: which types, parameters and constructs they cover, as a table, JSON or an SVG plot."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from html import escape
from typing import Any, Final

from fhirdistill.dataset.leaves import leaves, owner, parsed
from fhirdistill.dataset.row import Row
from fhirdistill.search.ast import (
    Chain,
    Concept,
    DateMath,
    DateValue,
    Has,
    NumberValue,
    Parameter,
    QuantityValue,
    Search,
    Value,
)
from fhirdistill.search.spec import CONTROLS

LENGTHS: Final = (5, 10, 15, 20, 30, 40)
TITLES: Final = {
    "types": "Result types",
    "parameters": "Type and parameter",
    "constructs": "Constructs",
    "constraints": "Parameters a template",
    "lengths": "Words a question",
    "statuses": "Status",
    "sources": "Source",
}


@dataclass(frozen=True, slots=True)
class Coverage:
    """How many rows have what; each counter is by name."""

    rows: int = 0
    families: int = 0
    types: Counter[str] = field(default_factory=Counter)
    parameters: Counter[str] = field(default_factory=Counter)
    constructs: Counter[str] = field(default_factory=Counter)
    constraints: Counter[str] = field(default_factory=Counter)
    lengths: Counter[str] = field(default_factory=Counter)
    statuses: Counter[str] = field(default_factory=Counter)
    sources: Counter[str] = field(default_factory=Counter)

    def to_json(self) -> dict[str, Any]:
        """Return the counts as an object, the most frequent first (numbers in their order)."""
        groups = {name: dict(ordered(name, getattr(self, name))) for name in TITLES}
        return {"rows": self.rows, "families": self.families, **groups}


def coverage(rows: Sequence[Row]) -> Coverage:
    """Count what a corpus covers; a row counts once for each thing that it has."""
    found = Coverage(len(rows), len({row.family for row in rows}))
    for row in rows:
        found.statuses[row.status] += 1
        found.sources[row.source or "-"] += 1
        found.lengths[_length(len(row.question.split()))] += 1
        if row.template:
            search = parsed(row.template)
            found.types[search.type or "*"] += 1
            found.constraints[str(len(search.parameters))] += 1
            found.parameters.update(set(pairs(search)))
            found.constructs.update(set(constructs(search)))
    return found


def ordered(name: str, counts: Counter[str]) -> list[tuple[str, int]]:
    """Return the counts of a group in the order in which they are shown."""
    if name in ("lengths", "constraints"):
        return sorted(counts.items(), key=lambda item: int(item[0].rstrip("+").rpartition("-")[2]))
    return sorted(counts.items(), key=lambda item: (-item[1], item[0]))


def _length(words: int) -> str:
    low = 1
    for high in LENGTHS:
        if words <= high:
            return f"{low}-{high}"
        low = high + 1
    return f"{low}+"


def pairs(search: Search) -> Iterator[str]:
    """Yield each parameter of a search with the type that it belongs to, references that are followed among them.

    >>> sorted(pairs(parsed("Patient?_has:Condition:patient:code={gout}&gender=male")))
    ['Condition.code', 'Condition.patient', 'Patient.gender']
    """
    for parameter in search.parameters:
        if parameter.name in CONTROLS and not parameter.steps:
            continue
        type_ = search.type or "Resource"
        for i, step in enumerate(parameter.steps):
            start = owner(type_, parameter.steps[:i], step.reference) if isinstance(step, Chain) else step.type
            yield f"{start}.{step.reference}"
        yield f"{owner(type_, parameter.steps, parameter.name)}.{parameter.name}"


def constructs(search: Search) -> Iterator[str]:
    """Yield the constructs of the search language that a search uses.

    >>> sorted(set(constructs(parsed("Condition?patient.name=Voss&code:below={gout}&_sort=-onset-date"))))
    ['_sort', 'chain', 'concept', 'modifier :below', 'string']
    """
    keys = [(parameter.steps, parameter.name) for parameter in search.parameters]
    if len(set(keys)) < len(keys):
        yield "range or repeated parameter"
    for parameter in search.parameters:
        yield from _of_key(parameter)
    for leaf in leaves(search):
        if leaf.parameter.name not in CONTROLS:
            yield _of_value(leaf.value)
            if leaf.place[2] == 1:
                yield "composite"


def _of_key(parameter: Parameter) -> Iterator[str]:
    if not parameter.steps and parameter.name in CONTROLS:
        count = parameter.name == "_summary" and "count" in str(parameter.values)
        yield "_summary=count" if count else parameter.name
    if any(isinstance(step, Has) for step in parameter.steps):
        yield "_has"
    if any(isinstance(step, Chain) for step in parameter.steps):
        yield "chain"
    if len(parameter.steps) > 1:
        yield "two steps and more"
    if parameter.modifier:
        yield f"modifier :{parameter.modifier}"
    if len(parameter.values) > 1 and parameter.name not in CONTROLS:
        yield "or"


def _of_value(value: Value) -> str:
    match value:
        case Concept():
            return "concept"
        case DateValue(_, DateMath()):
            return "date arithmetic"
        case DateValue():
            return "absolute date"
        case QuantityValue(_, _, _, code):
            return "quantity with unit" if code else "quantity"
        case NumberValue():
            return "number"
    return type(value).__name__.removesuffix("Value").lower()


def table(found: Coverage, most: int = 30) -> str:
    """Return the counts as text: a section a group, the `most` frequent of each."""
    lines = [f"{found.rows} rows, {found.families} families"]
    for name, title in TITLES.items():
        counts = ordered(name, getattr(found, name))
        lines += ["", f"{title} ({len(counts)})"]
        lines += [f"  {key:<40} {count:>6} {100 * count / max(1, found.rows):5.1f}%" for key, count in counts[:most]]
        if len(counts) > most:
            lines.append(f"  and {len(counts) - most} more")
    return "\n".join(lines)


def plot(found: Coverage, most: int = 40) -> str:
    """Return the counts as bars in an SVG picture: types, parameters, constructs and lengths side by side."""
    columns = (("types",), ("parameters",), ("constructs", "constraints", "lengths"))
    parts, tallest = [], 0
    for column, names in enumerate(columns):
        top = 30
        for name in names:
            counts = ordered(name, getattr(found, name))
            title = f"{TITLES[name]} ({len(counts)})"
            parts.append(f'<text x="{column * 440 + 10}" y="{top}" font-weight="bold">{title}</text>')
            parts += _bars(counts[:most], column * 440 + 10, top + 14)
            top += 15 * min(len(counts), most) + 44
        tallest = max(tallest, top)
    box = f'viewBox="0 0 1320 {tallest}" font-family="sans-serif" font-size="11"'
    return "\n".join(
        (
            f'<svg xmlns="http://www.w3.org/2000/svg" {box}>',
            f'<rect width="1320" height="{tallest}" fill="white"/>',
            *parts,
            "</svg>\n",
        )
    )


def _bars(counts: Iterable[tuple[str, int]], left: int, top: int) -> Iterator[str]:
    shown = list(counts)
    longest = max((count for _, count in shown), default=1)
    for i, (name, count) in enumerate(shown):
        y, width = top + 15 * i, max(1, round(130 * count / longest))
        yield f'<text x="{left + 245}" y="{y + 10}" text-anchor="end">{escape(name)}</text>'
        yield f'<rect x="{left + 252}" y="{y}" width="{width}" height="12" fill="#3b6ea5"/>'
        yield f'<text x="{left + 257 + width}" y="{y + 10}" fill="#555">{count}</text>'
