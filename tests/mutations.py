"""In: a gold template. Out: templates that differ from it in one small thing, some of the same meaning and some not."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import pairwise

SWAPS = (
    (r"=gt", "=ge"),
    (r"=ge", "=gt"),
    (r"=lt", "=le"),
    (r"=le", "=lt"),
    (r"=(?=\d)", "=eq"),
    (r"=(?=\d)", "=ge"),
    (r"\$gt", "$ge"),
    (r"\|\|[^&,]+", ""),
    (r"\|\|[^&,]+", "||bananas"),
    (r"\|\|([^&,]+)", r"|http://unitsofmeasure.org|\1"),
    (r"=(gt|lt|ge|le)?(\d+)(?=$|&|\|)", r"=\g<1>\g<2>.0"),
    (r"=(gt|lt|ge|le)?(\d+)(?=$|&|\|)", r"=\g<1>1\g<2>"),
    (r"(?<=[?&])patient(?=[=.:])", "subject"),
    (r"(?<=[?&])patient(?=[=.])", "subject:Patient"),
    (r"(?<=[?&])subject(?=[=.:])", "patient"),
    (r"patient=(\w)", r"patient=Patient/\1"),
    (r"Patient/", ""),
    (r":Practitioner\.", "."),
    (r":Practitioner\.", ":Organization."),
    (r":Condition\.", "."),
    (r"=(active|final|female|male|finished)", r"=http://example.org/codes|\1"),
    (r"=(active|final|female|male|finished)", r"=|\1"),
    (r"=active", "=inactive"),
    (r"\{(\w[^{};]*)\}", r"{\1s}"),
    (r"\{(\w[^{};]*)\}", r"{the \1}"),
    (r"\{(\w[^{};]*)\}", r"{\1 test}"),
    (r"\{(\w[^{};]*)\}", r"{severe \1}"),
    (r"\{([^{};]*); ?([^{};]*)\}", r"{\1}"),
    (r"\{([^{};]*); ?([^{};]*)\}", r"{\2}"),
    (r"\{([^{};]*); ?([^{};]*)\}", r"{neither}"),
    (r"\{month-1\}", "ge2026-02-01&date=lt2026-03-01"),
    (r"\{month-1\}", "2026-02"),
    (r"\{month-1\}", "2026-01"),
    (r"\{year\}", "2026"),
    (r"\{year-1\}", "2025-01"),
    (r"\{today\}", "2026-03-15"),
    (r"\{today\}", "2026-03-15T00:00:00Z"),
    (r"\{today\}", "{now}"),
    (r"ge\{today\}", "gt{today-1d}"),
    (r"\{today-(\d+)y\}", r"{today-(\1+1)y}"),
    (r"\{today-\((\d+)\+1\)y\}", r"{today-\1y}"),
    (r"\{today-1y\}", "{today-12mo}"),
    (r"\{today-12mo\}", "{today-1y}"),
    (r"\{today-6mo\}", "2025-09-15"),
    (r"\{today-60y\}", "1966-03-16"),
    (r"\{today-60y\}", "1966-03-17"),
    (r"\{today-30d\}", "{today-1mo}"),
    (r"\{today-7d\}", "{today-1w}"),
    (r"\{now-24h\}", "{today-24h}"),
    (r"\{now-24h\}", "{today-1d}"),
    (r"=ge(\d{4})(?=&|$)", r"=ge\1-01-01"),
    (r"=(\d{4})(?=&|$)", r"=ge\1&date=le\1"),
    (r"=(\d{4}-\d\d-\d\d)", r"=\1T00:00:00Z"),
    (r"=(\d{4}-\d\d-\d\d)", r"=\1T10:00:00Z"),
    (r"le(\d{4}-\d\d)-31", r"le\1"),
    (r"_sort=-", "_sort="),
    (r"_count=1", "_count=10"),
    (r"(http://[^|&]*)(snomed|loinc|rxnorm)[^|&]*\|[\w.-]+", "{anything}"),
    (r"(http://[^|&]*)(snomed|loinc|rxnorm)[^|&]*\|([\w.-]+)", r"\3"),
    (r"(http://[^|&]*)(snomed|loinc|rxnorm)[^|&]*\|", r"\1\2|9"),
    (r"code=", "code:text="),
    (r":not=", "="),
    (r":missing=true", ":missing=false"),
    (r":exact", ""),
    (r"=([a-z]\w+)$", lambda match: match[0].upper()),
    (r"^\w+", "Basic"),
    (r"^(\w+)", r"http://example.org/fhir/\1"),
    (r"_has:(\w+):patient", r"_has:\1:subject"),
    (r"_include=(\w+):patient", r"_include=\1:subject:Patient"),
)


def mutations(gold: str) -> Iterator[str]:
    """Yield the gold itself and its mutations, each once."""
    seen = set()
    for text in _mutations(gold):
        if text not in seen:
            seen.add(text)
            yield text


def _mutations(gold: str) -> Iterator[str]:
    yield gold
    type_, _, query = gold.partition("?")
    parts = re.split(r"&(?![^{]*\})", query) if query else []
    if parts:
        yield f"{type_}?{'&'.join(reversed(parts))}"
        yield f"{type_}?{'&'.join([*parts, '_total=accurate'])}"
        yield f"{type_}?{'&'.join([*parts, parts[0]])}"
    yield f"{gold}{'&' if query else '?'}_summary=count"
    for i, part in enumerate(parts):
        yield f"{type_}?{'&'.join(parts[:i] + parts[i + 1 :])}".rstrip("?")
        name, _, value = part.partition("=")
        if "," in value and "{" not in value:
            yield gold.replace(part, f"{name}={','.join(reversed(value.split(',')))}")
        yield gold.replace(part, f"{name}={value},other")
    for one, other in pairwise(parts):
        yield gold.replace(f"{one}&{other}", f"{other}&{one}")
    for pattern, put in SWAPS:
        yield re.sub(pattern, put, gold, count=1)
        yield re.sub(pattern, put, gold)
