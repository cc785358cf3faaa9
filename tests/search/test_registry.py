"""What the registries know, and what a server or an own definition changes."""

from __future__ import annotations

import pytest

from fhirdistill.errors import InputError
from fhirdistill.search import registry, validate
from fhirdistill.search.registry import VERSIONS
from fhirdistill.search.spec import MODIFIERS


@pytest.mark.parametrize(("version", "types"), [("R4", 146), ("R4B", 141), ("R5", 158)])
def test_every_type_has_the_common_parameters(version: str, types: int) -> None:
    found = registry(version)
    assert len(found.types) == types
    for name in found.types:
        assert {"_id", "_lastUpdated", "_profile", "_tag", "_text"} - {"_text"} <= set(found.parameters(name))


@pytest.mark.parametrize("version", VERSIONS)
def test_every_parameter_is_complete(version: str) -> None:
    found = registry(version)
    for name in found.types:
        for parameter in found.parameters(name).values():
            assert (parameter.type == "reference") == bool(parameter.targets), (name, parameter)
            assert (parameter.type == "composite") == bool(parameter.components), (name, parameter)
            assert set(parameter.targets) <= set(found.types)
            assert parameter.codes == tuple(dict.fromkeys(code for _, code, _ in parameter.codings))
            assert "\n" not in parameter.description


def test_bindings_and_their_codes() -> None:
    gender = registry().parameter("Patient", "gender")
    assert gender is not None
    assert (gender.binding, gender.codes) == ("required", ("male", "female", "other", "unknown"))
    visit = registry().parameter("Encounter", "class")
    assert visit is not None
    assert visit.binding == "extensible"
    assert {"IMP", "EMER", "AMB", "HH", "VR"} <= set(visit.codes)
    assert ("http://terminology.hl7.org/CodeSystem/v3-ActCode", "IMP", "inpatient encounter") in visit.codings


def test_no_code_of_a_clinical_terminology_is_shipped() -> None:
    for version in VERSIONS:
        found = registry(version)
        systems = {s for t in found.types for p in found.parameters(t).values() for s, _, _ in p.codings}
        assert not {s for s in systems if "snomed" in s or "loinc" in s or "rxnorm" in s}


def test_targets_are_those_of_the_type_itself() -> None:
    encounter = registry().parameter("Condition", "encounter")
    assert encounter is not None
    assert encounter.targets == ("Encounter",)
    assert registry().parameter("Condition", "practitioner") is None


def test_unknown_versions_and_shapes_are_refused() -> None:
    with pytest.raises(InputError, match="R3"):
        registry("R3")
    with pytest.raises(InputError, match="no CapabilityStatement"):
        registry().overlay(capability={"resourceType": "Bundle"})


def test_an_own_parameter_can_be_searched_and_reached() -> None:
    own = {
        "resourceType": "SearchParameter",
        "code": "guardian",
        "base": ["Patient"],
        "type": "reference",
        "target": ["RelatedPerson"],
    }
    found = registry().overlay([own])
    assert validate("Patient?guardian.name=a", found) == ()
    assert registry().parameter("Patient", "guardian") is None, "the standard registry stays as it is"


def test_the_two_spellings_of_one_modifier_are_one() -> None:
    own = {"resourceType": "SearchParameter", "code": "mrn", "base": ["Patient"], "type": "token"}
    found = registry().overlay([{**own, "modifier": ["ofType"]}])
    assert validate("Patient?mrn:of-type=http://example.org|MR|1", found) == ()


def test_the_modifiers_are_those_of_the_official_code_lists() -> None:
    listed = {"missing", "exact", "contains", "not", "text", "in", "not-in", "below", "above", "identifier", "of-type"}
    assert {m for names in MODIFIERS["R4"].values() for m in names} == listed
    assert {m for names in MODIFIERS["R5"].values() for m in names} == listed | {"code-text", "text-advanced"}


def test_a_statement_without_parameters_switches_none_off() -> None:
    statement = {
        "resourceType": "CapabilityStatement",
        "rest": [{"mode": "server", "resource": [{"type": "Patient"}]}],
    }
    found = registry().overlay(capability=statement)
    assert found.types == ("Patient",)
    assert found.parameter("Patient", "birthdate") is not None
