"""Searches that mean the same, and searches that only look alike."""

from __future__ import annotations

import pytest

from fhirdistill.search import equivalent

SAME = [
    ("Patient?gender=male&name=a", "Patient?name=a&gender=male"),
    ("Patient?gender=male,female", "Patient?gender=female,male"),
    ("Patient?birthdate=eq1980", "Patient?birthdate=1980"),
    ("Patient?name=Smith", "Patient?name=smith"),
    ("Patient?gender=male", "Patient?gender=http://hl7.org/fhir/administrative-gender|male"),
    ("Observation?subject:Patient=1", "Observation?subject=Patient/1"),
    ("Observation?subject=Patient/1", "Observation?patient=1"),
    ("Observation?patient=Patient/1", "Observation?patient=1"),
    ("Observation?subject:Patient.name=a", "Observation?patient.name=a"),
    ("Observation?patient:Patient.name=a", "Observation?patient.name=a"),
    ("http://x.org/Observation?patient=http://x.org/Patient/1", "Observation?patient=1"),
    ("Observation?value-quantity=gt5.0", "Observation?value-quantity=gt5"),
    ("Observation?value-quantity=5.40e-3", "Observation?value-quantity=0.00540"),
    ("Observation?date=2024-03-09T10:00:00Z", "Observation?date=2024-03-09T11:00:00+01:00"),
    ("Patient?birthdate=gt{today-(17+1)y}", "Patient?birthdate=gt{today-18y}"),
    ("Patient?birthdate=gt{today-24mo}", "Patient?birthdate=gt{today-2y}"),
    ("Encounter?date=ge{year-1}-05&date=lt{month}-03", "Encounter?date=lt{month}-03&date=ge{year-1}-05"),
    ("Encounter?date={today-12mo}T09:00", "Encounter?date={today-1y}T09:00"),
    ("Observation?date=ge{today-2w}", "Observation?date=ge{today-14d}"),
    ("Condition?code={Heart  Attack}", "Condition?code={heart attack}"),
    ("Patient?name=a&_summary=false", "Patient?name=a"),
    ("Patient?name=a&name=a&gender=", "Patient?name=a"),
    ("?_type=Patient&name=a", "Patient?name=a"),
    ("http://one.org/Patient?name=a", "http://two.org/fhir/Patient?name=a"),
]
DIFFERENT = [
    ("Patient?name:exact=Smith", "Patient?name:exact=smith"),
    ("Patient?name=a,b", "Patient?name=a&name=b"),
    ("Patient?birthdate=ge1980", "Patient?birthdate=gt1980"),
    ("Observation?value-quantity=5.0", "Observation?value-quantity=5"),
    ("Observation?subject=1", "Observation?patient=1"),
    ("Observation?subject.name=a", "Observation?patient.name=a"),
    ("Encounter?class=IMP", "Encounter?class=http://terminology.hl7.org/CodeSystem/v3-ActCode|IMP"),
    ("Patient?_sort=name,birthdate", "Patient?_sort=birthdate,name"),
    ("Patient/1/Observation?code=1", "Observation?code=1"),
    ("Encounter?date={year}-05", "Encounter?date={year}-06"),
    ("Encounter?date={year}-05", "Encounter?date={year}"),
    ("Observation?date=2024-03-09T10:00:00Z", "Observation?date=2024-03-09T10:00:00"),
    ("Condition?code={asthma}", "Condition?code:not={asthma}"),
    ("Patient?birthdate=lt{today-60y}", "Patient?birthdate=lt1966-03-15"),
]


@pytest.mark.parametrize(("one", "other"), SAME)
def test_same(one: str, other: str) -> None:
    assert equivalent(one, other)
    assert equivalent(other, one)


@pytest.mark.parametrize(("one", "other"), DIFFERENT)
def test_different(one: str, other: str) -> None:
    assert not equivalent(one, other)


@pytest.mark.parametrize(
    ("one", "other", "today"),
    [
        ("Patient?birthdate=lt{today-60y}", "Patient?birthdate=lt1966-03-15", "2026-03-15"),
        ("Encounter?date={month-1}", "Encounter?date=2026-02", "2026-03-31"),
        ("Encounter?date=ge{today-1mo}", "Encounter?date=ge2026-02-28", "2026-03-31"),
        ("Encounter?date={year+1}", "Encounter?date=2027", "2026-03-31"),
        ("Encounter?date={year}-05", "Encounter?date=2026-05", "2026-03-31"),
        ("Encounter?date={year-1}-10-15", "Encounter?date=2025-10-15", "2026-03-31"),
        ("Encounter?date={month+1}-03", "Encounter?date=2026-04-03", "2026-03-31"),
        ("Slot?start=ge{today}T09:00", "Slot?start=ge2026-03-31T09:00", "2026-03-31"),
        ("Slot?start=ge{today-1y}T09:00", "Slot?start=ge2025-03-31T09:00", "2026-03-31"),
    ],
)
def test_date_arithmetic_is_its_date_on_a_given_day(one: str, other: str, today: str) -> None:
    assert equivalent(one, other, today=today)
    assert not equivalent(one, other, today="1999-01-01")
