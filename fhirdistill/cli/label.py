"""In: a file of questions and the address of a teacher. Out: a folder with the teacher's replies, which only grows."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from fhirdistill.teacher.base import Record, Request, Teacher
    from fhirdistill.teacher.cost import Prices
    from fhirdistill.teacher.label import Outcome
    from fhirdistill.teacher.questions import Questions
    from fhirdistill.teacher.store import Store

FILE = click.Path(path_type=Path, allow_dash=True)
PRICE = click.FloatRange(min=0)


@dataclass(frozen=True, slots=True)
class Options:
    """The options of the command, by the names of its flags."""

    out: Path
    base_url: str
    model: str
    api_key: str
    concurrency: int
    per_request: int
    timeout: float
    today: str | None
    repair: bool
    dry_run: bool
    render: Path | None
    ingest: Path | None
    replay: Path | None
    price_in: float | None
    price_out: float | None
    max_cost: float | None

    def check(self) -> None:
        """Raise UsageError where options contradict each other or one is missing."""
        modes = {"--dry-run": self.dry_run, "--render": self.render, "--ingest": self.ingest, "--replay": self.replay}
        chosen = [name for name, value in modes.items() if value]
        if len(chosen) > 1:
            raise click.UsageError(f"{' and '.join(chosen)} exclude each other")
        if (self.price_in is None) != (self.price_out is None):
            raise click.UsageError("give both --price-in and --price-out")
        if self.max_cost is not None and self.price_in is None:
            raise click.UsageError("--max-cost needs --price-in and --price-out, per million tokens")
        if not chosen and not self.base_url:
            raise click.UsageError("give --base-url or set FHIRDISTILL_BASE_URL")
        if chosen in ([], ["--render"]) and not self.model:
            raise click.UsageError("give --model or set FHIRDISTILL_MODEL")

    def prices(self) -> Prices | None:
        """Return the prices, where both are given."""
        from fhirdistill.teacher.cost import Prices

        return None if self.price_in is None or self.price_out is None else Prices(self.price_in, self.price_out)


@click.command()
@click.argument("questions", metavar="QUESTIONS.jsonl", type=FILE)
@click.option("--out", required=True, metavar="DIR", type=click.Path(path_type=Path), help="Folder of the replies.")
@click.option(
    "--base-url", envvar="FHIRDISTILL_BASE_URL", show_envvar=True, default="", help="OpenAI-like server, up to /v1."
)
@click.option(
    "--model", envvar="FHIRDISTILL_MODEL", show_envvar=True, default="", help="Name of the teacher on that server."
)
@click.option("--api-key", envvar="FHIRDISTILL_API_KEY", show_envvar=True, default="", help="Key of that server.")
@click.option("--concurrency", default=4, show_default=True, type=click.IntRange(1, 256), help="Requests at a time.")
@click.option("--per-request", default=20, show_default=True, type=click.IntRange(1, 500), help="Questions a request.")
@click.option("--timeout", default=180.0, show_default=True, type=click.FloatRange(1), help="Seconds for one request.")
@click.option("--today", metavar="DATE", help="Day that the prompt names, as 2026-03-15.  [default: your clock's day]")
@click.option("--repair", is_flag=True, help="Ask again, once, for answers that `check` rejects, naming what is wrong.")
@click.option("--dry-run", is_flag=True, help="Print requests, tokens, cost and time of the run, and ask nothing.")
@click.option("--price-in", type=PRICE, metavar="MONEY", help="Price of a million tokens that the teacher reads.")
@click.option("--price-out", type=PRICE, metavar="MONEY", help="Price of a million tokens that the teacher writes.")
@click.option("--max-cost", type=PRICE, metavar="MONEY", help="Stop before DIR has cost more than this, in all.")
@click.option("--render", type=FILE, metavar="FILE", help="Write the requests as a file for a batch service instead.")
@click.option("--ingest", type=FILE, metavar="FILE", help="Read the output file of a batch service into DIR.")
@click.option("--replay", type=FILE, metavar="FILE", help="Take the replies from recorded ones; no network, no cost.")
@click.pass_context
def label(ctx: click.Context, /, questions: Path, **options: Any) -> None:
    """Let a teacher LLM label questions; resumable.

    QUESTIONS.jsonl has {"id": ..., "question": ...} a line; - is standard input. Each reply is added to
    DIR/replies.jsonl the moment it comes and is never changed. Stopped in any way and started again, the command asks
    only for what has no answer yet. `fhirdistill check` makes examples of the replies. The key is never written down.

    \b
      export FHIRDISTILL_BASE_URL=https://api.example.com/v1 FHIRDISTILL_MODEL=big FHIRDISTILL_API_KEY=...
      fhirdistill label mine.jsonl --out run --dry-run --price-in 3 --price-out 15
      fhirdistill label mine.jsonl --out run --price-in 3 --price-out 15 --max-cost 20
      fhirdistill check run --questions mine.jsonl --out run
      fhirdistill label mine.jsonl --out run --repair

    Or by files: `--render batch.jsonl`, give it to a batch service, `--ingest output.jsonl`; render again what is left.
    Exit code 1 if a line was broken, a request failed or questions are left without an answer; 130 after Ctrl-C.
    """  # noqa: D301 - click's paragraph mark
    chosen = Options(**options)
    chosen.check()
    ctx.exit(_label(questions, chosen))


def _label(path: Path, options: Options) -> int:
    from fhirdistill.ground.dates import read_today
    from fhirdistill.teacher.questions import read_questions
    from fhirdistill.teacher.store import Store

    today = str(read_today(options.today) if options.today else date.today())
    questions = read_questions([path])
    for line in questions.broken:
        click.echo(f"Error: {line}", err=True)
    store = Store(options.out)
    todo = Todo.of(store, questions, repair=options.repair)
    if options.ingest:
        code = _ingest(store, options.ingest, options.model)
    elif options.dry_run:
        code = _dry_run(store, todo.requests(today, options.per_request), options)
    elif not todo.ids:
        code = 0
    elif options.render:
        code = _render(store, list(todo.requests(today, options.per_request)), options)
    else:
        code = _ask(store, todo, today, options)
    if not options.dry_run and not options.render:
        left = len(Todo.of(store, questions, repair=options.repair).ids)
        click.echo(_summary(left, questions, options), err=True)
        code = code or int(left > 0)
    return code or int(bool(questions.broken))


def _summary(left: int, questions: Questions, options: Options) -> str:
    what = "rejected answers" if options.repair else f"{len(questions.by_id)} questions"
    if not left:
        return f"all {what} have {'gone back once' if options.repair else 'an answer'} in {options.out}"
    return f"{left} of the {what} are left; the same command goes on where this one stopped"


@dataclass(frozen=True, slots=True)
class Todo:
    """What is still to ask: ids, and how to render requests for groups of them."""

    ids: list[str]
    prompt: str
    render: Callable[[list[str], str, int], Iterable[Request]]

    def requests(self, today: str, per_request: int) -> Iterable[Request]:
        """Render everything, `per_request` questions at a time, one after the other."""
        return self.render(self.ids, today, per_request)

    @classmethod
    def of(cls, store: Store, questions: Questions, *, repair: bool) -> Todo:
        """Look what the store lacks."""
        from fhirdistill.teacher import plan
        from fhirdistill.teacher.prompts import source_hash
        from fhirdistill.teacher.store import answered

        done = answered(store.records, source_hash(plan.REPAIR if repair else plan.LABEL))
        if not repair:
            by_id = questions.by_id
            return cls(
                [id for id in by_id if id not in done],
                plan.LABEL,
                lambda ids, today, size: plan.label_requests([by_id[i] for i in ids], today=today, per_request=size),
            )
        from fhirdistill.check import check_records

        rows = check_records(store.records, questions.by_id).rejections
        rejected = {row.question.id: row for row in rows if row.question.id in questions.by_id and row.raw}
        return cls(
            [id for id in rejected if id not in done],
            plan.REPAIR,
            lambda ids, today, size: plan.repair_requests([rejected[i] for i in ids], today=today, per_request=size),
        )


def _dry_run(store: Store, requests: Iterable[Request], options: Options) -> int:
    from fhirdistill.teacher.cost import answer_tokens, estimate

    per_answer = answer_tokens(store.records)
    plan = estimate(requests, concurrency=options.concurrency, prices=options.prices(), per_answer=per_answer)
    click.echo("\n".join(plan.lines()))
    return 0


def _render(store: Store, requests: list[Request], options: Options) -> int:
    from fhirdistill.teacher.batch import batch_rows
    from fhirdistill.teacher.files import write_jsonl

    assert options.render is not None
    with store:
        store.note_requests(requests)
        write_jsonl(options.render, batch_rows(requests, options.model))
    questions = sum(len(request.ids) for request in requests)
    click.echo(f"rendered {len(requests)} requests for {questions} questions", err=True)
    return 0


def _ingest(store: Store, path: Path, model: str) -> int:
    from fhirdistill.teacher.batch import ingest

    batch = ingest(path, store.noted_requests(), model)
    with store:
        known = {(record.key, record.reply) for record in store.records}
        fresh = [record for record in batch.records if (record.key, record.reply) not in known]
        for record in fresh:
            store.add(record)
    for line in batch.broken:
        click.echo(f"Error: {line}", err=True)
    old = len(batch.records) - len(fresh)
    click.echo(f"ingested {len(fresh)} replies" + (f"; {old} were there before" if old else ""), err=True)
    return int(bool(batch.broken))


def _ask(store: Store, todo: Todo, today: str, options: Options) -> int:
    with store:
        try:
            outcome = asyncio.run(_run(store, todo, today, options))
        except KeyboardInterrupt:
            click.echo("stopped; every reply that had come is kept", err=True)
            return 130
    for error in {str(error): error for error in outcome.failures}.values():
        click.echo(f"Error: {error}", err=True)
        if error.hint:
            click.echo(f"Hint: {error.hint}", err=True)
    if outcome.stopped:
        click.echo(f"stopped early: {outcome.stopped}", err=True)
    click.echo(_bill(outcome, options), err=True)
    return int(bool(outcome.failures or outcome.stopped))


def _bill(outcome: Outcome, options: Options) -> str:
    from fhirdistill.teacher.base import Usage

    total = sum((record.usage for record in outcome.records if record.usage), Usage(0, 0))
    text = f"{len(outcome.records)} replies, {total.prompt_tokens} tokens read, {total.completion_tokens} written"
    prices = options.prices()
    return f"{text}, cost {prices.cost(total):.2f}" if prices else text


async def _run(store: Store, todo: Todo, today: str, options: Options) -> Outcome:
    from tqdm import tqdm

    from fhirdistill.teacher import label as labelling
    from fhirdistill.teacher.client import ChatTeacher, Endpoint, Patience
    from fhirdistill.teacher.cost import Budget, answer_tokens, record_tokens

    prices = options.prices()
    spent = sum(prices.cost(record_tokens(record)) for record in store.records) if prices else 0.0
    budget = Budget(prices, options.max_cost, spent) if prices and options.max_cost is not None else None
    with tqdm(total=len(todo.ids), unit="question", file=sys.stderr, disable=None) as bar:

        async def ask(teacher: Teacher, requests: Iterable[Request]) -> Outcome:
            return await labelling.run(
                store,
                requests,
                teacher,
                concurrency=options.concurrency,
                budget=budget,
                per_answer=answer_tokens(store.records),
                notify=lambda record: (bar.update(len(record.ids)), None)[1],
            )

        if options.replay:
            return await ask(*_replay(_recorded(options.replay), todo, today))
        endpoint = Endpoint(options.base_url, options.model, options.api_key)
        patience = Patience(timeout=options.timeout)
        async with ChatTeacher(endpoint, concurrency=options.concurrency, patience=patience) as teacher:
            return await ask(teacher, todo.requests(today, options.per_request))


def _recorded(path: Path) -> list[Record]:
    from fhirdistill.teacher.store import read_records, record_files

    found = [read_records(file) for file in record_files(path)]
    for line in (line for _, broken in found for line in broken):
        click.echo(f"Error: {line}", err=True)
    return [record for records, _ in found for record in records]


def _replay(records: list[Record], todo: Todo, today: str) -> tuple[Teacher, Iterable[Request]]:
    """Return the recording as a teacher, and requests in the groups in which it was made."""
    from fhirdistill.teacher.replay import ReplayTeacher, recorded_groups

    groups = recorded_groups(records, todo.prompt, set(todo.ids))
    requests = (request for ids in groups for request in todo.render(list(ids), today, len(ids)))
    return ReplayTeacher.of(records), requests
