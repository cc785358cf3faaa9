"""In: nothing. Out: the values that a FHIR search is made of; `parse` builds them and `format` writes them.

Every class is frozen and hashable, so two searches written alike are equal (meaning is compared by `equivalent`).
Source: FHIR R4, search.html; the braces of the template form come from docs/labelling-guide.md.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, TypeAlias

from fhirdistill.search.spec import PREFIXES as PREFIXES


@dataclass(frozen=True, slots=True)
class _Text:
    """What the values that are one text share; values of two classes are never equal."""

    text: str


class Concept(_Text):
    """`{type 2 diabetes}`: a clinical concept in the question's words, not yet bound to codes."""

    __slots__ = ()


@dataclass(frozen=True, slots=True)
class DateMath:
    """`{today-60y}`, `{now-24h}`, `{month-1}`: a date that depends on today.

    `base` is today, now, week, month or year; `amount` is signed; `unit` is y, mo, w, d, h or min, and "" for a
    calendar period (which counts in its own unit). `plus` is the 1 of `{today-(17+1)y}`, whose `amount` is -17: it
    adds to the distance. `rest` is what follows the braces: a month or day of that year (`{year}-05`,
    `{year-1}-10-15`), a day of that month, a time of that day.
    """

    base: str
    amount: int = 0
    unit: str = ""
    plus: int = 0
    rest: str = ""


@dataclass(frozen=True, slots=True)
class DateValue:
    """A date with its prefix ("" for none); the date is FHIR text (2024, 2024-03, 2024-03-09T10:00Z) or DateMath."""

    prefix: str
    value: str | DateMath


@dataclass(frozen=True, slots=True)
class NumberValue:
    """A number as written (its digits carry its precision)."""

    prefix: str
    number: str


@dataclass(frozen=True, slots=True)
class QuantityValue:
    """`gt5.5|http://unitsofmeasure.org|mmol/L`; `system` and `code` are None where no bar is written."""

    prefix: str
    number: str
    system: str | None = None
    code: str | None = None


@dataclass(frozen=True, slots=True)
class TokenValue:
    """`code`, `system|code`, `|code`, `system|`; `system` is None without a bar; `value` is only for `:of-type`."""

    system: str | None
    code: str
    value: str | None = None


class StringValue(_Text):
    """A string, compared by the parameter's rules."""

    __slots__ = ()


class UriValue(_Text):
    """A URI, compared whole."""

    __slots__ = ()


@dataclass(frozen=True, slots=True)
class ReferenceValue:
    """`123`, `Patient/123`, an absolute URL or a canonical with `|version`; `type` is None for an id and for a URL."""

    type: str | None
    id: str


@dataclass(frozen=True, slots=True)
class CompositeValue:
    """Values of a composite, joined by `$`."""

    parts: tuple[Value, ...]


@dataclass(frozen=True, slots=True)
class SortKey:
    """One key of `_sort`."""

    name: str
    descending: bool = False


@dataclass(frozen=True, slots=True)
class IncludeValue:
    """`Condition:patient:Patient` of `_include` and `_revinclude`; `name` may be `*`; `source` may be `*` too."""

    source: str
    name: str
    target: str | None = None


class RawValue(_Text):
    """The value of a parameter whose type is not known, or of a special one (`_filter`, `_content`): kept as text."""

    __slots__ = ()


Value: TypeAlias = (
    Concept | DateValue | NumberValue | QuantityValue | TokenValue | StringValue | UriValue | ReferenceValue
    | CompositeValue | SortKey | IncludeValue | RawValue
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Chain:
    """One step over a reference: `patient.` or `requester:Practitioner.` (search.html#chaining)."""

    reverse: ClassVar = False
    reference: str
    type: str | None = None


@dataclass(frozen=True, slots=True)
class Has:
    """One reverse step: `_has:Condition:patient:` (search.html#has)."""

    reverse: ClassVar = True
    type: str
    reference: str


@dataclass(frozen=True, slots=True)
class Parameter:
    """`steps`, then `name:modifier=value,value`. Values joined by a comma are alternatives."""

    steps: tuple[Chain | Has, ...]
    name: str
    modifier: str | None
    values: tuple[Value, ...]


@dataclass(frozen=True, slots=True)
class Search:
    """One search: `type` is None for a search over all types; `base` is what a URL has before the type ("" if nothing).

    `compartment` is `("Patient", "123")` for `Patient/123/Observation?...`.
    """

    type: str | None
    parameters: tuple[Parameter, ...] = ()
    base: str = ""
    compartment: tuple[str, str] | None = None
