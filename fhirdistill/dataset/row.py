"""In: an object of a corpus file. Out: a row: a question with its label and where it came from."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from typing import Any

from fhirdistill.errors import InputError
from fhirdistill.records import Status


@dataclass(frozen=True, slots=True)
class Row:
    """A question with its label; `family` is what must stay in one split, `source` where the question came from."""

    id: str
    question: str
    status: Status = "ok"
    template: str | None = None
    rationale: str | None = None
    reason: str | None = None
    family: str = ""
    source: str = ""
    prompt: str = ""
    prompt_hash: str = ""
    teacher: str = ""

    @classmethod
    def of(cls, record: Mapping[str, Any]) -> Row:
        """Read a row; columns that it does not know are left out. Raises InputError where it breaks a promise."""
        row = cls(**{f.name: record[f.name] for f in fields(cls) if record.get(f.name) is not None})
        if not isinstance(row.question, str) or row.status not in ("ok", "unsupported"):
            raise InputError(f"row {row.id}: a row has a question and the status ok or unsupported")
        if row.status == "ok" and not row.template:
            raise InputError(f"row {row.id} is ok and has no template")
        return row if row.family else cls(**{**asdict(row), "family": row.id})

    def to_json(self) -> dict[str, Any]:
        """Return the row as an object of a corpus file."""
        return asdict(self)
