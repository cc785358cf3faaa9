from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fhirdistill.student.units import units


def numbers(question: str) -> list[str]:
    return [unit.number for unit in units(question) if unit.number is not None]


@pytest.mark.parametrize(
    ("question", "read"),
    [
        ("over 60", ["60"]),
        ("A1c above 7.5%", ["1", "7.5"]),
        ("BP 160/100", ["160", "100"]),
        ("1,200 copies", ["1200"]),
        ("sixty-five", ["65", "5"]),
        ("one hundred and twenty", ["120", "120", "20"]),
        ("four point five", ["4.5", "5"]),
        ("two thousand five hundred", ["2500", "500", "100"]),
        ("in their fifties", ["50"]),
        ("five and six", ["5", "6"]),
        ("between ten and twenty", ["10", "20"]),
    ],
)
def test_numbers_are_read_in_digits_and_words(question: str, read: list[str]) -> None:
    got = numbers(question)
    assert got[0] == read[0]
    assert got == read or set(read) <= set(got)


@given(st.text(max_size=60))
def test_units_cover_all_but_spaces(question: str) -> None:
    found = units(question)
    assert "".join(unit.text for unit in found) == "".join(question.split())
    assert all(question[unit.start : unit.end] == unit.text for unit in found)
