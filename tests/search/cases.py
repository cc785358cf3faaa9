"""Each issue code, with queries that have that issue and no other; the tests of validate are driven from this table."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from fhirdistill.search import Registry, registry


class Case(NamedTuple):
    """A query that has one issue: its code and severity, the text at fault, what is suggested (None: not looked at)."""

    code: str
    severity: str
    query: str
    place: str | None = None
    suggestion: str | None = None
    registry: Callable[[], Registry] = registry


def own() -> Registry:
    """R4 with a parameter of its own that takes two prefixes."""
    seen = {"resourceType": "SearchParameter", "code": "seen", "base": ["Patient"], "type": "date"}
    return registry().overlay([{**seen, "comparator": ["eq", "ge"]}])


def server() -> Registry:
    """R4 as a server has it that knows nothing but the names of patients."""
    patient = {"type": "Patient", "searchParam": [{"name": "name", "type": "string"}]}
    rest = [{"mode": "server", "resource": [patient]}]
    return registry().overlay(capability={"resourceType": "CapabilityStatement", "rest": rest})


CASES = (
    Case("unknown-type", "error", "Patientt?name=a", "Patientt", "Patient"),
    Case("unknown-type", "error", "?_type=Pateint", "Pateint", "Patient"),
    Case("unknown-type", "error", "Patient?_has:Obervation:patient:code=1", "Obervation", "Observation"),
    Case("unknown-type", "error", "Patient?_include=Patiend:link", "Patiend:link", "Patient"),
    Case("unknown-parameter", "error", "Patient?birth-date=1980", "birth-date", "birthdate"),
    Case("unknown-parameter", "error", "Observation?patient.nam=x", "nam", "name"),
    Case("unknown-parameter", "error", "?gender=male", "gender"),
    Case("unknown-parameter", "error", "?_type=Patient,Observation&gender=male", "gender"),
    Case("modifier-not-allowed", "error", "Patient?gender:exakt=male", "exakt"),
    Case("modifier-not-allowed", "error", "Patient?birthdate:not=2000", "not", "missing"),
    Case("modifier-not-allowed", "error", "Observation?subject:Practitioner=1", "Practitioner"),
    Case("modifier-not-allowed", "error", "Patient?gender:of-type=a|b|c", "of-type"),
    Case("modifier-not-allowed", "error", "Patient?_include:recurse=Patient:link", "recurse", "iterate"),
    Case("modifier-not-allowed", "error", "Patient?_sort:asc=name", "asc"),
    Case("bad-chain", "error", "Patient?gender.name=x", "gender"),
    Case("bad-chain", "error", "Patient?organisation.name=x", "organisation", "organization"),
    Case("bad-chain", "error", "Observation?subject:Organization.name=x", "Organization"),
    Case("bad-has", "error", "Patient?_has:Observation:encounter:status=final", "encounter"),
    Case("bad-has", "error", "Patient?_has:Observation:patien:status=final", "patien", "patient"),
    Case("bad-has", "error", "Patient?_has:Observation:code:status=final", "code"),
    Case("ambiguous-chain", "warning", "Observation?subject.identifier=1", "subject"),
    Case("component-count", "error", "Observation?code-value-quantity=a", "a", "code$value-quantity"),
    Case("invalid-date", "error", "Patient?birthdate=1973-02-30", "1973-02-30"),
    Case("invalid-date", "error", "Patient?birthdate=2000,banana", "banana"),
    Case("invalid-date", "error", "Patient?birthdate=2023-02-29", "2023-02-29"),
    Case("invalid-date", "error", "Patient?birthdate=gt", "gt"),
    Case("invalid-date", "error", "Patient?_lastUpdated=2024-01-01T10:00:00-15:00", "2024-01-01T10:00:00-15:00"),
    Case("invalid-date", "error", "Encounter?date={year}-13", "{year}-13"),
    Case("invalid-date", "error", "Encounter?date=ge{year}-02-30", "ge{year}-02-30"),
    Case("invalid-date", "error", "Encounter?date={month}-32", "{month}-32"),
    Case("invalid-date", "error", "Encounter?date=lt{today}T24:30", "lt{today}T24:30"),
    Case("invalid-number", "error", "RiskAssessment?probability=foo", "foo"),
    Case("invalid-number", "error", "RiskAssessment?probability=" + "5" * 19, "5" * 19),
    Case("invalid-quantity", "error", "Observation?value-quantity=xx7", "xx7"),
    Case("unknown-unit", "warning", "Observation?value-quantity=7|http://unitsofmeasure.org|bananas"),
    Case("quantity-without-unit", "warning", "Observation?value-quantity=7|http://unitsofmeasure.org"),
    Case("invalid-token", "error", "Observation?code=|", "|"),
    Case("invalid-token", "error", "Patient?identifier:of-type=a|b", "a|b"),
    Case("invalid-missing", "error", "Patient?gender:missing=maybe", "maybe"),
    Case("invalid-reference", "error", "Observation?subject=a b", "a b"),
    Case("invalid-reference", "error", "Observation?subject=Patient/a b", "Patient/a b"),
    Case("wrong-target", "error", "Observation?patient=Group/1", "Group/1", "Patient"),
    Case("invalid-uri", "error", "ValueSet?url=a b", "a b"),
    Case("invalid-position", "error", "Location?near=here", "here"),
    Case("unknown-code", "error", "Patient?gender=femal", "femal", "female"),
    Case("unknown-code", "error", "Patient?gender=http://example.org|female", "http://example.org|female", "female"),
    Case("unknown-code", "error", "Observation?status:not=done", "done"),
    Case("unlisted-code", "information", "Encounter?class=INPATIENT", "INPATIENT"),
    Case("concept-not-allowed", "error", "Observation?value-quantity={high}", "{high}"),
    Case("concept-not-allowed", "error", "Patient?birthdate={long ago}", "{long ago}"),
    Case("concept-for-code", "error", "Patient?gender={female}", "{female}", "female"),
    Case("empty-value", "warning", "Patient?gender=", "gender"),
    Case("empty-value", "warning", "Patient?name=a,", ""),
    Case("empty-control", "error", "Patient?_elements=", "_elements"),
    Case("unknown-sort", "error", "Patient?_sort=birthDate", "birthDate", "birthdate"),
    Case("invalid-count", "error", "Patient?_count=-1", "-1"),
    Case("invalid-control", "error", "Patient?_summary=cout", "cout", "count"),
    Case("unknown-element", "error", "Patient?_elements=id,birthdate", "birthdate", "birthDate"),
    Case("bad-include", "error", "Patient?_include=Patient:gender", "Patient:gender"),
    Case(
        "bad-include", "error", "Observation?_include=Observation:subject:Medication", "Observation:subject:Medication"
    ),
    Case("idle-include", "warning", "Patient?_include=Observation:subject", "Observation:subject"),
    Case("idle-include", "warning", "Medication?_revinclude=Observation:subject", "Observation:subject"),
    Case("duplicate-parameter", "warning", "Patient?name=a&name=a", "name"),
    Case("duplicate-parameter", "warning", "Patient?_count=1&_count=2", "_count"),
    Case("contradictory-bounds", "warning", "Patient?birthdate=gt2000&birthdate=lt1990", "lt1990"),
    Case("contradictory-bounds", "warning", "Patient?birthdate=gt{today-10y}&birthdate=lt{today-20y}", "lt{today-20y}"),
    Case("contradictory-bounds", "warning", "Observation?value-quantity=gt9&value-quantity=lt5", "lt5"),
    Case("contradictory-bounds", "warning", "Encounter?date=ge{year}-05&date=lt{year}-03", "lt{year}-03"),
    Case("duplicate-bounds", "warning", "Patient?birthdate=gt2000&birthdate=ge2001", "ge2001"),
    Case(
        "untied-constraints",
        "warning",
        "Patient?_has:Encounter:patient:class=IMP&_has:Encounter:patient:status=finished",
        "status",
    ),
    Case(
        "untied-constraints",
        "warning",
        "Patient?_has:Observation:patient:code={a1c}&_has:Observation:patient:value-quantity=gt9",
        "value-quantity",
        "code-value-quantity",
    ),
    Case("prefix-not-allowed", "error", "Patient?seen=lt2020", "lt2020", "eq, ge", own),
    Case("not-supported", "error", "Patient?birthdate=2000", "birthdate", None, server),
    Case("not-supported", "error", "Observation?code=1", "Observation", None, server),
)
