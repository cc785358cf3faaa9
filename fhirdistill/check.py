"""In: questions and a teacher's recorded replies. Out: an Example or a Rejection for each, and the count of reasons."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

from fhirdistill import resources
from fhirdistill.dataset.relative import LABELLED
from fhirdistill.errors import InputError, SearchSyntaxError
from fhirdistill.records import Example, Issue, Label, Provenance, Question, Rejection
from fhirdistill.search import equivalent, parse, registry, validate
from fhirdistill.search.ast import (
    CompositeValue,
    Concept,
    Parameter,
    ReferenceValue,
    Search,
    StringValue,
    TokenValue,
    UriValue,
    Value,
)
from fhirdistill.teacher.base import Record
from fhirdistill.teacher.reply import Answer, ParsedReply, parse_reply, provenance_of

RATIONALE_WORDS = range(5, 81)
IDENTIFIERS = frozenset({"identifier", "_id"})
_WORD = re.compile(r"\w+")
_CONCEPT = re.compile(r"\{(?!(?:today|now|week|month|year)\b)[^{}]*\}")


@dataclass(frozen=True, slots=True)
class Checked:
    """What became of recorded replies.

    `examples` and `rejections` hold at most one row a question, in the order of the questions (an example wins over
    rejections, a later example over an earlier); after those, `rejections` holds the `strays` lines that belong to no
    asked question. `repaired` counts examples that were rejected at first, `unanswered` are questions never asked.
    """

    examples: tuple[Example, ...]
    rejections: tuple[Rejection, ...]
    strays: int
    repaired: int
    unanswered: tuple[str, ...]

    @property
    def asked(self) -> int:
        """The number of questions that were asked."""
        return len(self.examples) + len(self.rejections) - self.strays

    def report(self) -> dict[str, Any]:
        """Return the counts as one JSON object; `reasons` and `notes` count issue codes, a code once a row."""
        status = Counter(example.label.status for example in self.examples)
        return {
            "questions": self.asked + len(self.unanswered),
            "asked": self.asked,
            "unanswered": len(self.unanswered),
            "examples": len(self.examples),
            "ok": status["ok"],
            "unsupported": status["unsupported"],
            "repaired": self.repaired,
            "rejections": len(self.rejections) - self.strays,
            "stray_lines": self.strays,
            "keep_rate": round(len(self.examples) / self.asked, 4) if self.asked else None,
            "reasons": _count(self.rejections, {"error"}),
            "notes": _count(self.examples, {"warning", "information"}),
        }


def _count(rows: Iterable[Example | Rejection], severities: set[str]) -> dict[str, int]:
    counter = Counter(code for row in rows for code in {i.code for i in row.issues if i.severity in severities})
    return dict(sorted(counter.items(), key=lambda item: (-item[1], item[0])))


def check_answer(question: Question, answer: Answer, provenance: Provenance) -> Example | Rejection:
    """Check one label against its question: an Example with its warnings, or a Rejection with at least one error."""
    if answer.status == "ok":
        issues = tuple(ok_issues(question, answer))
        label = Label("ok", (answer.template or "").strip(), (answer.rationale or "").strip(), None)
    elif answer.status == "unsupported":
        issues = tuple(unsupported_issues(answer))
        label = Label("unsupported", None, None, (answer.reason or "").strip())
    else:
        message = f"status is {answer.status!r}; it should be ok or unsupported"
        return Rejection(question, answer.raw, provenance, (Issue("error", "status-unknown", message),))
    if not any(issue.severity == "error" for issue in issues):
        issues += tuple(backward_issues(question, label)) if question.sampled else ()
    if any(issue.severity == "error" for issue in issues):
        return Rejection(question, answer.raw, provenance, issues)
    return Example(question, label, provenance, issues)


def ok_issues(question: Question, answer: Answer) -> Iterator[Issue]:
    """Yield what is wrong or remarkable with an ok label."""
    template = (answer.template or "").strip()
    if template:
        yield from template_issues(question, template)
    else:
        yield Issue("error", "template-missing", "status is ok, but there is no template")
    words = len((answer.rationale or "").split())
    if not words:
        yield Issue("error", "rationale-missing", "status is ok, but there is no rationale")
    elif words not in RATIONALE_WORDS:
        least, most = RATIONALE_WORDS[0], RATIONALE_WORDS[-1]
        yield Issue("error", "rationale-length", f"the rationale has {words} words; it should have {least} to {most}")
    if answer.reason:
        yield Issue("warning", "reason-unexpected", "status is ok, so the reason is left out")


def backward_issues(question: Question, label: Label) -> Iterator[Issue]:
    """Yield an error where a paraphrase's label does not come back to the template that the paraphrase was made from.

    The words of concepts don't count: a paraphrase may say "water pill" for a diuretic.
    """
    came_back = label.template and equivalent(_shape(question.sampled), _shape(label.template), LABELLED)
    if not came_back:
        yield Issue("error", "other-than-sampled", f"the paraphrased template was {question.sampled}")


def _shape(template: str) -> str:
    """Return a template with every concept blanked."""
    return _CONCEPT.sub("{concept}", template)


def unsupported_issues(answer: Answer) -> Iterator[Issue]:
    """Yield what is wrong or remarkable with an unsupported label."""
    if answer.template is not None:
        yield Issue("error", "template-unexpected", "status is unsupported, but there is a template")
    if not (answer.reason or "").strip():
        yield Issue("error", "reason-missing", "status is unsupported, but there is no reason")
    if answer.rationale:
        yield Issue("warning", "rationale-unexpected", "status is unsupported, so the rationale is left out")


def template_issues(question: Question, template: str) -> Iterator[Issue]:
    """Yield what is wrong or remarkable with a template, first of all whether it can be parsed."""
    try:
        search = parse(template)
    except SearchSyntaxError as error:
        yield Issue("error", "template-syntax", str(error), error.span, error.hint or None)
        return
    if search.type is None or search.base or search.compartment:
        yield Issue("error", "template-form", "a template is written Type?parameter=value&..., without a base address")
    yield from validate(search)
    yield from model_issues(search)
    yield from value_issues(search, question)


def model_issues(search: Search) -> Iterator[Issue]:
    """Yield an error for each fixed code that fhir.resources' models don't take: a second opinion to `validate`."""
    for parameter, value in values(search):
        if not isinstance(value, TokenValue) or value.system is not None or parameter.modifier not in {None, "not"}:
            continue
        found = registry().resolve((search.type or "",), parameter.steps, parameter.name)
        listed = {each.expression: model_codes(each.expression) for each in found if each.binding == "required"}
        if len(listed) == len(found) and listed and all(codes and value.code not in codes for codes in listed.values()):
            says = " and ".join(
                f"{path} is never {value.code}; it is {', '.join(c[:12])}" for path, c in listed.items()
            )
            yield Issue("error", "not-in-model", says)


@cache
def model_codes(expression: str) -> tuple[str, ...]:
    """Return the codes that a model lists for a plain path, `Patient.gender`; empty where it lists not all."""
    type, _, element = expression.partition(".")
    if not element.isalpha():
        return ()
    try:
        codes = resources.allowed_codes(type, element)
    except (InputError, ValueError):  # a type or an element of R4 that R4B has no more
        return ()
    return () if "+" in codes else codes  # some lists are cut off and end in a plus


def value_issues(search: Search, question: Question) -> Iterator[Issue]:
    """Yield an error for each empty value, and an information for each that does not stand in the question."""
    words = set(_WORD.findall(question.text.lower()))
    for parameter in search.parameters:
        if not parameter.values:
            yield Issue("error", "empty-value", f"{parameter.name} has no value")
    for parameter, value in values(search):
        text = spelled(parameter, value)
        if text is None:
            continue
        if not text.strip():
            yield Issue("error", "empty-value", f"{parameter.name} has an empty value")
        elif isinstance(value, Concept) and not words.issuperset(_WORD.findall(text.lower())):
            yield _foreign(f"{{{text}}}")
        elif not isinstance(value, Concept) and _squeeze(text) not in _squeeze(question.text):
            yield _foreign(text)


def values(search: Search) -> Iterator[tuple[Parameter, Value]]:
    """Yield each value with its parameter, the parts of a composite one by one."""
    for parameter in search.parameters:
        for value in parameter.values:
            for part in value.parts if isinstance(value, CompositeValue) else (value,):
                yield parameter, part


def spelled(parameter: Parameter, value: Value) -> str | None:
    """Return the text of a value that is spelled out of the question; None for dates, numbers and fixed codes."""
    match value:
        case Concept(text) | StringValue(text) | UriValue(text):
            return text
        case ReferenceValue(_, id):
            return id
        case TokenValue(system, code, third) if parameter.name in IDENTIFIERS or system is not None:
            return third or code or system or ""
        case TokenValue(None, "", _):
            return ""
        case _:
            return None


def _foreign(text: str) -> Issue:
    return Issue("information", "not-in-question", f"{text} does not stand in the question")


def _squeeze(text: str) -> str:
    return "".join(_WORD.findall(text.lower()))


def check_records(records: Iterable[Record], questions: Mapping[str, Question]) -> Checked:
    """Check recorded replies, in the order in which they were bought."""
    sieve = _Sieve(questions)
    for record in records:
        sieve.add(parse_reply(record, questions), provenance_of(record))
    return sieve.result()


class _Sieve:
    """What is known of each question while records go through."""

    def __init__(self, questions: Mapping[str, Question]) -> None:
        self.questions = questions
        self.accepted: dict[str, Example] = {}
        self.refused: dict[str, Rejection] = {}
        self.strays: list[Rejection] = []
        self.repaired: set[str] = set()

    def add(self, parsed: ParsedReply, provenance: Provenance) -> None:
        """Take in one reply."""
        for answer in parsed.answers:
            if answer.id in self.questions:
                self._settle(check_answer(self.questions[answer.id], answer, provenance))
            else:
                issue = Issue("error", "question-unknown", f"no question file has the id {answer.id!r}")
                self.strays.append(Rejection(Question(answer.id, ""), answer.raw, provenance, (issue,)))
        for rejection in parsed.rejections:
            if rejection.question.id in self.questions and rejection.issues[0].code == "reply-fields":
                self._settle(rejection)
            else:
                self.strays.append(rejection)
        for id in parsed.missing:
            if id in self.questions and id not in self.refused:
                issue = Issue("error", "reply-missing-id", f"the reply has no line for {id!r}")
                self.refused[id] = Rejection(self.questions[id], "", provenance, (issue,))

    def _settle(self, result: Example | Rejection) -> None:
        id = result.question.id
        if isinstance(result, Rejection):
            self.refused[id] = result
            return
        if id in self.refused and id not in self.accepted:
            self.repaired.add(id)
        self.accepted[id] = result

    def result(self) -> Checked:
        """Sum up, in the order of the questions."""
        examples = tuple(self.accepted[id] for id in self.questions if id in self.accepted)
        refused = [self.refused[id] for id in self.questions if id in self.refused and id not in self.accepted]
        unanswered = tuple(id for id in self.questions if id not in self.accepted and id not in self.refused)
        return Checked(examples, (*refused, *self.strays), len(self.strays), len(self.repaired), unanswered)
