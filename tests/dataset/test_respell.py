from __future__ import annotations

import random
import re

import pytest

from fhirdistill.dataset.respell import DAYS, MONTHS, respell
from fhirdistill.dataset.row import Row
from fhirdistill.search import parse, validate

ROWS = [
    Row(
        "1",
        "orders since 3 Feb 2025",
        template="ServiceRequest?authored=ge2025-02-03",
        rationale='Orders, "since 3 Feb 2025".',
    ),
    Row("2", "visits between March 2024 and June 2024", template="Encounter?date=ge2024-03&date=le2024-06"),
    Row("3", "TASKS AUTHORED AFTER 2025-09-01", template="Task?authored-on=gt2025-09-01"),
    Row("4", "born november 2nd, 1958", template="Patient?birthdate=1958-11-02"),
    Row("5", "EOBs of 4/17/2025", template="ExplanationOfBenefit?created=2025-04-17"),
]


@pytest.mark.parametrize("row", ROWS, ids=[row.question for row in ROWS])
def test_dates_move_together_and_stay_legal(row: Row) -> None:
    seen = set()
    for seed in range(40):
        new = respell(row, random.Random(seed))
        assert new.template is not None
        assert not [issue for issue in validate(parse(new.template)) if issue.severity == "error"], new.template
        for year in re.findall(r"(?<!\d)(?:19|20)\d\d(?=-)", new.template):
            assert year in new.question
        assert "\x00" not in new.question + new.template + (new.rationale or "")
        seen.add(new.question)
    assert len(seen) > 20


def test_a_range_stays_a_range() -> None:
    for seed in range(50):
        new = respell(ROWS[1], random.Random(seed))
        first, last = re.findall(r"\d{4}-\d\d", new.template or "")
        assert first < last


@pytest.mark.parametrize(
    ("question", "template"),
    [
        ("visits in spring 2024", "Encounter?date=ge2024-03-01"),
        ("visits on 1 May 2024 or 1 May 2024", "Encounter?date=2024-05-01"),
        ("women over 60", "Patient?birthdate=lt{today-60y}"),
    ],
)
def test_what_is_not_spelled_once_stays(question: str, template: str) -> None:
    row = Row("1", question, template=template)
    assert respell(row, random.Random(1)) == row


def test_every_spelling_is_used() -> None:
    said = {respell(ROWS[0], random.Random(seed)).question for seed in range(300)}
    assert any(re.search(r"since \d+/\d+/\d{4}$", text) for text in said)
    assert any(re.search(r"since \d{4}-\d\d-\d\d$", text) for text in said)
    assert len(DAYS) + len(MONTHS) == 17
