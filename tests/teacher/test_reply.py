"""A reply: what is taken, what is refused, and that nothing in it is lost or raises."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fhirdistill.records import Question
from fhirdistill.teacher.base import Record
from fhirdistill.teacher.reply import parse_reply

from .chat_server import reply_line

QUESTIONS = {id: Question(id, f"question {id}") for id in ("a", "b")}


def record(reply: str) -> Record:
    return Record("k", "label.v1", "h", "big", ("a", "b"), reply)


def line(**changes: Any) -> str:
    row = json.loads(reply_line("a"))
    return json.dumps({name: value for name, value in {**row, **changes}.items() if value != "DROP"})


@pytest.mark.parametrize(
    "reply",
    [
        f"{reply_line('a')}\n{reply_line('b')}",
        f"\n{reply_line('a')}\r\n\n  {reply_line('b')}  \n",
        f"```json\n{reply_line('a')}\n{reply_line('b')}\n```",
        f"```\n{reply_line('a')}\n```\n```jsonl\n{reply_line('b')}\n```\n",
        f'{{"labels": [{reply_line("a")}, {reply_line("b")}]}}',
        f'```json\n{{\n"labels": [\n{reply_line("a")},\n{reply_line("b")}\n]\n}}\n```',
    ],
)
def test_json_lines_are_read_with_fences_blank_lines_and_as_structured_output(reply: str) -> None:
    parsed = parse_reply(record(reply))
    assert [answer.id for answer in parsed.answers] == ["a", "b"]
    assert parsed.answers[0].template == "Patient?gender=female"
    assert (parsed.rejections, parsed.missing) == ((), ())


def test_a_line_separator_inside_a_text_is_no_end_of_line() -> None:
    reply = reply_line("a").replace("Patients", "Pat\u2028ients")
    assert len(parse_reply(record(reply)).answers) == 1


@pytest.mark.parametrize(
    ("bad", "code", "message"),
    [
        ("Here are the labels:", "reply-not-json", "no JSON"),
        ('{"id": "a", "status": "ok", "templ', "reply-not-json", "no JSON"),
        ("[1]", "reply-not-json", "no JSON object"),
        ("[" * 100_000, "reply-not-json", "no JSON"),
        (line(id="DROP"), "reply-fields", "no id"),
        (line(id=7), "reply-fields", "no id"),
        (line(id="z"), "reply-unknown-id", "'z', which was not asked"),
        (line(reason="DROP", template="DROP"), "reply-fields", "lacks template, reason"),
        (line(note="x"), "reply-fields", "not asked for: note"),
        (line(status=None), "reply-fields", "status should be a text"),
        (line(template=["x"]), "reply-fields", "template should be a text or null"),
    ],
)
def test_a_bad_line_is_a_rejection_and_the_others_count(bad: str, code: str, message: str) -> None:
    parsed = parse_reply(record(f"{bad}\n{reply_line('b')}"), QUESTIONS)
    assert [answer.id for answer in parsed.answers] == ["b"]
    (rejection,) = parsed.rejections
    assert rejection.raw == bad
    assert rejection.issues[0].code == code
    assert message in rejection.issues[0].message
    assert rejection.provenance.request == "k"


def test_a_bad_line_with_an_id_belongs_to_its_question() -> None:
    parsed = parse_reply(record(line(note="x")), QUESTIONS)
    assert parsed.rejections[0].question == QUESTIONS["a"]
    assert parsed.missing == ("b",)


def test_the_first_of_two_answers_counts() -> None:
    parsed = parse_reply(record(f"{reply_line('a')}\n{line(template='Patient')}"), QUESTIONS)
    assert parsed.answers[0].template == "Patient?gender=female"
    assert parsed.rejections[0].issues[0].code == "reply-duplicate-id"


@given(st.text() | st.lists(st.sampled_from([reply_line("a"), "```", "{", "null", '{"labels": [3]}'])).map("\n".join))
def test_no_reply_raises_and_every_id_is_answered_rejected_or_missing(reply: str) -> None:
    parsed = parse_reply(record(reply))
    named = {a.id for a in parsed.answers} | {r.question.id for r in parsed.rejections} | set(parsed.missing)
    assert {"a", "b"} <= named
