"""In: a word that is not known, and the words that are. Out: the known word that was probably meant."""

from __future__ import annotations

from collections.abc import Iterable

_LONGEST = 64  # no name of FHIR is longer


def nearest(word: str, known: Iterable[str]) -> str | None:
    """Return the known word nearest to `word` (hyphens, blanks and case count for nothing), or None.

    >>> nearest("birth-date", ["birthdate", "death-date", "name"])
    'birthdate'
    """
    if len(word) > _LONGEST:
        return None
    plain = {_plain(name): name for name in known}
    if _plain(word) in plain:
        return plain[_plain(word)]
    from difflib import get_close_matches  # only needed when something is wrong

    found = get_close_matches(_plain(word), plain, 1, 0.7)
    return plain[found[0]] if found else None


def _plain(word: str) -> str:
    return word.replace("-", "").replace("_", "").replace(" ", "").lower()
