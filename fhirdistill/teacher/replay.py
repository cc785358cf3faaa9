"""In: recorded replies. Out: a teacher that gives them again, without a network and for nothing."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass, field

from fhirdistill.errors import TeacherError
from fhirdistill.teacher.base import Record, Reply, Request


@dataclass(frozen=True, slots=True)
class ReplayTeacher:
    """A Teacher that answers a request with the reply recorded under its key (the last, where there are several)."""

    records: dict[str, Record] = field(repr=False)

    @classmethod
    def of(cls, records: Iterable[Record]) -> ReplayTeacher:
        """Index records by their key."""
        return cls({record.key: record for record in records})

    async def ask(self, request: Request) -> Reply:
        """Return the recorded reply. Raises TeacherError where there is none."""
        record = self.records.get(request.key)
        if record is None:
            prompt = f"prompt {request.prompt.name} ({request.prompt.hash})"
            named = f"{prompt} and {len(request.ids)} questions from {request.ids[0]!r}"
            hashes = ", ".join(sorted({f"{r.prompt} ({r.hash})" for r in self.records.values()})) or "nothing"
            raise TeacherError(f"no recorded reply for {named}", hint=f"the recording holds replies to {hashes}")
        return Reply(record.reply, record.teacher, record.usage)


def recorded_groups(records: Iterable[Record], prompt: str, wanted: Collection[str]) -> list[tuple[str, ...]]:
    """Return the groups of ids in which `prompt` was asked, where all of the group are wanted."""
    groups = {record.key: record.ids for record in records if record.prompt == prompt}
    return [ids for ids in groups.values() if set(ids) <= set(wanted)]
