"""In: questions. Out: requests: groups of them rendered with the guide, the parameters and the worked examples."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from fhirdistill.records import Question, Rejection
from fhirdistill.teacher import prompts
from fhirdistill.teacher.base import Request, make_request
from fhirdistill.teacher.prompts import Prompt

LABEL = "label.v1"
REPAIR = "repair.v1"


def parameters(name: str) -> str:
    """Return the search parameters by type that the prompt `name` was released with (`NAME.parameters.txt`)."""
    return (prompts.folder() / f"{name}.parameters.txt").read_text("utf-8").strip()


def label_prompt(questions: Sequence[Question], today: str) -> Prompt:
    """Render the prompt that asks for the labels of `questions`; `today` (YYYY-MM-DD) is its worked examples' day."""
    return prompts.render(
        LABEL,
        guide=prompts.guide(LABEL),
        parameters=parameters(LABEL),
        examples=prompts.examples(LABEL),
        questions=[{"id": question.id, "question": question.text} for question in questions],
        today=today,
    )


def repair_prompt(rejections: Sequence[Rejection], today: str) -> Prompt:
    """Render the prompt that gives rejected labels back, each with what was wrong with it."""
    items: list[dict[str, Any]] = [
        {
            "id": rejection.question.id,
            "question": rejection.question.text,
            "reply": rejection.raw,
            "issues": [issue.message for issue in rejection.issues if issue.severity == "error"],
        }
        for rejection in rejections
    ]
    return prompts.render(REPAIR, guide=prompts.guide(REPAIR), parameters=parameters(REPAIR), items=items, today=today)


def label_requests(questions: Sequence[Question], *, today: str, per_request: int) -> Iterator[Request]:
    """Render questions in groups of `per_request`, in order, one at a time."""
    for start in range(0, len(questions), per_request):
        group = questions[start : start + per_request]
        yield make_request(label_prompt(group, today), [question.id for question in group])


def repair_requests(rejections: Sequence[Rejection], *, today: str, per_request: int) -> Iterator[Request]:
    """Render rejections in groups of `per_request`, in order, one at a time."""
    for start in range(0, len(rejections), per_request):
        group = rejections[start : start + per_request]
        yield make_request(repair_prompt(group, today), [rejection.question.id for rejection in group])
