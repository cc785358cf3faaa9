from __future__ import annotations

import xml.etree.ElementTree as Xml

from dataset.rows import ROWS, UNSUPPORTED
from fhirdistill.dataset.coverage import constructs, coverage, pairs, plot, table
from fhirdistill.dataset.leaves import parsed


def test_a_row_counts_once_for_each_thing_that_it_has() -> None:
    found = coverage([*ROWS, UNSUPPORTED])
    assert (found.rows, found.families) == (16, 16)
    assert found.statuses == {"ok": 15, "unsupported": 1}
    assert found.types["Patient"] == 7
    assert found.types["Immunization"] == 2
    assert found.parameters["Observation.value-quantity"] == 1
    assert found.constructs["_has"] == 6
    assert sum(found.lengths.values()) == 16


def test_a_chain_counts_the_reference_and_its_end() -> None:
    search = parsed("MedicationDispense?patient._has:Condition:patient:code={gout}&performer:Organization.name=Elm")
    assert sorted(pairs(search)) == [
        "Condition.code",
        "Condition.patient",
        "MedicationDispense.patient",
        "MedicationDispense.performer",
        "Organization.name",
    ]


def test_every_construct_has_a_name() -> None:
    template = (
        "Observation?code:not={a1c}&value-quantity=gt5||%&value-quantity=lt7&date=2024&_lastUpdated=ge{now-2h}"
        "&status=final,amended&component-code-value-quantity={top number}$gt140&patient:Patient.name=Voss"
        "&_summary=count&_include=Observation:patient&_count=5&_sort=-date&_elements=id"
    )
    assert set(constructs(parsed(template))) == {
        "modifier :not", "concept", "quantity with unit", "quantity", "range or repeated parameter", "absolute date",
        "or", "date arithmetic", "token", "composite", "chain", "string", "_summary=count", "_include", "_count",
        "_sort", "_elements",
    }  # fmt: skip


def test_the_table_names_every_section_and_says_what_it_leaves_out() -> None:
    text = table(coverage(ROWS), most=3)
    assert "15 rows, 15 families" in text
    assert "Result types (8)" in text
    assert "and 5 more" in text


def test_the_plot_is_a_picture() -> None:
    root = Xml.fromstring(plot(coverage([*ROWS, UNSUPPORTED])))
    assert root.tag.endswith("svg")
    texts = [element.text or "" for element in root.iter() if element.tag.endswith("text")]
    assert "Result types (8)" in texts
    assert "Patient" in texts
