"""In: (question, template, rationale). Out: the student's codec in the shape that the generic trainer wants."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from fhirdistill.distill.encoder import encoder_folder
from fhirdistill.errors import DataError
from fhirdistill.search import parse, registry
from fhirdistill.search.ast import CompositeValue, Concept, QuantityValue, Search, StringValue, TokenValue, Value
from fhirdistill.student.codec import encode_label
from fhirdistill.student.paths import owner
from fhirdistill.student.pieces import LONGEST, Pieces, cut
from fhirdistill.student.steps import Source, Step
from fhirdistill.student.text import encode_rationale, pieces_of, train_pieces
from fhirdistill.student.vocabulary import Observed, Vocabulary, build

if TYPE_CHECKING:
    from tokenizers import Tokenizer

    from fhirdistill.train.batches import Encoded, Target
    from fhirdistill.train.rows import Row

UNSUPPORTED = ""  # the label of a row that no single search can say
SEEN_OFTEN = 3


@dataclass(frozen=True)
class StudentCodec:
    """The student's codec in the shape that the trainer wants: a row's label is a template, "" if it is unsupported."""

    vocabulary: Vocabulary
    tokenizer: Tokenizer
    text: Tokenizer
    pad: int = 0

    def encode(self, row: Row) -> Encoded | None:
        """Return the row as ids, or None where the question does not say what the template holds."""
        from fhirdistill.train.batches import Encoded

        source = Source.of(row.input)
        pieces = cut(source, self.tokenizer)
        if len(pieces.ids) >= LONGEST:
            return None
        try:
            label = self.steps(row.label, source)
        except DataError:
            return None
        rationale = encode_rationale(row.rationale, source, self.text) if row.rationale else None
        return Encoded(
            pieces.ids,
            self._target("<label>", label, pieces),
            self._target("<rationale>", rationale, pieces) if rationale else None,
        )

    def steps(self, template: str, source: Source) -> list[Step]:
        """Return the steps of a label."""
        if template == UNSUPPORTED:
            return [Step("<unsupported>"), Step("<eos>")]
        return encode_label(parse(template), source, self.vocabulary)

    def _target(self, task: str, steps: Sequence[Step], pieces: Pieces) -> Target:
        from fhirdistill.train.batches import Target

        ids = self.vocabulary.ids
        tokens = (ids[task], *(ids[step.token] for step in steps))
        places = (
            -1,
            *(-1 if s.unit < 0 else (pieces.last if s.token == "<end>" else pieces.first)[s.unit] for s in steps),
        )
        return Target(tokens, places)


def observe(examples: Iterable[tuple[str, str, str | None]]) -> tuple[Observed, Tokenizer]:
    """Collect from (question, template, rationale) what the vocabulary needs beyond the registry."""
    codes: Counter[tuple[str, str]] = Counter()
    units: Counter[str] = Counter()
    phrases: Counter[str] = Counter()
    elements: Counter[str] = Counter()
    rationales = []
    for question, template, rationale in examples:
        if rationale:
            rationales.append(rationale)
        if template:
            _observe(parse(template), question.lower(), codes, units, phrases, elements)
    text = train_pieces(rationales)
    by_parameter: dict[str, list[str]] = {}
    for (path, code), count in sorted(codes.items()):
        if count >= SEEN_OFTEN:
            by_parameter.setdefault(path, []).append(code)
    often = {
        name: [text_ for text_, count in found.items() if count >= SEEN_OFTEN]
        for name, found in (("w", phrases), ("q", units))
    }
    return Observed(
        {path: tuple(found) for path, found in by_parameter.items()},
        tuple(often["q"]),
        tuple(often["w"]),
        tuple(elements),
        pieces_of(text),
    ), text


def _observe(
    search: Search,
    question: str,
    codes: Counter[tuple[str, str]],
    units: Counter[str],
    phrases: Counter[str],
    elements: Counter[str],
) -> None:
    for parameter in search.parameters:
        path = f"{owner(search.type or '', parameter.steps)}.{parameter.name}"
        for value in parameter.values:
            for part in _parts(value):
                match part:
                    case Concept(text) if text.lower() not in question:
                        phrases[text.lower()] += 1
                    case QuantityValue(_, _, _, str(code)) if code:
                        units[code] += 1
                    case TokenValue(None, code, None) if code.lower() not in question.split() and not code.isdigit():
                        codes[path, code] += 1
                    case StringValue(text) if parameter.name == "_elements":
                        elements[text] += 1


def _parts(value: Value) -> tuple[Value, ...]:
    return value.parts if isinstance(value, CompositeValue) else (value,)


def new_codec(examples: Iterable[tuple[str, str, str | None]]) -> StudentCodec:
    """Make the codec of a corpus, with the pretrained encoder's word pieces."""
    from fhirdistill.student.pieces import read_tokenizer

    observed, text = observe(examples)
    return StudentCodec(build(registry(), observed), read_tokenizer(encoder_folder() / "tokenizer.json"), text)


def save_codec(codec: StudentCodec, folder: Path) -> None:
    """Write the codec's three files."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "vocabulary.json").write_text(codec.vocabulary.to_json(), "utf-8")
    codec.text.save(str(folder / "rationale.json"))
    (folder / "tokenizer.json").write_bytes((encoder_folder() / "tokenizer.json").read_bytes())


def load_codec(folder: Path) -> StudentCodec:
    """Read the codec that `save_codec` wrote."""
    from tokenizers import Tokenizer

    from fhirdistill.student.pieces import read_tokenizer

    vocabulary = Vocabulary.from_json((folder / "vocabulary.json").read_text("utf-8"))
    return StudentCodec(
        vocabulary, read_tokenizer(folder / "tokenizer.json"), Tokenizer.from_file(str(folder / "rationale.json"))
    )
