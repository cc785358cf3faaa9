"""In: a bundle and its corpus. Out: how sure it may be, and its scores on held-out splits."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import date
from pathlib import Path
from typing import Any

from fhirdistill.dataset.corpus import Split, of_split
from fhirdistill.dataset.row import Row
from fhirdistill.errors import DataError
from fhirdistill.evaluate import Answer, Case, judge, report
from fhirdistill.student.bundle import open_bundle
from fhirdistill.student.decode import REFUSE_ABOVE, Student
from fhirdistill.translate import BATCH, Translator

TODAY = date(2026, 3, 15)
TEMPERATURES = tuple(round(0.3 + 0.1 * i, 1) for i in range(60))


@dataclass(frozen=True, slots=True)
class Outcome:
    """A held-out question as the student reads it: the chance of refusal, the best template's score, is each right?"""

    refusal: float
    score: float
    right: bool
    unsupported: bool


def calibrate(bundle: Path, rows: Sequence[Row]) -> dict[str, float]:
    """Return the `temperature` of a bundle, fitted on the validation split of `rows`, and its `refuse_above`."""
    outcomes = _outcomes(Student(open_bundle(bundle)), _held_out(rows, "validation"))
    scored = [
        (math.log(max(o.refusal, 1e-9)), o.unsupported) if o.refusal > REFUSE_ABOVE else (o.score, o.right)
        for o in outcomes
    ]
    return {"refuse_above": REFUSE_ABOVE, "temperature": fit_temperature(scored)}


def measure(bundle: Path, rows: Sequence[Row], split: Split) -> dict[str, Any]:
    """Return the scores of a bundle on one split of `rows`, without the tags."""
    cases = _held_out(rows, split)
    answers = Translator(bundle).translate_all([(case.id, case.question) for case in cases], today=TODAY)
    said = [Answer(a.status, a.template, a.confidence) for a in answers]
    verdicts = [judge(case, answer, TODAY) for case, answer in zip(cases, said, strict=True)]
    figures = asdict(report(verdicts))
    del figures["tags"]
    return figures


def fit_temperature(scored: Sequence[tuple[float, bool]]) -> float:
    """Return the temperature T under which exp(score / T) is the likeliest chance of being right (Guo et al. 2017)."""

    def surprise(temperature: float) -> float:
        total = 0.0
        for score, right in scored:
            p = min(max(math.exp(score / temperature), 1e-6), 1 - 1e-6)
            total -= math.log(p if right else 1 - p)
        return total

    return min(TEMPERATURES, key=surprise)


def _held_out(rows: Sequence[Row], split: Split) -> list[Case]:
    cases = [Case(row.id, row.question, (row.template,) if row.template else ()) for row in of_split(rows, split)]
    if not cases:
        raise DataError(f"the corpus has no {split} split", hint="export without --corpus, or give a larger corpus")
    return cases


def _outcomes(student: Student, cases: Sequence[Case]) -> list[Outcome]:
    found = []
    for start in range(0, len(cases), BATCH):
        part = cases[start : start + BATCH]
        for case, readings in zip(part, student.read(student.encode([c.question for c in part])), strict=True):
            refusal = next((math.exp(r.score) for r in readings if not r.template), 0.0)
            best = next((r for r in readings if r.template), None)
            right = best is not None and judge(case, Answer("ok", best.template), TODAY).exact
            found.append(Outcome(refusal, best.score if best else -99.0, right and bool(case.gold), not case.gold))
    return found
