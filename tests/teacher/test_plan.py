"""The prompts: rendered as they were released, refusing a variable that is missing."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from fhirdistill.errors import PromptError
from fhirdistill.records import Issue, Provenance, Question, Rejection
from fhirdistill.teacher import plan, prompts
from fhirdistill.teacher.prompts import Prompt

RENDERED = Path(__file__).parents[2] / "fixtures" / "rendered"
TODAY = "2026-03-15"
QUESTIONS = [
    Question("q-1", 'Who has "Müller-Weiss" syndrome & is over 60?'),
    Question("q-2", "a1c > 9 {since} 2024\nplease"),
]
REJECTION = Rejection(
    QUESTIONS[0],
    '{"id": "q-1", "status": "ok", "template": "Patient?age=gt60"}',
    Provenance("label.v1", "h", "big", "k"),
    (Issue("error", "unknown-parameter", "Patient has no parameter age"), Issue("information", "x", "not told")),
)


def question_prompt() -> Prompt:
    return prompts.render(
        "question.v1",
        count=20,
        persona="a ward nurse",
        setting="a small hospital",
        focus=["vital signs", "drugs given"],
        constraints=["a date", "a ward"],
        examples=["who had a fall today"],
        unsupported=0.1,
        today=TODAY,
        prefix="new",
    )


def paraphrase_prompt() -> Prompt:
    template = {"id": "t-1", "template": "Patient?gender=female", "voices": ["terse", "lay"]}
    guide = prompts.guide("paraphrase.v1")
    return prompts.render("paraphrase.v1", guide=guide, templates=[template], today=TODAY)


@pytest.mark.parametrize(
    "prompt",
    [
        plan.label_prompt(QUESTIONS, TODAY),
        plan.repair_prompt([REJECTION], TODAY),
        question_prompt(),
        paraphrase_prompt(),
    ],
    ids=lambda prompt: prompt.name,
)
def test_a_prompt_renders_as_the_golden_file_says(prompt: Prompt) -> None:
    """A changed prompt is a new version of it; to make the file of a new one, write `prompt.text` there."""
    assert prompt.text == (RENDERED / f"{prompt.name}.txt").read_text("utf-8")


def test_a_question_stands_in_the_prompt_on_one_line_whatever_it_holds() -> None:
    text = plan.label_prompt(QUESTIONS, TODAY).text
    assert text.endswith(
        '{"id": "q-1", "question": "Who has \\"Müller-Weiss\\" syndrome & is over 60?"}\n'
        '{"id": "q-2", "question": "a1c > 9 {since} 2024\\nplease"}\n'
    )


def test_a_repair_names_the_errors_only() -> None:
    text = plan.repair_prompt([REJECTION], TODAY).text
    assert '"findings": ["Patient has no parameter age"]' in text
    assert "not told" not in text


@pytest.mark.parametrize(
    ("name", "variables", "missing"),
    [
        ("label.v1", {"guide": "", "parameters": "", "examples": [], "questions": []}, "'today' is undefined"),
        ("label.v1", {}, "'guide' is undefined"),
        ("repair.v1", {"guide": "", "parameters": "", "today": TODAY, "items": [{"id": "x"}]}, "'question'"),
        ("question.v1", {}, "undefined"),
        ("paraphrase.v1", {}, "undefined"),
    ],
)
def test_a_missing_variable_is_an_error_and_never_an_empty_place(
    name: str, variables: dict[str, Any], missing: str
) -> None:
    with pytest.raises(PromptError, match=missing) as caught:
        prompts.render(name, **variables)
    assert "every variable" in caught.value.hint


def test_an_unknown_prompt_names_the_known_ones() -> None:
    with pytest.raises(PromptError, match=r"no prompt 'label\.v0'") as caught:
        prompts.render("label.v0")
    assert "label.v1, " in caught.value.hint


def test_questions_are_grouped_in_order_and_keyed_by_prompt_and_ids() -> None:
    many = [Question(f"q-{n}", "x") for n in range(5)]
    requests = list(plan.label_requests(many, today=TODAY, per_request=2))
    assert [request.ids for request in requests] == [("q-0", "q-1"), ("q-2", "q-3"), ("q-4",)]
    assert len({request.key for request in requests}) == 3
    again = next(iter(plan.label_requests(many, today="2027-01-01", per_request=2)))
    assert again.key == requests[0].key
