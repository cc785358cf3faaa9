"""What makes a teacher's label an Example, and each reason that makes it a Rejection."""

from __future__ import annotations

import gzip
import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from fhirdistill.check import Checked, check_answer, check_records, model_codes
from fhirdistill.cli import main
from fhirdistill.errors import InputError
from fhirdistill.records import Example, Label, Provenance, Question, Rejection
from fhirdistill.search import registry
from fhirdistill.teacher.base import Record, record_row
from fhirdistill.teacher.derived import read_examples, read_rejections, write_examples, write_rejections
from fhirdistill.teacher.reply import Answer

FROM = Provenance("label.v1", "h", "big", "k")
QUESTION = Question("q-1", "Women with Type 2 diabetes, MRN 88-41, seen by Dr Müller since 2024", "q-1")
GOOD = "Women are Patients, by their gender."


def check(template: str | None, *, text: str = QUESTION.text, **changes: Any) -> Example | Rejection:
    fields = {"status": "ok", "rationale": GOOD, "reason": None, **changes}
    return check_answer(Question("q-1", text, "q-1"), Answer("q-1", template=template, raw="the line", **fields), FROM)


def codes(result: Example | Rejection, severity: str = "error") -> list[str]:
    return [issue.code for issue in result.issues if issue.severity == severity]


@pytest.mark.parametrize(
    "template",
    [
        "Patient",
        "Patient?gender=female",
        "Patient?gender=female&_has:Condition:patient:code={type 2 diabetes}",
        "Encounter?patient.identifier=88-41&practitioner.name=Müller&date=ge2024",
        "Observation?code={diabetes}&value-quantity=gt5||mmol/L&patient.birthdate=lt{today-60y}&_sort=-date&_count=1",
    ],
)
def test_a_good_label_is_an_example_without_a_word(template: str) -> None:
    result = check(f" {template} ", reason="")
    assert isinstance(result, Example)
    assert result.label == Label("ok", template, GOOD, None)
    assert result.provenance == FROM
    assert codes(result, "information") == []


def test_a_good_refusal_is_an_example() -> None:
    result = check(None, status="unsupported", rationale=None, reason=" An average is no search. ")
    assert isinstance(result, Example)
    assert result.label == Label("unsupported", None, None, "An average is no search.")


@pytest.mark.parametrize(
    ("template", "changes", "code", "message"),
    [
        ("Patient", {"status": "maybe"}, "status-unknown", "status is 'maybe'"),
        ("Patient", {"status": "OK"}, "status-unknown", "should be ok or unsupported"),
        (None, {}, "template-missing", "no template"),
        (" ", {}, "template-missing", "no template"),
        ("Condition?code={}", {}, "template-syntax", "braces hold a whole concept"),
        ("Patient Gender female", {}, "template-syntax", "more than a path"),
        ("https://example.org/fhir/Patient?gender=female", {}, "template-form", "without a base address"),
        ("Patient/12/Condition?code={type 2 diabetes}", {}, "template-form", "Type?parameter=value"),
        ("Patient", {"rationale": None}, "rationale-missing", "no rationale"),
        ("Patient", {"rationale": " "}, "rationale-missing", "no rationale"),
        (
            "Patient",
            {"rationale": "Patients are asked for."},
            "rationale-length",
            "has 4 words; it should have 5 to 80",
        ),
        ("Patient", {"rationale": "word " * 81}, "rationale-length", "has 81 words"),
        ("Patient", {"status": "unsupported", "reason": "so"}, "template-unexpected", "there is a template"),
        ("", {"status": "unsupported", "reason": "so"}, "template-unexpected", "there is a template"),
        (None, {"status": "unsupported"}, "reason-missing", "no reason"),
        (None, {"status": "unsupported", "reason": "  "}, "reason-missing", "no reason"),
    ],
)
def test_each_reason_of_form_is_a_rejection(
    template: str | None, changes: dict[str, Any], code: str, message: str
) -> None:
    result = check(template, **changes)
    assert isinstance(result, Rejection)
    assert result.raw == "the line"
    assert codes(result) == [code]
    assert message in result.issues[0].message


@pytest.mark.parametrize(
    "template",
    [
        "Pacient?gender=female",
        "Patient?sex=female",
        "Patient?gender=woman",
        "Patient?birthdate:exact=2024",
        "Patient?gender:contains=female",
        "Patient?birthdate=2024-13",
        "Patient?birthdate=2023-02-29",
        "Patient?birthdate=gt{diabetes}",
        "Patient?general-practitioner.name=Müller&organization.colour=red",
        "Patient?_has:Condition:colour:code={type 2 diabetes}",
        "Patient?_has:Condition:patient:colour={type 2 diabetes}",
        "Observation?value-quantity=high",
        "Condition?clinical-status=sick",
        "Encounter?status=done",
        "Patient?active=yes",
        "Patient?gender=",
        "Patient?name= ",
        "Patient?gender=female,",
        "patient?gender=female",
        "?gender=female",
    ],
)
def test_what_fhir_does_not_allow_is_a_rejection(template: str) -> None:
    result = check(template)
    assert isinstance(result, Rejection)
    assert codes(result)


@pytest.mark.parametrize(
    ("template", "message"),
    [
        ("Patient?gender=woman", "Patient.gender is never woman; it is male, female, other, unknown"),
        ("Observation?code={diabetes}&patient.gender=f", "Patient.gender is never f;"),
        ("Patient?gender:not=man", "Patient.gender is never man;"),
        ("Appointment?status=done", "Appointment.status is never done; it is proposed,"),
    ],
)
def test_a_code_that_no_model_takes_is_told_by_the_models_too(template: str, message: str) -> None:
    told = [issue.message for issue in check(template).issues if issue.code == "not-in-model"]
    assert [text[: len(message)] for text in told] == [message]


@pytest.mark.parametrize(
    "template", ["DiagnosticReport?status=amended", "Task?status=completed", "Patient?gender:missing=true"]
)
def test_codes_of_r4_that_the_models_lack_and_other_modifiers_are_kept(template: str) -> None:
    assert isinstance(check(template), Example)


def test_models_and_official_definitions_list_the_same_codes() -> None:
    both = {
        parameter.expression: (set(model_codes(parameter.expression)), set(parameter.codes))
        for type in registry().types
        for parameter in registry().parameters(type).values()
        if parameter.binding == "required" and parameter.codes and parameter.expression.startswith(f"{type}.")
    }
    listed = {path: pair for path, pair in both.items() if pair[0]}
    assert len(listed) > 100
    assert [path for path, (models, official) in listed.items() if models != official] == []


def test_two_things_may_be_wrong_at_once() -> None:
    result = check("Patient?sex=female", rationale="no")
    assert len(codes(result)) == 2
    assert codes(result)[1] == "rationale-length"


@pytest.mark.parametrize(
    ("template", "foreign"),
    [
        ("Patient?name=Miller", ["Miller"]),
        ("Patient?name=müller", []),
        ("Patient?identifier=8842", ["8842"]),
        ("Patient?identifier=8841", []),
        ("Condition?code={diabetes type 2}", []),
        ("Condition?code={type 1 diabetes},{asthma}", ["{type 1 diabetes}", "{asthma}"]),
        ("Condition?code=http://snomed.info/sct|44054006", ["44054006"]),
        ("Condition?patient=77", ["77"]),
        ("Patient?_has:Observation:patient:code-value-concept={diabetes}${positive}", ["{positive}"]),
    ],
)
def test_what_does_not_stand_in_the_question_is_told_but_kept(template: str, foreign: list[str]) -> None:
    result = check(template)
    assert isinstance(result, Example)
    told = [issue.message for issue in result.issues if issue.code == "not-in-question"]
    assert told == [f"{text} does not stand in the question" for text in foreign]


def test_what_has_no_place_in_a_label_is_left_out_with_a_warning() -> None:
    result = check("Patient", reason="because")
    assert codes(result, "warning") == ["reason-unexpected"]
    assert isinstance(result, Example)
    assert result.label.reason is None
    result = check(None, status="unsupported", rationale=GOOD, reason="so")
    assert codes(result, "warning") == ["rationale-unexpected"]


def line(id: str, template: str = "Patient?gender=female") -> str:
    row = {"id": id, "status": "ok", "template": template, "rationale": GOOD, "reason": None}
    return json.dumps(row)


QUESTIONS = {id: Question(id, f"women, {id}", id) for id in ("a", "b", "c", "d", "e")}
FIRST = Record(
    "k1", "label.v1", "h", "big", ("c", "b", "a", "d", "x"), "\n".join(
        [line("c"), line("a", "Patient?sex=female"), line("b", "Patient?sex=female"), "prose", line("x"), line("z")]
    )
)  # fmt: skip
SECOND = Record("k2", "repair.v1", "h2", "big", ("a", "b"), line("a"))


def test_records_are_sorted_out_question_by_question() -> None:
    checked = check_records([FIRST, SECOND], QUESTIONS)
    assert [example.question.id for example in checked.examples] == ["a", "c"]
    assert checked.examples[0].provenance == Provenance("repair.v1", "h2", "big", "k2")
    rows = [(row.question.id, row.issues[0].code) for row in checked.rejections]
    assert rows[1:] == [
        ("d", "reply-missing-id"),
        ("x", "question-unknown"),
        ("", "reply-not-json"),
        ("z", "reply-unknown-id"),
    ]
    assert rows[0][0] == "b"
    assert checked.unanswered == ("e",)
    report = checked.report()
    reasons = report.pop("reasons")
    assert sum(reasons.values()) == 5
    assert report == {
        "questions": 5,
        "asked": 4,
        "unanswered": 1,
        "examples": 2,
        "ok": 2,
        "unsupported": 0,
        "repaired": 1,
        "rejections": 2,
        "stray_lines": 3,
        "keep_rate": 0.5,
        "notes": {},
    }


def test_a_later_example_wins_and_a_later_rejection_does_not() -> None:
    later = Record("k2", "label.v2", "h2", "big", ("a",), line("a", "Patient?gender=male"))
    worse = Record("k3", "label.v3", "h3", "big", ("a",), line("a", "Patient?sex=male"))
    first = Record("k1", "label.v1", "h", "big", ("a",), line("a"))
    checked = check_records([first, later, worse], QUESTIONS)
    assert [example.label.template for example in checked.examples] == ["Patient?gender=male"]
    assert (checked.rejections, checked.repaired) == ((), 0)


def test_nothing_asked_has_no_keep_rate() -> None:
    assert check_records([], QUESTIONS).report()["keep_rate"] is None


def test_the_derived_files_come_back_as_they_went_in(tmp_path: Path) -> None:
    checked = check_records([FIRST, SECOND], QUESTIONS)
    sources = dict.fromkeys(QUESTIONS, "ward")
    write_examples(tmp_path / "e.jsonl", checked.examples, sources)
    write_rejections(tmp_path / "r.jsonl", checked.rejections, sources)
    examples, read_sources = read_examples(tmp_path / "e.jsonl")
    assert [(e.question, e.label) for e in examples] == [(e.question, e.label) for e in checked.examples]
    assert read_sources == {"a": "ward", "c": "ward"}
    kept = [(row.question, row.raw, row.provenance, [i.code for i in row.issues]) for row in checked.rejections]
    read = read_rejections(tmp_path / "r.jsonl")
    assert [(row.question, row.raw, row.provenance, [i.code for i in row.issues]) for row in read] == kept
    row = json.loads((tmp_path / "e.jsonl").read_text("utf-8").splitlines()[0])
    assert " ".join(row) == (
        "id question status template rationale reason family source prompt prompt_hash teacher"
    )  # fmt: skip
    assert [path.name for path in sorted(tmp_path.iterdir())] == ["e.jsonl", "r.jsonl"]


def test_a_derived_file_that_is_none_is_named(tmp_path: Path) -> None:
    path = tmp_path / "e.jsonl"
    path.write_text('{"id": "a"}\n', "utf-8")
    with pytest.raises(InputError, match="line 1: lacks 'question'"):
        read_examples(path)
    path.write_text("{", "utf-8")
    with pytest.raises(InputError, match="line 1: is no JSON"):
        read_rejections(path)


@pytest.fixture
def replies(tmp_path: Path) -> Path:
    path = tmp_path / "teacher" / "base.jsonl.gz"
    path.parent.mkdir()
    path.write_bytes(gzip.compress("".join(json.dumps(record_row(r)) + "\n" for r in (FIRST, SECOND)).encode()))
    rows = [{"id": q.id, "question": q.text} for q in QUESTIONS.values()]
    (tmp_path / "questions.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows), "utf-8")
    return path


def run(*arguments: Path | str) -> tuple[int, str, str]:
    result = CliRunner().invoke(main, ["check", *map(str, arguments)])
    return result.exit_code, result.stdout, result.stderr


def test_one_command_derives_the_files_and_prints_a_table(replies: Path, tmp_path: Path) -> None:
    questions = tmp_path / "questions.jsonl"
    code, stdout, stderr = run(replies, "--questions", questions, "--out", tmp_path / "new" / "out")
    assert (code, stderr) == (0, "")
    lines = [" ".join(text.split()) for text in stdout.splitlines()]
    assert {"examples 2", "rejections 2", "keep rate 50.0%", "reasons of rejections", "reply-missing-id 1"} <= {*lines}
    first = (tmp_path / "new" / "out" / "examples.jsonl").read_bytes()
    assert len(read_rejections(tmp_path / "new" / "out" / "rejections.jsonl")) == 5
    assert read_examples(tmp_path / "new" / "out" / "examples.jsonl")[1] == {"a": "questions", "c": "questions"}
    assert run(replies.parent, "--questions", questions, "--out", tmp_path / "new" / "out")[0] == 0
    assert (tmp_path / "new" / "out" / "examples.jsonl").read_bytes() == first


def test_the_counts_come_as_json_too(replies: Path, tmp_path: Path) -> None:
    code, stdout, _ = run(replies, "--questions", tmp_path / "questions.jsonl", "--json")
    assert code == 0
    assert json.loads(stdout) == check_records([FIRST, SECOND], QUESTIONS).report()


def test_broken_lines_are_named_and_the_rest_is_done(replies: Path, tmp_path: Path) -> None:
    questions = tmp_path / "questions.jsonl"
    questions.write_text("{\n" + questions.read_text("utf-8"), "utf-8")
    plain = tmp_path / "plain.jsonl"
    plain.write_bytes(b"{}\n" + gzip.decompress(replies.read_bytes()))
    code, stdout, stderr = run(plain, "--questions", questions, "--json")
    assert code == 1
    assert json.loads(stdout)["examples"] == 2
    assert f"{questions}, line 1: is no JSON" in stderr
    assert f"{plain}, line 1: no reply record" in stderr


@pytest.mark.parametrize("missing", ["replies", "questions"])
def test_a_missing_file_is_an_error_and_nothing_is_written(replies: Path, tmp_path: Path, missing: str) -> None:
    files = {"replies": replies, "questions": tmp_path / "questions.jsonl", missing: tmp_path / "none"}
    code, stdout, stderr = run(files["replies"], "--questions", files["questions"], "--out", tmp_path / "out")
    assert (code, stdout) == (1, "")
    assert "can't read" in stderr
    assert "Hint: " in stderr
    assert not (tmp_path / "out").exists()


def test_a_checked_corpus_knows_how_many_were_asked() -> None:
    assert Checked((), (), 0, 0, ()).asked == 0


@pytest.mark.parametrize(
    ("template", "kept"),
    [
        ("Patient?birthdate=lt{today-60y}&_has:MedicationRequest:patient:code={water pill}", True),
        ("Patient?_has:MedicationRequest:patient:code={diuretic}&birthdate=lt1966-03-15", True),
        ("Patient?birthdate=le{today-60y}&_has:MedicationRequest:patient:code={water pill}", False),
        ("MedicationRequest?code={water pill}&patient.birthdate=lt{today-60y}", False),
    ],
)
def test_a_paraphrase_must_come_back_to_its_template(template: str, kept: bool) -> None:
    sampled = "Patient?birthdate=lt{today-60y}&_has:MedicationRequest:patient:code={diuretic}"
    asked = Question("p-1", "people over 60 on a water pill", "p", sampled)
    result = check_answer(asked, Answer("p-1", "ok", template, GOOD, None, "the line"), FROM)
    assert isinstance(result, Example) is kept
    assert kept or codes(result) == ["other-than-sampled"]


def test_a_paraphrase_that_is_found_unsupported_has_not_come_back() -> None:
    asked = Question("p-1", "people over 60", "p", "Patient?birthdate=lt{today-60y}")
    result = check_answer(asked, Answer("p-1", "unsupported", None, None, "No such thing.", "the line"), FROM)
    assert codes(result) == ["other-than-sampled"]
