"""In: the folder of a training run. Out: a bundle that the translator opens."""

from __future__ import annotations

from pathlib import Path

import click


@click.command()
@click.argument("run", type=click.Path(path_type=Path))
@click.option("--out", required=True, type=click.Path(path_type=Path), help="Folder of the bundle.")
@click.option("--name", default="fhirdistill-r4", show_default=True, help="Name of the model.")
@click.option("--version", default="0.1", show_default=True, help="Version of the model.")
@click.option("--corpus", type=click.Path(path_type=Path), help="Fit the confidence on this corpus's validation split.")
@click.option("--float32", is_flag=True, help="Keep full precision instead of int8.")
def export(run: Path, out: Path, name: str, version: str, corpus: Path | None, float32: bool) -> None:
    """Turn a training run into a bundle: ONNX graphs in int8, the codec, and a card that says how it was made."""
    from fhirdistill.distill import encoder

    encoder.need_training()
    from fhirdistill.distill import run as runs

    runs.export_run(run, out, name=name, version=version, corpus=corpus, quantize=not float32)
    click.echo(
        f"the bundle is in {out}; try it: fhirdistill translate --model {out} 'patients over 60 with diabetes'",
        err=True,
    )
