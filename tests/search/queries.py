"""Queries of every construct, written for these tests."""

from __future__ import annotations

QUERIES = (
    "Patient?birthdate=le{today-65y}&gender=female&_summary=count",
    "Patient?given:exact=Ann&family:contains=berg&name=O\\,Brien,Ng",
    "Patient?_has:Observation:patient:_has:AuditEvent:entity:agent=Practitioner/7",
    "Patient?_has:Observation:patient:code-value-quantity={hba1c}$gt9||%25",
    "Encounter?patient._has:Group:member:_id=102&class=IMP",
    "Observation?code=http://loinc.org|4548-4,http://loinc.org|&date=ge2023-03-01&date=lt2023-04",
    "Observation?component-code-value-quantity=8480-6$gt140|http://unitsofmeasure.org|mm[Hg]",
    "Observation?subject:Patient.name=smith&value-quantity=ap5.4e-1&_sort=status,-date&_count=1",
    "Condition?code:below={type 2 diabetes}&code:not=a\\|b&onset-date=sa{month-1}&patient.birthdate=gt{today-(17+1)y}",
    "Condition?code:in=http%3A%2F%2Fsnomed.info%2Fsct%3Ffhir_vs%3Disa%2F126851005&severity:missing=true",
    "MedicationRequest?requester:Practitioner.family=Osei&_include=MedicationRequest:subject&_revinclude=Provenance:target",
    "MedicationRequest?_include=*&_include:iterate=Medication:manufacturer:Organization&_elements=id,status&_total=accurate",
    "Patient?identifier:of-type=http://terminology.hl7.org/CodeSystem/v2-0203|MR|446053&link:missing=false",
    "Observation?subject:identifier=http://example.org/mrn|123&_tag=urgent&_security=R&_source=http://example.org/a",
    "QuestionnaireResponse?questionnaire=http://example.org/q|1.0&authored=ge2024",
    "Location?near=-83.694810|42.256500|11.20|km&partof:below=42",
    "RiskAssessment?probability=gt0.8&_lastUpdated=ge2024-01-01T00:00:00+02:00",
    "http://example.org/fhir/Patient/123/Observation?code={heart rate}&_contained=both&_containedType=contained",
    "GET [base]/ValueSet?url:below=http://example.org/ HTTP/1.1",
    "POST /fhir/Patient/_search HTTP/1.1\nAccept: application/json\n\nname=van+Putten&active=true",
    "?_type=Patient,Practitioner&_id=12&_list=$current-problems&_text=pain&_content=ache",
    'Patient?_filter=name eq "Ann, or not"&_format=application/fhir+json&_pretty=true',
    "Encounter?date={year}-05&date:missing=false&length=gt2||d",
    "Encounter?date=ge{year-1}-10-15&date=lt{month}-03&_lastUpdated=ge{today-1d}T09:00",
    "Observation?code-value-quantity={viral load}$lt50||{copies}/mL&value-quantity=lt50|http://unitsofmeasure.org|{copies}/mL",
    "Slot?start=ge{now-24h}&status=free&schedule.actor:Location.name=North",
)
