"""In: a question. Out: its numbers and dates with their places, and the rules of spelling that a refill must keep."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

ONES = [
    "zero",
    "one",
    "two",
    "three",
    "four",
    "five",
    "six",
    "seven",
    "eight",
    "nine",
    "ten",
    "eleven",
    "twelve",
    "thirteen",
    "fourteen",
    "fifteen",
    "sixteen",
    "seventeen",
    "eighteen",
    "nineteen",
]
TENS = ["twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety"]
MONTHS = [
    "january",
    "february",
    "march",
    "april",
    "may",
    "june",
    "july",
    "august",
    "september",
    "october",
    "november",
    "december",
]
MONTH = r"(?P<month>jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?|sept?(?:ember)?|oct(?:ober)?|nov(?:ember)?|dec(?:ember)?)\b"  # noqa: E501
DAY = r"(?P<day>\d{1,2})(?P<suffix>st|nd|rd|th)?"
DAYS = tuple(
    re.compile(pattern, re.IGNORECASE)
    for pattern in (
        rf"\b{DAY}(?:\s*(?:-|\u2013|to|and|until|through|or)\s*\d{{1,2}}(?:st|nd|rd|th)?)?(?:\s+of)?\s+{MONTH}",
        rf"\b{MONTH}\.?\s+(?:the\s+)?{DAY}(?![\d:]|\s*(?:am|pm)\b)",
        r"\b\d{4}-(?P<month>\d\d)-(?P<day>\d\d)(?P<suffix>)\b",
    )
)
_DIGITS = re.compile(r"(?<![\w.,])\d{1,3}(?:,\d{3})+(?:\.\d+)?(?![\d,])|(?<![^\W_])(?<!\d[.,])\d+(?:\.\d+)?")
_SPOKEN = re.compile(
    rf"\b(?:(?P<ten>{'|'.join(TENS)})(?:[- ](?P<one>{'|'.join(ONES[1:10])}))?|(?P<small>{'|'.join(ONES)}))\b"
    r"(?![- ](?:hundred|thousand|million|point|half|and a half))",
    re.IGNORECASE,
)
_SOFT_U = re.compile(r"(?:uni|ure|uri|uro|use|eu|one)", re.IGNORECASE)
_ARTICLE = re.compile(r"\b(an?)\s+$", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Number:
    """A number at `start:end` of a question; `spoken` where it stands in words."""

    value: str
    start: int
    end: int
    spoken: bool = False


def numbers(text: str) -> tuple[Number, ...]:
    """Find the numbers of a question, in digits and in words below a hundred.

    >>> [n.value for n in numbers("over forty five, LDL > 1,200.5 or B12 under 7")]
    ['1200.5', '7', '45']
    """
    found = [Number(m[0].replace(",", ""), m.start(), m.end()) for m in _DIGITS.finditer(text)]
    for match in _SPOKEN.finditer(text):
        if match["small"]:
            value = ONES.index(match["small"].lower())
        else:
            one = ONES.index(match["one"].lower()) if match["one"] else 0
            value = 10 * (TENS.index(match["ten"].lower()) + 2) + one
        found.append(Number(str(value), match.start(), match.end(), True))
    return tuple(found)


def spoken(number: int, hyphen: bool = False) -> str:
    """Write a number below a hundred in words.

    >>> spoken(45), spoken(12), spoken(60)
    ('forty five', 'twelve', 'sixty')
    """
    if number < 20:
        return ONES[number]
    ten, one = divmod(number, 10)
    return TENS[ten - 2] + (("-" if hyphen else " ") + ONES[one] if one else "")


def ordinal(number: int) -> str:
    """Return the letters that make an ordinal of a number.

    >>> [ordinal(n) for n in (1, 2, 3, 4, 11, 22)]
    ['st', 'nd', 'rd', 'th', 'th', 'nd']
    """
    return "th" if 10 < number % 100 < 20 else {1: "st", 2: "nd", 3: "rd"}.get(number % 10, "th")


def month_number(text: str) -> int:
    """Return the number of a month that is written in digits or in letters.

    >>> month_number("Sept"), month_number("07")
    (9, 7)
    """
    return int(text) if text.isdecimal() else next(i for i, m in enumerate(MONTHS, 1) if m[:3] == text[:3].lower())


def places(text: str, part: str) -> list[tuple[int, int]]:
    """Return where `part` stands in `text` as whole words, in any case.

    >>> places("Asthma, not asthmatic: asthma", "asthma")
    [(0, 6), (23, 29)]
    """
    lower, part = text.lower(), part.lower()
    found, at = [], lower.find(part) if part else -1
    while at >= 0:
        end = at + len(part)
        if not (at and lower[at - 1].isalnum() and part[0].isalnum()) and not (
            end < len(lower) and lower[end].isalnum() and part[-1].isalnum()
        ):
            found.append((at, end))
        at = lower.find(part, at + 1)
    return found if len(lower) == len(text) else []


def like(question: str, old: str, new: str, start: int, proper: bool = False) -> str:
    """Write `new` in the case in which `old` stands at `start` of the question; names are `proper`.

    >>> like("who has asthma", "asthma", "COPD", 8), like("Asthma patients", "Asthma", "gout", 0)
    ('copd', 'Gout')
    """
    if question.islower() or (proper and old.islower()):
        return new.lower()
    if question.isupper() or (proper and len(old) > 3 and old.isupper()):
        return new.upper()
    if old[:1].isupper() and (start == 0 or question[:start].rstrip()[-1:] in (".", "?", "!")):
        return new[0].upper() + new[1:]
    return new


def article_start(question: str, start: int) -> int:
    """Return where the article "a" or "an" before `start` begins, or `start` where there is none."""
    match = _ARTICLE.search(question, max(0, start - 6), start)
    return match.start() if match else start


def article(old: str, following: str) -> str:
    """Return "a" or "an", in the case of the article `old`, for the words that follow.

    >>> article("a", "MRI"), article("an", "urine culture"), article("A", "ulcer")
    ('an', 'a', 'An')
    """
    word = re.split(r"[\s-]", following, maxsplit=1)[0]
    if (len(word) > 1 and word.isupper()) or any(c.isupper() for c in word[1:]):
        vowel = word[0] in "AEFHILMNORSX"
    else:
        vowel = (word[:1].lower() in "aeiou" and not _SOFT_U.match(word)) or word.startswith(("8", "11", "18", "hour"))
    new = "an" if vowel else "a"
    return new.upper() if old.isupper() and len(old) > 1 else new.capitalize() if old[0].isupper() else new


def rewrite(text: str, changes: Mapping[str, str]) -> str:
    """Replace whole words of a text, all at once and in any case; a sentence or a name keeps its capital.

    >>> rewrite("Asthma by code, a 60 or a cyst.", {"asthma": "gout", "60": "45", "cyst": "ulcer"})
    'Gout by code, a 45 or an ulcer.'
    """
    if not changes:
        return text
    keys = sorted(changes, key=len, reverse=True)
    words = "|".join(map(re.escape, keys))
    pattern = re.compile(rf"(?:\b(?P<article>an?) )?(?<![^\W_])(?P<word>{words})(?![^\W_])", re.IGNORECASE)

    def change(match: re.Match[str]) -> str:
        old, new = match["word"], changes[match["word"].lower()]
        first = match.start("word") == 0 or text[: match.start("word")].endswith((". ", "? ", "! "))
        if old[0].isupper() and (first or old[1:].islower()):
            new = new[0].upper() + new[1:]
        return f"{article(match['article'], new)} {new}" if match["article"] else new

    return pattern.sub(change, text)
