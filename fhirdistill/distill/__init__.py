"""In: checked examples. Out: a student bundle; this is where the generic trainer meets FHIR's codec and the corpus."""
