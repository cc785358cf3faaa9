"""What parse makes of each construct, and what it refuses, with the place at fault."""

from __future__ import annotations

import pytest

from fhirdistill.errors import SearchSyntaxError
from fhirdistill.search import format, parse
from fhirdistill.search.ast import (
    Chain,
    CompositeValue,
    Concept,
    DateMath,
    DateValue,
    Has,
    IncludeValue,
    NumberValue,
    Parameter,
    QuantityValue,
    RawValue,
    ReferenceValue,
    SortKey,
    StringValue,
    TokenValue,
    UriValue,
    Value,
)

from .queries import QUERIES


@pytest.mark.parametrize(
    ("query", "values"),
    [
        ("Patient?gender=female", [TokenValue(None, "female")]),
        ("Observation?code=http://loinc.org|8867-4", [TokenValue("http://loinc.org", "8867-4")]),
        ("Observation?code=|8867-4", [TokenValue("", "8867-4")]),
        ("Observation?code=http://loinc.org|", [TokenValue("http://loinc.org", "")]),
        ("Patient?identifier:of-type=s|MR|1", [TokenValue("s", "MR", "1")]),
        (r"Observation?code=a\,b,c\|d", [TokenValue(None, "a,b"), TokenValue(None, "c|d")]),
        ("Patient?birthdate=ge1970-01", [DateValue("ge", "1970-01")]),
        ("Patient?birthdate=gt{today-(17+1)y}", [DateValue("gt", DateMath("today", -17, "y", 1))]),
        ("Patient?birthdate={month}", [DateValue("", DateMath("month"))]),
        ("Patient?birthdate=ge{year}-05", [DateValue("ge", DateMath("year", rest="-05"))]),
        ("Patient?birthdate={year-1}-10-15", [DateValue("", DateMath("year", -1, rest="-10-15"))]),
        ("Patient?birthdate=lt{month}-03", [DateValue("lt", DateMath("month", rest="-03"))]),
        ("Slot?start=ge{today}T09:00", [DateValue("ge", DateMath("today", rest="T09:00"))]),
        ("Slot?start={today+1d}T09:00", [DateValue("", DateMath("today", 1, "d", rest="T09:00"))]),
        ("Observation?value-quantity=lt50||{copies}/mL", [QuantityValue("lt", "50", "", "{copies}/mL")]),
        ("RiskAssessment?probability=gt0.8", [NumberValue("gt", "0.8")]),
        ("Observation?value-quantity=5", [QuantityValue("", "5")]),
        ("Observation?value-quantity=le5||mg", [QuantityValue("le", "5", "", "mg")]),
        ("Observation?subject=Patient/1,2", [ReferenceValue("Patient", "1"), ReferenceValue(None, "2")]),
        ("Observation?subject:identifier=s|1", [TokenValue("s", "1")]),
        ("ValueSet?url=urn:oid:1.2", [UriValue("urn:oid:1.2")]),
        ("Condition?code:text=head", [StringValue("head")]),
        ("Condition?code:in=ValueSet/1", [UriValue("ValueSet/1")]),
        ("Condition?code={heart attack, old},{mi}", [Concept("heart attack, old"), Concept("mi")]),
        ("Patient?name=van%20Putten", [StringValue("van Putten")]),
        ("Patient?name=%7Ba%7D", [StringValue("{a}")]),
        ("Patient?_sort=-birthdate,name", [SortKey("birthdate", True), SortKey("name")]),
        ("Patient?_include=*", [IncludeValue("*", "*")]),
        ("Patient?_filter=a eq 1,b", [RawValue("a eq 1,b")]),
        ("Patient?nonsense=a,b", [RawValue("a,b")]),
        (
            "Observation?code-value-quantity={hba1c}$gt9",
            [CompositeValue((Concept("hba1c"), QuantityValue("gt", "9")))],
        ),
        ("Patient?gender=", []),
    ],
)
def test_values_are_typed_by_the_registry(query: str, values: list[Value]) -> None:
    assert list(parse(query).parameters[0].values) == values


def test_steps_of_chains_and_reverse_chains() -> None:
    [parameter] = parse(
        "Encounter?subject:Patient._has:Group:member:managing-entity:Organization.name:exact=A"
    ).parameters
    assert parameter == Parameter(
        (Chain("subject", "Patient"), Has("Group", "member"), Chain("managing-entity", "Organization")),
        "name",
        "exact",
        (StringValue("A"),),
    )


def test_a_url_has_base_compartment_and_type() -> None:
    search = parse("https://example.org/fhir/Patient/12/Observation?code=1")
    assert (search.base, search.compartment, search.type) == (
        "https://example.org/fhir",
        ("Patient", "12"),
        "Observation",
    )


def test_a_search_over_all_types_is_typed_by_what_its_types_share() -> None:
    search = parse("http://example.org/fhir?_type=Patient&birthdate=2000")
    assert search.type is None
    assert search.parameters[1].values == (DateValue("", "2000"),)


def test_a_plus_is_a_blank_in_a_posted_form_only() -> None:
    assert parse("POST Patient/_search\n\nname=a+b").parameters[0].values == (StringValue("a b"),)
    assert parse("Patient?name=a+b").parameters[0].values == (StringValue("a+b"),)


@pytest.mark.parametrize("query", QUERIES)
def test_format_is_a_fixed_point(query: str) -> None:
    text = format(parse(query))
    assert format(parse(text)) == text


@pytest.mark.parametrize(
    ("query", "at", "message"),
    [
        ("Patient?name", "name", "no equals sign"),
        ("Patient?na me=1", "na me", "is no parameter"),
        ("Patient?_has:Observation:status=x", "_has:Observation:status", "is no parameter"),
        ("Patient?a:b:c=1", "a:b:c", "is no parameter"),
        ("Observation?code=a|b|c", "a|b|c", "too many bars"),
        ("Observation?value-quantity=5|a|b|c", "5|a|b|c", "too many bars"),
        ("Condition?code={asthma", "{asthma", "braces hold a whole concept"),
        ("Condition?code={a} b", "{a} b", "braces hold a whole concept"),
        ("Condition?onset-date=ge{last spring}", "ge{last spring}", "no date arithmetic"),
        ("Encounter?date={year}T09:00", "{year}T09:00", "no date arithmetic"),
        ("Encounter?date={month}-03-04", "{month}-03-04", "no date arithmetic"),
        ("Encounter?date={week}-03", "{week}-03", "no date arithmetic"),
        ("Encounter?date={today-2h}T09:00", "{today-2h}T09:00", "no date arithmetic"),
        ("Encounter?date={asthma}-03", "{asthma}-03", "no date arithmetic"),
        ("Encounter?class={year}-05", "{year}-05", "braces hold a whole concept"),
        ("Patient?_include=Patient:link:", "Patient:link:", "names no reference"),
        ("Patient?name=%FF", "%FF", "no UTF-8"),
        ("Patient?name=\x00", "\x00", "control character"),
        ("Patient?name=%EF%B7%90", "%EF%B7%90", "noncharacter"),
        ("Patient?name=\ud800", "\ud800", "surrogate"),
        ("my patients", "my patients", "more than a path"),
        ("42", "42", "no resource type"),
        ("a/b/*", "*", "star"),
    ],
)
def test_what_is_no_search_is_refused_at_its_place(query: str, at: str, message: str) -> None:
    with pytest.raises(SearchSyntaxError, match=message) as caught:
        parse(query)
    start, end = caught.value.span
    assert query[start:end] == at
