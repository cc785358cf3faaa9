"""The promises of parse and format, over generated searches, random bytes and mutated queries."""

from __future__ import annotations

import random
import string
import time

import pytest
from hypothesis import given, settings

from fhirdistill.errors import FhirDistillError
from fhirdistill.search import canonical, equivalent, explain, format, parse, validate
from fhirdistill.search.ast import Search

from .queries import QUERIES
from .strategies import searches


@settings(max_examples=300, deadline=None)
@given(searches)
def test_parse_undoes_format(search: Search) -> None:
    assert parse(format(search)) == search
    assert parse(format(search, encode=True)) == search


@settings(max_examples=200, deadline=None)
@given(searches)
def test_an_encoded_search_needs_no_more_encoding(search: Search) -> None:
    text = format(search, encode=True)
    assert set(text) <= set(string.ascii_letters + string.digits + "-._~,:/$*@!()';=?%&{}[]+")


@settings(max_examples=200, deadline=None)
@given(searches)
def test_the_canonical_form_is_a_fixed_point_and_means_the_same(search: Search) -> None:
    spelled = canonical(search)
    assert canonical(spelled) == spelled
    assert equivalent(search, spelled)


@settings(max_examples=200, deadline=None)
@given(searches)
def test_every_search_can_be_validated_and_explained(search: Search) -> None:
    text = format(search)
    for issue in validate(search):
        assert issue.span is not None
        assert 0 <= issue.span[0] <= issue.span[1] <= len(text)
    assert explain(search).endswith(".")


def survives(text: str) -> bool:
    """Say whether a text is accepted; only our own errors may be raised, and what is accepted must come back."""
    try:
        search = parse(text)
    except FhirDistillError:
        return False
    assert parse(format(search)) == search
    assert parse(format(search, encode=True)) == search
    validate(text)
    explain(search)
    canonical(search)
    return True


def test_ten_thousand_random_strings_raise_nothing_but_our_errors() -> None:
    dice = random.Random(4)
    accepted = 0
    for _ in range(10_000):
        accepted += survives(dice.randbytes(dice.randrange(1, 40)).decode("latin-1"))
    assert accepted < 10_000


def test_ten_thousand_mutated_queries_raise_nothing_but_our_errors() -> None:
    dice = random.Random(5)
    letters = '&=?:.,$|\\%{}+-_*/ \n"#0123456789abcPatientObservation\ufdd0é'
    accepted = 0
    for _ in range(10_000):
        text = list(dice.choice(QUERIES))
        for _ in range(dice.randrange(1, 4)):
            place = dice.randrange(len(text))
            text[place : place + dice.randrange(2)] = dice.choice(letters) * dice.randrange(1, 3)
        accepted += survives("".join(text))
    assert 1_000 < accepted < 10_000


@pytest.mark.parametrize(
    "piece", ["a,", "\\", "\\,", "{", "}", "%", "%41", "$", "|", " ", "+", "a.", "_has:", "é", "{a},"]
)
@pytest.mark.parametrize(
    "start", ["Patient?name=", "Patient?", "Observation?code-value-quantity=", "Patient?_include=", ""]
)
def test_time_is_linear_in_the_length(start: str, piece: str) -> None:
    def cost(size: int) -> float:
        began = time.process_time()
        survives(start + piece * (size // len(piece)))
        return time.process_time() - began

    cost(2_000)
    small, large = cost(10_000), cost(80_000)
    assert large < 40 * small + 0.2, "eight times the text may not take forty times as long"


@pytest.mark.parametrize(
    "piece", ["b{}=1&", "_has:Observation:patient:b{}=1&", "birthdate=gt{}&", "_sort=b{}&", "a{}.name=1&"]
)
def test_time_is_linear_in_the_number_of_different_parameters(piece: str) -> None:
    def cost(number: int) -> float:
        text = "Patient?" + "".join(piece.format(i) for i in range(number))
        began = time.process_time()
        validate(text)
        return time.process_time() - began

    cost(50)
    small, large = cost(200), cost(1_600)
    assert large < 40 * small + 0.2, "eight times the parameters may not take forty times as long"


def test_a_megabyte_parses() -> None:
    assert len(parse("Patient?" + "name=a&" * 150_000).parameters) == 150_000
