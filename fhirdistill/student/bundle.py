"""In: a folder that holds a trained student. Out: its parts, each checked against the manifest before use."""

from __future__ import annotations

import json
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any

from fhirdistill.errors import BundleError
from fhirdistill.student.vocabulary import Vocabulary

FORMAT = 1
PARTS = ("encoder.onnx", "decoder.onnx", "tokenizer.json", "rationale.json", "vocabulary.json")
PACKAGED = Path(__file__).parent.parent / "bundle"


@dataclass(frozen=True, slots=True)
class Bundle:
    """A student on disk: `card` says what made it (command, data, seed, metrics) and the temperature of its scores."""

    folder: Path
    card: dict[str, Any]
    vocabulary: Vocabulary

    @property
    def name(self) -> str:
        """The model's name and version, as a Translation cites it."""
        return f"{self.card['name']}@{self.card['version']}"


def open_bundle(folder: Path = PACKAGED) -> Bundle:
    """Open the bundle in `folder`.

    Raises BundleError where a part is missing, of another format, or not the one that was written.
    """
    card_path = folder / "card.json"
    if not card_path.is_file():
        raise BundleError(
            f"no student bundle in {folder} (card.json is missing)",
            hint="give --model a folder that `fhirdistill export` wrote",
        )
    try:
        card = json.loads(card_path.read_text("utf-8"))
        form = card["format"]
    except (ValueError, KeyError, TypeError) as error:
        raise BundleError(f"{card_path} is no model card: {error}", hint="export the bundle again") from error
    if form != FORMAT:
        raise BundleError(
            f"{folder} is a bundle of format {form}, this version reads {FORMAT}", hint="export the bundle again"
        )
    for part in PARTS:
        path = folder / part
        if not path.is_file():
            raise BundleError(f"{folder} lacks {part}", hint="export the bundle again")
        if path.stat().st_size != card["parts"][part]["bytes"]:
            raise BundleError(f"{path} is not the file that its card describes", hint="export the bundle again")
    vocabulary = Vocabulary.from_json((folder / "vocabulary.json").read_text("utf-8"))
    return Bundle(folder, card, vocabulary)


def verify(bundle: Bundle) -> list[str]:
    """Return the parts whose SHA-256 is not the one on the card."""
    return [part for part, told in bundle.card["parts"].items() if digest(bundle.folder / part) != told["sha256"]]


def digest(path: Path) -> str:
    """Return the SHA-256 of a file."""
    return sha256(path.read_bytes()).hexdigest()


def write_card(folder: Path, card: dict[str, Any]) -> None:
    """Write `card.json` last, with the size and hash of every part, so that a half-written folder never opens."""
    parts = {part: {"bytes": (folder / part).stat().st_size, "sha256": digest(folder / part)} for part in PARTS}
    fresh = folder / "card.json.new"
    fresh.write_text(
        json.dumps({"format": FORMAT, **card, "parts": parts}, indent=1, ensure_ascii=False) + "\n", "utf-8"
    )
    fresh.replace(folder / "card.json")
