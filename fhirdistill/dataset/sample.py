"""In: a seed. Out: legal search templates, drawn with weights that follow use, for a teacher to put into words.

The weights and the pieces stand in `templates.txt`; the parameters that it leaves out are drawn from the registry now
and then.
"""

from __future__ import annotations

import random
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Final

from fhirdistill.dataset.fill import DATES, ages, amount, value
from fhirdistill.dataset.lists import measured
from fhirdistill.search import SearchParameter, registry, validate

VOICES: Final = ("terse", "formal", "lay", "dictated", "typos", "developer", "clerk", "researcher")
CONSTRAINTS: Final = ((1, 2, 3, 4, 5, 6), (22, 36, 24, 11, 5, 2))  # how many, and how often
ANYONE: Final = "anyone"
REST: Final = 0.25  # the weight of a parameter that templates.txt leaves out
UNASKED: Final = frozenset(
    {
        "patient", "subject", "location-period", "reason-reference", "entry", "item", "focus", "depends-on",
        "derived-from", "composed-of", "predecessor", "successor", "instance", "supporting-info", "information",
        "detail-udi", "item-udi", "subdetail-udi", "procedure-udi", "evaluated-resource", "data", "related-ref",
        "part-of", "global", "resource",
    }
)  # fmt: skip
CONSTANT: Final = frozenset(
    {"meta", "implicitRules", "language", "text", "contained", "extension", "modifierExtension", "instantiatesUri"}
)
WHO: Final = frozenset({"@name", "@family", "@given", "@identifier", "patient", "_id"})
_PLACE = re.compile(r"<([a-z_]+)>")
_CHOICE = re.compile(r"\(([^()]*\|[^()]*)\)")


@dataclass(frozen=True, slots=True)
class Kind:
    """A result type: its weight, the parameter that sorts it by date ("" for none), its pieces and their weights."""

    type: str
    weight: float
    date: str
    pieces: tuple[str, ...]
    weights: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class Drawn:
    """A template to be put into words, once in each voice."""

    id: str
    template: str
    voices: tuple[str, ...]


def sample(count: int, seed: int) -> Iterator[Drawn]:
    """Draw `count` different templates, each without an error under `validate`; the same seed draws the same ones.

    >>> [drawn.template for drawn in sample(2, seed=8)] == [drawn.template for drawn in sample(2, seed=8)]
    True
    """
    rng = random.Random(seed)
    table = [kind for kind in kinds().values() if kind.type != ANYONE]
    weights = [kind.weight for kind in table]
    seen: set[str] = set()
    while len(seen) < count:
        template = draw(rng.choices(table, weights)[0], rng)
        if template not in seen and not any(issue.severity == "error" for issue in validate(template)):
            seen.add(template)
            voices = tuple(rng.sample(VOICES, rng.choice((3, 4, 5))))
            yield Drawn(f"s{seed}-{len(seen):05}", template, voices)


def draw(kind: Kind, rng: random.Random) -> str:
    """Draw one template of a result type: one to six constraints, now and then with a shape of the result."""
    wanted = rng.choices(*CONSTRAINTS)[0]
    parameters: list[str] = []
    used: set[str] = set()
    for piece in rng.choices(kind.pieces, kind.weights, k=4 * wanted):
        keys = said(piece)
        if wanted and not keys & used:
            used |= keys
            wanted -= 1
            parameters += filled(piece, reach(kind.type) or "", rng)
    parameters.sort(key=lambda parameter: parameter.startswith(("_include", "_revinclude")))
    return f"{kind.type}?{'&'.join([*parameters, *shape(kind, rng)])}"


def said(piece: str) -> set[str]:
    """Return what a piece speaks of, so that no template speaks of it twice.

    >>> sorted(said("@given=<given_names>&@family=<surnames>")), sorted(said("code:not={<drugs>}"))
    (['who'], ['code'])
    """
    keys = {part.partition("=")[0] if "_has" in part else re.split(r"[=:.]", part)[0] for part in piece.split("&")}
    return {"who" if key in WHO else "@birthdate" if key == "<ages>" else key for key in keys}


def filled(piece: str, prefix: str, rng: random.Random) -> list[str]:
    """Return the parameters of a piece, its places filled and its choices made.

    >>> filled("(phone|phone):missing=true", "", random.Random(1))
    ['phone:missing=true']
    """
    found = []
    lab = rng.choice(measured())
    for part in piece.replace("@", prefix).split("&"):
        if part == "<ages>":
            found += ages(rng, prefix)
            continue
        key, _, text = part.partition("=")
        key = _CHOICE.sub(lambda m: rng.choice(m[1].split("|")), key)
        text = text.replace("<measured>", lab.name.lower())
        if text[1:-1] in DATES:
            found += [f"{key}={one}" for one in DATES[text[1:-1]](rng)]
        elif text == "<amount>":
            found.append(f"{key}={amount(rng, lab)}")
        else:
            found.append(f"{key}={_text(key, text, rng)}")
    return found


def _text(key: str, text: str, rng: random.Random) -> str:
    """Fill one value, now and then with an alternative after a comma."""
    one = _once(text, rng)
    wide = _PLACE.search(text) or len(set(text.split("|"))) > 2
    if wide and rng.random() < 0.08 and not key.startswith("_i") and (text.startswith("{<") or _CHOICE.fullmatch(text)):
        other = _once(text, rng)
        return f"{one},{other}" if other != one else one
    return one


def _once(text: str, rng: random.Random) -> str:
    text = _CHOICE.sub(lambda m: rng.choice(m[1].split("|")), text)
    small = text.startswith("{")
    return _PLACE.sub(lambda m: value(m[1], rng).lower() if small else value(m[1], rng), text)


def shape(kind: Kind, rng: random.Random) -> list[str]:
    """Draw how the result is counted, sorted, cut or widened: nothing in two of three templates."""
    by = kind.date
    options: list[tuple[float, list[str]]] = [
        (60, []),
        (8, ["_summary=count"]),
        (4, [f"_count={rng.choice((5, 10, 20, 25, 50, rng.randint(2, 60)))}"]),
        (3, [f"_elements={','.join(rng.sample(_elements(kind.type), 2))}"]),
        (1, ["_revinclude=Provenance:target"]),
        (1, ["_summary=true"]),
    ]
    if by:
        options += [
            (9, [f"_sort=-{by}", "_count=1"]),
            (4, [f"_sort=-{by}", f"_count={rng.randint(2, 20)}"]),
            (5, [f"_sort=-{by}"]),
            (3, [f"_sort={by}", "_count=1"]),
            (1, [f"_sort={by}"]),
        ]
    if kind.type == "Patient":
        options += [(4, ["_sort=family"]), (2, ["_sort=birthdate"]), (1, ["_sort=family,birthdate"])]
    elif reach(kind.type) == "patient.":
        options.append((4, [f"_include={kind.type}:patient"]))
    return rng.choices([option for _, option in options], [weight for weight, _ in options])[0]


def _elements(type_: str) -> list[str]:
    return [name for name in registry().elements(type_) if name not in CONSTANT][:8]


@cache
def reach(type_: str) -> str | None:
    """Return what leads from a type to its patient, None where nothing does.

    >>> reach("Patient"), reach("Condition"), reach("Invoice"), reach("Slot")
    ('', 'patient.', 'patient.', None)
    """
    if type_ == "Patient":
        return ""
    found = registry().parameters(type_)
    if "patient" in found and "Patient" in found["patient"].targets:
        return "patient."
    return "subject:Patient." if "subject" in found and "Patient" in found["subject"].targets else None


@cache
def kinds() -> dict[str, Kind]:
    """Read the table of result types, and add to each what its patient and its other parameters may say."""
    tables: dict[str, tuple[float, str, dict[str, float]]] = {}
    pieces: dict[str, float] = {}
    for line in files("fhirdistill.dataset").joinpath("templates.txt").read_text("utf-8").splitlines():
        if line.startswith(" "):
            weight, piece = line.split(maxsplit=1)
            pieces[piece] = float(weight)
        elif not line.startswith("#"):
            type_, weight, date = line.split()
            pieces = {}
            tables[type_] = (float(weight), "" if date == "-" else date, pieces)
    return {type_: _kind(type_, *table, tables[ANYONE][2]) for type_, table in tables.items()}


def _kind(type_: str, weight: float, date: str, pieces: dict[str, float], anyone: dict[str, float]) -> Kind:
    own = dict(pieces)
    if type_ != ANYONE:
        prefix = reach(type_)
        if prefix is not None:
            share = 1.0 if type_ == "Patient" else 0.4 * sum(pieces.values()) / sum(anyone.values())
            own |= {piece: share * w for piece, w in anyone.items()}
            if prefix == "patient.":
                own["patient=<id>"] = 0.08 * sum(pieces.values())
        own |= dict.fromkeys(_rest(type_, {re.split(r"[=:.]", piece)[0] for piece in pieces}), REST)
    return Kind(type_, weight, date, tuple(own), tuple(own.values()))


def _rest(type_: str, known: set[str]) -> Iterator[str]:
    """Yield a piece for each parameter of a type that the table leaves out and that has a plain way to be asked for."""
    for name, parameter in registry().parameters(type_).items():
        if name not in known and name not in UNASKED and not name.startswith("_"):
            piece = _plain(parameter)
            if piece:
                yield piece


def _plain(parameter: SearchParameter) -> str | None:
    name = parameter.name
    if name == "identifier":
        return "identifier=<mrn>"
    if parameter.type == "date":
        return f"{name}=<past>"
    if parameter.type == "token" and 1 < len(parameter.codes) <= 20:
        return f"{name}=({'|'.join(parameter.codes)})"
    if parameter.type != "reference" or len(parameter.targets) > 12:
        return None
    for target, list_ in (("Practitioner", "surnames"), ("Organization", "organizations")):
        if target in parameter.targets:
            return f"{name}{'' if parameter.targets == (target,) else f':{target}'}.name=<{list_}>"
    if len(parameter.targets) == 1:
        return f"{name}=<id>"
    return f"{name}={parameter.targets[0]}/<id>" if 0 < len(parameter.targets) <= 6 else None
