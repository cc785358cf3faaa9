"""Each rule, with a query that breaks it and one that does not; taking a rule out fails its test."""

from __future__ import annotations

import pytest

from fhirdistill.search import format, parse, registry, validate

BROKEN = [
    # code, severity, query, place, suggestion
    ("unknown-type", "error", "Patientt?name=a", "Patientt", "Patient"),
    ("unknown-type", "error", "?_type=Pateint", "Pateint", "Patient"),
    ("unknown-type", "error", "Patient?_has:Obervation:patient:code=1", "Obervation", "Observation"),
    ("unknown-type", "error", "Patient?_include=Patiend:link", "Patiend:link", "Patient"),
    ("unknown-parameter", "error", "Patient?birth-date=1980", "birth-date", "birthdate"),
    ("unknown-parameter", "error", "Observation?patient.nam=x", "nam", "name"),
    ("unknown-parameter", "error", "?gender=male", "gender", None),
    ("unknown-parameter", "error", "?_type=Patient,Observation&gender=male", "gender", None),
    ("modifier-not-allowed", "error", "Patient?gender:exakt=male", "exakt", None),
    ("modifier-not-allowed", "error", "Patient?birthdate:not=2000", "not", "missing"),
    ("modifier-not-allowed", "error", "Observation?subject:Practitioner=1", "Practitioner", None),
    ("modifier-not-allowed", "error", "Patient?gender:of-type=a|b|c", "of-type", None),
    ("modifier-not-allowed", "error", "Patient?_include:recurse=Patient:link", "recurse", "iterate"),
    ("modifier-not-allowed", "error", "Patient?_sort:asc=name", "asc", None),
    ("bad-chain", "error", "Patient?gender.name=x", "gender", None),
    ("bad-chain", "error", "Patient?organisation.name=x", "organisation", "organization"),
    ("bad-chain", "error", "Observation?subject:Organization.name=x", "Organization", None),
    ("bad-has", "error", "Patient?_has:Observation:encounter:status=final", "encounter", None),
    ("bad-has", "error", "Patient?_has:Observation:patien:status=final", "patien", "patient"),
    ("bad-has", "error", "Patient?_has:Observation:code:status=final", "code", None),
    ("ambiguous-chain", "warning", "Observation?subject.identifier=1", "subject", None),
    ("component-count", "error", "Observation?code-value-quantity=a", "a", "code$value-quantity"),
    ("invalid-date", "error", "Patient?birthdate=1973-02-30", "1973-02-30", None),
    ("invalid-date", "error", "Patient?birthdate=2000,banana", "banana", None),
    ("invalid-date", "error", "Patient?birthdate=2023-02-29", "2023-02-29", None),
    ("invalid-date", "error", "Patient?birthdate=gt", "gt", None),
    ("invalid-date", "error", "Patient?_lastUpdated=2024-01-01T10:00:00-15:00", "2024-01-01T10:00:00-15:00", None),
    ("invalid-number", "error", "RiskAssessment?probability=foo", "foo", None),
    ("invalid-number", "error", "RiskAssessment?probability=" + "5" * 19, "5" * 19, None),
    ("invalid-quantity", "error", "Observation?value-quantity=xx7", "xx7", None),
    ("unknown-unit", "warning", "Observation?value-quantity=7|http://unitsofmeasure.org|bananas", None, None),
    ("quantity-without-unit", "warning", "Observation?value-quantity=7|http://unitsofmeasure.org", None, None),
    ("invalid-token", "error", "Observation?code=|", "|", None),
    ("invalid-token", "error", "Patient?identifier:of-type=a|b", "a|b", None),
    ("invalid-missing", "error", "Patient?gender:missing=maybe", "maybe", None),
    ("invalid-reference", "error", "Observation?subject=a b", "a b", None),
    ("invalid-reference", "error", "Observation?subject=Patient/a b", "Patient/a b", None),
    ("wrong-target", "error", "Observation?patient=Group/1", "Group/1", "Patient"),
    ("invalid-uri", "error", "ValueSet?url=a b", "a b", None),
    ("invalid-position", "error", "Location?near=here", "here", None),
    ("unknown-code", "error", "Patient?gender=femal", "femal", "female"),
    ("unknown-code", "error", "Patient?gender=http://example.org|female", "http://example.org|female", "female"),
    ("unknown-code", "error", "Observation?status:not=done", "done", None),
    ("unlisted-code", "information", "Encounter?class=INPATIENT", "INPATIENT", None),
    ("concept-not-allowed", "error", "Observation?value-quantity={high}", "{high}", None),
    ("concept-not-allowed", "error", "Patient?birthdate={long ago}", "{long ago}", None),
    ("concept-for-code", "error", "Patient?gender={female}", "{female}", "female"),
    ("empty-value", "warning", "Patient?gender=", "gender", None),
    ("empty-value", "warning", "Patient?name=a,", "", None),
    ("empty-control", "error", "Patient?_elements=", "_elements", None),
    ("unknown-sort", "error", "Patient?_sort=birthDate", "birthDate", "birthdate"),
    ("invalid-count", "error", "Patient?_count=-1", "-1", None),
    ("invalid-control", "error", "Patient?_summary=cout", "cout", "count"),
    ("unknown-element", "error", "Patient?_elements=id,birthdate", "birthdate", "birthDate"),
    ("bad-include", "error", "Patient?_include=Patient:gender", "Patient:gender", None),
    (
        "bad-include",
        "error",
        "Observation?_include=Observation:subject:Medication",
        "Observation:subject:Medication",
        None,
    ),
    ("idle-include", "warning", "Patient?_include=Observation:subject", "Observation:subject", None),
    ("idle-include", "warning", "Medication?_revinclude=Observation:subject", "Observation:subject", None),
    ("duplicate-parameter", "warning", "Patient?name=a&name=a", "name", None),
    ("duplicate-parameter", "warning", "Patient?_count=1&_count=2", "_count", None),
    ("contradictory-bounds", "warning", "Patient?birthdate=gt2000&birthdate=lt1990", "lt1990", None),
    (
        "contradictory-bounds",
        "warning",
        "Patient?birthdate=gt{today-10y}&birthdate=lt{today-20y}",
        "lt{today-20y}",
        None,
    ),
    ("contradictory-bounds", "warning", "Observation?value-quantity=gt9&value-quantity=lt5", "lt5", None),
    ("duplicate-bounds", "warning", "Patient?birthdate=gt2000&birthdate=ge2001", "ge2001", None),
    (
        "untied-constraints",
        "warning",
        "Patient?_has:Encounter:patient:class=IMP&_has:Encounter:patient:status=finished",
        "status",
        None,
    ),
    (
        "untied-constraints",
        "warning",
        "Patient?_has:Observation:patient:code={a1c}&_has:Observation:patient:value-quantity=gt9",
        "value-quantity",
        "code-value-quantity",
    ),
]


@pytest.mark.parametrize(("code", "severity", "query", "place", "suggestion"), BROKEN)
def test_an_issue_names_what_is_wrong_and_where(
    code: str, severity: str, query: str, place: str | None, suggestion: str | None
) -> None:
    [issue] = validate(query)
    assert (issue.code, issue.severity) == (code, severity)
    assert issue.span is not None
    if place is not None:
        assert query[slice(*issue.span)] == place
    if suggestion is not None:
        assert issue.suggestion == suggestion
    assert issue.message.endswith(".")


@pytest.mark.parametrize(
    "query",
    [
        "Patient?birthdate=le{today-65y}&gender=female",
        "Patient?birthdate=le{today-40y}&birthdate=gt{today-(49+1)y}",
        "Patient?birthdate=2024-02-29",
        "Patient?gender=http://hl7.org/fhir/administrative-gender|female",
        "Patient?gender:missing=true",
        "Patient?name=a&name=b",
        "Patient?_has:Condition:patient:code={asthma}&_has:Condition:patient:code={copd}",
        "Patient?_has:Observation:patient:value-quantity=gt9",
        "Observation?subject:Patient=1",
        "Observation?subject:Patient.identifier=1",
        "Observation?patient=Patient/1,http://example.org/Patient/2",
        "Observation?code-value-quantity={a1c}$gt9|http://unitsofmeasure.org|%25",
        "Observation?value-quantity=ge5&value-quantity=lt7",
        "Observation?_sort=-date&_count=0&_summary=count&_elements=id,value",
        "Observation?code:in=http://example.org/ValueSet/a",
        "Patient?identifier:of-type=http://terminology.hl7.org/CodeSystem/v2-0203|MR|1",
        "Patient?_id=1&_revinclude=Observation:subject&_include:iterate=Observation:encounter",
        "Encounter?class=IMP,AMB",
        "Location?near=-83.69|42.25|11.2|km",
        "?_type=Patient,Practitioner&name=a",
        "Patient?deceased=true&active=false&_total=none&_text=a&_list=7",
    ],
)
def test_a_right_search_has_no_issue(query: str) -> None:
    assert validate(query) == ()


def test_the_spans_of_a_search_are_those_of_its_text() -> None:
    search = parse("Patient?a=1&birth-date=1980")
    issues = validate(search)
    assert [format(search)[slice(*i.span)] for i in issues if i.span] == ["a", "birth-date"]


def test_prefixes_that_a_parameter_does_not_take() -> None:
    own = {
        "resourceType": "SearchParameter",
        "code": "seen",
        "base": ["Patient"],
        "type": "date",
        "comparator": ["eq", "ge"],
    }
    [issue] = validate("Patient?seen=lt2020", registry().overlay([own]))
    assert (issue.code, issue.suggestion) == ("prefix-not-allowed", "eq, ge")


def test_what_a_server_does_not_list_is_an_issue() -> None:
    server = registry().overlay(
        capability={
            "resourceType": "CapabilityStatement",
            "rest": [
                {
                    "mode": "server",
                    "resource": [{"type": "Patient", "searchParam": [{"name": "name", "type": "string"}]}],
                }
            ],
        }
    )
    assert validate("Patient?name=a", server) == ()
    assert [i.code for i in validate("Patient?birthdate=2000", server)] == ["not-supported"]
    assert [i.code for i in validate("Observation?code=1", server)] == ["not-supported"]
    assert [i.code for i in validate("Patient?birth=2000", server)] == ["unknown-parameter"]


def test_a_space_group_member_of_r5_is_unknown_in_r4() -> None:
    assert validate("Patient?_in=Group/1", registry("R5")) == ()
    assert [i.code for i in validate("Patient?_in=Group/1")] == ["unknown-parameter"]
