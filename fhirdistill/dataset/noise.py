"""In: a question with its template. Out: the same question as somebody in a hurry types it, asking the same."""

from __future__ import annotations

import random
import re
import string
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from fhirdistill.dataset.leaves import Leaf, leaves, parsed, rebuilt, written
from fhirdistill.dataset.plan import copied
from fhirdistill.dataset.slot import Span
from fhirdistill.dataset.words import numbers, places
from fhirdistill.search import format as format_search
from fhirdistill.search.ast import Concept, RawValue, TokenValue, UriValue

Edit = tuple[int, int, str]

ROWS: Final = ("qwertyuiop", "asdfghjkl", "zxcvbnm")
NEIGHBOURS: Final = {c: row[max(0, i - 1) : i] + row[i + 1 : i + 2] for row in ROWS for i, c in enumerate(row)}
SHORT: Final = {
    "patient": ("pt",), "patients": ("pts",), "with": ("w/",), "and": ("&",), "please": ("pls", "plz"),
    "appointment": ("appt",), "appointments": ("appts",), "medication": ("med",), "medications": ("meds",),
    "diagnosis": ("dx",), "prescription": ("rx",), "history": ("hx",), "years": ("yrs",), "year": ("yr",),
    "months": ("mos", "mths"), "weeks": ("wks",), "hours": ("hrs",), "you": ("u",), "are": ("r",),
    "because": ("bc", "cos"),
    "number": ("no", "nr"), "results": ("rslts",), "information": ("info",), "doctor": ("doc",),
    "hospital": ("hosp",), "department": ("dept",), "documents": ("docs",), "received": ("rec'd",),
}  # fmt: skip
OPENINGS: Final = ("hi, ", "hello, ", "hey, ", "please ", "ok so ", "morning, ", "sorry, ", "pls ")
ENDINGS: Final = (" please", " thanks", " pls", " thank you", " thx", ", please")
ORDER: Final = re.compile(
    r"(?:show|list|find|get|give|pull|fetch|count|look up|tell|bring|display|search)\b", re.IGNORECASE
)
REQUESTS: Final = ("can you ", "could you ", "please ", "can u ", "I need you to ", "would you ")
_WORD = re.compile(r"(?<![\w'\u2019-])[^\W\d_]+(?:['\u2019][^\W\d_]+)?(?![\w-])")
_EXACT = re.compile(
    r"\b(?:january|february|march|april|may|june|july|august|september|october|november|december|twenties|thirties|forties|"
    r"fifties|sixties|seventies|eighties|nineties|hundred|thousand|million|point|dozen|half|quarter|once|twice)\b",
    re.IGNORECASE,
)
_CODE = re.compile(r"[a-z-]+")


@dataclass(frozen=True, slots=True)
class Noise:
    """How probable each kind of noise is in a question."""

    typo: float = 0.35
    concept_typo: float = 0.1
    short: float = 0.25
    punctuation: float = 0.35
    filler: float = 0.15
    lower: float = 0.3
    upper: float = 0.04


DEFAULT: Final = Noise()


def noise(question: str, template: str | None, rng: random.Random, rates: Noise = DEFAULT) -> tuple[str, str | None]:
    """Return a question with typos, abbreviations, lost punctuation, fillers or another case, and its template.

    A text that the template copies from the question is left alone, or changed in both.

    >>> noise("Patients with asthma and gout?", None, random.Random(1))
    ('Patients with adthma and gout?', None)
    """
    held, found = _held(question, template)
    edits = _slips(question, held, rng, rates)
    changed: dict[str, str] = {}
    if rng.random() < rates.concept_typo:
        slip = _concept_slip(question, held, found, rng)
        if slip:
            edits.append(slip)
            changed[question[slip[0] : slip[1]].lower()] = slip[2].lower()
    question = _edited(question, edits)
    if rng.random() < rates.filler:
        question = _filled(question, rng)
    recase = _case(rng, rates)
    if recase and len(recase(question)) == len(question) and not _exact(template):
        question = recase(question)
    else:
        recase = None
    if not template or not (changed or recase):
        return question, template
    return question, _fitted(template, changed, recase)


@lru_cache(maxsize=65_536)
def _held(question: str, template: str | None) -> tuple[tuple[Span, ...], tuple[Span, ...]]:
    """Return the places that must not change, and the concepts that stand at one place of their own."""
    spans = [(n.start, n.end) for n in numbers(question)] + [m.span() for m in _EXACT.finditer(question)]
    alone: list[Span] = []
    for leaf in leaves(parsed(template)) if template else ():
        text = _literal(leaf)
        if not text:
            continue
        its = places(question, text)
        if isinstance(leaf.value, Concept) and len(its) == 1:
            alone.append(its[0])
        spans += its or [span for word in text.split() for span in places(question, word)]
    return tuple(spans), tuple(alone)


def _literal(leaf: Leaf) -> str | None:
    """Return the text that the question must keep for a value: what is copied, and any code that is no plain word."""
    match leaf.value:
        case TokenValue(system, code, _) if not _CODE.fullmatch(code):
            return f"{system}|{code}" if system else code
    return copied(leaf)


def _free(span: Span, held: Sequence[Span]) -> bool:
    return not any(span[0] < end and start < span[1] for start, end in held)


def _slips(question: str, held: Sequence[Span], rng: random.Random, rates: Noise) -> list[Edit]:
    """Choose typos, abbreviations and lost punctuation outside the held places."""
    words = [m for m in _WORD.finditer(question) if _free(m.span(), held)]
    edits: dict[int, Edit] = {}
    if rng.random() < rates.typo:
        long = [m for m in words if len(m[0]) > 3 and m[0].isalpha()]
        for match in rng.sample(long, min(len(long), rng.choice((1, 1, 2)))):
            edits[match.start()] = (*match.span(), slip(match[0], rng))
    if rng.random() < rates.short:
        for match in words:
            short = SHORT.get(match[0].lower())
            if short and rng.random() < 0.6:
                edits[match.start()] = (*match.span(), rng.choice(short))
    if rng.random() < rates.punctuation:
        for match in words:
            if not match[0].isalpha() and match.start() not in edits:
                edits[match.start()] = (*match.span(), re.sub(r"['\u2019]", "", match[0]))
        if question[-1:] in (".", "?", "!") and _free((len(question) - 1, len(question)), held):
            edits[len(question) - 1] = (len(question) - 1, len(question), "")
    return list(edits.values())


def slip(word: str, rng: random.Random) -> str:
    """Return a word with one slip of the fingers: two letters swapped, one lost, one doubled, or the key beside it.

    >>> slip("asthma", random.Random(4))
    'astthma'
    """
    at = rng.randrange(1, len(word) - 1)
    match rng.randrange(4):
        case 0:
            return word[:at] + word[at + 1] + word[at] + word[at + 2 :]
        case 1:
            return word[:at] + word[at + 1 :]
        case 2:
            return word[: at + 1] + word[at:]
    near = NEIGHBOURS.get(word[at].lower(), "") or string.ascii_lowercase
    return word[:at] + rng.choice(near) + word[at + 1 :]


def _concept_slip(question: str, held: Sequence[Span], found: Sequence[Span], rng: random.Random) -> Edit | None:
    """Choose a slip in one long word of a concept that shares its place with nothing else."""
    alone = [span for span in found if sum(not _free(span, [other]) for other in set(held)) == 1]
    if not alone:
        return None
    start, end = rng.choice(alone)
    long = list(re.finditer(r"(?<![\w-])[a-z]{5,}(?![\w-])", question[start:end]))
    if not long:
        return None
    word = rng.choice(long)
    text = question[start:end]
    return start, end, text[: word.start()] + slip(word[0], rng) + text[word.end() :]


def _edited(question: str, edits: Sequence[Edit]) -> str:
    for start, end, text in sorted(edits, reverse=True):
        question = question[:start] + text + question[end:]
    return question


def _filled(question: str, rng: random.Random) -> str:
    if ORDER.match(question) and rng.random() < 0.6:
        return rng.choice(REQUESTS) + question[0].lower() + question[1:]
    if rng.random() < 0.5:
        return rng.choice(OPENINGS) + question
    stem = question.rstrip(".?! ")
    return stem + rng.choice(ENDINGS) + question[len(stem) :].strip()


def _case(rng: random.Random, rates: Noise) -> Callable[[str], str] | None:
    drawn = rng.random()
    return str.lower if drawn < rates.lower else str.upper if drawn < rates.lower + rates.upper else None


def _exact(template: str | None) -> bool:
    """Tell whether a template copies something of which the case matters."""
    return any(isinstance(leaf.value, UriValue | RawValue) for leaf in leaves(parsed(template))) if template else False


def _fitted(template: str, concepts: dict[str, str], recase: Callable[[str], str] | None) -> str:
    """Return the template with misspelled concepts, and with its strings in the question's case."""
    search = parsed(template)
    changed = {}
    for leaf in leaves(search):
        text = copied(leaf)
        if text and isinstance(leaf.value, Concept):
            new = concepts.get(text.lower(), text)
        elif text and recase:
            new = recase(text)
        else:
            continue
        if new != text:
            changed[leaf.place] = written(leaf.value, "text", new)
    return format_search(rebuilt(search, changed)) if changed else template
