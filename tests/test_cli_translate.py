"""The command: data on stdout, talk on stderr, and an exit code that tells whether it worked."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from babble import FIELDS
from click.testing import CliRunner, Result

from fhirdistill.cli import main


def translate(bundle: Path, *args: object, stdin: bytes = b"") -> Result:
    words = ["translate", "--model", str(bundle), "--beams", "2", *(str(arg) for arg in args)]
    return CliRunner().invoke(main, words, input=stdin)


def objects(text: str) -> list[dict[str, object]]:
    return [json.loads(line) for line in text.splitlines()]


def test_the_query_alone_is_on_stdout(bundle: Path) -> None:
    done = translate(bundle, "people who have asthma", "--today", "2026-03-15")
    assert done.exit_code == 0
    assert len(done.stdout.splitlines()) == 1
    assert "today 2026-03-15, babble@0" in done.stderr
    assert "warning uncertain" in done.stderr


def test_json_is_one_object(bundle: Path) -> None:
    done = translate(bundle, "--json", "--explain", "people who have asthma", "--today", "2026-03-15")
    (record,) = objects(done.stdout)
    assert list(record) == FIELDS
    assert (record["id"], record["question"], record["today"]) == (None, "people who have asthma", "2026-03-15")
    assert done.exit_code == (0 if record["status"] == "ok" else 3)


def test_a_question_may_come_from_stdin(bundle: Path) -> None:
    given = translate(bundle, "--json", "people who have asthma", "--today", "2026-03-15")
    piped = translate(bundle, "--json", "-", "--today", "2026-03-15", stdin=b"people who have asthma\n")
    assert piped.stdout == given.stdout


def test_a_file_is_answered_in_order(bundle: Path, questions: Path, tmp_path: Path) -> None:
    out = tmp_path / "out.jsonl"
    done = translate(bundle, "--input", questions, "--output", out, "--today", "2026-03-15")
    assert (done.exit_code, done.stdout) == (0, "")
    records = objects(out.read_text("utf-8"))
    assert [r["id"] for r in records] == ["b", "7", None]
    assert [r["question"] for r in records] == ["asthma since 2024", "women over 60", "latest a1c"]
    assert all(list(r) == FIELDS for r in records)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["out.jsonl", "questions.jsonl"]


def test_stdout_and_stdin_do_the_same_as_files(bundle: Path, questions: Path) -> None:
    named = translate(bundle, "--input", questions, "--today", "2026-03-15")
    piped = translate(bundle, "--input", "-", "--today", "2026-03-15", stdin=questions.read_bytes())
    assert len(objects(named.stdout)) == 3
    assert piped.stdout == named.stdout


def test_broken_lines_are_named_and_the_rest_is_done(bundle: Path, tmp_path: Path) -> None:
    source, out = tmp_path / "in.jsonl", tmp_path / "out.jsonl"
    long = "a" * 10_000
    lines = (
        '{"id": "1", "question": "asthma"}',
        "{broken",
        '["a list"]',
        "",
        '{"id": "5"}',
        '{"id": "6", "question": 6}',
        '{"id": ["7"], "question": "gout"}',
        '{"id": "8", "question": ""}',
        f'{{"id": "9", "question": "{long}"}}',
        '{"id": "10", "question": "a\\u0000b"}',
        '{"id": "11", "question": "gout\u2028and more"}',
    )
    source.write_text("\n".join(lines), "utf-8")
    done = translate(bundle, "--input", source, "--output", out)
    assert done.exit_code == 1
    assert [r["id"] for r in objects(out.read_text("utf-8").replace("\u2028", ""))] == ["1", "11"]
    told = [line for line in done.stderr.splitlines() if line.startswith("Error: ")]
    assert [line.split("line ")[1].split(":")[0] for line in told] == ["2", "3", "5", "6", "7", "8", "9", "10"]
    assert "8 line(s)" in done.stderr


@pytest.mark.parametrize(
    ("args", "stdin", "code", "message"),
    [
        (("",), b"", 1, "the question is empty"),
        (("-",), b"\n", 1, "the question is empty"),
        (("a" * 10_000,), b"", 1, "has 10000 characters, more than 1000"),
        (("-",), b"\xff\xfe\x00\x01", 1, "standard input is not UTF-8 text (byte 0)"),
        (("-",), b"a\x00b", 1, "which is no text"),
        (("--input", "-"), b"\x89PNG\r\n\x1a\n", 1, "standard input is not UTF-8 text (byte 0)"),
        (("--input", "-"), b"", 1, "holds no questions"),
        (("--input", "/nowhere/questions.jsonl"), b"", 1, "there is no file /nowhere/questions.jsonl"),
        (("--input", "/"), b"", 1, "/ is a folder"),
        (("asthma", "--today", "yesterday"), b"", 1, "today = 'yesterday' is no date"),
        (("asthma", "--today", ""), b"", 1, "today = '' is no date"),
        (("asthma", "--beams", "0"), b"", 2, "--beams"),
        (("asthma", "--output", "x.jsonl"), b"", 2, "--output goes with --input"),
        ((), b"", 2, "give either a QUESTION or --input FILE"),
        (("asthma", "--input", "-"), b"", 2, "give either a QUESTION or --input FILE"),
    ],
)
def test_what_cannot_be_used_is_said(
    bundle: Path, args: tuple[str, ...], stdin: bytes, code: int, message: str
) -> None:
    done = translate(bundle, *args, stdin=stdin)
    assert done.exit_code == code
    assert done.stdout == ""
    assert message in done.stderr
    assert "Traceback" not in done.stderr


def test_a_binary_file_is_refused(bundle: Path, tmp_path: Path) -> None:
    (tmp_path / "in.jsonl").write_bytes(bytes(range(256)))
    done = translate(bundle, "--input", tmp_path / "in.jsonl", "--output", tmp_path / "out.jsonl")
    assert done.exit_code == 1
    assert "is not UTF-8 text (byte 128)" in done.stderr
    assert not (tmp_path / "out.jsonl").exists()


@pytest.mark.parametrize(("target", "message"), [("none/out.jsonl", "there is no folder"), ("", "is a folder")])
def test_an_output_that_cannot_be_written_is_said(
    bundle: Path, questions: Path, tmp_path: Path, target: str, message: str
) -> None:
    before = sorted(tmp_path.rglob("*"))
    done = translate(bundle, "--input", questions, "--output", tmp_path / target)
    assert done.exit_code == 1
    assert message in done.stderr
    assert sorted(tmp_path.rglob("*")) == before


def test_a_run_that_breaks_off_leaves_the_old_output(
    bundle: Path, questions: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    out = tmp_path / "out.jsonl"
    out.write_text("old\n")

    def breaks(_: object) -> dict[str, object]:
        raise KeyboardInterrupt

    monkeypatch.setattr("fhirdistill.translate.to_json", breaks)
    done = translate(bundle, "--input", questions, "--output", out)
    assert done.exit_code != 0
    assert out.read_text() == "old\n"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["out.jsonl", "questions.jsonl"]


def test_a_folder_without_a_bundle_is_said(tmp_path: Path) -> None:
    done = translate(tmp_path, "asthma")
    assert done.exit_code == 1
    assert "no student bundle in" in done.stderr
    assert "Hint: give --model" in done.stderr
