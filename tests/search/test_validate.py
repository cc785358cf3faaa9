"""Each rule, with queries that break it (cases.py) and queries that do not."""

from __future__ import annotations

import pytest

from fhirdistill.search import format, parse, registry, validate

from .cases import CASES, Case, server


@pytest.mark.parametrize("case", CASES, ids=str)
def test_an_issue_names_what_is_wrong_and_where(case: Case) -> None:
    [issue] = validate(case.query, case.registry())
    assert (issue.code, issue.severity) == (case.code, case.severity)
    assert issue.span is not None
    if case.place is not None:
        assert case.query[slice(*issue.span)] == case.place
    if case.suggestion is not None:
        assert issue.suggestion == case.suggestion
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
        "Encounter?date={year}-02-29&date={month-1}-31&date=ge{year-1}-12&date=le{today}T23:59",
        "Encounter?date=ge{year}-03&date=lt{year}-05",
        "Observation?value-quantity=lt50|http://unitsofmeasure.org|{copies}/mL",
        "Observation?value-quantity=gt5|http://unitsofmeasure.org|/[HPF]",
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


def test_what_a_server_does_not_list_is_not_the_same_as_what_nobody_knows() -> None:
    assert validate("Patient?name=a", server()) == ()
    assert [i.code for i in validate("Patient?birth=2000", server())] == ["unknown-parameter"]


def test_a_space_group_member_of_r5_is_unknown_in_r4() -> None:
    assert validate("Patient?_in=Group/1", registry("R5")) == ()
    assert [i.code for i in validate("Patient?_in=Group/1")] == ["unknown-parameter"]
