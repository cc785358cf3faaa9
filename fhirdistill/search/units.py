"""In: a unit. Out: whether it follows the grammar of UCUM and is made of units that health records use.

Source: The Unified Code for Units of Measure, ucum.org/ucum, sections 2 (grammar) and 3 (tables of prefixes and atoms).
The atoms here are those of clinical use; a unit outside them is a warning, never an error.
"""

from __future__ import annotations

import re
from typing import Final

UCUM: Final = "http://unitsofmeasure.org"
# fmt: off
_PREFIXES: Final = (
    "Y", "Z", "E", "P", "T", "G", "M", "k", "h", "da", "d", "c", "m", "u", "n", "p", "f", "a", "z", "y",
)
_METRIC: Final = frozenset((
    "m", "s", "g", "rad", "K", "C", "cd", "mol", "sr", "Hz", "N", "Pa", "J", "W", "A", "V", "F", "Ohm", "S", "Wb",
    "Cel", "T", "H", "lm", "lx", "Bq", "Gy", "Sv", "l", "L", "ar", "t", "bar", "u", "eV", "pc", "eq", "osm", "kat",
    "U", "[iU]", "[IU]", "B", "st", "cal", "m[H2O]", "m[Hg]", "Torr", "G", "dyn", "erg", "P", "R", "RAD", "REM",
    "Ci", "bit", "By",
))
_OTHER: Final = frozenset((
    "10*", "10^", "[pi]", "%", "[ppth]", "[ppm]", "[ppb]", "[pptr]", "deg", "gon", "'", "''", "min", "h", "d", "a",
    "wk", "mo", "mo_j", "mo_g", "mo_s", "a_j", "a_g", "a_t", "[in_i]", "[ft_i]", "[yd_i]", "[mi_i]", "[lb_av]",
    "[oz_av]", "[stone_av]", "[degF]", "[Cal]", "[foz_us]", "[pt_us]", "[qt_us]", "[gal_us]", "[tsp_us]",
    "[tbs_us]", "[cup_us]", "[drp]", "[pH]", "[CFU]", "[PFU]", "[EID_50]", "[TCID_50]", "[arb'U]", "[USP'U]",
    "[GPL'U]", "[MPL'U]", "[APL'U]", "[beth'U]", "[anti'Xa'U]", "[todd'U]", "[dye'U]", "[ka'U]", "[knk'U]",
    "[mclg'U]", "[tb'U]", "[CCID_50]", "[FFU]", "[BAU]", "[AU]", "[ELU]", "[Amb'a'1'U]", "[D'ag'U]", "[S]",
    "[HP_X]", "[HP_C]", "[HP_M]", "[Ch]", "[diop]", "[in_i'Hg]", "[m/s2/Hz^0.5]", "[g]", "[c]", "[hnsf'U]", "[MET]",
    "[bdsk'U]", "[smoot]", "[psi]", "[PRU]", "[wood'U]",
))
# fmt: on
_TERM: Final = re.compile(r"(?P<atom>10[*^]|(?:[^\s./(){}\[\]\d+\-]|\[[^\s\[\]]+\])+)[+-]?\d*")
_ANNOTATION: Final = re.compile(r"\{[^{}]*\}")


def is_ucum(unit: str) -> bool:
    """Say whether `unit` is a UCUM unit of clinical use.

    >>> [is_ucum(unit) for unit in ("mmol/L", "mm[Hg]", "10*9/L", "%", "{beats}/min", "bananas")]
    [True, True, True, True, True, False]
    """
    bare = _ANNOTATION.sub("", unit)
    terms = re.split(r"[./]", bare.replace("(", "").replace(")", ""))
    if terms[0] == "" and len(terms) > 1:
        terms = terms[1:]  # a leading slash: /min
    return bare.count("(") == bare.count(")") and all(_is_term(term) or (not term and bare != unit) for term in terms)


def _is_term(term: str) -> bool:
    match = _TERM.fullmatch(term)
    if not match:
        return term.isascii() and term.isdigit()
    atom = match["atom"]
    return atom in _METRIC or atom in _OTHER or any(atom.startswith(p) and atom[len(p) :] in _METRIC for p in _PREFIXES)
