"""Units of UCUM: those of FHIR's value set ucum-common, and what only looks like one."""

from __future__ import annotations

import pytest

from fhirdistill.search.units import is_ucum

COMMON = (  # most of them of ValueSet ucum-common, one of each kind
    "%", "%[slope]", "/[HPF]", "{cells}/[HPF]", "/min", "10*9/L", "10*3/uL", "[IU]/L", "[degF]", "[in_i'H2O]", "Ao",
    "B[SPL]", "Cel", "L/(24.h)", "[m/s2/Hz^0.5]", "atm", "cSt", "cal_[15]", "g%", "kg/m2", "m[H2O]", "[lb_av]", "meq/L",
    "mm[Hg]", "mL/min/{1.73_m2}", "mmol/mol{creatinine}", "mol/kg/s", "ug/[sft_i]", "{copies}/mL", "[kp_C]", "[hp_X]",
)  # fmt: skip
WRONG = ("bananas", "mcg", "ml/hr", "TAB", "[HP_X]", "mm[Hg", "mg//dL", "(mg", "µg", "", "m" * 10_000)


@pytest.mark.parametrize("unit", COMMON)
def test_a_common_unit(unit: str) -> None:
    assert is_ucum(unit)


@pytest.mark.parametrize("unit", WRONG)
def test_what_is_no_unit(unit: str) -> None:
    assert not is_ucum(unit)
