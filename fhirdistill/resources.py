"""In: a resource type, an element and a value. Out: whether FHIR's own models (fhir.resources) take the value there.

The models are R4B (4.3.0) and R5; importing them takes long, so it happens inside the functions. They do not enforce
codes, but carry the lists, which is what these functions read.
"""

from __future__ import annotations

from functools import cache
from typing import Any

from fhirdistill.errors import InputError


@cache
def _fields(type: str, version: str) -> dict[str, Any]:
    from fhir.resources import get_fhir_model_class as r5
    from fhir.resources.R4B import get_fhir_model_class as r4b

    load = {"R4B": r4b, "R5": r5}.get(version)
    if load is None:
        raise InputError(f"No resource models for FHIR {version!r}.", hint="Take R4B or R5.")
    try:
        return dict(load(type).model_fields)
    except (KeyError, LookupError):
        raise InputError(f"{type!r} is no type of FHIR {version}.", hint="Types are written like Patient.") from None


def _field(type: str, element: str, version: str) -> dict[str, Any]:
    fields = _fields(type, version)
    if element not in fields:
        raise InputError(f"{type} has no element {element!r}.", hint=f"It has {', '.join(sorted(fields)[:20])} ...")
    return dict(fields[element].json_schema_extra or {})


def allowed_codes(type: str, element: str, version: str = "R4B") -> tuple[str, ...]:
    """Return the codes that an element may have; empty where the models list none. Raises InputError.

    >>> allowed_codes("Patient", "gender")
    ('male', 'female', 'other', 'unknown')
    """
    return tuple(_field(type, element, version).get("enum_values", ()))


def allowed_targets(type: str, element: str, version: str = "R4B") -> tuple[str, ...]:
    """Return the resource types that a reference element may point at; empty for any. Raises InputError.

    >>> allowed_targets("Patient", "managingOrganization")
    ('Organization',)
    """
    return tuple(_field(type, element, version).get("enum_reference_types", ()))


def is_legal(type: str, element: str, code: str, version: str = "R4B") -> bool:
    """Say whether a code may stand in an element; every code may where the models list none. Raises InputError.

    >>> is_legal("Patient", "gender", "female"), is_legal("Patient", "gender", "Female")
    (True, False)
    """
    codes = allowed_codes(type, element, version)
    return not codes or code in codes
