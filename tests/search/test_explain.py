"""What searches say in English."""

from __future__ import annotations

import pytest

from fhirdistill.search import explain

from .queries import QUERIES


@pytest.mark.parametrize(
    ("query", "words"),
    [
        ("Patient", "Patients."),
        ("FamilyMemberHistory?relationship={aunt}", "Family member histories whose relationship is aunt."),
        ("Patient?name=a,b", 'Patients whose name starts with "a" or "b".'),
        ("Patient?name:contains=a", 'Patients whose name contains "a".'),
        ("Patient?phone:missing=true", "Patients whose phone is missing."),
        ("Encounter?date={month-1}", "Encounters whose date is last month."),
        ("Encounter?date=lt{today-2w}", "Encounters whose date is before 2 weeks before today."),
        ("Encounter?date=ge{year}-05", "Encounters whose date is May of this year or later."),
        ("Encounter?date=lt{year-1}-10-15", "Encounters whose date is before October 15 of last year."),
        ("Encounter?date={month+1}-03", "Encounters whose date is day 3 of next month."),
        ("Encounter?date=gt{today}T09:00", "Encounters whose date is after today at 09:00."),
        ("Observation?value-quantity=lt50||{copies}/mL", "Observations whose value quantity is under 50 copies/mL."),
        ("Encounter?class=IMP", "Encounters whose class is IMP (inpatient encounter)."),
        ("Observation?status:not=final", "Observations whose status is not final."),
        (
            "Observation?value-quantity=ge5||mmol/L&value-quantity=lt7",
            "Observations whose value quantity is at least 5 mmol/L and whose value quantity is under 7.",
        ),
        (
            "Observation?code-value-quantity={a1c}$gt9",
            "Observations where together code is a1c and value quantity is over 9.",
        ),
        (
            "Patient?_has:Observation:patient:code-value-quantity={a1c}$gt9",
            "Patients that an observation points at as its patient, "
            "where together code is a1c and value quantity is over 9.",
        ),
        (
            "Patient?_has:Condition:patient:code={asthma}",
            "Patients that a condition points at as its patient, where the condition's code is asthma.",
        ),
        (
            "MedicationRequest?requester:Practitioner.name=Osei",
            'Medication requests whose requester (as a practitioner)\'s name starts with "Osei".',
        ),
        (
            "Encounter?patient._has:Group:member:_id=102",
            "Encounters whose patient is what a group points at as its member, where the group's id is 102.",
        ),
        ("Observation?_sort=-date&_count=1", "Observations. Sorted by date, latest first. At most 1 in a page."),
        ("Patient?_summary=count", "Patients. Only the number of matches."),
        ("Condition?_include=Condition:patient", "Conditions. Together with the patient that a condition refers to."),
        (
            "Condition?_revinclude=Provenance:target",
            "Conditions. Together with every provenance that points at a match as its target.",
        ),
        ("Patient/12/Observation?code=1", "Observations in the compartment of patient 12 whose code is 1."),
        ("?_type=Patient,Group&_id=1", "Patients and groups whose id is 1."),
    ],
)
def test_a_search_in_words(query: str, words: str) -> None:
    assert explain(query) == words


@pytest.mark.parametrize("query", QUERIES)
def test_every_construct_has_words(query: str) -> None:
    said = explain(query)
    assert said == explain(query)
    assert "None" not in said
    assert "{" not in said
