"""In: the commands' own help. Out: README.md with that text between `<!-- help: VERB -->` and `<!-- /help -->`.

Run it as `python scripts/write_help.py` after a change of a command; with `--check` it writes nothing and exits 1 where
the README is not what it would write.
"""

from __future__ import annotations

import re
import sys
from pathlib import Path

import click

ROOT = Path(__file__).resolve().parent.parent
WIDTH = 100


def help_of(verb: str) -> str:
    """Return what `fhirdistill VERB --help` prints on a terminal of 100 columns."""
    from fhirdistill.cli import main

    group = click.Context(main, info_name="fhirdistill", terminal_width=WIDTH, max_content_width=WIDTH)
    command = main.get_command(group, verb)
    assert command is not None
    context = click.Context(command, info_name=verb, parent=group, help_option_names=["-h", "--help"])
    lines = (line.rstrip() for line in command.get_help(context).split("\n"))
    return "\n".join(lines).strip()


def block(verb: str) -> str:
    """Return the block of a verb, markers included."""
    return f"<!-- help: {verb} -->\n```text\n{help_of(verb)}\n```\n<!-- /help -->"


def refreshed(text: str) -> str:
    """Return a README with the block of every verb renewed, and those that it lacks put at its end."""
    from fhirdistill.cli import VERBS

    missing = []
    for verb in VERBS:
        pattern = re.compile(rf"<!-- help: {verb} -->\n.*?<!-- /help -->", re.DOTALL)
        fresh = block(verb)
        if pattern.search(text):
            text = pattern.sub(lambda _, fresh=fresh: fresh, text)  # type: ignore[misc]
        else:
            missing.append(f"\n### {verb}\n\n{fresh}\n")
    if missing and "\n## Verbs\n" not in text:
        missing.insert(0, "\n## Verbs\n\nThe manual of every verb, as `fhirdistill VERB --help` prints it.\n")
    return text.rstrip("\n") + "\n" + "".join(missing)


def main(arguments: list[str]) -> int:
    """Renew or check the README (or the file given)."""
    sys.path.insert(0, str(ROOT))
    names = [argument for argument in arguments if argument != "--check"]
    path = Path(names[0]) if names else ROOT / "README.md"
    text = path.read_text("utf-8")
    fresh = refreshed(text)
    if "--check" in arguments:
        if fresh != text:
            print(f"{path} is not up to date: run python scripts/write_help.py", file=sys.stderr)
        return int(fresh != text)
    beside = path.with_name(f".{path.name}.new")
    beside.write_text(fresh, "utf-8")
    beside.replace(path)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
