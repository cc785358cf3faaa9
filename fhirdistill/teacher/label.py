"""In: requests, a teacher and a store. Out: the store with the replies, each written the moment it comes."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from fhirdistill.errors import FhirDistillError, TeacherError
from fhirdistill.teacher.base import Record, RefusedError, Request, Teacher, Usage, record_of
from fhirdistill.teacher.cost import TOKENS_PER_ANSWER, Budget, record_tokens, request_tokens
from fhirdistill.teacher.store import Store

FAILURES_IN_A_ROW = 5  # then the endpoint is taken to be down


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a run did: records written, errors of single requests, and why it stopped early ("" if it didn't)."""

    records: tuple[Record, ...]
    failures: tuple[TeacherError, ...]
    stopped: str


class _Run:
    """The state that the workers of one run share."""

    def __init__(
        self, store: Store, teacher: Teacher, budget: Budget | None, per_answer: float, notify: Callable[[Record], None]
    ) -> None:
        self.store, self.teacher, self.budget, self.notify = store, teacher, budget, notify
        self.per_answer = per_answer
        self.records: list[Record] = []
        self.failures: list[TeacherError] = []
        self.in_a_row = 0
        self.stopped = ""

    async def work(self, requests: Iterator[Request]) -> None:
        """Ask one request after the other until there are none or the run is stopped."""
        while not self.stopped and (request := next(requests, None)):
            tokens = request_tokens(request, self.per_answer)
            if self.budget and not self.budget.reserve(tokens):
                self.stopped = f"the next request would pass the limit of {self.budget.limit:g}"
                return
            spent: Usage | None = None
            try:
                spent = await self._ask(request, tokens)
            finally:
                if self.budget:
                    self.budget.settle(tokens, spent)

    async def _ask(self, request: Request, tokens: Usage) -> Usage | None:
        try:
            record = record_of(request, await self.teacher.ask(request))
        except TeacherError as error:
            self._failed(error)
            return None
        self.in_a_row = 0
        self.store.add(record)
        self.records.append(record)
        self.notify(record)
        return record.usage or Usage(tokens.prompt_tokens, record_tokens(record).completion_tokens)

    def _failed(self, error: TeacherError) -> None:
        self.failures.append(error)
        self.in_a_row += 1
        if isinstance(error, RefusedError):
            self.stopped = "the endpoint refuses every request"
        elif self.in_a_row >= FAILURES_IN_A_ROW:
            self.stopped = f"{self.in_a_row} requests in a row failed"


def first(errors: ExceptionGroup[FhirDistillError]) -> FhirDistillError:
    """Return the first error of a group."""
    return next(error for error in errors.exceptions if isinstance(error, FhirDistillError))


async def run(
    store: Store,
    requests: Iterable[Request],
    teacher: Teacher,
    *,
    concurrency: int = 4,
    budget: Budget | None = None,
    per_answer: float = TOKENS_PER_ANSWER,
    notify: Callable[[Record], None] = lambda record: None,
) -> Outcome:
    """Ask `requests`, `concurrency` at a time, and append each reply to the open `store` before the next one is asked.

    A request that fails is counted and the rest goes on; a refusal, five failures in a row or the budget stop the run.
    `requests` is drawn from lazily: a stopped run has rendered no more than it asked. Killed or cancelled at any time,
    the store holds every reply that had come; what was under way is asked again by the next run.
    """
    state = _Run(store, teacher, budget, per_answer, notify)
    shared = iter(requests)
    try:
        async with asyncio.TaskGroup() as group:
            for _ in range(concurrency):
                group.create_task(state.work(shared))
    except* FhirDistillError as errors:
        raise first(errors) from None
    return Outcome(tuple(state.records), tuple(state.failures), state.stopped)
