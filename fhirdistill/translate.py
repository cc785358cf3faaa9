"""In: a question.

Out: a Translation: decode under the grammar, bind dates and concepts, validate; or an honest "unsupported".
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from datetime import date, datetime, time
from pathlib import Path
from typing import TYPE_CHECKING, Any

from fhirdistill.errors import FhirDistillError, InputError
from fhirdistill.ground.dates import bind_dates
from fhirdistill.ground.terms import Link, bind_concepts, no_codes
from fhirdistill.records import Alternative, BoundConcept, Issue, Translation
from fhirdistill.search import format as format_search
from fhirdistill.search import parse, validate

if TYPE_CHECKING:
    from fhirdistill.student.decode import Encoded, Reading, Student

LONGEST_QUESTION = 1000
BATCH = 32
UNCERTAIN = 0.5


class Translator:
    """A student, wrapped. Build one and keep it: the graphs are read once.

    >>> Translator().translate("patients over 60 with diabetes").query  # doctest: +SKIP
    'Patient?birthdate=lt1966-03-15&_has:Condition:patient:code:text=diabetes'
    """

    def __init__(self, model: Path | None = None, *, link: Link = no_codes, beams: int = 4, threads: int = 2) -> None:
        from fhirdistill.student.bundle import PACKAGED, open_bundle
        from fhirdistill.student.decode import Student

        self.student: Student = Student(open_bundle(model or PACKAGED), threads=threads)
        self.link = link
        self.beams = beams

    def translate(
        self, question: str, *, today: date | datetime | None = None, explain: bool = False, id: str | None = None
    ) -> Translation:
        """Translate one question. Raises InputError where it is empty, too long or no text."""
        return next(self.translate_all([(id, question)], today=today, explain=explain))

    def translate_all(
        self,
        questions: Sequence[tuple[str | None, str]],
        *,
        today: date | datetime | None = None,
        explain: bool = False,
    ) -> Iterator[Translation]:
        """Translate (id, question) pairs in batches, in order."""
        now = moment(today)
        for start in range(0, len(questions), BATCH):
            part = questions[start : start + BATCH]
            encoded = self.student.encode([check_question(text) for _, text in part])
            for q, readings in enumerate(self.student.read(encoded, beams=self.beams)):
                yield self._finish(part[q][0], part[q][1], encoded, q, readings, now, explain)

    def _finish(
        self,
        id: str | None,
        question: str,
        encoded: Encoded,
        q: int,
        readings: list[Reading],
        now: datetime,
        explain: bool,
    ) -> Translation:
        grounded = [(reading, self._ground(reading.template, now)) for reading in readings if reading.template]
        usable = [(reading, found) for reading, found in grounded if not any(i.severity == "error" for i in found[2])]
        common: dict[str, Any] = {
            "question": question,
            "today": now.date().isoformat(),
            "model": self.student.bundle.name,
            "id": id,
        }
        if not readings or not readings[0].template or not usable:
            confidence = self._confidence(readings[0], readings) if readings else 0.0
            nearest = tuple(Alternative(r.template or "", f[0], self._confidence(r, readings)) for r, f in usable[:2])
            reason = self.student.rationale(encoded, q)
            return Translation(
                status="unsupported",
                query=None,
                template=None,
                rationale=None,
                confidence=confidence,
                reason=reason,
                alternatives=nearest,
                **common,
            )
        best, (query, concepts, issues) = usable[0]
        confidence = self._confidence(best, readings)
        if confidence < UNCERTAIN:
            issues = (
                *issues,
                Issue(
                    "warning",
                    "uncertain",
                    f"the student gives this reading only {confidence:.2f}: look at the alternatives",
                ),
            )
        return Translation(
            status="ok", query=query, template=best.template, rationale=self.student.rationale(encoded, q) if explain else None,
            confidence=confidence, concepts=concepts, issues=issues,
            alternatives=tuple(Alternative(r.template or "", f[0], self._confidence(r, readings)) for r, f in usable[1:]), **common,
        )  # fmt: skip

    def _ground(self, template: str | None, now: datetime) -> tuple[str, tuple[BoundConcept, ...], tuple[Issue, ...]]:
        search = parse(template or "")
        findings = [issue for issue in validate(search) if issue.severity != "information"]
        try:
            dated = bind_dates(search, now)
        except InputError as error:
            return "", (), (*findings, Issue("error", "date-out-of-range", str(error)))
        bound, concepts, issues = bind_concepts(dated, self.link)
        return format_search(bound), concepts, (*findings, *issues)

    def _confidence(self, reading: Reading, readings: Sequence[Reading]) -> float:
        """Return the calibrated probability that a reading is right: its score over a temperature fitted on the validation split."""
        temperature = float(self.student.bundle.card.get("temperature", 1.0))
        return round(math.exp(min(0.0, reading.score / temperature)), 4)


def check_question(question: str) -> str:
    """Return the question if the student can read it.

    Raises InputError where it is empty, too long or holds control characters.
    """
    if not question.strip():
        raise InputError("the question is empty", hint='ask something, such as "patients over 60 with diabetes"')
    if len(question) > LONGEST_QUESTION:
        raise InputError(
            f"the question has {len(question)} characters, more than {LONGEST_QUESTION}", hint="ask one thing at a time"
        )
    bad = next((c for c in question if not (c.isprintable() or c.isspace()) or c == "\ufffd"), None)
    if bad is not None:
        raise InputError(f"the question holds the character {bad!r}, which is no text", hint="give plain text in UTF-8")
    return question


def moment(today: date | datetime | None) -> datetime:
    """Return the moment that relative dates count from: `today` as given, its last known moment, or now."""
    if isinstance(today, datetime):
        return today
    if today is None:
        return datetime.now().astimezone()
    return datetime.combine(today, time(12)).astimezone()


def to_json(translation: Translation) -> dict[str, Any]:
    """Return the JSON object of a translation, with the fields in their fixed order."""
    record = asdict(translation)
    order = (
        "id", "question", "status", "query", "template", "rationale", "confidence", "today", "concepts", "issues", "alternatives", "reason", "model"
    )  # fmt: skip
    return {key: record[key] for key in order}


__all__ = ["FhirDistillError", "Translator", "check_question", "moment", "to_json"]
