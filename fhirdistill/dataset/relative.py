"""In: a row labelled on a known day.

Out: the row with dates whose year nobody said counted from the year of that day. A teacher who is told the day writes
"since 4 March" as `ge2026-03-04`; a student that copies what the question says can't know that year, and learns
`ge{year}-03-04`, which the translator works out against its own today.
"""

from __future__ import annotations

import calendar
import re
from dataclasses import replace
from datetime import date

from fhirdistill.dataset.row import Row

LABELLED = date(2026, 3, 15)  # the day that the label prompts name
_VALUE = re.compile(r"(?<==|,|\$)(ge|le|gt|lt|sa|eb|ap|eq|ne)?((?:19|20)\d\d)(-(\d\d)(?:-\d\d)?)(?=[&,$]|$)")


def relative_years(row: Row, labelled: date = LABELLED) -> Row | None:
    """Return the row with years that the question does not say made relative; None where it says no month either.

    >>> row = Row("1", "flu shots since 4 March", template="Immunization?vaccine-code={flu}&date=ge2026-03-04")
    >>> relative_years(row).template
    'Immunization?vaccine-code={flu}&date=ge{year}-03-04'
    """
    template = row.template or ""
    unsaid = [match for match in _VALUE.finditer(template) if not _says_year(row.question, match[2])]
    if not unsaid:
        return row
    if not all(_says_month(row.question, int(match[4])) for match in unsaid):
        return None
    for match in reversed(unsaid):
        years = int(match[2]) - labelled.year
        base = "{year}" if not years else f"{{year{years:+d}}}"
        template = template[: match.start()] + (match[1] or "") + base + match[3] + template[match.end() :]
    return replace(row, template=template)


def _says_year(question: str, year: str) -> bool:
    return re.search(rf"(?<!\d)(?:{year}|{year[2:]})(?!\d)", question) is not None


def _says_month(question: str, month: int) -> bool:
    name, short = calendar.month_name[month], calendar.month_abbr[month]
    return re.search(rf"\b(?:{name}|{short}|sept)\b", question, re.IGNORECASE) is not None
