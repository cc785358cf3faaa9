"""In: a corpus and settings. Out: a training run in a folder, and from it a bundle."""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from fhirdistill.dataset.corpus import of_split, read_corpus, without_copies
from fhirdistill.dataset.epochs import epoch
from fhirdistill.dataset.relative import relative_years
from fhirdistill.dataset.row import Row as Example
from fhirdistill.dataset.sample import sample
from fhirdistill.distill.codec import UNSUPPORTED, StudentCodec, load_codec, new_codec, save_codec
from fhirdistill.distill.model import load_model, new_model, take_over
from fhirdistill.errors import InputError
from fhirdistill.search import explain

if TYPE_CHECKING:
    from fhirdistill.train.config import TrainConfig
    from fhirdistill.train.rows import Row


@dataclass(frozen=True, slots=True)
class CorpusRows:
    """The training split, with slots refilled and noise added anew at every pass (the first pass is as written).

    `synthetic` adds that share of drawn templates to every pass, said in the plain English of `explain`; they teach
    rare types and parameters that no teacher was asked about.
    """

    examples: tuple[Example, ...]
    seed: int
    refill: bool
    synthetic: float

    def epoch(self, number: int) -> Sequence[Row]:
        """Return the rows of a pass."""
        from fhirdistill.train.rows import Row

        varied = epoch(self.examples, number, self.seed) if self.refill and number else self.examples
        drawn = sample(round(self.synthetic * len(self.examples)), seed=1000 * self.seed + number)
        return [*map(row_of, varied), *(Row(explain(d.template), d.template) for d in drawn)]


def row_of(example: Example) -> Row:
    """Return an example as the trainer's row; what is unsupported has the reason for a rationale."""
    from fhirdistill.train.rows import Row

    if example.status == "unsupported":
        return Row(example.question, UNSUPPORTED, example.reason)
    return Row(example.question, example.template or "", example.rationale)


def train_corpus(
    corpus: Path,
    out: Path,
    settings: TrainConfig,
    *,
    refill: bool = True,
    share: float = 1.0,
    synthetic: float = 0.0,
    start: Path | None = None,
) -> None:
    """Train a student on the training split of a corpus; `start` is a run whose weights it goes on from.

    Raises InputError for a corpus that can't be read, DataError for a run folder that belongs to other data.
    """
    from fhirdistill.train.trainer import Trainer

    if start and not ((start / "codec").is_dir() and (start / "checkpoint" / "state.json").is_file()):
        raise InputError(f"{start} holds no run to go on from", hint="give the --out folder of `fhirdistill train`")
    examples = of_split(without_copies(read_corpus(corpus)), "train")
    relative = filter(None, map(relative_years, examples))
    kept = tuple(e for e in relative if _in_share(e.family, share))
    if not kept:
        raise InputError(f"{corpus} has no training examples", hint="lower --share no further")
    codec = _codec(kept, out)
    model = new_model(codec, settings)
    if start:
        take_over(model, codec, load_codec(start / "codec"), start / "checkpoint")
    out.mkdir(parents=True, exist_ok=True)
    told = {
        "command": " ".join(["fhirdistill", *sys.argv[1:]]),
        "corpus": corpus.name,
        "examples": len(kept),
        "share": share,
        "refill": refill,
        "synthetic": synthetic,
    }
    (out / "run.json").write_text(json.dumps({**told, "settings": settings.to_dict()}, indent=1))
    Trainer(model, codec, CorpusRows(kept, settings.seed, refill, synthetic), settings, out).run()


def _codec(examples: Sequence[Example], out: Path) -> StudentCodec:
    """Return the run's codec: the one in its folder, or a new one."""
    if (out / "codec").is_dir():
        return load_codec(out / "codec")
    codec = new_codec([_observed(example) for example in examples])
    save_codec(codec, out / "codec")
    return codec


def _observed(example: Example) -> tuple[str, str, str | None]:
    row = row_of(example)
    return row.input, row.label, row.rationale


def _in_share(family: str, share: float) -> bool:
    from hashlib import sha256

    return int(sha256(f"share/{family}".encode()).hexdigest()[:8], 16) / 16**8 < share


def train_rows(path: Path, out: Path, settings: TrainConfig, columns: Mapping[str, str]) -> None:
    """Train a text-to-text student on rows of any domain."""
    from fhirdistill.train.rows import COLUMNS, FixedRows, read_rows
    from fhirdistill.train.seq2seq import learn_codec, new_seq2seq
    from fhirdistill.train.trainer import Trainer

    unknown = set(columns) - set(COLUMNS)
    if unknown:
        raise InputError(
            f"no such column role: {', '.join(sorted(unknown))}", hint=f"the roles are {', '.join(COLUMNS)}"
        )
    rows = read_rows(path, {**COLUMNS, **columns})
    codec = learn_codec(rows)
    out.mkdir(parents=True, exist_ok=True)
    codec.tokenizer.save(str(out / "tokenizer.json"))
    Trainer(new_seq2seq(codec, settings), codec, FixedRows(rows), settings, out).run()


def export_run(run: Path, out: Path, *, name: str, version: str, corpus: Path | None, quantize: bool = True) -> None:
    """Write the bundle of a run; with a corpus, fit the confidence on its validation split and score its test split."""
    from fhirdistill.distill.calibrate import calibrate, measure
    from fhirdistill.student.bundle import write_card
    from fhirdistill.train.config import TrainConfig
    from fhirdistill.train.export import export

    checkpoint = run / "checkpoint"
    if not (checkpoint / "state.json").is_file():
        raise InputError(f"{run} holds no checkpoint", hint="give the --out folder of `fhirdistill train`")
    if not (run / "codec").is_dir():
        raise InputError(
            f"{run} is a run of rows of another domain", hint="docs/training.md says how to use its checkpoint"
        )
    state = json.loads((checkpoint / "state.json").read_text())
    codec = load_codec(run / "codec")
    model = load_model(codec, TrainConfig(**state["config"]), checkpoint)
    out.mkdir(parents=True, exist_ok=True)
    save_codec(codec, out)
    export(model, out, quantize=quantize)
    told = json.loads((run / "run.json").read_text())
    card: dict[str, Any] = {
        "name": name,
        "version": version,
        "precision": "int8" if quantize else "float32",
        "parameters": sum(p.numel() for p in model.parameters()),
        "training": {**told, "steps": state["step"], "data_sha256": state["data"]},
    }
    write_card(out, card)
    if corpus is not None:
        rows = read_corpus(corpus)
        card |= calibrate(out, rows)
        write_card(out, card)
        card["metrics"] = {"validation": measure(out, rows, "validation"), "test": measure(out, rows, "test")}
        write_card(out, card)
