from __future__ import annotations

import random

import pytest

from fhirdistill.dataset.coverage import constructs, pairs
from fhirdistill.dataset.leaves import parsed
from fhirdistill.dataset.sample import ANYONE, VOICES, Kind, filled, kinds, reach, sample
from fhirdistill.search import registry, validate

KINDS = [kind for kind in kinds().values() if kind.type != ANYONE]


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.type)
def test_every_piece_of_the_table_is_legal(kind: Kind) -> None:
    for seed in range(3):
        for piece in kind.pieces:
            template = f"{kind.type}?{'&'.join(filled(piece, reach(kind.type) or '', random.Random(seed)))}"
            assert not [issue.message for issue in validate(template) if issue.severity == "error"], template


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.type)
def test_a_type_is_sorted_by_a_date_that_it_has(kind: Kind) -> None:
    if kind.date:
        found = registry().parameter(kind.type, kind.date)
        assert found is not None
        assert found.type == "date"


def test_the_same_seed_draws_the_same_and_nothing_twice() -> None:
    drawn = list(sample(200, seed=3))
    assert drawn == list(sample(200, seed=3))
    assert len({d.template for d in drawn}) == len({d.id for d in drawn}) == 200
    assert drawn[0].template != next(sample(1, seed=4)).template


def test_a_sample_covers_the_language() -> None:
    drawn = list(sample(3000, seed=1))
    searches = [parsed(d.template) for d in drawn]
    assert len({search.type for search in searches}) >= 70
    assert len({pair for search in searches for pair in pairs(search)}) >= 500
    assert 0.1 < sum(search.type == "Patient" for search in searches) / 3000 < 0.25
    found = {construct for search in searches for construct in constructs(search)}
    assert found >= {
        "_has", "chain", "two steps and more", "composite", "concept", "or", "date arithmetic", "absolute date",
        "quantity", "quantity with unit", "range or repeated parameter", "_summary=count", "_sort", "_count",
        "_include", "_revinclude", "_elements", "modifier :not", "modifier :below", "modifier :missing",
        "modifier :exact", "modifier :contains",
    }  # fmt: skip


def test_voices_are_three_to_five_of_the_known() -> None:
    for drawn in sample(50, seed=9):
        assert 3 <= len(set(drawn.voices)) <= 5
        assert set(drawn.voices) <= set(VOICES)
