"""What the documentation says exists, and the README has the manual of every verb."""

from __future__ import annotations

import doctest
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import click
import pytest

from fhirdistill.cli import VERBS, main
from fhirdistill.student.bundle import PACKAGED

ROOT = Path(__file__).parent.parent
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
SCRIPT = ROOT / "scripts" / "write_help.py"
CALL = re.compile(r"\bfhirdistill ([a-z]+)\b([^\n`|&;]*)")
OPTION = re.compile(r"(?<![\w-])--[a-z][a-z0-9-]*")


def options(verb: str) -> set[str]:
    command = main.get_command(click.Context(main), verb)
    assert command is not None
    return {name for parameter in command.params for name in (*parameter.opts, *parameter.secondary_opts)} | {"--help"}


def code(path: Path) -> Iterator[str]:
    """Yield what stands in code: fenced and indented lines, and inline code."""
    fenced = False
    for line in path.read_text("utf-8").splitlines():
        if line.startswith("```"):
            fenced = not fenced
        elif fenced or line.startswith("    "):
            yield line
        else:
            yield from re.findall(r"`([^`]+)`", line)


def calls(path: Path) -> Iterator[tuple[str, str]]:
    """Yield (verb, the rest of the command)."""
    for text in code(path):
        if re.match(r"\s*(from|import|>>>) ", text):
            continue
        for match in CALL.finditer(text.split("#")[0]):
            yield match[1], match[2]


@pytest.mark.parametrize("path", PAGES, ids=lambda path: path.name)
def test_every_verb_and_option_that_is_shown_exists(path: Path) -> None:
    for verb, rest in calls(path):
        assert verb in VERBS, f"{path.name} shows `fhirdistill {verb}`"
        unknown = set(OPTION.findall(rest)) - options(verb)
        assert not unknown, f"{path.name}: `fhirdistill {verb}` has no {unknown}"


@pytest.mark.parametrize("path", PAGES, ids=lambda path: path.name)
def test_every_option_in_inline_code_exists(path: Path) -> None:
    known = set().union(*(options(verb) for verb in VERBS))
    shown = {word for word in code(path) if word.startswith("--")}
    assert {OPTION.findall(word)[0] for word in shown} <= known


def test_the_pages_show_commands() -> None:
    shown = {verb for path in PAGES for verb, _ in calls(path)}
    assert {"translate", "label", "check", "train", "export", "evaluate"} <= shown


@pytest.mark.parametrize("path", PAGES, ids=lambda path: path.name)
def test_links_lead_somewhere(path: Path) -> None:
    for target in re.findall(r"\]\((?!https?:)([^)#]+)", path.read_text("utf-8")):
        assert (path.parent / target).exists(), f"{path.name} links to {target}"


def test_the_settings_of_training_are_all_explained() -> None:
    from fhirdistill.train.config import TrainConfig

    text = (ROOT / "docs" / "training.md").read_text("utf-8")
    rows = dict(re.findall(r"^\| `(\w+)` \| (\S+) \| ", text, re.MULTILINE))
    told = {
        name: f'"{value}"' if isinstance(value, str) else str(value) for name, value in TrainConfig().to_dict().items()
    }
    assert rows == told


def test_the_fields_of_a_translation_are_all_explained() -> None:
    from fhirdistill.translate import ORDER

    text = (ROOT / "docs" / "translate.md").read_text("utf-8").split("## The answer")[1].split("\n## ")[0]
    assert tuple(re.findall(r"^\| `(\w+)` \|", text, re.MULTILINE)) == ORDER


def test_the_readme_has_the_manual_of_every_verb() -> None:
    done = subprocess.run([sys.executable, str(SCRIPT), "--check"], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def test_a_manual_that_is_old_is_noticed_and_renewed(tmp_path: Path) -> None:
    page = tmp_path / "README.md"
    page.write_text("# Title\n\n<!-- help: train -->\nold\n<!-- /help -->\n\nMore.\n", "utf-8")

    def run(*arguments: str) -> int:
        return subprocess.run([sys.executable, str(SCRIPT), str(page), *arguments], capture_output=True).returncode

    assert run("--check") == 1
    assert run() == 0
    assert run("--check") == 0
    text = page.read_text("utf-8")
    assert text.startswith("# Title\n\n<!-- help: train -->\n```text\nUsage: fhirdistill train [OPTIONS] CORPUS\n")
    assert text.index("More.") < text.index("## Verbs") < text.index("<!-- help: translate -->")
    assert all(text.count(f"<!-- help: {verb} -->") == 1 for verb in VERBS)


@pytest.mark.skipif(not (PACKAGED / "card.json").is_file(), reason="no packaged student")
def test_the_python_example_is_true() -> None:
    found = doctest.testfile(str(ROOT / "docs" / "translate.md"), module_relative=False)
    assert found.attempted > 4
    assert found.failed == 0
