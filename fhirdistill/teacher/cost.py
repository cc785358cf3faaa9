"""In: requests about to be asked. Out: what they cost in tokens, money and time, before and while they run."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass

from fhirdistill.teacher.base import Record, Request, Usage

CHARACTERS_PER_TOKEN = 3.6  # a cautious figure for English with FHIR names
TOKENS_PER_ANSWER = 110  # measured on recorded labels: about 340 characters a line
TOKENS_PER_SECOND = 60.0  # of one stream of a hosted model
SECONDS_PER_REQUEST = 2.0  # until the first token


@dataclass(frozen=True, slots=True)
class Prices:
    """Money per million tokens, read and written, in the currency of your bill."""

    input: float
    output: float

    def cost(self, usage: Usage) -> float:
        """Return what that many tokens cost."""
        return (usage.prompt_tokens * self.input + usage.completion_tokens * self.output) / 1e6


@dataclass(frozen=True, slots=True)
class Estimate:
    """What a run would take: requests, questions, tokens, seconds, and money where the prices are known."""

    requests: int
    questions: int
    tokens: Usage
    seconds: float
    cost: float | None

    def lines(self) -> list[str]:
        """Return the estimate as text, one figure a line."""
        money = "unknown (give --price-in and --price-out)" if self.cost is None else f"{self.cost:.2f}"
        return [
            f"questions      {self.questions}",
            f"requests       {self.requests}",
            f"tokens in      {self.tokens.prompt_tokens}  (estimated)",
            f"tokens out     {self.tokens.completion_tokens}  (estimated, without hidden reasoning)",
            f"cost           {money}",
            f"time           {duration(self.seconds)}",
        ]


def duration(seconds: float) -> str:
    """Write seconds as people say them.

    >>> duration(42), duration(600), duration(7000)
    ('42 s', '10 min', '1 h 57 min')
    """
    if seconds < 100:
        return f"{math.ceil(seconds)} s"
    hours, minutes = divmod(math.ceil(seconds / 60), 60)
    return f"{hours} h {minutes} min" if hours else f"{minutes} min"


def answer_tokens(records: Iterable[Record]) -> float:
    """Return the tokens that one answer takes: as this teacher was seen to write, else a usual figure."""
    counted = [(record.usage.completion_tokens, len(record.ids)) for record in records if record.usage and record.ids]
    return sum(tokens for tokens, _ in counted) / sum(ids for _, ids in counted) if counted else TOKENS_PER_ANSWER


def request_tokens(request: Request, per_answer: float = TOKENS_PER_ANSWER) -> Usage:
    """Estimate the tokens of one request."""
    return Usage(math.ceil(len(request.prompt.text) / CHARACTERS_PER_TOKEN), math.ceil(len(request.ids) * per_answer))


def record_tokens(record: Record) -> Usage:
    """Return the tokens of a recorded reply; where the server didn't count, estimate what it wrote."""
    return record.usage or Usage(0, math.ceil(len(record.reply) / CHARACTERS_PER_TOKEN))


def estimate(requests: Iterable[Request], *, concurrency: int, prices: Prices | None, per_answer: float) -> Estimate:
    """Estimate a run of `requests`, `concurrency` of them at a time."""
    total, count, questions = Usage(0, 0), 0, 0
    for request in requests:
        total, count, questions = total + request_tokens(request, per_answer), count + 1, questions + len(request.ids)
    seconds = (count * SECONDS_PER_REQUEST + total.completion_tokens / TOKENS_PER_SECOND) / max(
        1, min(concurrency, count)
    )
    return Estimate(count, questions, total, seconds, prices.cost(total) if prices else None)


class Budget:
    """A purse: a request is asked only if what is spent, what is under way and its own estimate fit in the limit."""

    def __init__(self, prices: Prices, limit: float, spent: float = 0.0) -> None:
        self.prices, self.limit, self.spent, self.reserved = prices, limit, spent, 0.0

    def reserve(self, tokens: Usage) -> bool:
        """Set money aside for a request; False where the limit doesn't allow it."""
        cost = self.prices.cost(tokens)
        if self.spent + self.reserved + cost > self.limit:
            return False
        self.reserved += cost
        return True

    def settle(self, reserved: Usage, spent: Usage | None) -> None:
        """Turn what was set aside into what was spent (None: nothing came back)."""
        self.reserved -= self.prices.cost(reserved)
        self.spent += self.prices.cost(spent) if spent else 0.0
