from __future__ import annotations

import random
from importlib.resources import files

import pytest

from fhirdistill.dataset.lists import UCUM, entries, labs, measured

LEAST = {
    "conditions": 450, "drugs": 400, "drug_classes": 80, "procedures": 220, "vaccines": 60, "allergens": 90,
    "devices": 70,
    "specialties": 70, "body_sites": 80, "specimens": 40, "documents": 60, "imaging": 80, "surnames": 400,
    "given_names": 400,
    "cities": 200, "states": 80, "organizations": 180, "wards": 60, "trials": 60, "roles": 40, "languages": 60,
}  # fmt: skip


@pytest.mark.parametrize("name", LEAST)
def test_a_list_is_long_has_no_doubles_and_says_its_licence(name: str) -> None:
    found = entries(name)
    assert len(found) >= LEAST[name]
    assert len({entry.lower() for entry in found}) == len(found)
    assert not [entry for entry in found if set(entry) & set("&,$|{}?=%+#\\") or entry != " ".join(entry.split())]
    head = files("fhirdistill.dataset").joinpath("slots", f"{name}.txt").read_text("utf-8").partition("\n")[0]
    assert "written for this project, CC0" in head.replace("Written", "written")


def test_labs_have_units_and_ranges() -> None:
    assert len(labs()) >= 220
    for lab in measured():
        assert not lab.unit or lab.unit in UCUM, lab
        assert 0 < lab.low < lab.high, lab


def test_a_value_of_a_lab_is_plausible_and_plain() -> None:
    rng = random.Random(1)
    for lab in measured():
        for _ in range(20):
            text = lab.value(rng)
            assert text.replace(".", "").isdecimal()
            assert 0.7 * lab.low <= float(text) <= 1.1 * lab.high, (lab, text)


def test_labs_by_unit() -> None:
    assert {lab.unit for lab in measured("mmHg")} == {"mmHg"}
    assert {lab.unit for lab in measured(code="/min")} == {"bpm", "/min"}
