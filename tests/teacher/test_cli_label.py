"""The verb `label`, against a real HTTP server, and killed in the middle."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from fhirdistill.cli import main
from fhirdistill.teacher.store import Store

from .chat_server import Endpoint, asked_ids, completion, good, raw, reply_line, status

KEY = "sk-very-secret"


def label(questions: Path | str, out: Path, *options: str, endpoint: Endpoint | None = None, **kwargs: Any) -> Result:
    address = ["--base-url", endpoint.url, "--model", "big", "--api-key", KEY] if endpoint else []
    command = ["label", str(questions), "--out", str(out), "--today", "2026-03-15", *address, *options]
    environment = {f"FHIRDISTILL_{name}": None for name in ("BASE_URL", "MODEL", "API_KEY")}
    return CliRunner(env=environment).invoke(main, command, **kwargs)


def test_a_run_keeps_every_reply_and_a_second_asks_nothing(endpoint: Endpoint, questions: Path, tmp_path: Path) -> None:
    result = label(questions, tmp_path / "run", "--per-request", "4", endpoint=endpoint)
    assert result.exit_code == 0, result.output
    assert result.stdout == ""
    assert "3 replies, 3000 tokens read, 150 written" in result.stderr
    assert "all 10 questions have an answer" in result.stderr
    records = Store(tmp_path / "run").records
    assert sorted(len(record.ids) for record in records) == [2, 4, 4]
    assert {(record.prompt, record.teacher) for record in records} == {("label.v1", "big-2")}
    assert label(questions, tmp_path / "run", endpoint=endpoint).exit_code == 0
    assert len(endpoint.bodies) == 3
    written = b"".join(path.read_bytes() for path in (tmp_path / "run").iterdir())
    assert KEY not in result.output + written.decode()


def test_a_reply_that_leaves_questions_out_is_kept_and_only_those_are_asked_again(
    endpoint: Endpoint, questions: Path, tmp_path: Path
) -> None:
    endpoint.script = [lambda body: (200, {}, completion("\n".join(map(reply_line, asked_ids(body)[:7])) + '\n{"id'))]
    first = label(questions, tmp_path / "run", endpoint=endpoint)
    assert first.exit_code == 1
    assert "3 of the 10 questions are left" in first.stderr
    assert label(questions, tmp_path / "run", endpoint=endpoint).exit_code == 0
    assert [asked_ids(body) for body in endpoint.bodies[1:]] == [["q-7", "q-8", "q-9"]]


def test_a_failed_request_is_told_and_the_others_are_kept(endpoint: Endpoint, questions: Path, tmp_path: Path) -> None:
    endpoint.script = [good, status(413, message="too long")]
    result = label(questions, tmp_path / "run", "--per-request", "4", "--concurrency", "1", endpoint=endpoint)
    assert result.exit_code == 1
    assert "answered HTTP 413 too long" in result.stderr
    assert "Hint: see the server's message" in result.stderr
    assert "4 of the 10 questions are left" in result.stderr


def test_a_wrong_key_stops_at_the_first_refusal(endpoint: Endpoint, questions: Path, tmp_path: Path) -> None:
    endpoint.then = status(401, message=f"bad key {KEY}")
    result = label(questions, tmp_path / "run", "--per-request", "1", "--concurrency", "1", endpoint=endpoint)
    assert result.exit_code == 1
    assert "stopped early: the endpoint refuses every request" in result.stderr
    assert KEY not in result.output
    assert len(endpoint.bodies) == 1


def test_a_broken_line_is_named_and_the_rest_is_done(endpoint: Endpoint, questions: Path, tmp_path: Path) -> None:
    text = questions.read_text("utf-8").splitlines()
    lines = "\n".join([text[0], "{oops", text[1]])
    result = label("-", tmp_path / "run", endpoint=endpoint, input=lines)
    assert result.exit_code == 1
    assert "Error: standard input, line 2: is no JSON" in result.stderr
    assert "all 2 questions have an answer" in result.stderr


def test_a_dry_run_prints_the_estimate_and_touches_nothing(questions: Path, tmp_path: Path) -> None:
    result = label(
        questions, tmp_path / "run", "--dry-run", "--per-request", "4", "--price-in", "3", "--price-out", "15"
    )
    assert result.exit_code == 0
    rows = dict(re.split(r" {2,}", line, maxsplit=2)[:2] for line in result.stdout.splitlines())
    assert (rows["questions"], rows["requests"]) == ("10", "3")
    assert 30_000 < int(rows["tokens in"]) < 40_000
    assert 0.1 < float(rows["cost"]) < 0.2
    assert not (tmp_path / "run").exists()


def test_max_cost_counts_what_the_folder_holds(endpoint: Endpoint, questions: Path, tmp_path: Path) -> None:
    prices = ("--per-request", "5", "--price-in", "10", "--price-out", "0")
    first = label(questions, tmp_path / "run", *prices, "--max-cost", "0.121", "--concurrency", "1", endpoint=endpoint)
    assert first.exit_code == 1
    assert "stopped early: the next request would pass the limit of 0.121" in first.stderr
    assert len(endpoint.bodies) == 1
    again = label(questions, tmp_path / "run", *prices, "--max-cost", "0.121", endpoint=endpoint)
    assert "0 replies" in again.stderr
    more = label(questions, tmp_path / "run", *prices, "--max-cost", "1", endpoint=endpoint)
    assert (more.exit_code, len(endpoint.bodies)) == (0, 2)


def batch_line(request: dict[str, Any], code: int = 200) -> dict[str, Any]:
    data = good(request["body"])[2] if code == 200 else b'{"error": {"message": "overloaded"}}'
    response = {"status_code": code, "request_id": "r", "body": json.loads(data)}
    return {"id": "b", "custom_id": request["custom_id"], "response": response, "error": None}


def test_a_batch_goes_out_and_comes_back_in_pieces(questions: Path, tmp_path: Path) -> None:
    batch, output, out = tmp_path / "batch.jsonl", tmp_path / "output.jsonl", tmp_path / "run"
    render = ("--render", str(batch), "--model", "big", "--per-request", "4")
    assert label(questions, out, *render).exit_code == 0
    requests = [json.loads(line) for line in batch.read_text("utf-8").splitlines()]
    assert [list(row) for row in requests] == [["custom_id", "method", "url", "body"]] * 3
    assert {(row["method"], row["url"], row["body"]["model"]) for row in requests} == {
        ("POST", "/v1/chat/completions", "big")
    }
    rows = [batch_line(requests[1]), batch_line(requests[0], 529), {"custom_id": "other"}]
    output.write_text("".join(json.dumps(row) + "\n" for row in rows) + "{torn", "utf-8")
    for told in ("ingested 1 replies\n", "ingested 0 replies; 1 were there before"):
        result = label(questions, out, "--ingest", str(output))
        assert result.exit_code == 1
        assert told in result.stderr
        assert f"{output}, line 2: request {requests[0]['custom_id']} failed: overloaded" in result.stderr
        assert "line 3: custom_id 'other' was not rendered for this folder" in result.stderr
        assert "line 4: is no JSON" in result.stderr
        assert "6 of the 10 questions are left" in result.stderr
    assert label(questions, out, *render).exit_code == 0
    rest = [json.loads(line) for line in batch.read_text("utf-8").splitlines()]
    assert [asked_ids(row["body"]) for row in rest] == [["q-0", "q-1", "q-2", "q-3"], ["q-8", "q-9"]]
    output.write_text("".join(json.dumps(batch_line(row)) + "\n" for row in rest), "utf-8")
    assert label(questions, out, "--ingest", str(output)).exit_code == 0
    assert len(Store(out).records) == 3


def test_a_recording_is_replayed_without_a_server(endpoint: Endpoint, questions: Path, tmp_path: Path) -> None:
    label(questions, tmp_path / "run", "--per-request", "3", endpoint=endpoint)
    result = label(questions, tmp_path / "again", "--replay", str(tmp_path / "run"))
    assert result.exit_code == 0, result.output
    assert {r.key: r for r in Store(tmp_path / "again").records} == {r.key: r for r in Store(tmp_path / "run").records}


def test_a_rejected_answer_goes_back_once_with_its_finding(endpoint: Endpoint, questions: Path, tmp_path: Path) -> None:
    bad = [reply_line(f"q-{n}").replace("gender=female", "sex=female" if n < 2 else "gender=female") for n in range(10)]
    endpoint.script = [raw(completion("\n".join(bad)))]
    assert label(questions, tmp_path / "run", endpoint=endpoint).exit_code == 0
    result = label(questions, tmp_path / "run", "--repair", endpoint=endpoint)
    assert result.exit_code == 0, result.output
    assert "all rejected answers have gone back once" in result.stderr
    assert asked_ids(endpoint.bodies[1]) == ["q-0", "q-1"]
    assert "Patient?sex=female" in endpoint.bodies[1]["messages"][0]["content"]
    assert label(questions, tmp_path / "run", "--repair", endpoint=endpoint).exit_code == 0
    assert len(endpoint.bodies) == 2
    checked = CliRunner().invoke(main, ["check", str(tmp_path / "run"), "--questions", str(questions), "--json"])
    report = json.loads(checked.stdout)
    assert (report["examples"], report["repaired"], report["rejections"]) == (10, 2, 0)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ([], "give --base-url or set FHIRDISTILL_BASE_URL"),
        (["--base-url", "http://localhost/v1"], "give --model or set FHIRDISTILL_MODEL"),
        (["--render", "x"], "give --model"),
        (["--dry-run", "--replay", "x"], "--dry-run and --replay exclude each other"),
        (["--dry-run", "--price-in", "3"], "give both --price-in and --price-out"),
        (["--dry-run", "--max-cost", "3"], "--max-cost needs --price-in"),
        (["--dry-run", "--concurrency", "0"], "--concurrency"),
    ],
)
def test_options_that_do_not_fit_are_a_usage_error(
    questions: Path, tmp_path: Path, options: list[str], message: str
) -> None:
    result = label(questions, tmp_path / "run", *options)
    assert result.exit_code == 2
    assert message in result.stderr
    assert not (tmp_path / "run").exists()


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--base-url", "localhost", "--model", "big"], "--base-url is no http(s) address"),
        (["--dry-run", "--today", "tomorrow"], "'tomorrow' is no date"),
        (["--replay", "none.jsonl"], "can't read none.jsonl"),
        (["--ingest", "none.jsonl"], "has no requests.jsonl"),
    ],
)
def test_input_that_can_not_be_used_is_an_error_with_a_hint(
    questions: Path, tmp_path: Path, options: list[str], message: str
) -> None:
    result = label(questions, tmp_path / "run", *options)
    assert result.exit_code == 1
    assert message in result.stderr
    assert "Hint: " in result.stderr


COMMAND = [sys.executable, "-c", "from fhirdistill.cli import main; main()", "label"]


def start(endpoint: Endpoint, questions: Path, out: Path) -> subprocess.Popen[bytes]:
    options = ["--out", str(out), "--base-url", endpoint.url, "--model", "big", "--per-request", "1"]
    root = str(Path(__file__).parents[2])
    environment = {**os.environ, "FHIRDISTILL_API_KEY": KEY, "PYTHONPATH": root}
    command = [*COMMAND, str(questions), *options, "--concurrency", "2"]
    return subprocess.Popen(command, env=environment, stderr=subprocess.PIPE)


def wait_for_lines(path: Path, count: int) -> None:
    end = time.monotonic() + 20
    while not path.is_file() or path.read_bytes().count(b"\n") < count:
        assert time.monotonic() < end, "the run did not get there in time"
        time.sleep(0.01)


@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGTERM, signal.SIGINT])
def test_a_run_that_is_stopped_loses_nothing_and_asks_nothing_twice(
    endpoint: Endpoint, questions: Path, tmp_path: Path, how: signal.Signals
) -> None:
    hold = threading.Event()
    answers = (good, good, good, good)

    def stuck(body: dict[str, Any]) -> tuple[int, dict[str, str], bytes]:
        hold.wait(20)
        return status(503)(body)

    endpoint.script, endpoint.then = list(answers), stuck
    replies = tmp_path / "run" / "replies.jsonl"
    run = start(endpoint, questions, tmp_path / "run")
    wait_for_lines(replies, 4)
    run.send_signal(how)
    _, said = run.communicate(timeout=20)
    hold.set()
    if how == signal.SIGINT:
        assert run.returncode == 130
        assert b"every reply that had come is kept" in said
    before = replies.read_bytes()
    with replies.open("ab") as file:
        file.write(before[:100])

    endpoint.then = good
    again = start(endpoint, questions, tmp_path / "run")
    _, said = again.communicate(timeout=20)
    assert again.returncode == 0, said
    assert replies.read_bytes().startswith(before)
    assert endpoint.answered == {f"q-{n}": 1 for n in range(10)}
    assert sorted(id for record in Store(tmp_path / "run").records for id in record.ids) == sorted(endpoint.answered)
    assert KEY.encode() not in said + replies.read_bytes()
