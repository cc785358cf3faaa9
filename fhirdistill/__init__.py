"""In: a clinical question. Out: a checked FHIR search, by a small model on this machine."""
