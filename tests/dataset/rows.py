"""Rows written by hand for the tests of this folder."""

from __future__ import annotations

from fhirdistill.dataset.row import Row


def row(number: int, question: str, template: str, rationale: str) -> Row:
    return Row(f"t{number}", question, "ok", template, rationale, family=f"f{number}", source="test")


ROWS = tuple(
    row(i, *texts)
    for i, texts in enumerate(
        (
            (
                "Which women over 60 have gout and take allopurinol?",
                "Patient?gender=female&birthdate=lt{today-60y}&_has:Condition:patient:code={gout}"
                "&_has:MedicationRequest:patient:code={allopurinol}",
                'Women are Patients. "over 60" bounds birthdate. Gout is a Condition, allopurinol a MedicationRequest.',
            ),
            (
                "kids of 17 or younger with a peanut allergy",
                "Patient?birthdate=gt{today-(17+1)y}&_has:AllergyIntolerance:patient:code={peanut}",
                'Kids are Patients, "17 or younger" is under 18. "peanut" is an AllergyIntolerance.',
            ),
            (
                "men between 40 and 55 with asthma or COPD",
                "Patient?gender=male&birthdate=le{today-40y}&birthdate=gt{today-56y}&_has:Condition:patient:code={asthma},{copd}",
                'Men are Patients. "between 40 and 55" gives bounds at 40 and 56 years. Either Condition is a comma.',
            ),
            (
                "people aged forty five and up with an LDL over 190 mg/dL",
                "Patient?birthdate=le{today-45y}&_has:Observation:patient:code-value-quantity={ldl}$gt190||mg/dL",
                '"forty five and up" bounds birthdate. "LDL over 190 mg/dL" is one composite.',
            ),
            (
                "potassium between 3.5 and 5.2 mmol/L in the last 14 days",
                "Observation?code={potassium}&value-quantity=ge3.5||mmol/L&value-quantity=le5.2||mmol/L&date=ge{today-14d}",
                'A potassium result is an Observation. 3.5 to 5.2 are bounds. "last 14 days" bounds date.',
            ),
            (
                "Last 5 chest x-rays of patient 44102",
                "DiagnosticReport?code={chest x-rays}&patient=44102&_sort=-date&_count=5",
                'Reports, "chest x-rays" by code, patient 44102. "Last 5" sorts by date and keeps 5.',
            ),
            (
                "Find Siobhan O'Neill, MRN A-77120, living in Cork",
                "Patient?given=Siobhan&family=O'Neill&identifier=A-77120&address-city=Cork",
                "Siobhan O'Neill is given and family; the MRN A-77120 is the identifier; Cork the city.",
            ),
            (
                "hip replacements between March 2021 and June 2022 at Riverside Hospital",
                "Procedure?code={hip replacements}&date=ge2021-03&date=le2022-06&location.name=Riverside Hospital",
                '"hip replacements" is the code. March 2021 to June 2022 are bounds. The hospital is the location.',
            ),
            (
                "flu shots given from 3 October to 21 October 2024",
                "Immunization?vaccine-code={flu}&date=ge2024-10-03&date=le2024-10-21",
                '"flu" is the vaccine. 3 October to 21 October 2024 are two bounds of date.',
            ),
            (
                "a mammogram ordered by Dr Osei for patients born before 1960",
                "ServiceRequest?code={mammogram}&requester:Practitioner.name=Osei&patient.birthdate=lt1960",
                "A mammogram ordered is a ServiceRequest; Osei is the requester; 1960 bounds birthdate.",
            ),
            (
                "appointments with a cardiologist in the next 3 weeks",
                "Appointment?specialty={cardiologist}&date=ge{today}&date=le{today+3w}",
                'Appointments, "cardiologist" by specialty. "next 3 weeks" is two bounds.',
            ),
            (
                "CURRENT INPATIENTS ON WARD 7B WITH PNEUMONIA",
                "Encounter?status=in-progress&class=IMP&location.name=WARD 7B&reason-code={pneumonia}",
                "Inpatients are Encounters of class IMP; the ward is the location, pneumonia the reason-code.",
            ),
            (
                "who tested positive for covid test since 2023-04-09",
                "Patient?_has:Observation:patient:code-value-concept={covid test}${positive}"
                "&_has:Observation:patient:date=ge2023-04-09",
                "The covid test with positive is one composite. since 2023-04-09 bounds date.",
            ),
            (
                "breast or lung cancer registry: spanish speakers named mei",
                "Patient?_has:Condition:patient:code={breast cancer},{lung cancer}&language={spanish}&name=mei",
                "breast cancer and lung cancer are Conditions; spanish is the language; mei the name.",
            ),
            (
                "infants under 6 months who had an RSV shot, newest first, show twenty",
                "Immunization?vaccine-code={rsv}&patient.birthdate=gt{today-6mo}&_sort=-date&_count=20",
                '"RSV" is the vaccine-code. "under 6 months" bounds birthdate. "show twenty" is the count.',
            ),
        )
    )
)
BY_ID = {r.id: r for r in ROWS}
UNSUPPORTED = Row(
    "u1", "What is the average a1c of my patients with diabetes?", "unsupported", reason="An average.", family="u1"
)
