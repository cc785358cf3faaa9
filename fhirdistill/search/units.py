"""In: a unit. Out: whether it follows the grammar of UCUM and is made of units that health records use.

Source: The Unified Code for Units of Measure, ucum.org/ucum, sections 2 (grammar) and 3 (tables of prefixes and atoms).
The atoms here are those of FHIR's value set ucum-common (all its 1,364 units are taken) and some more of clinical use;
a unit outside them is a warning, never an error.
"""

from __future__ import annotations

import re
from typing import Final

_LONGEST: Final = 200  # characters
UCUM: Final = "http://unitsofmeasure.org"
_PREFIXES: Final = ("Y", "Z", "E", "P", "T", "G", "M", "k", "h", "da", "d", "c", "m", "u", "n", "p", "f", "a", "z", "y")
_METRIC: Final = frozenset(
    """
    m s g rad K C cd mol sr Hz N Pa J W A V F Ohm S Wb Cel T H lm lx Bq Gy Sv l L ar t bar u eV pc eq osm kat U [iU]
    [IU] st cal m[H2O] m[Hg] Torr G dyn erg P R RAD REM Ci bit By B B[SPL] B[V] B[mV] B[uV] B[W] B[kW] Bd Bi Gal Gb Ky
    Lmb Mx Np Oe St b cal_[15] cal_[20] cal_IT cal_m cal_th g% gf mho ph sb [G] [c] [e] [eps_0] [g] [h] [k] [ly] [m_e]
    [m_p] [mu_0]
    """.split()  # noqa: SIM905 -- a table is read more easily than a list
)
_OTHER: Final = frozenset(
    """
    10* 10^ [pi] % [ppth] [ppm] [ppb] [pptr] %[slope] deg gon ' '' min h d a wk mo mo_j mo_g mo_s a_j a_g a_t atm att
    AU Ao circ sph bit_s [degF] [degRe] [Cal] [pH] [S] [Ch] [diop] [p'diop] [MET] [HP] [HPF] [LPF] [mesh_i] [PRU]
    [wood'U] [m/s2/Hz^0.5] [in_i'Hg] [in_i'H2O] [psi] [smoot] [drp] [gr] [PNU] [Lf] [CFU] [FFU] [PFU] [BAU] [AU] [ELU]
    [EID_50] [TCID_50] [CCID_50] [arb'U] [USP'U] [GPL'U] [MPL'U] [APL'U] [beth'U] [anti'Xa'U] [todd'U] [dye'U] [ka'U]
    [knk'U] [mclg'U] [smgy'U] [bdsk'U] [hnsf'U] [tb'U] [Amb'a'1'U] [D'ag'U] [hp_X] [hp_C] [hp_M] [hp_Q] [kp_C]
    [car_m] [car_Au]
    [Btu] [Btu_39] [Btu_59] [Btu_60] [Btu_IT] [Btu_m] [Btu_th] [in_i] [ft_i] [yd_i] [mi_i] [fth_i] [nmi_i]
    [kn_i] [sin_i] [sft_i] [syd_i] [cin_i] [cft_i] [cyd_i] [bf_i] [cr_i] [mil_i] [cml_i] [hd_i] [ft_us] [yd_us] [in_us]
    [rd_us] [ch_us] [lk_us] [rch_us] [rlk_us] [fth_us] [fur_us] [mi_us] [acr_us] [srd_us] [smi_us] [sct] [twp] [mil_us]
    [in_br] [ft_br] [rd_br] [ch_br] [lk_br] [fth_br] [pc_br] [yd_br] [mi_br] [nmi_br] [kn_br] [acr_br] [gal_us]
    [bbl_us] [qt_us] [pt_us] [gil_us] [foz_us] [fdr_us] [min_us] [crd_us] [bu_us] [gal_wi] [pk_us] [dqt_us] [dpt_us]
    [tbs_us] [tsp_us] [cup_us] [gal_br] [pk_br] [bu_br] [qt_br] [pt_br] [gil_br] [foz_br] [fdr_br] [min_br] [lb_av]
    [oz_av] [dr_av] [scwt_av] [lcwt_av] [ston_av] [lton_av] [stone_av] [lbf_av] [pwt_tr] [oz_tr] [lb_tr] [sc_ap]
    [dr_ap] [oz_ap] [lb_ap] [lne] [pnt] [pca] [pnt_pr] [pca_pr] [pied] [pouce] [ligne] [didot] [cicero]
    """.split()  # noqa: SIM905 -- a table is read more easily than a list
)
_TERM: Final = re.compile(r"(?P<atom>10[*^]|(?:[^\s./(){}\[\]\d+\-]|\[[^\s\[\]]+\])+)[+-]?\d*")
_BETWEEN: Final = re.compile(r"[./](?![^\[\]]*\])")  # a point or a slash, but not in [m/s2/Hz^0.5]
_ANNOTATION: Final = re.compile(r"\{[^{}]*\}")


def is_ucum(unit: str) -> bool:
    """Say whether `unit` is a UCUM unit of clinical use.

    >>> [is_ucum(unit) for unit in ("mmol/L", "mm[Hg]", "10*9/L", "%", "{beats}/min", "bananas")]
    [True, True, True, True, True, False]
    """
    if len(unit) > _LONGEST:
        return False
    bare = _ANNOTATION.sub("", unit)
    terms = _BETWEEN.split(bare.replace("(", "").replace(")", ""))
    if terms[0] == "" and len(terms) > 1:
        terms = terms[1:]  # a leading slash: /min
    return bare.count("(") == bare.count(")") and all(_is_term(term) or (not term and bare != unit) for term in terms)


def _is_term(term: str) -> bool:
    match = _TERM.fullmatch(term)
    if not match:
        return term.isascii() and term.isdigit()
    atom = match["atom"]
    return atom in _METRIC or atom in _OTHER or any(atom.startswith(p) and atom[len(p) :] in _METRIC for p in _PREFIXES)
