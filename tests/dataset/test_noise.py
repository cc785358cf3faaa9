from __future__ import annotations

import random

import pytest

from dataset.rows import ROWS, UNSUPPORTED
from fhirdistill.dataset.leaves import leaves, parsed
from fhirdistill.dataset.noise import Noise, noise, slip
from fhirdistill.dataset.plan import copied
from fhirdistill.dataset.row import Row
from fhirdistill.dataset.words import numbers, places

ALL = Noise(1, 1, 1, 1, 1, 0.4, 0.2)


@pytest.mark.parametrize("original", ROWS, ids=lambda r: r.id)
def test_what_the_template_copies_is_still_in_the_question(original: Row) -> None:
    for seed in range(60):
        question, template = noise(original.question, original.template, random.Random(seed), ALL)
        for leaf in leaves(parsed(template or "")):
            text = copied(leaf)
            if text and text != "breast cancer":
                assert places(question, text), (question, template)
        assert {n.value for n in numbers(question)} == {n.value for n in numbers(original.question)}


@pytest.mark.parametrize("original", ROWS, ids=lambda r: r.id)
def test_only_the_words_of_a_template_change(original: Row) -> None:
    for seed in range(30):
        _, template = noise(original.question, original.template, random.Random(seed), ALL)
        before, after = parsed(original.template or ""), parsed(template or "")
        assert [p.name for p in before.parameters] == [p.name for p in after.parameters]
        assert [type(leaf.value) for leaf in leaves(before)] == [type(leaf.value) for leaf in leaves(after)]


def test_a_slip_in_a_concept_is_a_slip_in_the_template() -> None:
    only = Noise(0, 1, 0, 0, 0, 0, 0)
    question, template = noise(
        "who has pneumonia", "Patient?_has:Condition:patient:code={pneumonia}", random.Random(3), only
    )
    wrong = question.removeprefix("who has ")
    assert wrong != "pneumonia"
    assert template == f"Patient?_has:Condition:patient:code={{{wrong}}}"


def test_strings_follow_the_case_of_the_question() -> None:
    upper = Noise(0, 0, 0, 0, 0, 0, 1)
    found = noise("visits of Mei Tran", "Encounter?patient.given=Mei&patient.family=Tran", random.Random(1), upper)
    assert found == ("VISITS OF MEI TRAN", "Encounter?patient.given=MEI&patient.family=TRAN")


def test_a_uri_is_never_touched() -> None:
    question, template = "ValueSet with url http://example.org/vs/Pain", "ValueSet?url=http://example.org/vs/Pain"
    for seed in range(30):
        noisy, same = noise(question, template, random.Random(seed), ALL)
        assert "http://example.org/vs/Pain" in noisy
        assert same == template


def test_abbreviations_and_lost_punctuation() -> None:
    short = Noise(0, 0, 1, 1, 0, 0, 0)
    found = {noise("What's wrong with patients and nurses?", None, random.Random(seed), short)[0] for seed in range(30)}
    assert "Whats wrong w/ pts & nurses" in found


def test_no_noise_without_rates() -> None:
    silent = Noise(0, 0, 0, 0, 0, 0, 0)
    assert noise(UNSUPPORTED.question, None, random.Random(1), silent) == (UNSUPPORTED.question, None)


def test_a_question_without_a_template_gets_noise_too() -> None:
    assert noise(UNSUPPORTED.question, None, random.Random(1), ALL)[0] != UNSUPPORTED.question


def test_a_slip_is_small() -> None:
    for seed in range(50):
        wrong = slip("diabetes", random.Random(seed))
        assert wrong[0] == "d"
        assert abs(len(wrong) - 8) <= 1
