"""A run: what it writes, what stops it, and what the next one still asks."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path

import pytest

from fhirdistill.errors import DataError, TeacherError
from fhirdistill.records import Question
from fhirdistill.teacher.base import Record, RefusedError, Reply, Request, Usage, make_request, record_of
from fhirdistill.teacher.cost import Budget, Prices
from fhirdistill.teacher.label import Outcome, run
from fhirdistill.teacher.plan import LABEL, label_requests
from fhirdistill.teacher.prompts import Prompt
from fhirdistill.teacher.replay import ReplayTeacher, recorded_groups
from fhirdistill.teacher.store import Store, read_records

PROMPT = Prompt("label.v1", "h", "x" * 360)


def requests(count: int) -> Iterator[Request]:
    return (make_request(PROMPT, [f"q-{n}"]) for n in range(count))


class Scripted:
    """A teacher that fails for some ids."""

    def __init__(self, **errors: TeacherError) -> None:
        self.errors = errors
        self.asked: list[str] = []

    async def ask(self, request: Request) -> Reply:
        await asyncio.sleep(0)
        self.asked += request.ids
        if error := self.errors.get(request.ids[0].replace("-", "_")):
            raise error
        return Reply("text of " + request.ids[0], "big", Usage(100, 10))


def go(folder: Path, teacher: Scripted, count: int, *, concurrency: int = 1, budget: Budget | None = None) -> Outcome:
    with Store(folder) as store:
        return asyncio.run(run(store, requests(count), teacher, concurrency=concurrency, budget=budget))


def test_each_reply_is_on_the_disk_before_the_next_is_asked(tmp_path: Path) -> None:
    seen: list[int] = []

    async def main() -> None:
        with Store(tmp_path) as store:
            await run(
                store,
                requests(3),
                Scripted(),
                concurrency=1,
                notify=lambda record: seen.append(len(read_records(tmp_path / "replies.jsonl")[0])),
            )

    asyncio.run(main())
    assert seen == [1, 2, 3]


def test_a_request_that_fails_is_counted_and_the_rest_goes_on(tmp_path: Path) -> None:
    outcome = go(tmp_path, Scripted(q_1=TeacherError("busy")), 4, concurrency=2)
    assert sorted(record.ids[0] for record in outcome.records) == ["q-0", "q-2", "q-3"]
    assert [str(error) for error in outcome.failures] == ["busy"]
    assert outcome.stopped == ""


def test_a_refusal_stops_the_run_at_once(tmp_path: Path) -> None:
    teacher = Scripted(q_1=RefusedError("wrong key"))
    assert go(tmp_path, teacher, 9).stopped == "the endpoint refuses every request"
    assert teacher.asked == ["q-0", "q-1"]


def test_five_failures_in_a_row_stop_the_run(tmp_path: Path) -> None:
    teacher = Scripted(**{f"q_{n}": TeacherError("down") for n in (0, 1, 3, 4, 5, 6, 7)})
    assert go(tmp_path, teacher, 20).stopped == "5 requests in a row failed"
    assert teacher.asked == [f"q-{n}" for n in range(8)]


def test_the_budget_stops_the_run_before_it_is_passed(tmp_path: Path) -> None:
    budget = Budget(Prices(10_000, 0), limit=3.5)
    outcome = go(tmp_path, Scripted(), 9, concurrency=3, budget=budget)
    assert len(outcome.records) == 3
    assert "pass the limit of 3.5" in outcome.stopped
    assert budget.spent <= 3.5


def test_a_full_disk_is_an_error_of_ours(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*args: object) -> int:
        raise OSError(28, "No space left on device")

    with Store(tmp_path) as store:
        monkeypatch.setattr("os.write", full)
        with pytest.raises(DataError, match="No space left"):
            asyncio.run(run(store, requests(9), Scripted(), concurrency=3))
        monkeypatch.undo()


def test_a_recording_answers_in_the_groups_in_which_it_was_made(tmp_path: Path) -> None:
    questions = [Question(f"q-{n}", "x") for n in range(5)]
    made = list(label_requests(questions, today="2026-03-15", per_request=2))
    records = [record_of(request, Reply(f"reply {n}", "big")) for n, request in enumerate(made)]
    assert recorded_groups(records, LABEL, {"q-0", "q-1", "q-2", "q-4"}) == [("q-0", "q-1"), ("q-4",)]
    assert recorded_groups(records, "repair.v1", {"q-0", "q-1"}) == []
    with Store(tmp_path) as store:
        asyncio.run(run(store, made, ReplayTeacher.of(records), concurrency=2))
    assert sorted(Store(tmp_path).records, key=lambda record: record.ids) == records


def test_a_request_that_was_not_recorded_says_what_was() -> None:
    record = Record("k", "label.v1", "old", "big", ("q-0",), "text")
    with pytest.raises(TeacherError, match=r"prompt label\.v1 \(h\) and 1 questions from 'q-0'") as caught:
        asyncio.run(ReplayTeacher.of([record]).ask(next(requests(1))))
    assert caught.value.hint == "the recording holds replies to label.v1 (old)"
