"""In: two files of recorded replies to the same questions. Out: how often the labels agree.

python scripts/consistency.py fixtures/teacher/label.v1.jsonl.gz fixtures/teacher/consistency/label.v1.jsonl.gz
"""

from __future__ import annotations

import sys
from pathlib import Path

from fhirdistill.dataset.relative import LABELLED
from fhirdistill.errors import SearchSyntaxError
from fhirdistill.search import equivalent, parse
from fhirdistill.teacher.reply import Answer, parse_reply
from fhirdistill.teacher.store import read_records


def answers(path: Path) -> dict[str, Answer]:
    """Return the labels of a file of recorded replies by question."""
    records, _ = read_records(path)
    return {answer.id: answer for record in records for answer in parse_reply(record).answers}


def same(one: Answer, other: Answer) -> bool:
    """Tell whether two labels mean the same."""
    if one.status != other.status or not one.template or not other.template:
        return one.status == other.status
    try:
        return equivalent(one.template, other.template, LABELLED)
    except SearchSyntaxError:
        return False


def main() -> None:
    """Print the shares of questions with the same status, the same result type and the same meaning."""
    first, second = (answers(Path(name)) for name in sys.argv[1:3])
    pairs = [(first[id], answer) for id, answer in second.items() if id in first]
    status = sum(a.status == b.status for a, b in pairs)
    typed = sum(
        a.status == b.status and (not a.template or not b.template or parse(a.template).type == parse(b.template).type)
        for a, b in pairs
    )
    meaning = sum(same(a, b) for a, b in pairs)
    print(f"questions {len(pairs)}, same status {status}, same type {typed}, same meaning {meaning}")


if __name__ == "__main__":
    main()
