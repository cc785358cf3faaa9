"""In: the parameter that carries a text. Out: the slot list that can stand in its place, or None."""

from __future__ import annotations

import re
from collections.abc import Mapping
from types import MappingProxyType

from fhirdistill.dataset.leaves import Leaf
from fhirdistill.dataset.lists import members
from fhirdistill.search.ast import Concept, ReferenceValue, StringValue, TokenValue

CONCEPTS: Mapping[str, str] = MappingProxyType(
    {
        "Condition.code": "conditions", "FamilyMemberHistory.code": "conditions", "AdverseEvent.event": "conditions",
        "ResearchStudy.focus": "conditions", "ClinicalImpression.finding-code": "conditions",
        "*.reason-code": "conditions",
        "MedicationRequest.code": "drugs", "MedicationAdministration.code": "drugs", "MedicationDispense.code": "drugs",
        "MedicationStatement.code": "drugs", "Medication.code": "drugs", "Medication.ingredient-code": "drugs",
        "Observation.code": "labs", "Observation.combo-code": "labs", "Observation.code-value-quantity": "labs",
        "Observation.combo-code-value-quantity": "labs", "Observation.code-value-concept": "labs",
        "Immunization.vaccine-code": "vaccines", "ImmunizationRecommendation.vaccine-type": "vaccines",
        "AllergyIntolerance.code": "allergens", "Procedure.code": "procedures", "ServiceRequest.code": "orders",
        "DiagnosticReport.code": "orders", "Device.type": "devices", "DeviceRequest.code": "devices",
        "Specimen.type": "specimens", "DocumentReference.type": "documents", "Composition.type": "documents",
        "PractitionerRole.specialty": "specialties", "HealthcareService.specialty": "specialties",
        "Appointment.specialty": "specialties", "Schedule.specialty": "specialties", "Slot.specialty": "specialties",
        "ServiceRequest.performer-type": "specialties", "PractitionerRole.role": "roles", "*.body-site": "body_sites",
        "*.bodysite": "body_sites", "Patient.language": "languages", "Practitioner.communication": "languages",
    }
)  # fmt: skip
"""`Type.parameter` of a concept, or `*.parameter` for every type, and its list."""
KNOWN_ONLY = ("procedures", "specialties", "imaging", "documents", "body_sites", "languages")
"""For any other parameter: the lists of which a text that they hold may be replaced by another of theirs."""
KNOWN_PARAMETERS = frozenset({"type", "service-type", "service-category", "specialty", "code", "communication"})
PEOPLE = frozenset({"Patient", "Practitioner", "RelatedPerson", "Person"})
STRINGS: Mapping[str, str] = MappingProxyType(
    {"family": "surnames", "given": "given_names", "address-city": "cities", "address-state": "states"}
)
NUMBERED = frozenset({"identifier", "_id", "address-postalcode", "phone", "telecom"})
PROPER = frozenset(
    {
        "surnames",
        "given_names",
        "names",
        "cities",
        "states",
        "organizations",
        "wards",
        "trials",
        "languages",
        "numbered",
    }
)
"""Kinds whose entries keep their capitals, unless the question wrote the old one small."""
_IMAGING = re.compile(
    r"\b(?:mri|ct|x-?rays?|ultrasounds?|scans?|echo\w*|mammogra\w+|doppler|pet|dexa|angiogra\w+|us)\b"
)
_PLACE = re.compile(
    r"\b(?:hospital|clinic|practice|surgery|medical|cent(?:er|re)|pharmacy|infirmary|labs?|insurance|health|urology)\b"
)
_PERSON = re.compile(r"(?:ists?|icians?|surgeons?|internist|doctors?)$")
_ADJECTIVE = re.compile(r"(?:ics?|smokers?|ers|ed)$")


def kind_of(leaf: Leaf) -> str | None:
    """Return the slot list for a concept, a string or the number of a record; None where there is none."""
    match leaf.value:
        case Concept(text):
            return _concept(leaf, text.lower())
        case StringValue(text):
            return _string(leaf, text)
        case TokenValue(_, text, _) | ReferenceValue(_, text):
            numbered = leaf.parameter.name in NUMBERED or isinstance(leaf.value, ReferenceValue)
            return "numbered" if numbered and re.search(r"\d", text) else None
    return None


def _concept(leaf: Leaf, text: str) -> str | None:
    if leaf.place[2] > 0:
        return None
    kind = CONCEPTS.get(leaf.path) or CONCEPTS.get(f"*.{leaf.parameter.name}")
    if kind is None:
        known = leaf.parameter.name in KNOWN_PARAMETERS
        return next((name for name in KNOWN_ONLY if text in members(name)), None) if known else None
    if kind == "conditions" and _ADJECTIVE.search(text) and " " not in text and text not in members(kind):
        return None
    if kind in ("orders", "procedures"):
        return "imaging" if _IMAGING.search(text) else "procedures" if kind == "procedures" else _order(text)
    if kind == "drugs" and text in members("drug_classes"):
        return "drug_classes"
    if kind == "specialties" and _PERSON.search(text):
        return "specialists"
    return kind


def _order(text: str) -> str:
    return "procedures" if text in members("procedures") else "labs"


def _string(leaf: Leaf, text: str) -> str | None:
    name = leaf.parameter.name
    if leaf.parameter.modifier == "contains" and name not in ("family", "given"):
        return None
    if name in STRINGS:
        return STRINGS[name]
    if name in NUMBERED:
        return "numbered" if re.search(r"\d", text) else None
    if name == "name":
        return _name(leaf.type, text)
    return "trials" if leaf.path == "ResearchStudy.title" else None


def _name(type_: str, text: str) -> str | None:
    if type_ in PEOPLE:
        return "given_names" if text.lower() in members("given_names") else "surnames"
    if type_ in ("Organization", "InsurancePlan"):
        return "organizations"
    if type_ == "Location":
        return "organizations" if _PLACE.search(text.lower()) and text.lower() not in members("wards") else "wards"
    return None
