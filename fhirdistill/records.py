"""In and out of every stage: the frozen records that stages hand to each other."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

Severity = Literal["error", "warning", "information"]
Status = Literal["ok", "unsupported"]


@dataclass(frozen=True, slots=True)
class Issue:
    """One finding about a search, a label or a question; `span` is the range of characters at fault."""

    severity: Severity
    code: str
    message: str
    span: tuple[int, int] | None = None
    suggestion: str | None = None


@dataclass(frozen=True, slots=True)
class Question:
    """What somebody asks; `family` groups what must stay in one split (a base question, its refills and paraphrases).

    `sampled` is the template that a paraphrase was made from; its label must come back to it.
    """

    id: str
    text: str
    family: str = ""
    sampled: str = ""


@dataclass(frozen=True, slots=True)
class Label:
    """What a question means: a search template with its rationale, or the reason why no single search says it."""

    status: Status
    template: str | None
    rationale: str | None
    reason: str | None


@dataclass(frozen=True, slots=True)
class Provenance:
    """Where a label comes from: the prompt's name and hash, the teacher's name, the request that carried it."""

    prompt: str
    hash: str
    teacher: str
    request: str


@dataclass(frozen=True, slots=True)
class Example:
    """A question with a label that passed every check."""

    question: Question
    label: Label
    provenance: Provenance
    issues: tuple[Issue, ...] = ()


@dataclass(frozen=True, slots=True)
class Rejection:
    """A reply that failed a check, kept with what was wrong; `raw` is the teacher's own line."""

    question: Question
    raw: str
    provenance: Provenance
    issues: tuple[Issue, ...]


@dataclass(frozen=True, slots=True)
class Coding:
    """A code of a code system (FHIR datatype Coding)."""

    system: str
    code: str
    display: str = ""


@dataclass(frozen=True, slots=True)
class BoundConcept:
    """A concept of the question, the parameter that carries it, and the codes it was bound to (none: a text search)."""

    text: str
    parameter: str
    codings: tuple[Coding, ...] = ()
    source: str = "text"


@dataclass(frozen=True, slots=True)
class Alternative:
    """Another reading of the question, with its confidence."""

    template: str
    query: str
    confidence: float


@dataclass(frozen=True, slots=True)
class Translation:
    """What every surface returns for a question; the field names are those of the JSON object."""

    question: str
    status: Status
    query: str | None
    template: str | None
    rationale: str | None
    confidence: float
    today: str
    model: str
    id: str | None = None
    concepts: tuple[BoundConcept, ...] = ()
    issues: tuple[Issue, ...] = ()
    alternatives: tuple[Alternative, ...] = field(default=())
    reason: str | None = None
