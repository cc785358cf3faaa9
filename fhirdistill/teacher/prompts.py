"""In: a prompt's name and its variables. Out: the rendered text, with the version and hash that key every reply."""

from __future__ import annotations

import json
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any

import jinja2

from fhirdistill.errors import PromptError

PACKAGED = Path(__file__).parent.parent / "prompts"
CHECKOUT = Path(__file__).parent.parent.parent / "prompts"


@dataclass(frozen=True, slots=True)
class Prompt:
    """One rendered prompt: `name` is `label.v1`, `hash` starts the SHA-256 of all files that it is made from."""

    name: str
    hash: str
    text: str


def folder() -> Path:
    """Return the folder of the prompts: beside the package in a checkout, inside it in an installed wheel."""
    return PACKAGED if PACKAGED.is_dir() else CHECKOUT


def source_hash(name: str) -> str:
    """Return the hash of every file of the prompt `name` (the template, its examples, its guide)."""
    files = sorted(folder().glob(f"{name}.*"))
    if not (folder() / f"{name}.jinja").is_file():
        known = ", ".join(sorted(p.stem for p in folder().glob("*.jinja")))
        raise PromptError(f"no prompt {name!r} in {folder()}", hint=f"the prompts are: {known}")
    return sha256(b"\0".join(path.read_bytes() for path in files)).hexdigest()[:12]


def examples(name: str) -> list[dict[str, Any]]:
    """Return the worked examples of the prompt `name`: the lines of `NAME.examples.jsonl`, if there is one."""
    path = folder() / f"{name}.examples.jsonl"
    return [json.loads(line) for line in path.read_text("utf-8").splitlines()] if path.is_file() else []


def guide(name: str) -> str:
    """Return the labelling guide that the prompt `name` was released with (`NAME.guide.md`)."""
    return (folder() / f"{name}.guide.md").read_text("utf-8").strip()


def render(name: str, **variables: Any) -> Prompt:
    """Render the prompt `name`. Raises PromptError where the prompt or one of its variables is missing."""
    digest = source_hash(name)
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(folder()),
        undefined=jinja2.StrictUndefined,
        keep_trailing_newline=True,
        autoescape=False,
    )
    environment.policies["json.dumps_kwargs"] = {"ensure_ascii": False, "sort_keys": False}
    environment.filters["tojson"] = lambda value: json.dumps(value, ensure_ascii=False, default=_no_json)
    try:
        text = environment.get_template(f"{name}.jinja").render(**variables)
    except jinja2.TemplateError as error:
        raise PromptError(
            f"prompt {name!r}: {error}", hint="give every variable that the prompt's first line lists"
        ) from error
    return Prompt(name, digest, text)


def _no_json(value: object) -> object:
    """Raise jinja's own error for an undefined value inside an object (`str` does so), else TypeError."""
    raise TypeError(f"{str(value)!r} is no JSON value")
