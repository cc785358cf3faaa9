"""In: rows of {input, label, rationale}.

Out: a trained student; the only place for torch and transformers, and nothing in it knows FHIR.
"""
