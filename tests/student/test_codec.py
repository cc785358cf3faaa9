"""A label is written as steps over its question and read back; what the question does not say can't be written."""

from __future__ import annotations

import random

import numpy as np
import pytest

from fhirdistill.errors import DataError
from fhirdistill.search import equivalent, parse, validate
from fhirdistill.student.codec import encode_label
from fhirdistill.student.grammar import START, Grammar
from fhirdistill.student.reader import read_label
from fhirdistill.student.steps import Source, Step
from fhirdistill.student.vocabulary import POINTERS, Vocabulary

LABELS = [
    ("patients over 60 with diabetes", "Patient?birthdate=lt{today-60y}&_has:Condition:patient:code={diabetes}"),
    ("people of 17 or younger", "Patient?birthdate=gt{today-(17+1)y}"),
    ("kids with asthma", "Patient?birthdate=gt{today-18y}&_has:Condition:patient:code={asthma}"),
    (
        "ferritin under 15.5 ng/mL since 3 March '24",
        "Observation?code={ferritin}&value-quantity=lt15.5||ng/mL&date=ge2024-03-03",
    ),
    ("Dr O'Neil-Baptiste's bookings next week", "Appointment?practitioner.name=O'Neil-Baptiste&date={week+1}"),
    (
        "orders by Dr. Vasquez, newest first, 10 rows",
        "ServiceRequest?requester:Practitioner.name=Vasquez&_sort=-authored&_count=10",
    ),
    (
        "EKGs or echos, final, with the patient",
        "DiagnosticReport?code={EKGs},{echos}&status=final&_include=DiagnosticReport:patient",
    ),
    ("people heavier than 120 kg", "Patient?_has:Observation:patient:code-value-quantity={weight}$gt120||kg"),
    ("breast or lung cancer", "Condition?code={breast cancer},{lung cancer}"),
    ("active people without an email, ids and names", "Patient?active=true&email:missing=true&_elements=id,name"),
    ("any kind of hepatitis, how many", "Condition?code:below={hepatitis}&_summary=count"),
    ("audit events of MRN 12-77 in the last 48 hours", "AuditEvent?patient.identifier=12-77&date=ge{now-48h}"),
    ("seventy-five and over", "Patient?birthdate=le{today-75y}"),
    ("tasks after 2025-09-01", "Task?authored-on=gt2025-09-01"),
    ("fills of 4/17/2025", "MedicationDispense?whenhandedover=2025-04-17"),
    ("notes from 03/2024", "DocumentReference?date=2024-03"),
    ("visits since 4 March", "Encounter?date=ge{year}-03-04"),
    ("visits from the third of May 2024 to June 5th, 2024", "Encounter?date=ge2024-05-03&date=le2024-06-05"),
    ("provenance of Observation/8812", "Provenance?target=Observation/8812"),
]


@pytest.mark.parametrize(("question", "template"), LABELS, ids=[question for question, _ in LABELS])
def test_label_survives_the_codec(question: str, template: str, vocabulary: Vocabulary, grammar: Grammar) -> None:
    source = Source.of(question)
    steps = encode_label(parse(template), source, vocabulary)
    back = read_label(steps, source)
    assert equivalent(back, template)
    stack = START
    for step in steps:
        assert grammar.mask(stack)[vocabulary.ids[step.token]], f"{step.token} is refused after {back}"
        stack = grammar.advance(stack, step.token)
    assert stack == ()


def test_a_query_has_one_spelling(vocabulary: Vocabulary) -> None:
    source = Source.of("active asthma, newest first, of women")
    one = encode_label(
        parse("Condition?patient.gender=female&_sort=-recorded-date&code={asthma}&clinical-status=active"),
        source,
        vocabulary,
    )
    other = encode_label(
        parse("Condition?clinical-status=active&code={asthma}&patient.gender=female&_sort=-recorded-date"),
        source,
        vocabulary,
    )
    assert one == other


def test_copied_text_keeps_the_question_s_case(vocabulary: Vocabulary) -> None:
    source = Source.of("patients named McAllister")
    assert (
        read_label(encode_label(parse("Patient?name=mcallister"), source, vocabulary), source)
        == "Patient?name=McAllister"
    )


def test_copied_commas_and_bars_are_escaped(vocabulary: Vocabulary) -> None:
    source = Source.of("title a,b|c")
    steps = [Step("T:Questionnaire"), Step("P:title"), Step("<start>", 1), Step("<end>", 5), Step("<eos>")]
    assert read_label(steps, source) == "Questionnaire?title=a\\,b\\|c"


@pytest.mark.parametrize(
    ("template", "message"),
    [
        ("Condition?code={gout}", "does not say 'gout'"),
        ("Patient?family=Voss", "does not say 'Voss'"),
        ("Patient?active=perhaps", "does not say 'perhaps'"),
    ],
)
def test_what_the_question_does_not_say_is_refused(template: str, message: str, vocabulary: Vocabulary) -> None:
    with pytest.raises(DataError, match=message):
        encode_label(parse(template), Source.of("patients with asthma"), vocabulary)


def test_broken_steps_are_refused() -> None:
    with pytest.raises(DataError, match="P expected"):
        read_label([Step("T:Patient"), Step("K:female"), Step("<eos>")], Source.of("women"))


def test_random_walks_are_legal_searches(vocabulary: Vocabulary, grammar: Grammar) -> None:
    """Whatever the grammar lets the student write parses and has no error by the validator."""
    source = Source.of("in 2024 or 25 , over 7 or 5.5 mg of Smith-Jones , asthma")
    numbers = [i for i, unit in enumerate(source.units) if unit.number]
    finished = 0
    for seed in range(400):
        rng = random.Random(seed)
        stack, steps = START, list[Step]()
        while stack and len(steps) < 60:
            choices = np.flatnonzero(grammar.mask(stack))
            ending = vocabulary.ids["<eos>"]
            token = vocabulary.tokens[
                ending if ending in choices and rng.random() < 0.25 else rng.choice(list(choices))
            ]
            wanted = {
                "any": numbers,
                "whole": numbers[2:3],
                "year": numbers[:1],
                "short-year": numbers[1:2],
                "month": numbers[2:3],
                "day": numbers[2:3],
            }[grammar.number(stack)]
            unit = -1
            if token == "<number>":
                unit = rng.choice(wanted)
            elif token in POINTERS:
                unit = len(source.units) - 1 if token == "<start>" else steps[-1].unit
            stack = grammar.advance(stack, token)
            steps.append(Step(token, unit))
        if not stack and steps[0].token != "<unsupported>":
            template = read_label(steps, source)
            errors = [issue for issue in validate(parse(template)) if issue.severity == "error"]
            assert not errors, (template, errors)
            finished += 1
    assert finished > 200
