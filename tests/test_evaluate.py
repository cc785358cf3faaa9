"""Answers are judged by meaning, as the graders of the evaluation sets judge them."""

from __future__ import annotations

import importlib.util
import json
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from click.testing import CliRunner, Result
from mutations import mutations

from fhirdistill.cli import main
from fhirdistill.errors import FhirDistillError
from fhirdistill.evaluate import Answer, Case, Verdict, evaluate, judge, report
from fhirdistill.search import parse, validate

DAY = date(2026, 3, 15)
SHARED = Path(__file__).parent.parent.parent / "shared" / "eval"
NUMBERED = {"doc-0043"}  # grade.py takes the bare code of `context-type-value` for a number

SAME = [
    ("Patient?gender=male&name=ann", "Patient?name=Ann&gender=male"),
    ("Condition?code={heart attack; myocardial infarction}", "Condition?code={myocardial infarctions}"),
    ("Condition?code={diabetes}", "Condition?code={the Diabetes}"),
    ("Observation?code={a1c}", "Observation?code={a1c levels}"),
    ("AllergyIntolerance?code={peanuts}", "AllergyIntolerance?code={peanut allergy}"),
    ("Condition?code={crohn's disease}", "Condition?code={crohn}"),
    ("Condition?code={biopsies}", "Condition?code={biopsy}"),
    ("Condition?code=http://snomed.info/sct|73211009", "Condition?code={sugar}"),
    ("Condition?code=http://snomed.info/sct|73211009", "Condition?code=73211009"),
    ("Condition?code={gout},{lupus}", "Condition?code={lupus},{gout}"),
    ("Patient?birthdate=lt{today-60y}", "Patient?birthdate=lt1966-03-15"),
    ("Patient?birthdate=lt{today-60y}", "Patient?birthdate=le1966-03-15"),
    ("Patient?birthdate=gt{today-(17+1)y}", "Patient?birthdate=gt{today-18y}"),
    ("Encounter?date={month-1}", "Encounter?date=ge2026-02-01&date=lt2026-03-01"),
    ("Encounter?date={week}", "Encounter?date=ge2026-03-09&date=le2026-03-15"),
    ("Encounter?date={year-1}", "Encounter?date=2025"),
    ("Encounter?date={today}", "Encounter?date={now}"),
    ("Encounter?date=gt{today-1d}", "Encounter?date=ge{today}"),
    ("Encounter?date=2024-02-29", "Encounter?date=2024-02-29T00:00:00Z"),
    ("Encounter?date=ge2024&date=lt2025", "Encounter?date=2024"),
    ("Encounter?date=2024-01,2024-03", "Encounter?date=2024-03,2024-01"),
    ("Observation?date=ge{now-24h}", "Observation?date=ge{now-24h}"),
    ("Observation?value-quantity=gt5||mmol/L", "Observation?value-quantity=gt5.0"),
    ("Observation?value-quantity=gt5||mmol/L", "Observation?value-quantity=gt5|http://unitsofmeasure.org|mmol/L"),
    ("Observation?value-quantity=5", "Observation?value-quantity=eq5"),
    ("Encounter?patient=12", "Encounter?subject=Patient/12"),
    ("Encounter?patient.name=ann", "Encounter?subject:Patient.name=ann"),
    ("Patient?_has:Observation:patient:code={a1c}", "Patient?_has:Observation:subject:code={a1c}"),
    ("ServiceRequest?requester:Practitioner.name=osei", "ServiceRequest?requester.name=osei"),
    ("Patient?gender=female", "Patient?gender=http://hl7.org/fhir/administrative-gender|female"),
    ("Condition?_include=Condition:subject", "Condition?_include=Condition:patient:Patient"),
    ("Patient?_sort=family,given", "Patient?_sort=given,family"),
    ("Patient?name=ann", "https://example.org/fhir/Patient?name=ann&_format=json&_total=accurate"),
    ("Observation?code-value-quantity={weights}$gt90", "Observation?code-value-quantity={weight}$gt90||kg"),
]

OTHER = [
    ("Patient?gender=male", "Patient?gender=female"),
    ("Patient?gender=male", "Person?gender=male"),
    ("Patient?gender=male", "Patient?gender=male&active=true"),
    ("Patient?gender=male", "Patient?gender:not=male"),
    ("Patient?name=ann", "Patient?family=ann"),
    ("Condition?code={diabetes}", "Condition?code={type 2 diabetes}"),
    ("Condition?code={diabetes}", "Condition?code:text=diabetes"),
    ("Condition?code={diabetes}", "Condition?code=http://snomed.info/sct|73211009"),
    ("Condition?code=http://snomed.info/sct|73211009", "Condition?code=http://snomed.info/sct|1"),
    ("Condition?code={gout},{lupus}", "Condition?code={lupus}"),
    ("Condition?code={test}", "Condition?code={level}"),
    ("Patient?birthdate=lt{today-60y}", "Patient?birthdate=lt1966-03-17"),
    ("Patient?death-date=lt{today-60y}", "Patient?death-date=lt1966-03-16"),
    ("Patient?birthdate=lt{today-60y}", "Patient?birthdate=ge{today-60y}"),
    ("Encounter?date={month-1}", "Encounter?date={month}"),
    ("Encounter?date=2024", "Encounter?date=ge2024"),
    ("Encounter?date=ne2024", "Encounter?date=ne2023"),
    ("Encounter?date=2024-02-29", "Encounter?date=2024-02-29T10:00:00Z"),
    ("Observation?date=ge{now-24h}", "Observation?date=ge{today-1d}"),
    ("Observation?value-quantity=gt5||mmol/L", "Observation?value-quantity=gt5||mg/dL"),
    ("Observation?value-quantity=gt5", "Observation?value-quantity=ge5"),
    ("Observation?value-quantity=gt5", "Observation?value-quantity=gt50"),
    ("Patient?_has:Observation:patient:code-value-quantity={a1c}$gt9", "Patient?_has:Observation:patient:code={a1c}"),
    ("Patient?_sort=family", "Patient?_sort=-family"),
    ("Patient?_sort=-birthdate&_count=1", "Patient?_sort=-birthdate&_count=10"),
    ("Encounter?patient=12", "Encounter?patient=13"),
    ("Condition?_include=Condition:patient", "Condition?_include=Condition:encounter"),
    ("Patient?gender=male", "Patient?gender=male&gender=male"),
]


def verdict(gold: str, template: str) -> Verdict:
    return judge(Case("1", "?", (gold,)), Answer("ok", template), DAY)


@pytest.mark.parametrize(("gold", "template"), SAME)
def test_the_same_wish_in_other_words_is_right(gold: str, template: str) -> None:
    assert verdict(gold, template).exact
    assert verdict(gold, gold).exact


@pytest.mark.parametrize(("gold", "template"), OTHER)
def test_another_wish_is_wrong(gold: str, template: str) -> None:
    assert not verdict(gold, template).exact


def test_one_of_several_golds_is_enough() -> None:
    case = Case("1", "?", ("Encounter?status=finished", "Encounter?class=AMB"))
    assert judge(case, Answer("ok", "Encounter?class=AMB"), DAY).exact
    assert not judge(case, Answer("ok", "Encounter?class=IMP"), DAY).exact


@pytest.mark.parametrize(
    ("gold", "status", "template", "exact", "type_", "f1"),
    [
        ((), "unsupported", None, True, True, None),
        ((), "ok", "Patient?name=a", False, False, None),
        (("Patient?name=a",), "unsupported", None, False, False, 0.0),
        (("Patient?name=a",), "missing", None, False, False, 0.0),
        (("Patient?name=a",), "error", "Patient?name=a", False, False, 0.0),
        (("Patient?name=a",), "ok", "Patient?na me", False, True, 0.0),
        (("Patient?name=a",), "ok", "Person?name=a", False, False, 1.0),
        (("Patient?name=a&gender=male",), "ok", "Patient?name=b", False, True, 2 / 3),
        (("Patient?birthdate=ge1950&birthdate=lt1960",), "ok", "Patient?birthdate=ge1950", False, True, 1.0),
        (("Patient",), "ok", "Patient", True, True, 1.0),
    ],
)
def test_what_a_case_is_worth(
    gold: tuple[str, ...], status: Any, template: str | None, exact: bool, type_: bool, f1: float | None
) -> None:
    found = judge(Case("1", "?", gold), Answer(status, template), DAY)
    assert (found.exact, found.type, found.f1) == (exact, type_, pytest.approx(f1) if f1 else f1)


def test_the_report_adds_up() -> None:
    cases = (
        Case("1", "?", ("Patient?name=a",), ("name", "short")),
        Case("2", "?", ("Patient?name=b",), ("name",)),
        Case("3", "?", (), ("unsupported",)),
        Case("4", "?", (), ("unsupported",)),
    )
    answers = (
        Answer("ok", "Patient?name=a"),
        Answer("unsupported", None),
        Answer("unsupported", None),
        Answer("ok", "Patient"),
    )
    found = report(evaluate(cases, lambda _: answers, DAY))
    assert (found.cases, found.exact, found.type, found.parameter_f1) == (4, 0.5, 0.5, 0.5)
    assert (found.unsupported_found, found.unsupported, found.wrongly_refused) == (1, 2, 1)
    assert found.tags == {"name": (1, 2), "short": (1, 1), "unsupported": (1, 2)}


def run(*args: object) -> Result:
    return CliRunner().invoke(main, ["evaluate", *(str(arg) for arg in args)])


def test_predictions_are_scored_by_id(tmp_path: Path) -> None:
    cases, told = tmp_path / "cases.jsonl", tmp_path / "told.jsonl"
    cases.write_text(
        '{"id": 1, "question": "?", "gold": "Patient?name=a", "tags": ["name"]}\n'
        '{"id": "2", "question": "?", "gold": []}\n'
        '{"id": "3", "question": "?", "gold": ["Patient"]}\n'
    )
    told.write_text(
        '{"id": "2", "status": "unsupported", "template": null}\n'
        '{"id": "1", "status": "ok", "template": "Patient?name=A"}\n'
    )
    done = run(cases, "--predictions", told, "--json")
    assert done.exit_code == 0
    figures = json.loads(done.stdout)
    assert figures["cases"] == 3
    assert figures["exact"] == pytest.approx(2 / 3)
    shown = run(cases, "--predictions", told, "--show", "5")
    assert "got  missing" in shown.stdout
    assert "exact                0.6667" in shown.stdout


def test_the_student_itself_is_asked(bundle: Path, tmp_path: Path) -> None:
    (tmp_path / "cases.jsonl").write_text('{"id": 1, "question": "asthma", "gold": "Condition?code={asthma}"}\n')
    done = run(tmp_path / "cases.jsonl", "--model", bundle, "--json", "--beams", "2")
    assert json.loads(done.stdout)["cases"] == 1


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('{"id": 1, "question": "?"}\n', "line 1: needs"),
        ('{"id": 1, "question": "?", "gold": ["Patient?na me=x"]}\n', "line 1: gold 'Patient?na me=x'"),
        ('{"id": 1, "question": "?", "gold": [7]}\n', "line 1: needs"),
        ("{\n", "line 1: not JSON"),
        ("", "holds no cases"),
    ],
)
def test_a_case_that_cannot_be_used_is_said(tmp_path: Path, text: str, message: str) -> None:
    (tmp_path / "cases.jsonl").write_text(text)
    done = run(tmp_path / "cases.jsonl", "--predictions", tmp_path / "cases.jsonl")
    assert done.exit_code == 1
    assert message in done.stderr
    assert "Traceback" not in done.stderr


def grader() -> ModuleType:
    spec = importlib.util.spec_from_file_location("grade", SHARED / "grade.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def legal(template: str) -> bool:
    try:
        return not any(issue.severity == "error" for issue in validate(parse(template)))
    except FhirDistillError:
        return False


def graded(grade: Any, golds: list[Any], template: str) -> tuple[bool, bool, float]:
    said = grade.parse(template, DAY)
    scores = []
    for gold in golds:
        one, other = grade.names(gold), grade.names(said)
        scores.append(2 * (one & other).total() / (one.total() + other.total()) if one or other else 1.0)
    return any(grade.equal(g, said) for g in golds), any(g[0] == said[0] for g in golds), max(scores)


def cases() -> Iterator[Case]:
    for name in ("dev", "doc_pairs"):
        for line in (SHARED / f"{name}.jsonl").read_text("utf-8").splitlines():
            row = json.loads(line)
            yield Case(row["id"], row["question"], tuple(row["gold"]))


@pytest.mark.skipif(not (SHARED / "grade.py").is_file(), reason="no evaluation data beside this checkout")
def test_verdicts_are_those_of_the_shared_grader() -> None:
    grade, found, apart = grader(), {True: 0, False: 0}, []
    for case in cases():
        golds = [grade.parse(gold, DAY) for gold in case.gold]
        for template in (text for gold in case.gold for text in mutations(gold)):
            if case.id in NUMBERED or not legal(template):
                continue
            mine = judge(case, Answer("ok", template), DAY)
            theirs = graded(grade, golds, template)
            found[mine.exact] += 1
            if (mine.exact, mine.type) != theirs[:2] or mine.f1 != pytest.approx(theirs[2]):
                apart.append((case.id, case.gold, template, mine.exact, theirs))
    assert apart == []
    assert min(found.values()) > 1000
