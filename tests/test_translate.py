"""The translator's promises hold for any student: here one that babbles, and the packaged one where it is present."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from babble import FIELDS, QUESTIONS
from hypothesis import given, settings
from hypothesis import strategies as st

from fhirdistill.errors import BundleError, InputError
from fhirdistill.records import Translation
from fhirdistill.search import parse, validate
from fhirdistill.student.bundle import PACKAGED, open_bundle, verify
from fhirdistill.student.reader import read_label
from fhirdistill.student.steps import Source, Step
from fhirdistill.translate import Translator, check_question, moment, to_json

DAY = date(2026, 3, 15)
packaged = pytest.mark.skipif(not (PACKAGED / "card.json").is_file(), reason="no packaged student")


@pytest.fixture(scope="module")
def babbler(bundle: Path) -> Translator:
    return Translator(bundle, threads=1)


@pytest.fixture(scope="module")
def answers(babbler: Translator) -> list[Translation]:
    return list(babbler.translate_all([(str(i), text) for i, text in enumerate(QUESTIONS)], today=DAY))


def errors(query: str) -> list[str]:
    return [f"{query}: {issue.code}" for issue in validate(parse(query)) if issue.severity == "error"]


def queries(answers: list[Translation]) -> Iterator[str]:
    for answer in answers:
        if answer.query is not None and answer.template is not None:
            yield from (answer.query, answer.template)
        for other in answer.alternatives:
            yield from (other.query, other.template)


def test_every_output_is_valid(answers: list[Translation]) -> None:
    found = list(queries(answers))
    assert len(found) > len(QUESTIONS)
    assert len({query.partition("?")[0] for query in found}) > 3, "the student shall not say one thing only"
    assert [error for query in found for error in errors(query)] == []


@settings(max_examples=60, deadline=None)
@given(st.text("aZ 059.,;:!?&=%{}[]|$\\/'\"-+#~\n\u00e9\u0436\u7cd6\u0301\u200d\U0001f600", min_size=1, max_size=60))
def test_no_text_breaks_the_translator(babbler: Translator, question: str) -> None:
    try:
        answer = babbler.translate(question, today=DAY, explain=True)
    except InputError:
        assert not question.strip()
        return
    assert [error for query in queries([answer]) for error in errors(query)] == []


def test_every_question_is_answered_in_order(answers: list[Translation]) -> None:
    assert [(a.id, a.question) for a in answers] == [(str(i), text) for i, text in enumerate(QUESTIONS)]
    assert {a.today for a in answers} == {"2026-03-15"}
    for answer in answers:
        assert (answer.status == "ok") == (answer.query is not None) == (answer.template is not None)
        assert (answer.status == "unsupported") == (answer.reason is not None)
        assert 0 <= answer.confidence <= 1
        assert all(0 <= other.confidence <= answer.confidence for other in answer.alternatives if answer.query)


def test_what_is_uncertain_is_said(answers: list[Translation]) -> None:
    doubtful = [a for a in answers if a.status == "ok" and a.confidence < 0.5]
    assert doubtful
    assert all("uncertain" in {issue.code for issue in a.issues} for a in doubtful)


def test_a_batch_says_what_single_questions_say(babbler: Translator, answers: list[Translation]) -> None:
    for i in range(0, len(QUESTIONS), 7):
        alone = babbler.translate(QUESTIONS[i], today=DAY, id=str(i))
        assert (alone.status, alone.template) == (answers[i].status, answers[i].template)


def test_the_json_object_has_the_fields_of_the_design(answers: list[Translation]) -> None:
    record = json.loads(json.dumps(to_json(answers[0])))
    assert list(record) == FIELDS
    assert isinstance(record["alternatives"][0]["query"], str)
    assert set(record["issues"][0]) == {"severity", "code", "message", "span", "suggestion"}


def test_a_rationale_comes_when_asked_for(babbler: Translator) -> None:
    silent = babbler.translate("people who have asthma", today=DAY)
    spoken = babbler.translate("people who have asthma", today=DAY, explain=True)
    assert spoken.template == silent.template
    assert silent.rationale is None
    assert isinstance(spoken.rationale, str)


@pytest.mark.parametrize(
    ("question", "message"),
    [
        ("", "the question is empty"),
        (" \n\t ", "the question is empty"),
        ("a" * 1001, "has 1001 characters, more than 1000"),
        ("a" * 10_000, "has 10000 characters"),
        ("a\x00b", r"holds the character '\\x00'"),
        ("\x1b[2Jasthma", r"holds the character '\\x1b'"),
        ("half \ud83d of a pair", "which is no text"),
        ("broken \ufffd bytes", "which is no text"),
    ],
)
def test_a_question_that_cannot_be_read_is_refused(babbler: Translator, question: str, message: str) -> None:
    with pytest.raises(InputError, match=message) as caught:
        babbler.translate(question)
    assert caught.value.hint


def test_text_of_any_script_is_a_question() -> None:
    for text in QUESTIONS:
        assert check_question(text) == text


def test_relative_dates_count_from_the_day_given() -> None:
    assert moment(DAY).date() == DAY
    now = datetime(2026, 3, 15, 8, tzinfo=UTC)
    assert moment(now) is now
    assert moment(None).tzinfo is not None


def test_a_copied_text_reads_back_as_it_stands() -> None:
    source = Source.of("title a&b=c%41{d} , x|y$z\\w")
    last = len(source.units) - 1
    template = read_label(
        [Step("T:Questionnaire"), Step("P:title"), Step("<start>", 1), Step("<end>", last), Step("<eos>")], source
    )
    assert str(parse(template).parameters[0].values[0]) == "StringValue(text='a&b=c%41{d} , x|y$z\\\\w')"


def test_a_bundle_that_is_not_whole_is_refused(bundle: Path, tmp_path: Path) -> None:
    with pytest.raises(BundleError, match="no student bundle in"):
        Translator(tmp_path)
    for part in bundle.iterdir():
        (tmp_path / part.name).write_bytes(part.read_bytes())
    assert verify(open_bundle(tmp_path)) == []
    (tmp_path / "decoder.onnx").write_bytes(b"half")
    with pytest.raises(BundleError, match=r"decoder\.onnx is not the file"):
        Translator(tmp_path)
    (tmp_path / "decoder.onnx").unlink()
    with pytest.raises(BundleError, match=r"lacks decoder\.onnx"):
        Translator(tmp_path)
    (tmp_path / "card.json").write_text('{"format": 99}')
    with pytest.raises(BundleError, match="format 99"):
        Translator(tmp_path)
    (tmp_path / "card.json").write_text("[")
    with pytest.raises(BundleError, match="no model card"):
        Translator(tmp_path)


@packaged
def test_the_packaged_student_answers_the_first_question() -> None:
    answer = Translator().translate("patients over 60 with diabetes", today=DAY)
    assert answer.query == "Patient?birthdate=lt1966-03-15&_has:Condition:patient:code:text=diabetes"
    assert [issue.code for issue in answer.issues] == ["unbound-concept"]


@packaged
def test_every_output_of_the_packaged_student_is_valid() -> None:
    assert verify(open_bundle()) == []
    answers = list(Translator().translate_all([(None, text) for text in QUESTIONS], today=DAY))
    assert [error for query in queries(answers) for error in errors(query)] == []
    assert sum(answer.status == "ok" for answer in answers) > 5
