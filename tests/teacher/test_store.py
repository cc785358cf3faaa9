"""The store: what is written stays, whatever kills the writer."""

from __future__ import annotations

import gzip
import json
from pathlib import Path

import pytest

from fhirdistill.errors import DataError, InputError
from fhirdistill.teacher.base import Record, Usage, make_request, record_row
from fhirdistill.teacher.files import dump_line
from fhirdistill.teacher.prompts import Prompt
from fhirdistill.teacher.store import Store, answered, read_records, record_files

from .chat_server import reply_line

ONE = Record("k1", "label.v1", "h", "big", ("a", "b"), reply_line("a") + "\n" + reply_line("b"), Usage(10, 5))
TWO = Record("k2", "label.v1", "h", "big", ("c", "d"), reply_line("c") + "\nügly \u2028 prose")


def filled(folder: Path, *records: Record) -> Path:
    with Store(folder) as store:
        for record in records:
            store.add(record)
    return folder / "replies.jsonl"


def test_records_come_back_as_they_went_in_one_a_line(tmp_path: Path) -> None:
    path = filled(tmp_path / "new" / "run", ONE, TWO)
    assert Store(path.parent).records == [ONE, TWO]
    assert [json.loads(line) for line in path.read_bytes().split(b"\n")[:-1]] == [record_row(ONE), record_row(TWO)]
    assert record_row(TWO)["usage"] is None


def test_every_place_to_tear_the_last_line_is_survived(tmp_path: Path) -> None:
    path = filled(tmp_path, ONE, TWO)
    whole = path.read_bytes()
    first = len(dump_line(record_row(ONE)).encode())
    for end in range(first, len(whole)):
        path.write_bytes(whole[:end])
        kept = [ONE, TWO] if end == len(whole) - 1 else [ONE]
        assert Store(tmp_path).records == kept
        if end % 50 == 0 or end == len(whole) - 1:
            filled(tmp_path, TWO)
            assert Store(tmp_path).records == [*kept, TWO]


def test_reading_changes_nothing(tmp_path: Path) -> None:
    path = filled(tmp_path, ONE)
    path.write_bytes(path.read_bytes() + b'{"key": "to')
    torn = path.read_bytes()
    assert Store(tmp_path).records == [ONE]
    assert path.read_bytes() == torn


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("{oops", r"line 2: is no JSON"),
        ("[]", r"line 2: is no JSON object"),
        ('{"key": "k"}', r"line 2: no reply record: 'prompt' should be a text"),
        (
            dump_line({**record_row(ONE), "ids": [1]}).strip(),
            r"line 2: no reply record: 'ids' should be a list of texts",
        ),
    ],
)
def test_a_broken_line_in_the_middle_is_named(tmp_path: Path, line: str, message: str) -> None:
    path = filled(tmp_path, ONE)
    path.write_text(path.read_text("utf-8") + line + "\n" + dump_line(record_row(TWO)), "utf-8")
    with pytest.raises(DataError, match=message) as caught:
        Store(tmp_path)
    assert "mend or take out that line" in caught.value.hint
    records, broken = read_records(path)
    assert (records, len(broken)) == ([ONE, TWO], 1)


def test_only_one_run_writes_at_a_time(tmp_path: Path) -> None:
    pytest.importorskip("fcntl")
    with Store(tmp_path), pytest.raises(InputError, match="another run is writing"), Store(tmp_path):
        pass
    assert filled(tmp_path, ONE).is_file()


def test_a_file_is_no_folder(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")
    with pytest.raises(InputError, match="is no directory"):
        Store(tmp_path / "file")


def test_answered_are_the_ids_with_a_line_of_their_own_under_that_prompt() -> None:
    assert answered([ONE, TWO], "h") == {"a", "b", "c"}
    assert answered([ONE, TWO], "other") == set()


def test_recordings_may_be_gzipped_and_a_folder_may_hold_several(tmp_path: Path) -> None:
    for name, record in (("b.jsonl.gz", TWO), ("a.jsonl.gz", ONE)):
        (tmp_path / name).write_bytes(gzip.compress(dump_line(record_row(record)).encode()))
    (tmp_path / "examples.jsonl").write_text('{"id": "a"}\n')
    files = record_files(tmp_path)
    assert [read_records(file) for file in files] == [([ONE], []), ([TWO], [])]
    filled(tmp_path, ONE)
    assert record_files(tmp_path) == [tmp_path / "replies.jsonl"]


def test_a_folder_without_replies_says_so(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no recorded replies"):
        record_files(tmp_path)


def test_a_damaged_gzip_file_says_so(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl.gz"
    path.write_bytes(gzip.compress(b"x" * 1000)[:-9])
    with pytest.raises(InputError, match="damaged gzip"):
        read_records(path)


def test_noted_requests_come_back_by_key(tmp_path: Path) -> None:
    request = make_request(Prompt("label.v1", "h", "text"), ["a", "b"])
    with Store(tmp_path) as store:
        store.note_requests([request])
    row = {"key": request.key, "prompt": "label.v1", "hash": "h", "ids": ["a", "b"]}
    assert Store(tmp_path).noted_requests() == {request.key: row}
    with pytest.raises(InputError, match=r"has no requests\.jsonl"):
        Store(tmp_path / "other").noted_requests()
