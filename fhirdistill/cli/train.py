"""In: checked examples, or any rows of {input, label, rationale}. Out: a training run in a folder, ready for export."""

from __future__ import annotations

from pathlib import Path

import click


@click.command()
@click.argument("corpus", type=click.Path(path_type=Path))
@click.option(
    "--out",
    required=True,
    type=click.Path(path_type=Path),
    help="Folder of the run: checkpoints, metrics.jsonl, the codec.",
)
@click.option("--config", type=click.Path(path_type=Path), help="TOML file of settings; options go before it.")
@click.option("--steps", type=int, help="Optimizer steps.")
@click.option("--batch", type=int, help="Rows a step and process.")
@click.option("--accumulate", type=int, help="Batches a step.")
@click.option("--alpha", type=float, help="Weight of the label task; the rationale task has 1 - alpha.")
@click.option("--rationale-share", type=float, help="Share of the rows whose rationale is learned at each pass.")
@click.option("--learning-rate", type=float, help="Peak rate of the decoder.")
@click.option("--encoder-rate", type=float, help="Peak rate of the pretrained encoder.")
@click.option("--seed", type=int, help="Decides order, refills and noise.")
@click.option("--refill/--no-refill", default=True, show_default=True, help="Refill slots and add noise at every pass.")
@click.option(
    "--share",
    default=1.0,
    show_default=True,
    type=click.FloatRange(0.001, 1),
    help="Train on this share of the families.",
)
@click.option(
    "--synthetic",
    default=0.0,
    show_default=True,
    type=click.FloatRange(0, 4),
    help="Add this share of drawn templates, said by `explain`.",
)
@click.option("--start", type=click.Path(path_type=Path), help="Start from the weights of another run.")
@click.option(
    "--generic", is_flag=True, help="CORPUS holds rows of any domain: train a small text-to-text student instead."
)
@click.option(
    "--column",
    "columns",
    multiple=True,
    metavar="NAME=COLUMN",
    help="With --generic: which column is input, label or rationale.",
)
@click.option("--threads", default=0, help="Processor threads; 0 leaves it to torch.")
def train(
    corpus: Path,
    out: Path,
    config: Path | None,
    refill: bool,
    share: float,
    synthetic: float,
    start: Path | None,
    generic: bool,
    columns: tuple[str, ...],
    threads: int,
    **options: float,
) -> None:
    """Distill a student step by step: one model, two tasks, loss = alpha * label + (1 - alpha) * rationale.

    A killed run goes on where it stood when the same command is given again.

    \b
      fhirdistill train corpus.jsonl --out runs/first --steps 2000
      fhirdistill train rows.jsonl --generic --out runs/other --column label=answer
    """  # noqa: D301 - click's paragraph mark
    from fhirdistill.distill import encoder
    from fhirdistill.train.config import read_config

    encoder.need_training()
    from fhirdistill.distill import run as runs

    if generic and (start or share < 1):
        raise click.UsageError("--start and --share are for a corpus, not for --generic rows")
    roles = dict(_column(pair) for pair in columns)
    settings = read_config(config, **options)
    if threads:
        import torch

        torch.set_num_threads(threads)
    if generic:
        runs.train_rows(corpus, out, settings, roles)
    else:
        runs.train_corpus(corpus, out, settings, refill=refill, share=share, synthetic=synthetic, start=start)
    click.echo(f"the run is in {out}; next: fhirdistill export {out} --out BUNDLE", err=True)


def _column(pair: str) -> tuple[str, str]:
    role, equals, column = pair.partition("=")
    if not (role and equals and column):
        raise click.BadParameter(f"{pair!r} is not NAME=COLUMN", param_hint="--column")
    return role, column
