"""In: rows of {input, label, rationale}. Out: a student; torch lives here, and nothing in it knows FHIR."""
