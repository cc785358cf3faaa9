from __future__ import annotations

from dataset.rows import ROWS, UNSUPPORTED
from fhirdistill.dataset.epochs import epoch


def test_an_epoch_is_the_same_at_every_call_and_whatever_stands_beside_a_row() -> None:
    assert epoch(ROWS, 2, seed=5) == epoch(ROWS, 2, seed=5)
    assert epoch(ROWS[3:4], 2, seed=5) == epoch(ROWS, 2, seed=5)[3:4]


def test_epochs_and_seeds_differ() -> None:
    first = [row.question for row in epoch(ROWS, 0, seed=5)]
    assert first != [row.question for row in epoch(ROWS, 1, seed=5)]
    assert first != [row.question for row in epoch(ROWS, 0, seed=6)]


def test_versions_keep_id_and_family() -> None:
    rows = epoch(ROWS, 0, seed=1, refills=3)
    assert len(rows) == 3 * len(ROWS)
    assert [row.family for row in rows[:3]] == [ROWS[0].family] * 3
    assert len({row.question for row in rows[:3]}) > 1


def test_nothing_changes_without_refill_and_noise() -> None:
    assert epoch(ROWS, 4, seed=1, refilled=0, noisy=0) == list(ROWS)


def test_unsupported_rows_pass() -> None:
    [row] = epoch([UNSUPPORTED], 0, seed=1)
    assert (row.status, row.template, row.reason) == ("unsupported", None, "An average.")


def test_a_rationale_quotes_a_misspelled_concept_as_it_is_typed() -> None:
    misspelled = 0
    for number in range(200):
        [row] = epoch(ROWS[:1], number, seed=3, refilled=0, noisy=1)
        if "{gout}" in (row.template or "") and "{allopurinol}" not in (row.template or ""):
            misspelled += 1
            assert "allopurinol" not in (row.rationale or "")
    assert misspelled
