"""In: questions with gold templates and anything that translates. Out: exact match, type match and the rest."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date

from fhirdistill.errors import SearchSyntaxError
from fhirdistill.evaluate.alike import Asked, alike, asked
from fhirdistill.records import Status
from fhirdistill.search import parse


@dataclass(frozen=True, slots=True)
class Case:
    """A question with its equally right templates; none means that it should be answered as unsupported."""

    id: str
    question: str
    gold: tuple[str, ...]
    tags: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Answer:
    """What a translator said to a case."""

    status: Status
    template: str | None
    confidence: float = 0.0


@dataclass(frozen=True, slots=True)
class Verdict:
    """One case judged: `f1` is the overlap of parameter names, None where gold or answer has no search."""

    case: Case
    answer: Answer
    exact: bool
    type: bool
    f1: float | None


@dataclass(frozen=True, slots=True)
class Report:
    """The figures over all cases."""

    cases: int
    exact: float
    type: float
    parameter_f1: float
    unsupported_found: int
    unsupported: int
    wrongly_refused: int
    tags: dict[str, tuple[int, int]]


def judge(case: Case, answer: Answer, today: date) -> Verdict:
    """Judge one answer by meaning; of a template that can't be parsed only the type may be right."""
    if not case.gold:
        right = answer.status == "unsupported"
        return Verdict(case, answer, right, right, None)
    if answer.status != "ok" or not answer.template:
        return Verdict(case, answer, False, False, 0.0)
    golds = [asked(parse(text), today) for text in case.gold]
    try:
        said = asked(parse(answer.template), today)
    except SearchSyntaxError:
        type_ = answer.template.strip().partition("?")[0].strip("/").rpartition("/")[2]
        return Verdict(case, answer, False, any(gold.type == type_ for gold in golds), 0.0)
    right = any(alike(gold, said) for gold in golds)
    return Verdict(
        case, answer, right, any(gold.type == said.type for gold in golds), max(_f1(gold, said) for gold in golds)
    )


def _f1(gold: Asked, said: Asked) -> float:
    one, other = Counter(gold.names()), Counter(said.names())
    if not one and not other:
        return 1.0
    return 2 * (one & other).total() / (one.total() + other.total())


def evaluate(cases: Sequence[Case], answer: Callable[[Sequence[Case]], Iterable[Answer]], today: date) -> list[Verdict]:
    """Let `answer` answer all cases, and judge each."""
    return [judge(case, said, today) for case, said in zip(cases, answer(cases), strict=True)]


def report(verdicts: Sequence[Verdict]) -> Report:
    """Add the verdicts up; shares are 0 to 1, tags count (right, all)."""
    tags: dict[str, tuple[int, int]] = {}
    for verdict in verdicts:
        for tag in verdict.case.tags:
            right, total = tags.get(tag, (0, 0))
            tags[tag] = (right + verdict.exact, total + 1)
    scored = [v.f1 for v in verdicts if v.f1 is not None]
    refused = [v for v in verdicts if v.answer.status == "unsupported"]
    return Report(
        cases=len(verdicts),
        exact=_share(v.exact for v in verdicts),
        type=_share(v.type for v in verdicts),
        parameter_f1=sum(scored) / max(1, len(scored)),
        unsupported_found=sum(1 for v in refused if not v.case.gold),
        unsupported=sum(1 for v in verdicts if not v.case.gold),
        wrongly_refused=sum(1 for v in refused if v.case.gold),
        tags=dict(sorted(tags.items())),
    )


def _share(found: Iterable[bool]) -> float:
    values = list(found)
    return sum(values) / max(1, len(values))
