from __future__ import annotations

from fhirdistill.ground.terms import bind_concepts
from fhirdistill.records import Coding
from fhirdistill.search import format as format_search
from fhirdistill.search import parse


def link(text: str, parameter: str) -> tuple[Coding, ...]:
    return (Coding("http://example.org", "g1"),) if (text, parameter) == ("gout", "Condition.code") else ()


def test_a_concept_without_a_code_is_searched_by_its_text() -> None:
    search, concepts, issues = bind_concepts(parse("Patient?_has:Condition:patient:code={gout},{lupus}"))
    assert format_search(search) == "Patient?_has:Condition:patient:code:text=gout,lupus"
    assert [(c.text, c.parameter, c.source) for c in concepts] == [
        ("gout", "Condition.code", "text"),
        ("lupus", "Condition.code", "text"),
    ]
    assert [issue.code for issue in issues] == ["unbound-concept", "unbound-concept"]


def test_a_concept_with_a_code_is_bound() -> None:
    search, concepts, issues = bind_concepts(parse("Condition?code={gout}"), link)
    assert format_search(search) == "Condition?code=http://example.org|g1"
    assert concepts[0].codings == link("gout", "Condition.code")
    assert issues == ()


def test_where_text_can_t_stand_the_issue_says_so() -> None:
    search, _, issues = bind_concepts(parse("Patient?_has:Observation:patient:code-value-quantity={a1c}$gt9"))
    assert format_search(search) == "Patient?_has:Observation:patient:code-value-quantity=a1c$gt9"
    assert "needs a code" in issues[0].message
