"""In: the generated data of one FHIR version, and what a server says of itself. Out: which search parameters exist.

The data is written by `scripts/build_search_data.py` from the official definitions; rows become objects on demand.
Source: FHIR searchparameter.html and capabilitystatement.html.
"""

from __future__ import annotations

import json
import os.path
from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from fhirdistill.errors import InputError
from fhirdistill.search.spec import MODIFIERS, ORDERED, PREFIXES, TEXT_PARAMETERS

if TYPE_CHECKING:
    from fhirdistill.search.ast import Chain, Has

VERSIONS: Final = ("R4", "R4B", "R5")
_SPELLED: Final = {"ofType": "of-type"}  # R4's code list and its search page spell one modifier in two ways
_KEPT: Final = 8192  # resolved paths remembered by a registry


class SearchParameter(NamedTuple):
    """A search parameter as one resource type has it.

    `components` are the (name, type) pairs of a composite's parts; `modifiers` leaves out the target types that a
    reference may name; `codes` and `codings` (system, code, display) are those of the value set that FHIR binds,
    where it is short enough to list and no clinical terminology; `binding` is required, extensible, preferred or
    None; `datatypes` are the FHIR types of the elements that `expression` (FHIRPath) reaches.
    """

    name: str
    type: str
    targets: tuple[str, ...] = ()
    components: tuple[tuple[str, str], ...] = ()
    comparators: tuple[str, ...] = ()
    modifiers: tuple[str, ...] = ()
    expression: str = ""
    codes: tuple[str, ...] = ()
    codings: tuple[tuple[str, str, str], ...] = ()
    binding: str | None = None
    datatypes: tuple[str, ...] = ()
    description: str = ""


class Registry:
    """The search parameters of one FHIR version, or of one server (see `overlay`). Treat it as frozen."""

    def __init__(self, version: str, data: Mapping[str, Any]) -> None:
        """Wrap the generated data of `version`; use `registry` instead."""
        self.version = version
        self._data = data
        self._sets: dict[int, tuple[tuple[str, str, str], ...]] = {}
        self._loaded: dict[str, Mapping[str, SearchParameter]] = {}
        self._resolved: dict[tuple[object, ...], tuple[SearchParameter, ...]] = {}
        self._memory: dict[tuple[str, ...], dict[str, Any]] = {}
        self._extra: dict[str, dict[str, SearchParameter]] = {}
        self._served: dict[str, frozenset[str] | None] | None = None
        self.types: tuple[str, ...] = tuple(data["elements"])

    def has_type(self, type: str) -> bool:
        """Say whether `type` is one of `types`.

        >>> registry("R4").has_type("Patient"), registry("R4").has_type("patient")
        (True, False)
        """
        return type in self._data["elements"] and (self._served is None or type in self._served)

    def parameters(self, type: str) -> Mapping[str, SearchParameter]:
        """Return the parameters of a resource type by name, those of Resource and DomainResource among them.

        >>> registry("R4").parameters("Slot")["start"].type
        'date'
        """
        found = self._loaded.get(type)
        if found is None:
            found = self._loaded[type] = MappingProxyType(self._collect(type))
        return found

    def parameter(self, type: str, name: str) -> SearchParameter | None:
        """Return one parameter, or None where the type has none of that name.

        >>> registry("R4").parameter("Condition", "patient").targets
        ('Patient',)
        """
        return self.parameters(type).get(name)

    def elements(self, type: str) -> tuple[str, ...]:
        """Return the names of a resource type's top elements, which `_elements` may list.

        >>> "birthDate" in registry("R4").elements("Patient")
        True
        """
        return tuple(self._data["elements"].get(type, "").split())

    def switched_off(self, type: str, name: str) -> bool:
        """Say whether the standard has the parameter, or the type (`name` is ""), and the server leaves it out."""
        if self._served is None or type not in self._data["elements"]:
            return False
        if type not in self._served:
            return True
        return bool(name) and name in self._base(type) and name not in self.parameters(type)

    def reach(self, types: tuple[str, ...], step: Chain | Has) -> tuple[str, ...]:
        """Return the types that one step of a chain leads to from `types`; empty where it leads nowhere."""
        if step.reverse:
            return (step.type,) if step.type is not None and self.has_type(step.type) else ()
        targets: dict[str, None] = {}
        for type in types:
            parameter = self.parameter(type, step.reference)
            targets.update(dict.fromkeys(parameter.targets if parameter else ()))
        return tuple(t for t in targets if step.type in (None, t))

    def resolve(self, types: tuple[str, ...], steps: tuple[Chain | Has, ...], name: str) -> tuple[SearchParameter, ...]:
        """Return every parameter that `name` may be after `steps` (several where a chain leaves the type open)."""
        key = (types, steps, name)
        found = self._resolved.get(key)
        if found is None:
            for step in steps:
                types = self.reach(types, step)
            found = tuple(p for p in (self.parameter(t, name) for t in types) if p)
            if len(self._resolved) >= _KEPT:
                self._resolved.clear()
            self._resolved[key] = found
        return found

    def memory(self, types: tuple[str, ...]) -> dict[str, Any]:
        """Return a dict, kept from call to call, in which the parser remembers what it has read of keys."""
        found = self._memory.get(types)
        if found is None or len(found) >= _KEPT:
            if len(self._memory) >= _KEPT:
                self._memory.clear()
            found = self._memory[types] = {}
        return found

    def overlay(
        self,
        search_parameters: Iterable[Mapping[str, Any]] = (),
        capability: Mapping[str, Any] | None = None,
    ) -> Registry:
        """Lay own SearchParameter resources and a server's CapabilityStatement (both as JSON) over this registry.

        With a statement, types that it does not list are gone, and so are parameters that it does not list for a type
        that lists any. Raises InputError for JSON of another shape.

        >>> own = {"resourceType": "SearchParameter", "code": "race", "base": ["Patient"], "type": "token"}
        >>> registry("R4").overlay([own]).parameter("Patient", "race").type
        'token'
        """
        new = Registry(self.version, self._data)
        new.types, new._served = self.types, self._served
        new._extra = {t: dict(p) for t, p in self._extra.items()}
        for resource in search_parameters:
            for base in _checked(resource, "SearchParameter")["base"]:
                new._extra.setdefault(base, {})[resource["code"]] = self._defined(resource)
        if capability is not None:
            new._restrict(_checked(capability, "CapabilityStatement"))
        return new

    def _restrict(self, capability: Mapping[str, Any]) -> None:
        rest: Mapping[str, Any] = next((r for r in capability.get("rest", ()) if r.get("mode") == "server"), {})
        common = {p["name"] for p in rest.get("searchParam", ())}
        served: dict[str, frozenset[str] | None] = {}
        for resource in rest.get("resource", ()):
            listed = resource.get("searchParam")
            served[resource["type"]] = frozenset(common | {p["name"] for p in listed}) if listed else None
            known = self.parameters(resource["type"])
            for item in listed or ():
                if item["name"] not in known:
                    self._extra.setdefault(resource["type"], {})[item["name"]] = self._defined(item)
        self._served = served
        self.types = tuple(served)
        self._loaded.clear()

    def _collect(self, type: str) -> dict[str, SearchParameter]:
        found = {**self._base(type), **self._extra.get("Resource", {}), **self._extra.get(type, {})}
        names = self._served.get(type) if self._served is not None else None
        return found if names is None else {n: p for n, p in found.items() if n in names}

    def _base(self, type: str) -> dict[str, SearchParameter]:
        rows: dict[str, Any] = self._data["types"]
        if type not in rows:
            return {}
        layers = ["Resource"] if type in self._data["bare"] else ["Resource", "DomainResource"]
        if type == "Resource":
            layers = []
        return {name: self._parameter(name, row) for layer in (*layers, type) for name, row in rows[layer].items()}

    def _parameter(self, name: str, row: Sequence[Any]) -> SearchParameter:
        kind, targets, components, expression, number, binding, datatypes, description = row
        codings = self._codings(number) if number >= 0 else ()
        return self._completed(
            SearchParameter(
                name=name,
                type="special" if name in TEXT_PARAMETERS else kind,
                targets=tuple(self._data["elements"]) if targets == "*" else tuple(targets.split()),
                components=tuple((part, part_type) for part, part_type in components),
                expression=expression,
                codes=tuple(dict.fromkeys(code for _, code, _ in codings)),
                codings=codings,
                binding=binding or None,
                datatypes=tuple(datatypes.split()),
                description=description,
            )
        )

    def _completed(self, parameter: SearchParameter) -> SearchParameter:
        """Add what the specification's tables say of the type."""
        modifiers = MODIFIERS[self.version].get(parameter.type, ())
        if parameter.datatypes and "Identifier" not in parameter.datatypes:
            modifiers = tuple(m for m in modifiers if m != "of-type")  # search.html#token: only for Identifier
        comparators = PREFIXES if parameter.type in ORDERED else ()
        return parameter._replace(
            modifiers=parameter.modifiers or modifiers, comparators=parameter.comparators or comparators
        )

    def _codings(self, number: int) -> tuple[tuple[str, str, str], ...]:
        if number not in self._sets:
            groups = self._data["sets"][number]
            self._sets[number] = tuple((system, code, text) for system, codes in groups for code, text in codes.items())
        return self._sets[number]

    def _defined(self, resource: Mapping[str, Any]) -> SearchParameter:
        """Read a SearchParameter, or the few words that a CapabilityStatement has of one."""
        parts = [c["definition"].rpartition("/")[2].partition("-")[2] for c in resource.get("component", ())]
        known = [next((p for b in resource["base"] if (p := self.parameter(b, part))), None) for part in parts]
        targets = tuple(resource.get("target", ()))
        if (not targets and resource["type"] == "reference") or "Resource" in targets:
            targets = tuple(self._data["elements"])
        return self._completed(
            SearchParameter(
                name=resource.get("code") or resource["name"],
                type=resource["type"],
                targets=targets,
                components=tuple((n, p.type if p else "special") for n, p in zip(parts, known, strict=True)),
                comparators=tuple(resource.get("comparator", ())),
                modifiers=tuple(_SPELLED.get(m, m) for m in resource.get("modifier", ())),
                expression=resource.get("expression", ""),
                description=(resource.get("description") or resource.get("documentation") or "").partition("\n")[0],
            )
        )


def _checked(resource: Mapping[str, Any], kind: str) -> Mapping[str, Any]:
    needed = ("code", "base", "type") if kind == "SearchParameter" else ("rest",)
    missing = [name for name in needed if not resource.get(name)]
    if resource.get("resourceType") != kind or missing:
        raise InputError(
            f"This is no {kind}: it says {resource.get('resourceType')!r} and lacks {', '.join(missing) or 'nothing'}.",
            hint=f"Give the JSON of a {kind} resource.",
        )
    return resource


@cache
def registry(version: str = "R4") -> Registry:
    """Load the registry of "R4" (4.0.1), "R4B" (4.3.0) or "R5" (5.0.0); each is read once. Raises InputError.

    >>> registry("R4").parameter("Patient", "birthdate").comparators[:3]
    ('eq', 'ne', 'gt')
    """
    if version not in VERSIONS:
        raise InputError(f"No search definitions for FHIR {version!r}.", hint=f"Take one of {', '.join(VERSIONS)}.")
    with open(os.path.join(os.path.dirname(__file__), "data", f"{version.lower()}.json"), encoding="utf-8") as file:
        return Registry(version, json.load(file))
