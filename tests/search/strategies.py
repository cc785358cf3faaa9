"""In: hypothesis. Out: searches of every kind, as values that a parser could have made."""

from __future__ import annotations

from hypothesis import strategies as st

from fhirdistill.search.ast import (
    PREFIXES,
    Chain,
    CompositeValue,
    Concept,
    DateMath,
    DateValue,
    Has,
    IncludeValue,
    NumberValue,
    Parameter,
    QuantityValue,
    RawValue,
    ReferenceValue,
    Search,
    SortKey,
    StringValue,
    TokenValue,
    UriValue,
    Value,
)

text = st.text(
    st.one_of(
        st.sampled_from(" \\,$|&=+%{}?#:/'\"éß-"), st.characters(codec="utf-8", exclude_characters="\ufdd0\ufdd1")
    ),
    min_size=1,
    max_size=12,
)
prefixes = st.sampled_from(("", *PREFIXES))
concepts = st.builds(Concept, text.map(str.strip).filter(bool))
numbers = st.from_regex(r"-?[0-9]{1,4}(\.[0-9]{1,3})?", fullmatch=True)
points = st.builds(
    DateMath,
    st.sampled_from(("today", "now")),
    st.integers(-400, 400).filter(bool),
    st.sampled_from(("y", "mo", "w", "d", "h", "min")),
    st.integers(0, 2),
)
periods = st.builds(DateMath, st.sampled_from(("week", "month", "year")), st.integers(-30, 30))
rests = st.one_of(
    st.builds(
        DateMath, st.just("year"), st.integers(-3, 3), rest=st.from_regex(r"-[0-9]{2}(-[0-9]{2})?", fullmatch=True)
    ),
    st.builds(DateMath, st.just("month"), st.integers(-3, 3), rest=st.from_regex(r"-[0-9]{2}", fullmatch=True)),
    st.builds(
        DateMath,
        st.just("today"),
        st.integers(-9, -1),
        st.sampled_from(("d", "w", "mo", "y")),
        rest=st.from_regex(r"T[0-9]{2}:[0-9]{2}", fullmatch=True),
    ),
)
maths = st.one_of(points, periods, rests, st.sampled_from((DateMath("today"), DateMath("now"))))
dates = st.builds(
    DateValue,
    prefixes,
    st.one_of(maths, st.sampled_from(("2024", "2024-03", "2024-03-09", "2024-03-09T10:00:00+02:00"))),
)
tokens = st.one_of(
    st.builds(TokenValue, st.none(), text), st.builds(TokenValue, text, text), st.builds(TokenValue, text, st.just(""))
)
strings = st.builds(StringValue, text)
quantities = st.one_of(
    st.builds(QuantityValue, prefixes, numbers),
    st.builds(QuantityValue, prefixes, numbers, st.sampled_from(("", "http://unitsofmeasure.org")), text),
    st.builds(QuantityValue, prefixes, numbers, st.just(""), st.sampled_from(("{copies}/mL", "mL/min/{1.73_m2}"))),
)
references = st.one_of(
    st.builds(ReferenceValue, st.none(), st.from_regex(r"[a-z0-9.-]{1,10}", fullmatch=True)),
    st.builds(ReferenceValue, st.just("Patient"), st.from_regex(r"[a-z0-9.-]{1,10}", fullmatch=True)),
    st.builds(ReferenceValue, st.none(), st.just("http://example.org/Questionnaire/a|2,5")),
)
uris = st.builds(UriValue, text)


def listed(values: st.SearchStrategy[Value]) -> st.SearchStrategy[tuple[Value, ...]]:
    """Up to three alternatives."""
    return st.lists(values, min_size=1, max_size=3).map(tuple)


def either(values: st.SearchStrategy[Value]) -> st.SearchStrategy[tuple[Value, ...]]:
    """Alternatives, some of them concepts."""
    return listed(st.one_of(values, concepts))


def parameter(
    name: str, values: st.SearchStrategy[tuple[Value, ...]], *modifiers: str, steps: tuple[Chain | Has, ...] = ()
) -> st.SearchStrategy[Parameter]:
    """One parameter, with one of the modifiers or none."""
    return st.builds(Parameter, st.just(steps), st.just(name), st.sampled_from((None, *modifiers)), values)


def modified(name: str, values: st.SearchStrategy[tuple[Value, ...]], *modifiers: str) -> st.SearchStrategy[Parameter]:
    """One parameter, with one of the modifiers that ask for another kind of value."""
    return st.builds(Parameter, st.just(()), st.just(name), st.sampled_from(modifiers), values)


composites = st.builds(lambda code, value: CompositeValue((code, value)), st.one_of(tokens, concepts), quantities)
observation = st.one_of(
    parameter("code", either(tokens), "not", "below", "above"),
    modified("code", listed(strings), "text"),
    modified("code", listed(uris), "in", "not-in"),
    modified("status", st.just((TokenValue(None, "true"),)), "missing"),
    parameter("date", listed(dates)),
    parameter("value-quantity", listed(quantities)),
    parameter("code-value-quantity", listed(composites)),
    parameter("subject", either(references), "Patient"),
    parameter("name", either(strings), "exact", "contains", steps=(Chain("subject", "Patient"),)),
    parameter("birthdate", listed(dates), steps=(Chain("patient"),)),
    parameter("code", either(tokens), steps=(Chain("patient"), Has("Condition", "patient"))),
    parameter("agent", either(references), steps=(Has("AuditEvent", "entity"),)),
    parameter("_filter", text.map(lambda t: (RawValue(t),))),
    parameter("_profile", listed(uris)),
    parameter("_sort", st.lists(st.builds(SortKey, st.just("date"), st.booleans()), min_size=1, max_size=2).map(tuple)),
    parameter("_count", st.just((NumberValue("", "20"),))),
    parameter(
        "_include",
        listed(st.sampled_from((IncludeValue("Observation", "subject", "Patient"), IncludeValue("*", "*")))),
        "iterate",
    ),
)
risk = parameter("probability", listed(st.builds(NumberValue, prefixes, numbers)))
searches = st.one_of(
    st.builds(
        Search,
        st.just("Observation"),
        st.lists(observation, max_size=4).map(tuple),
        st.sampled_from(("", "http://example.org/fhir", "[base]")),
        st.sampled_from((None, ("Patient", "12"))),
    ),
    st.builds(Search, st.just("RiskAssessment"), st.lists(risk, max_size=2).map(tuple)),
)
