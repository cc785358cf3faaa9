"""In: the official FHIR packages. Out: `fhirdistill/search/data/{r4,r4b,r5}.json`, what the search registry knows.

Get the packages with `npm pack hl7.fhir.r4.examples@4.0.1`, `npm pack hl7.fhir.r4b.core@4.3.0` and
`npm pack hl7.fhir.r5.core@5.0.0` (all CC0), then give the tarballs:

    python scripts/build_search_data.py R4=hl7.fhir.r4.examples-4.0.1.tgz R4B=... R5=...

A file holds, per resource type, one row a search parameter (see `row`), the names of the type's elements, and the
value sets that the rows point at. Sources: searchparameter.html, elementdefinition.html#binding, valueset.html of
each version.
"""

from __future__ import annotations

import argparse
import json
import re
import tarfile
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

Json = dict[str, Any]
KINDS = ("SearchParameter-", "ValueSet-", "CodeSystem-", "StructureDefinition-", "Bundle-valueset-expansions")
DROPPED = {"filter", "_filter", "_has", "_type", "_list"}  # control parameters: fhirdistill/search/controls.py has them
STRENGTHS = ("required", "extensible", "preferred")
LIMITS = {"required": 400, "extensible": 300, "preferred": 60}  # codes; longer lists are left to the terminology step
# Concepts of these stand in braces (docs/labelling-guide.md): the terminology step has their codes, this file has not.
TERMINOLOGIES = {
    "http://snomed.info/sct",
    "http://loinc.org",
    "urn:ietf:bcp:47",
    "http://www.nlm.nih.gov/research/umls/rxnorm",
}
BOOLEAN = "boolean"


Coding = tuple[str, str, str]  # system, code, display


def members(package: Path) -> Iterator[tuple[str, Json]]:
    """Yield name and content of every JSON file of a package that this script reads."""
    with tarfile.open(package) as tar:
        for member in sorted(tar.getmembers(), key=lambda m: m.name):
            name = member.name.rpartition("/")[2]
            file = tar.extractfile(member) if name.startswith(KINDS) and name.endswith(".json") else None
            if file is not None:
                yield name, json.loads(file.read())


class Package:
    """The definitions of one package, by name or canonical URL."""

    def __init__(self, path: Path) -> None:
        """Read every definition of the package at `path`."""
        self.structures: dict[str, Json] = {}
        self.parameters: list[Json] = []
        self.systems: dict[str, Json] = {}
        self.sets: dict[str, Json] = {}
        self.expansions: dict[str, Json] = {}
        for name, resource in members(path):
            kind = resource["resourceType"]
            if kind == "Bundle":
                self.expansions.update({e["resource"]["url"]: e["resource"]["expansion"] for e in resource["entry"]})
            elif kind == "StructureDefinition" and resource.get("derivation") != "constraint":
                self.structures[resource["name"]] = resource
            elif kind == "SearchParameter" and usable(resource) and "example" not in name:
                self.parameters.append(resource)
            elif kind == "CodeSystem":
                self.systems[resource["url"]] = resource
            elif kind == "ValueSet":
                self.sets[resource["url"]] = resource
        resources = {n: s for n, s in self.structures.items() if s["kind"] == "resource" and not s.get("abstract")}
        self.types = sorted(n for n, s in resources.items() if s["name"] == n)
        self.elements = {
            name: {e["path"]: e for e in s["snapshot"]["element"]}
            for name, s in self.structures.items()
            if "snapshot" in s
        }

    def expand(self, url: str) -> list[Coding] | None:
        """Expand a value set; None where a filter or a system is out of reach."""
        url = url.partition("|")[0]
        if url in self.expansions:
            return list(contained(self.expansions[url].get("contains", ())))
        compose = self.sets.get(url, {}).get("compose")
        if compose is None:
            return None
        included = joined(map(self.part, compose["include"]))
        excluded = joined(map(self.part, compose.get("exclude", ())))
        if included is None or excluded is None:
            return None
        left_out = {coding[:2] for coding in excluded}
        found: dict[tuple[str, str], Coding] = {}
        for coding in included:
            if coding[:2] not in left_out:
                found.setdefault(coding[:2], coding)
        return list(found.values())

    def part(self, part: Json) -> list[Coding] | None:
        """Expand one include or exclude."""
        if "valueSet" in part:
            return joined(map(self.expand, part["valueSet"]))
        system, rules = part["system"], part.get("filter", ())
        if "concept" in part:
            known = {c: d for _, c, d in self.concepts(system) or ()}
            return [(system, c["code"], c.get("display") or known.get(c["code"], "")) for c in part["concept"]]
        if len(rules) > 1 or any(rule["op"] not in ("is-a", "descendent-of") for rule in rules):
            return None
        return self.concepts(system, rules[0]["value"] if rules else None)

    def concepts(self, url: str, root: str | None = None) -> list[Coding] | None:
        """List the concepts of a code system, or those under `root`."""
        system = self.systems.get(url.partition("|")[0])
        if system is None or system.get("content") not in ("complete", "fragment"):
            return None
        flat = list(nested(system.get("concept", ()), ()))
        under = {root}
        parents = {c["code"]: {*up, *subsumers(c)} for c, up in flat}
        while more := {code for code, up in parents.items() if up & under} - under:
            under |= more
        return [
            (system["url"], c["code"], c.get("display", ""))
            for c, _ in flat
            if (root is None or c["code"] in under) and not abstract(c)
        ]


def joined(lists: Iterable[list[Coding] | None]) -> list[Coding] | None:
    """Join lists of codings; None where one of them could not be made."""
    known = list(lists)
    return None if None in known else [coding for codings in known for coding in codings or ()]


def subsumers(concept: Json) -> list[str]:
    """Give the codes that a concept names as those above it."""
    return [p["valueCode"] for p in concept.get("property", ()) if p["code"] == "subsumedBy"]


def usable(parameter: Json) -> bool:
    """Say whether a search parameter has a type and something to search in (Patient's draft `age` names no element)."""
    return bool(parameter.get("base")) and bool(
        parameter.get("expression") or parameter["base"][0].endswith("Resource")
    )


def contained(entries: Iterable[Json]) -> Iterator[tuple[str, str, str]]:
    """Flatten an expansion."""
    for entry in entries:
        if "code" in entry and not entry.get("abstract"):
            yield entry["system"], entry["code"], entry.get("display", "")
        yield from contained(entry.get("contains", ()))


def nested(concepts: Iterable[Json], above: tuple[str, ...]) -> Iterator[tuple[Json, tuple[str, ...]]]:
    """Flatten a code system, each concept with the codes above it."""
    for concept in concepts:
        yield concept, above
        yield from nested(concept.get("concept", ()), (*above, concept["code"]))


def abstract(concept: Json) -> bool:
    """Say whether a concept only groups others."""
    return any(
        p["code"] in ("notSelectable", "abstract") and p.get("valueBoolean") for p in concept.get("property", ())
    )


def fragments(expression: str, type_name: str) -> list[str]:
    """Give the alternatives of a FHIRPath union that start at a type: only they reach its elements."""
    starts = (type_name + ".", "Resource.", "DomainResource.")
    parts = [p.strip() for p in re.split(r"\|(?![^()]*\))", expression)]
    own = [p for p in parts if p.lstrip("(").startswith(starts)]
    return own or [p for p in parts if p.lstrip("(")[:1].islower() or p == type_name]


def reach(package: Package, fragment: str) -> tuple[Json, list[Json]] | None:
    """Find the element and the datatypes that a simple FHIRPath reaches; None for what is not a plain path."""
    if " and " in fragment:
        return {}, [{"code": BOOLEAN}]
    cast = re.search(r"(?: as |\.as\(|\.ofType\()(\w+)", fragment)
    path = re.sub(r"\.where\(.*\)$|\.where\([^)]*\)", "", fragment)
    path = re.sub(r" as .*$|\.as\(.*$|\.ofType\(.*$|[()]", "", path)
    head, *names = path.split(".")
    if head not in package.elements:
        return None
    where, at = head, head  # a structure, and the path of an element in it
    element: Json = package.elements[head][head]
    for name in names:
        found = child(package, where, at, name)
        if found is None and element.get("type"):
            where = at = element["type"][0]["code"]
            found = child(package, where, at, name)
        if found is None:
            return None
        element = found
        at = element.get("contentReference", "").rpartition("#")[2] or element["path"]
    types = [t for t in element.get("type", ()) if not cast or t["code"].lower() == cast[1].lower()]
    return element, types


def child(package: Package, where: str, at: str, name: str) -> Json | None:
    """Find an element under the path `at` of the structure `where`."""
    known = package.elements.get(where, {})
    return known.get(f"{at}.{name}") or known.get(f"{at}.{name}[x]")


def targets(package: Package, parameter: Json, reached: list[tuple[Json, list[Json]]], fragment: str) -> list[str]:
    """Give the resource types that a reference parameter of one type can point at."""
    declared = [t for t in parameter.get("target", ()) if t in package.types]
    if "Resource" in parameter.get("target", ()):
        declared = package.types
    narrow = set(re.findall(r"resolve\(\) is (\w+)", fragment))
    allowed = {
        p.rpartition("/")[2] for _, types in reached for t in types for p in t.get("targetProfile", ["Resource"])
    }
    kept = [t for t in declared if (t in allowed or "Resource" in allowed) and (not narrow or t in narrow)]
    return kept or declared or sorted(allowed & set(package.types)) or package.types


def binding(package: Package, reached: list[tuple[Json, list[Json]]]) -> tuple[str, list[str]]:
    """Give the weakest binding strength of the elements reached, and the URLs of their value sets."""
    strengths, urls = [], []
    for element, types in reached:
        if [t["code"] for t in types] == [BOOLEAN]:
            strengths.append("required")
            urls.append(BOOLEAN)
            continue
        bound = element.get("binding", {})
        if bound.get("strength") not in STRENGTHS or not bound.get("valueSet"):
            return "", []
        strengths.append(bound["strength"])
        urls.append(bound["valueSet"].partition("|")[0])
    strength = max(strengths, key=STRENGTHS.index, default="")
    return strength, sorted(set(urls))


def describe(parameter: Json, type_name: str) -> str:
    """Give the one-line description that a parameter has for a type."""
    text = parameter.get("description", "")
    own = re.search(rf"\* \[{type_name}\]\([^)]*\): (.*)", text)
    line = (own[1] if own else "" if text.startswith("Multiple Resources") else text).strip().splitlines()
    return re.sub(r"\s+", " ", line[0] if line else "").strip()[:120].rstrip(" .")


class Builder:
    """Builds the data of one version; `sets` numbers the value sets that the rows use."""

    def __init__(self, package: Package) -> None:
        """Start with no rows."""
        self.package = package
        self.sets: list[list[Any]] = []
        self.number: dict[str, int] = {}
        self.names = {p["url"]: (p["code"], p["type"]) for p in package.parameters}

    def set_of(self, urls: list[str], strength: str) -> int:
        """Number the union of value sets; -1 where there is none, or it can't be listed, or is too long."""
        key = " ".join([strength, *urls])
        if key not in self.number:
            lists = [[("", c, "") for c in ("true", "false")] if u == BOOLEAN else self.package.expand(u) for u in urls]
            grouped: dict[str, dict[str, str]] = {}
            for system, code, display in (c for x in lists if x for c in x):
                grouped.setdefault(system, {}).setdefault(code, "" if display == code else display)
            known = (
                None not in lists
                and not TERMINOLOGIES & set(grouped)
                and 0 < sum(map(len, grouped.values())) <= LIMITS.get(strength, 0)
            )
            groups = list(grouped.items())
            if known and groups not in self.sets:
                self.sets.append(groups)
            self.number[key] = self.sets.index(groups) if known else -1
        return self.number[key]

    def row(self, parameter: Json, type_name: str) -> list[Any]:
        """Build [type, targets, components, expression, set, strength, element types, description] of one parameter."""
        kind = parameter["type"]
        parts = fragments(parameter.get("expression", ""), type_name)
        expression = " | ".join(parts)
        reached = [r for r in (reach(self.package, p) for p in parts) if r]
        points = targets(self.package, parameter, reached, expression) if kind == "reference" else []
        everything = points == self.package.types
        strength, urls = binding(self.package, reached) if kind == "token" and len(reached) == len(parts) else ("", [])
        number = self.set_of(urls, strength)
        elements = sorted({"string" if "/" in t["code"] else t["code"] for _, types in reached for t in types})
        components = [
            self.names.get(c["definition"]) or (c["definition"].rpartition("/")[2].partition("-")[2], "special")
            for c in parameter.get("component", ())
        ]
        return [
            kind, "*" if everything else " ".join(points), components, expression, number, strength,
            " ".join(elements), describe(parameter, type_name),
        ]  # fmt: skip

    def build(self) -> Json:
        """Build the whole file."""
        package = self.package
        types: dict[str, dict[str, list[Any]]] = {t: {} for t in ("Resource", "DomainResource", *package.types)}
        for parameter in package.parameters:
            for base in parameter["base"]:
                if parameter["code"] not in DROPPED and base in types and parameter["code"] not in types[base]:
                    types[base][parameter["code"]] = self.row(parameter, base)
        for own in types.values():  # what Resource has, no type has again
            for name in [n for n in own if n in types["Resource"] and own is not types["Resource"]]:
                del own[name]
        bare = [t for t in package.types if package.structures[t]["baseDefinition"].endswith("/Resource")]
        names = {
            t: " ".join(sorted(p.split(".")[1].removesuffix("[x]") for p in package.elements[t] if p.count(".") == 1))
            for t in package.types
        }
        return {
            "bare": bare,
            "elements": names,
            "sets": self.sets,
            "types": {t: dict(sorted(p.items())) for t, p in types.items()},
        }


def main() -> None:
    """Write one file a package."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("packages", nargs="+", metavar="VERSION=PATH", help="R4, R4B or R5, and its tarball")
    parser.add_argument("--output", type=Path, default=Path("fhirdistill/search/data"))
    options = parser.parse_args()
    options.output.mkdir(parents=True, exist_ok=True)
    for item in options.packages:
        version, _, path = item.partition("=")
        text = json.dumps(Builder(Package(Path(path))).build(), ensure_ascii=False, separators=(",", ":"))
        draft = options.output / f"{version.lower()}.json.new"
        draft.write_text(text + "\n", encoding="utf-8")
        draft.replace(draft.with_suffix(""))


if __name__ == "__main__":
    main()
