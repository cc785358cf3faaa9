from __future__ import annotations

import pytest

from fhirdistill.search import registry
from fhirdistill.student.grammar import Grammar
from fhirdistill.student.vocabulary import Observed, Vocabulary, build


@pytest.fixture(scope="session")
def vocabulary() -> Vocabulary:
    observed = Observed(
        {"Practitioner.communication": ("es",)},
        ("mg/dL",),
        ("smoking status", "weight"),
        ("id", "name", "birthDate"),
        ("a", "b"),
    )
    return build(registry(), observed)


@pytest.fixture(scope="session")
def grammar(vocabulary: Vocabulary) -> Grammar:
    return Grammar(registry(), vocabulary)
