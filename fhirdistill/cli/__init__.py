"""In: a command line. Out: data on stdout, talk on stderr, and an exit code that tells whether it worked."""

from __future__ import annotations

import sys
from importlib import import_module

import click

from fhirdistill.errors import FhirDistillError

VERBS = {
    "translate": "Turn a clinical question into a FHIR search.",
    "validate": "Check FHIR searches and say what is wrong, and where.",
    "explain": "Say a FHIR search in plain English.",
    "label": "Let a teacher LLM label questions; resumable.",
    "check": "Check a teacher's replies and keep what is right.",
    "coverage": "Show what a corpus covers.",
    "sample": "Draw search templates for a teacher to put into words.",
    "train": "Distill a student from checked examples, step by step.",
    "export": "Turn a training run into a bundle for the translator.",
    "evaluate": "Score a student on questions with gold templates.",
}


class Verbs(click.Group):
    """The group of all verbs, imported when called; an error of ours becomes its message, its hint and exit code 1."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Return the verbs in the order in which a user meets them."""
        return list(VERBS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Import a verb."""
        if cmd_name not in VERBS:
            return None
        command: click.Command = getattr(import_module(f"fhirdistill.cli.{cmd_name}"), cmd_name)
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """List the verbs without importing them."""
        with formatter.section("Verbs"):
            formatter.write_dl(list(VERBS.items()))

    def invoke(self, ctx: click.Context) -> object:
        """Run a verb."""
        try:
            return super().invoke(ctx)
        except FhirDistillError as error:
            click.echo(f"Error: {error}", err=True)
            if error.hint:
                click.echo(f"Hint: {error.hint}", err=True)
            sys.exit(1)


@click.group(cls=Verbs, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="fhirdistill")
def main() -> None:
    """Clinical questions to FHIR searches, on your own CPU; and the distillery that makes the model.

    Data goes to stdout, everything else to stderr. `fhirdistill VERB --help` is the manual of a verb.
    """


__all__ = ["main"]
