from __future__ import annotations

import random

import pytest

from dataset.rows import ROWS
from fhirdistill.dataset.near import leaks, pairs, similarity

WORDS = [
    "over",
    "under",
    "latest",
    "first",
    "patients",
    "with",
    "gout",
    "asthma",
    "on",
    "the",
    "ward",
    "since",
    "may",
    "count",
    "of",
    "a1c",
    "above",
    "seven",
    "and",
    "ten",
]


def texts(seed: int) -> list[str]:
    rng = random.Random(seed)
    return [" ".join(rng.choices(WORDS, k=rng.randint(1, 9))) for _ in range(150)]


@pytest.mark.parametrize("threshold", [0.5, 0.7, 0.85, 1.0])
def test_the_index_finds_every_pair_that_a_full_comparison_finds(threshold: float) -> None:
    one, other = texts(1), texts(2)
    found = {(pair.first, pair.second) for pair in pairs(one, other, threshold)}
    wanted = {(i, j) for i, a in enumerate(one) for j, b in enumerate(other) if similarity(a, b) >= threshold}
    assert found == wanted
    assert found or threshold == 1.0


def test_a_held_out_question_is_found_in_other_clothes() -> None:
    questions = [row.question for row in ROWS]
    held_out = ["something else entirely", f"{questions[4].upper()}!!"]
    [leak] = leaks(questions, held_out)
    assert (leak.first, leak.second, leak.similarity) == (4, 1, 1.0)


def test_other_questions_do_not_leak() -> None:
    assert leaks([row.question for row in ROWS], ["gout", "women over 60", "", "last 5 chest scans of patient 9"]) == []
