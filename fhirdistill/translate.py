"""In: a question. Out: a Translation: a query that was decoded, grounded and validated, or an honest "unsupported"."""

from __future__ import annotations

import math
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from datetime import date, datetime, time
from pathlib import Path
from typing import TYPE_CHECKING, Any

from fhirdistill.errors import FhirDistillError, InputError
from fhirdistill.ground.dates import bind_dates, settle_dates
from fhirdistill.ground.terms import Link, bind_concepts, no_codes
from fhirdistill.records import Alternative, BoundConcept, Issue, Translation
from fhirdistill.search import format as format_search
from fhirdistill.search import parse, validate

if TYPE_CHECKING:
    from fhirdistill.student.decode import Encoded, Reading, Student

LONGEST_QUESTION = 1000
BATCH = 32
UNCERTAIN = 0.5
NEAREST = 2  # readings that are shown with an unsupported question
ORDER = (
    "id",
    "question",
    "status",
    "query",
    "template",
    "rationale",
    "confidence",
    "today",
    "concepts",
    "issues",
    "alternatives",
    "reason",
    "model",
)


@dataclass(frozen=True, slots=True)
class Grounded:
    """A reading with its dates worked out and its concepts bound; the issues are all that was found on the way."""

    reading: Reading
    template: str
    query: str
    concepts: tuple[BoundConcept, ...]
    issues: tuple[Issue, ...]


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
        grounded = [self._ground(reading, now) for reading in readings if reading.template]
        usable = [found for found in grounded if not any(issue.severity == "error" for issue in found.issues)]
        best = usable[0] if usable and readings[0].template else None
        confidence = self._confidence(readings[0]) if readings else 0.0
        others = usable[1:] if best else usable[:NEAREST]
        words = self.student.rationale(encoded, q) if explain or not best else None
        return Translation(
            question=question,
            status="ok" if best else "unsupported",
            query=best.query if best else None,
            template=best.template if best else None,
            rationale=words if best else None,
            confidence=self._confidence(best.reading) if best else confidence,
            today=now.date().isoformat(),
            model=self.student.bundle.name,
            id=id,
            concepts=best.concepts if best else (),
            issues=(*best.issues, *_doubt(self._confidence(best.reading))) if best else (),
            alternatives=tuple(Alternative(o.template, o.query, self._confidence(o.reading)) for o in others),
            reason=None if best else words,
        )

    def _ground(self, reading: Reading, now: datetime) -> Grounded:
        template = parse(reading.template or "")
        findings = [issue for issue in validate(template) if issue.severity != "information"]
        try:
            settled, dated = settle_dates(template, now), bind_dates(template, now)
        except InputError as error:
            outside = Issue("error", "date-out-of-range", str(error))
            return Grounded(reading, format_search(template), "", (), (*findings, outside))
        bound, concepts, issues = bind_concepts(dated, self.link)
        return Grounded(reading, format_search(settled), format_search(bound), concepts, (*findings, *issues))

    def _confidence(self, reading: Reading) -> float:
        """Return the calibrated probability that a reading is right: exp(score / the bundle's temperature)."""
        temperature = float(self.student.bundle.card.get("temperature", 1.0))
        return round(math.exp(min(0.0, reading.score / temperature)), 4)


def _doubt(confidence: float) -> tuple[Issue, ...]:
    if confidence >= UNCERTAIN:
        return ()
    message = f"the student gives this reading only {confidence:.2f}: look at the alternatives"
    return (Issue("warning", "uncertain", message),)


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
    bad = next((c for c in question if not (c.isprintable() or c.isspace() or _joins(c)) or c == "\ufffd"), None)
    if bad is not None:
        raise InputError(f"the question holds the character {bad!r}, which is no text", hint="give plain text in UTF-8")
    return question


def _joins(character: str) -> bool:
    """Tell whether a character only joins or directs others, as in emoji of several parts or in Persian."""
    return unicodedata.category(character) == "Cf"


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
    return {key: record[key] for key in ORDER}


__all__ = ["FhirDistillError", "Translator", "check_question", "moment", "to_json"]
