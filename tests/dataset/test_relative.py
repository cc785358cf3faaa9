from __future__ import annotations

import pytest

from fhirdistill.dataset.relative import relative_years
from fhirdistill.dataset.row import Row


@pytest.mark.parametrize(
    ("question", "template", "relative"),
    [
        ("since 4 March", "Encounter?date=ge2026-03-04", "Encounter?date=ge{year}-03-04"),
        ("in november", "Encounter?date=2025-11", "Encounter?date={year-1}-11"),
        ("1 to 5 Dec", "Slot?start=ge2026-12-01&start=le2026-12-05", "Slot?start=ge{year}-12-01&start=le{year}-12-05"),
        ("since 4 March 2026", "Encounter?date=ge2026-03-04", "Encounter?date=ge2026-03-04"),
        ("since 4/3/25", "Encounter?date=ge2025-04-03", "Encounter?date=ge2025-04-03"),
        ("women over 60", "Patient?birthdate=lt{today-60y}", "Patient?birthdate=lt{today-60y}"),
    ],
)
def test_a_year_that_nobody_said_is_relative(question: str, template: str, relative: str) -> None:
    new = relative_years(Row("1", question, template=template))
    assert new is not None
    assert new.template == relative


def test_a_day_without_its_month_can_t_be_learned() -> None:
    assert relative_years(Row("1", "labs since Friday", template="Observation?date=ge2026-03-13")) is None
