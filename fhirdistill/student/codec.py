"""In: a question with its template. Out: the target steps that the student learns.

A step is a token and, for `<start>`, `<end>` and `<number>`, the unit of the question that it points at. Parameters
are written in one order (own, chained, reverse, then the shape of the result), so that a query has one spelling.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from fhirdistill.errors import DataError
from fhirdistill.search import format as format_search
from fhirdistill.search import registry
from fhirdistill.search.ast import (
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
from fhirdistill.student.matching import (
    find,
    may_be_short_year,
    month_word,
    numeric_day,
    numeric_month,
    same_number,
)
from fhirdistill.student.paths import chain_type, owner, parameter_order
from fhirdistill.student.steps import Source, Step
from fhirdistill.student.vocabulary import RESULT_CODES, Vocabulary

NUMBER = re.compile(r"-?\d+(\.\d+)?")
WORD = re.compile(r"\d+(?:\.\d+)?|[^\W\d_]+|\S")
UCUM = ("", "http://unitsofmeasure.org")


class LabelEncoder:
    """Write one search as steps over one question. Raises DataError where neither it nor the vocabulary has a value."""

    def __init__(self, vocabulary: Vocabulary, source: Source) -> None:
        self.vocabulary = vocabulary
        self.source = source
        self.words = [unit.text.lower() for unit in source.units]
        self.used: set[int] = set()
        self.type = ""

    def encode(self, search: Search) -> list[Step]:
        """Return the steps of a search, `<eos>` included."""
        self.type = search.type or ""
        steps = [Step(f"T:{search.type}")]
        written = []
        for parameter in search.parameters:
            body = list(self._parameter(parameter))
            place = next((step.unit for step in body if step.unit >= 0), len(self.source.units))
            written.append((parameter_order(parameter, place), body))
        for _, body in sorted(written, key=lambda pair: pair[0]):
            steps += body
        steps.append(Step("<eos>"))
        for step in steps:
            if step.token not in self.vocabulary.ids:
                raise DataError(f"the vocabulary has no token {step.token!r}")
        return steps

    def _parameter(self, parameter: Parameter) -> Iterator[Step]:
        for i, step in enumerate(parameter.steps):
            match step:
                case Has(type_, reference):
                    yield from (Step("<has>"), Step(f"T:{type_}"), Step(f"P:{reference}"))
                case Chain(reference, type_):
                    following = parameter.steps[i + 1].reference if i + 1 < len(parameter.steps) else parameter.name
                    target = chain_type(owner(self.type, parameter.steps[:i]), reference, type_, following)
                    yield from (Step(f"P:{reference}"), Step(f"T:{target}" if target else "<.>"))
        yield Step(f"P:{parameter.name}")
        if parameter.modifier:
            yield Step(f"M:{parameter.modifier}")
        for i, value in enumerate(parameter.values):
            if i:
                yield Step("<,>")
            yield from self._value(value, parameter)

    def _value(self, value: Value, parameter: Parameter) -> Iterator[Step]:
        match value:
            case Concept(text):
                yield from (Step("<{>"), *self._concept(text))
            case DateValue(prefix, date):
                yield from (*_prefix(prefix), *(self._math(date) if isinstance(date, DateMath) else self._date(date)))
            case NumberValue(prefix, number):
                yield from (*_prefix(prefix), *self._number(number))
            case QuantityValue(prefix, number, system, code):
                yield from (*_prefix(prefix), *self._number(number), *self._unit(system, code))
            case TokenValue(system, code, None):
                yield from self._token(system, code, parameter)
            case CompositeValue(parts):
                for i, part in enumerate(parts):
                    yield from (*((Step("<$>"),) if i else ()), *self._value(part, parameter))
            case SortKey() | IncludeValue():
                yield from _control(value)
            case _:
                yield from self._copied(value, parameter)

    def _copied(self, value: Value, parameter: Parameter) -> Iterator[Step]:
        match value:
            case StringValue(text) if parameter.name == "_elements":
                yield Step(f"E:{text}")
            case StringValue(text) | UriValue(text) | RawValue(text):
                yield from self._span(text)
            case ReferenceValue(type_, id_):
                yield from (*self._reference_type(type_, parameter), *self._span(id_))
            case _:
                raise DataError(f"no steps for {value!r}")

    def _token(self, system: str | None, code: str, parameter: Parameter) -> Iterator[Step]:
        if self._is_code(code, parameter):
            yield Step(f"K:{code}")
        else:
            yield from self._span(f"{system}|{code}" if system else code)

    def _is_code(self, code: str, parameter: Parameter) -> bool:
        """Tell whether `code` is one of the plain codes of the parameter."""
        if parameter.modifier == "missing" or parameter.name in RESULT_CODES:
            return True
        path = f"{owner(self.type, parameter.steps)}.{parameter.name}"
        return code in self.vocabulary.codes.get(path, ())

    def _reference_type(self, type_: str | None, parameter: Parameter) -> Iterator[Step]:
        """Write the type of a typed reference, unless the parameter has no other."""
        known = registry().parameter(owner(self.type, parameter.steps), parameter.name)
        if type_ and type_ != "Patient" and not (known and known.targets == (type_,)):
            yield from (Step("</>"), Step(f"T:{type_}"))

    def _number(self, number: str) -> Iterator[Step]:
        at = self._number_unit(number)
        if at is not None:
            yield Step("<number>", at)
        elif NUMBER.fullmatch(number):
            yield from (Step(f"N:{digit}") for digit in number)
        else:
            raise DataError(f"{number!r} is no number")

    def _number_unit(self, number: str) -> int | None:
        same = [i for i, unit in enumerate(self.source.units) if unit.number and same_number(unit.number, number)]
        fresh = [i for i in same if i not in self.used]
        at = next(iter(fresh or same), None)
        if at is not None:
            self.used.add(at)
        return at

    def _unit(self, system: str | None, code: str | None) -> Iterator[Step]:
        if not code:
            return
        if (system or "") not in UCUM:
            raise DataError(f"a unit of {system} is not in the vocabulary")
        if f"Q:{code}" in self.vocabulary.ids:
            yield Step(f"Q:{code}")
        else:
            yield from (Step("<||>"), *self._span(code))

    def _math(self, math: DateMath) -> Iterator[Step]:
        if not math.amount:
            yield Step(f"A:{math.base}")
        else:
            yield from self._amount(math)
        yield from self._month_and_day(math)

    def _month_and_day(self, math: DateMath) -> Iterator[Step]:
        if not math.rest:
            return
        if math.base != "year":
            raise DataError(f"{math.rest!r} after a {math.base} is not in the vocabulary")
        month, _, day = math.rest[1:].partition("-")
        yield Step(f"MM:{month}")
        if day:
            yield self._day(day, month_word(self.words, int(month)), None)

    def _amount(self, math: DateMath) -> Iterator[Step]:
        size, sign = abs(math.amount), "-" if math.amount < 0 else "+"
        yield Step(f"A:{math.base}{sign}")
        stated = self._number_unit(str(size))
        less_one = (
            self._number_unit(str(size - 1)) if stated is None and not math.plus and sign == "-" and math.unit else None
        )
        if stated is not None:
            yield Step("<number>", stated)
        elif less_one is not None:
            yield from (Step("<number>", less_one), Step("<+1>"))
        else:
            yield from (Step(f"N:{digit}") for digit in str(size))
        if math.plus:
            yield Step("<+1>")
        if math.unit:
            yield Step(f"U:{math.unit}")

    def _date(self, date: str) -> Iterator[Step]:
        match = re.fullmatch(r"(\d\d)(\d\d)(?:-(\d\d)(?:-(\d\d))?)?", date)
        if not match:
            raise DataError(f"a time of day in {date!r} is not in the vocabulary")
        century, years, month, day = match.groups()
        whole = next((i for i, u in enumerate(self.source.units) if u.number == century + years), None)
        short = next((i for i, u in enumerate(self.source.units) if u.text == years), None)
        if whole is not None:
            yield Step("<number>", whole)
        elif short is not None and may_be_short_year(self.words, short):
            yield from (Step(f"N:{century[0]}"), Step(f"N:{century[1]}"), Step("<number>", short))
        else:
            yield from (Step(f"N:{digit}") for digit in century + years)
        anchor = whole if whole is not None else short
        at = numeric_month(self.source.units, anchor, int(month)) if month else None
        if month:
            yield Step("<number>", at) if at is not None else Step(f"MM:{month}")
        if day:
            yield self._day(day, anchor, at)

    def _day(self, day: str, anchor: int | None, month: int | None) -> Step:
        """Write a day: copied where it stands in digits beside the year or the month's name."""
        at = numeric_day(self.source.units, anchor, int(day), month)
        return Step("<number>", at) if at is not None else Step(f"DD:{day}")

    def _concept(self, text: str) -> Iterator[Step]:
        words = [match.group().lower() for match in WORD.finditer(text)]
        whole = find(self.words, words)
        if whole is not None:
            yield from (Step("<start>", whole), Step("<end>", whole + len(words) - 1))
        elif f"W:{text.lower()}" in self.vocabulary.ids:
            yield Step(f"W:{text.lower()}")
        else:
            yield from self._pieces(words)

    def _pieces(self, words: list[str]) -> Iterator[Step]:
        at = 0
        while at < len(words):
            size = next(
                (n for n in range(len(words) - at, 0, -1) if find(self.words, words[at : at + n]) is not None), 0
            )
            if not size:
                raise DataError(f"the question does not say {words[at]!r} of the concept {' '.join(words)!r}")
            first = find(self.words, words[at : at + size])
            assert first is not None
            yield from (Step("<start>", first), Step("<end>", first + size - 1))
            at += size

    def _span(self, text: str) -> Iterator[Step]:
        place = self.source.text.lower().find(text.lower())
        while place >= 0:
            first = next((i for i, u in enumerate(self.source.units) if u.start == place), None)
            last = next((i for i, u in enumerate(self.source.units) if u.end == place + len(text)), None)
            if first is not None and last is not None:
                yield from (Step("<start>", first), Step("<end>", last))
                return
            place = self.source.text.lower().find(text.lower(), place + 1)
        raise DataError(f"the question does not say {text!r}")


def encode_label(search: Search, source: Source, vocabulary: Vocabulary) -> list[Step]:
    """Return the steps of `search` over the question `source`. Raises DataError where they can't say it."""
    if search.type is None:
        raise DataError(f"a search without a type has no steps: {format_search(search)}")
    return LabelEncoder(vocabulary, source).encode(search)


def _prefix(prefix: str) -> tuple[Step, ...]:
    return (Step(f"X:{prefix}"),) if prefix and prefix != "eq" else ()


def _control(value: SortKey | IncludeValue) -> Iterator[Step]:
    match value:
        case SortKey(name, descending):
            yield from (*((Step("<->"),) if descending else ()), Step(f"P:{name}"))
        case IncludeValue(source, name, target):
            yield from (
                Step(f"T:{source}"),
                Step("<*>" if name == "*" else f"P:{name}"),
                *((Step(f"T:{target}"),) if target else ()),
            )
