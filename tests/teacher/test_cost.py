"""What a run will cost, and the purse that stops it."""

from __future__ import annotations

from fhirdistill.teacher.base import Record, Request, Usage
from fhirdistill.teacher.cost import Budget, Prices, answer_tokens, estimate, request_tokens
from fhirdistill.teacher.prompts import Prompt

REQUEST = Request("k", Prompt("label.v1", "h", "x" * 3600), ("a", "b"))


def test_an_estimate_adds_up() -> None:
    plan = estimate([REQUEST] * 3, concurrency=8, prices=Prices(3, 15), per_answer=100)
    assert (plan.requests, plan.questions, plan.tokens) == (3, 6, Usage(3000, 600))
    assert plan.cost == (3000 * 3 + 600 * 15) / 1e6
    assert plan.seconds == (3 * 2 + 600 / 60) / 3
    assert "cost           0.02" in plan.lines()


def test_without_prices_the_cost_is_unknown_and_nothing_to_ask_costs_nothing() -> None:
    plan = estimate([], concurrency=8, prices=None, per_answer=100)
    assert (plan.requests, plan.seconds, plan.cost) == (0, 0, None)
    assert "give --price-in and --price-out" in "\n".join(plan.lines())


def test_the_teachers_own_replies_say_how_long_an_answer_is() -> None:
    records = [Record("k", "p", "h", "t", ("a", "b"), "", usage) for usage in (Usage(9, 300), None)]
    assert answer_tokens(records) == 150
    assert answer_tokens(records[1:]) == 110


def test_a_budget_counts_what_is_spent_and_what_is_under_way() -> None:
    tokens = request_tokens(REQUEST)
    budget = Budget(Prices(1000, 0), limit=2.5, spent=0.4)
    assert [budget.reserve(tokens), budget.reserve(tokens), budget.reserve(tokens)] == [True, True, False]
    budget.settle(tokens, None)
    assert budget.reserve(tokens)
    budget.settle(tokens, Usage(100, 0))
    assert round(budget.spent, 6) == 0.5
    assert budget.reserve(tokens)
    assert not budget.reserve(tokens)
