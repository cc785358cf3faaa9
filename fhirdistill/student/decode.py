"""In: questions. Out: for each the n-best templates with their scores, by beam search under the grammar."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from fhirdistill.search import registry
from fhirdistill.student.bundle import Bundle, open_bundle
from fhirdistill.student.grammar import START, Grammar
from fhirdistill.student.pieces import Pieces, cut, read_tokenizer
from fhirdistill.student.reader import read_label, says_twice
from fhirdistill.student.steps import Source, Step
from fhirdistill.student.symbols import Number, Stack
from fhirdistill.student.text import read_rationale
from fhirdistill.student.vocabulary import POINTERS

if TYPE_CHECKING:
    from onnxruntime import InferenceSession

Floats = NDArray[np.float32]
LONGEST_LABEL, LONGEST_RATIONALE = 96, 120
NEVER = np.float32(-1e9)
REFUSE_ABOVE = 0.5
MARGIN = 3.0  # a reading e^3 times less likely than the best one is given up
YEARS = range(1850, 2200)


@dataclass(frozen=True, slots=True)
class Reading:
    """One reading of a question: `template` is None for unsupported; `score` is the natural log of its probability."""

    template: str | None
    score: float
    steps: tuple[Step, ...]


@dataclass(slots=True)
class Beam:
    """A query in the making."""

    steps: tuple[Step, ...]
    stack: Stack
    score: float
    row: int


@dataclass(frozen=True, slots=True)
class Encoded:
    """Questions as the decoder needs them: arrays have a row a question."""

    sources: tuple[Source, ...]
    pieces: tuple[Pieces, ...]
    states: Floats
    mask: NDArray[np.int64]
    cross: Floats
    keys: Floats


class Student:
    """A bundle ready to decode. Building one reads the graphs; nothing else is kept between questions."""

    def __init__(self, bundle: Bundle | None = None, *, threads: int = 2) -> None:
        self.bundle = bundle or open_bundle()
        self.vocabulary = self.bundle.vocabulary
        self.grammar = Grammar(registry(), self.vocabulary)
        self.tokenizer = read_tokenizer(self.bundle.folder / "tokenizer.json")
        self.threads = threads

    @cached_property
    def encoder(self) -> InferenceSession:
        """The encoder's graph."""
        return self._session("encoder.onnx")

    @cached_property
    def decoder(self) -> InferenceSession:
        """The decoder's graph, one step."""
        return self._session("decoder.onnx")

    def _session(self, part: str) -> InferenceSession:
        from onnxruntime import InferenceSession, SessionOptions

        options = SessionOptions()
        options.intra_op_num_threads = self.threads
        options.inter_op_num_threads = 1
        return InferenceSession(str(self.bundle.folder / part), options, providers=["CPUExecutionProvider"])

    def encode(self, questions: Sequence[str]) -> Encoded:
        """Encode questions together, padded to the longest."""
        sources = tuple(Source.of(question) for question in questions)
        pieces = tuple(cut(source, self.tokenizer) for source in sources)
        length = max(len(p.ids) for p in pieces)
        ids, mask = np.zeros((len(pieces), length), np.int64), np.zeros((len(pieces), length), np.int64)
        for i, p in enumerate(pieces):
            ids[i, : len(p.ids)] = p.ids
            mask[i, : len(p.ids)] = 1
        states, cross, keys = self.encoder.run(None, {"ids": ids, "mask": mask})
        return Encoded(sources, pieces, states, mask, cross, keys)

    def read(self, encoded: Encoded, *, beams: int = 4) -> list[list[Reading]]:
        """Return the readings of each question, best first. Every template is legal by the grammar."""
        count = len(encoded.sources)
        live = [[Beam((), START, 0.0, i)] for i in range(count)]
        done: list[list[Reading]] = [[] for _ in range(count)]
        run = _Run(self, encoded, self.vocabulary.ids["<label>"])
        for _ in range(LONGEST_LABEL):
            rows = [(q, beam) for q in range(count) for beam in live[q]]
            if not rows:
                break
            scores, pointers = run.step(
                [q for q, _ in rows],
                [beam.row for _, beam in rows],
                [b.steps[-1] if b.steps else None for _, b in rows],
            )
            grown: list[list[Beam]] = [[] for _ in range(count)]
            for row, (q, beam) in enumerate(rows):
                grown[q] += self._grow(beam, row, encoded, q, scores[row], pointers[row], beams)
            for q in range(count):
                live[q] = self._keep(grown[q], done[q], encoded.sources[q], beams)
        return [self._ranked(found, beams) for found in done]

    def _ranked(self, found: list[Reading], beams: int) -> list[Reading]:
        """Order readings by score; refused comes first where its own probability is above the bundle's threshold.

        Each template holds only a part of the probability that the question can be answered, so that refusing by
        comparing scores would refuse too much. A template that says one thing twice comes after those that don't.
        """
        threshold = math.log(self.bundle.card.get("refuse_above", REFUSE_ABOVE))
        refused = [reading for reading in found if not reading.template]
        answers = [reading for reading in found if reading.template]
        answers.sort(key=lambda reading: (says_twice(reading.template or ""), -reading.score))
        first = bool(refused) and refused[0].score > threshold
        return [*refused, *answers[:beams]] if first else [*answers[:beams], *refused]

    def _grow(
        self, beam: Beam, row: int, encoded: Encoded, q: int, scores: Floats, pointers: Floats, beams: int
    ) -> list[Beam]:
        """Return the best ways to go on from one beam."""
        allowed = self.grammar.mask(beam.stack)
        logs = _log_softmax(scores[: self.vocabulary.structural])
        places: dict[str, tuple[NDArray[np.int64], Floats]] = {}
        for i, token in enumerate(POINTERS):
            if allowed[self.vocabulary.ids[token]]:
                units = self._units(token, beam, encoded.sources[q], encoded.pieces[q])
                places[token] = _best_places(units, encoded.pieces[q], pointers[i], token, beams)
        best = np.where(allowed, logs, NEVER)
        out = []
        for token_id in np.argsort(-best)[: 2 * beams]:
            token = self.vocabulary.tokens[token_id]
            if best[token_id] <= NEVER:
                break
            after = self.grammar.advance(beam.stack, token)
            if token in places:
                chosen, place_logs = places[token]
                out += [
                    Beam((*beam.steps, Step(token, int(u))), after, beam.score + float(best[token_id] + p), row)
                    for u, p in zip(chosen, place_logs, strict=True)
                ]
            else:
                out.append(Beam((*beam.steps, Step(token)), after, beam.score + float(best[token_id]), row))
        return out

    def _units(self, token: str, beam: Beam, source: Source, pieces: Pieces) -> list[int]:
        """Return the units that a pointer may choose."""
        present = [u for u in range(len(source.units)) if u < len(pieces.first) and pieces.first[u] >= 0]
        if token == "<number>":
            number = self.grammar.number(beam.stack)
            return [u for u in present if _fits(source.units[u].number, number)]
        if token == "<end>":
            return [u for u in present if u >= beam.steps[-1].unit]
        return present

    def _keep(self, grown: list[Beam], done: list[Reading], source: Source, beams: int) -> list[Beam]:
        """Move finished beams to `done`; return the best of the others that may still overtake."""
        grown.sort(key=lambda beam: -beam.score)
        live: list[Beam] = []
        for beam in grown[: 2 * beams]:
            if beam.steps[-1].token == "<eos>":
                supported = beam.steps[0].token != "<unsupported>"
                done.append(Reading(read_label(beam.steps, source) if supported else None, beam.score, beam.steps))
            elif len(live) < beams:
                live.append(beam)
        bar = sorted((reading.score for reading in done), reverse=True)[beams - 1] if len(done) >= beams else -np.inf
        least = max(bar, live[0].score - MARGIN) if live else bar
        return [beam for beam in live if beam.score > least]

    def rationale(self, encoded: Encoded, q: int = 0) -> str:
        """Return the student's own rationale of question `q`, greedily decoded."""
        run = _Run(self, encoded, self.vocabulary.ids["<rationale>"])
        allowed = np.zeros(len(self.vocabulary.tokens), np.bool_)
        allowed[self.vocabulary.structural :] = True
        present = [u for u, place in enumerate(encoded.pieces[q].first) if place >= 0]
        allowed[self.vocabulary.ids["<eos>"]] = True
        allowed[self.vocabulary.ids["<start>"]] = bool(present)
        steps: list[Step] = []
        for _ in range(LONGEST_RATIONALE):
            scores, pointers = run.step([q], [q if not steps else 0], [steps[-1] if steps else None])
            token = (
                "<end>"
                if steps and steps[-1].token == "<start>"
                else self.vocabulary.tokens[int(np.where(allowed, scores[0], NEVER).argmax())]
            )
            unit = -1
            if token in POINTERS:
                first = steps[-1].unit if token == "<end>" else 0
                units = [u for u in present if u >= first]
                unit = int(_best_places(units, encoded.pieces[q], pointers[0][POINTERS.index(token)], token, 1)[0][0])
            steps.append(Step(token, unit))
            if token == "<eos>":
                break
        return read_rationale(steps, encoded.sources[q])


class _Run:
    """One decoding: the cache of the rows of the last step."""

    def __init__(self, student: Student, encoded: Encoded, start: int) -> None:
        self.student, self.encoded, self.start = student, encoded, start
        self.questions: tuple[int, ...] = ()
        self.memory: dict[str, Any] = {}
        layers, two, _, heads, _, head = encoded.cross.shape
        self.cache = np.zeros((layers, two, len(encoded.sources), heads, 0, head), np.float32)

    def step(self, questions: list[int], rows: list[int], last: Sequence[Step | None]) -> tuple[Floats, Floats]:
        """Feed the last step of every row; `rows` are the rows of the previous call that they go on from."""
        ids, encoded = self.student.vocabulary.ids, self.encoded
        tokens = np.array([[ids[step.token] if step else self.start] for step in last], np.int64)
        places = np.array(
            [[self._place(step, encoded.pieces[q])] for step, q in zip(last, questions, strict=True)], np.int64
        )
        past = self.cache if rows == list(range(self.cache.shape[2])) else self.cache[:, :, rows]
        feeds = {"tokens": tokens, "places": places, "past": past, **self._memory(tuple(questions))}
        scores, pointers, self.cache = self.student.decoder.run(None, feeds)
        return scores, pointers

    def _memory(self, questions: tuple[int, ...]) -> dict[str, Any]:
        """Return what the decoder attends to, a row for each row of the step; kept while the rows stay the same."""
        if questions != self.questions:
            encoded, rows = self.encoded, list(questions)
            self.questions = questions
            self.memory = {
                "states": encoded.states[rows],
                "mask": encoded.mask[rows],
                "cross": encoded.cross[:, :, rows],
                "keys": encoded.keys[rows],
            }
        return self.memory

    def _place(self, step: Step | None, pieces: Pieces) -> int:
        if step is None or step.unit < 0:
            return -1
        return (pieces.last if step.token == "<end>" else pieces.first)[step.unit]


def _fits(number: str | None, wanted: Number) -> bool:
    if number is None:
        return False
    match wanted:
        case "any":
            return True
        case "whole":
            return number.isdecimal() and int(number) < 10_000
        case "year":
            return number.isdecimal() and len(number) == 4 and int(number) in YEARS
        case "month" | "day":
            return number.isdecimal() and len(number) < 3 and 0 < int(number) <= (12 if wanted == "month" else 31)
        case "short-year":
            return number.isdecimal() and len(number) == 2


def _best_places(
    units: list[int], pieces: Pieces, scores: Floats, token: str, beams: int
) -> tuple[NDArray[np.int64], Floats]:
    """Return the best units for a pointer with their log-probabilities among all places."""
    if not units:
        return np.zeros(0, np.int64), np.zeros(0, np.float32)
    at = np.array([(pieces.last if token == "<end>" else pieces.first)[u] for u in units])
    logs = _log_softmax(scores)[at]
    order = np.argsort(-logs)[:beams]
    return np.array(units, np.int64)[order], logs[order]


def _log_softmax(scores: Floats) -> Floats:
    shifted = scores - scores.max()
    out: Floats = shifted - np.log(np.exp(shifted).sum())
    return out
