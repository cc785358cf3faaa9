"""In: a count and a seed. Out: search templates for a teacher to put into words."""

from __future__ import annotations

import json

import click

from fhirdistill.cli.read import writing


@click.command()
@click.option("--count", required=True, type=click.IntRange(1, 1_000_000), help="How many templates to draw.")
@click.option("--seed", default=0, show_default=True, help="The same seed draws the same templates.")
@click.option("--out", default="-", show_default=True, metavar="FILE", help="Where they go; - is standard output.")
def sample(count: int, seed: int, out: str) -> None:
    """Draw search templates for a teacher to put into words.

    Each is legal FHIR R4: common types and parameters often, every clinically meaningful one sometimes, one to six
    constraints. A line is {"id", "template", "voices"}; the voices say who shall ask for it.

    \b
      fhirdistill sample --count 500 --seed 1 --out templates.jsonl
    """  # noqa: D301
    from fhirdistill.dataset.sample import sample as draw

    with writing(out) as file:
        for drawn in draw(count, seed):
            line = {"id": drawn.id, "template": drawn.template, "voices": drawn.voices}
            file.write(json.dumps(line, ensure_ascii=False) + "\n")
