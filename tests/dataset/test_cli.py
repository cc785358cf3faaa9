from __future__ import annotations

import json
from pathlib import Path

from click.testing import CliRunner

from dataset.rows import ROWS, UNSUPPORTED
from fhirdistill.cli import main
from fhirdistill.dataset.corpus import write_corpus


def run(*arguments: str, input: str | None = None) -> tuple[int, str, str]:
    result = CliRunner().invoke(main, list(arguments), input=input)
    return result.exit_code, result.stdout, result.stderr


def test_coverage_prints_a_table_and_draws_a_plot(tmp_path: Path) -> None:
    file, picture = tmp_path / "examples.jsonl", tmp_path / "coverage.svg"
    write_corpus(file, [*ROWS, UNSUPPORTED])
    code, out, _ = run("coverage", str(file), "--plot", str(picture))
    assert code == 0
    assert out.startswith("16 rows, 16 families\n\nResult types (8)\n  Patient")
    assert picture.read_text("utf-8").startswith("<svg")


def test_coverage_reads_standard_input_and_prints_json() -> None:
    lines = "\n".join(json.dumps(row.to_json()) for row in ROWS)
    code, out, _ = run("coverage", "-", "--json", input=lines)
    assert code == 0
    assert json.loads(out)["types"]["Patient"] == 7


def test_coverage_names_a_bad_line_and_counts_the_rest() -> None:
    lines = [json.dumps(UNSUPPORTED.to_json()), json.dumps({"id": "b", "question": "q", "template": "Patient?_has:=x"})]
    code, out, err = run("coverage", "-", input="\n".join(lines))
    assert code == 1
    assert out.startswith("1 rows")
    assert "line 2" in err


def test_coverage_of_nothing_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "empty.jsonl").write_text("")
    code, out, err = run("coverage", str(tmp_path / "empty.jsonl"))
    assert (code, out) == (1, "")
    assert "holds no rows" in err
    assert "Hint: give a file of labelled questions" in err


def test_sample_writes_one_template_a_line(tmp_path: Path) -> None:
    file = tmp_path / "templates.jsonl"
    code, out, _ = run("sample", "--count", "20", "--seed", "4", "--out", str(file))
    assert (code, out) == (0, "")
    lines = [json.loads(line) for line in file.read_text("utf-8").splitlines()]
    assert len(lines) == 20
    assert set(lines[0]) == {"id", "template", "voices"}
    assert run("sample", "--count", "20", "--seed", "4")[1] == file.read_text("utf-8")


def test_sample_needs_a_count() -> None:
    code, _, err = run("sample")
    assert code == 2
    assert "--count" in err
