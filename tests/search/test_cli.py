"""The verbs validate and explain."""

from __future__ import annotations

import json
from pathlib import Path

from click.testing import CliRunner

from fhirdistill.cli.explain import explain
from fhirdistill.cli.validate import validate


def test_a_right_query_prints_nothing() -> None:
    result = CliRunner().invoke(validate, ["Patient?gender=male"])
    assert (result.exit_code, result.output) == (0, "")


def test_an_error_is_marked_under_its_place() -> None:
    result = CliRunner().invoke(validate, ["Patient?birth-date=1980"])
    assert result.exit_code == 1
    assert result.output.splitlines() == [
        "error unknown-parameter: Patient has no parameter `birth-date`. Try: birthdate",
        "  Patient?birth-date=1980",
        "          ^^^^^^^^^^",
    ]


def test_a_file_gives_one_object_a_line(tmp_path: Path) -> None:
    file = tmp_path / "queries.txt"
    file.write_text("Patient?gender=\n\nPatient?name\n")
    result = CliRunner().invoke(validate, ["--input", str(file)])
    rows = [json.loads(line) for line in result.output.splitlines()]
    assert result.exit_code == 1
    assert [[issue["code"] for issue in row["issues"]] for row in rows] == [["empty-value"], ["syntax"]]


def test_warnings_alone_exit_with_zero_and_stdin_is_read() -> None:
    result = CliRunner().invoke(validate, ["-", "--json"], input="Patient?gender=\n")
    assert result.exit_code == 0
    assert json.loads(result.output)["issues"][0]["severity"] == "warning"


def test_a_statement_of_a_server_is_laid_over(tmp_path: Path) -> None:
    file = tmp_path / "metadata.json"
    rest = [{"mode": "server", "resource": [{"type": "Patient", "searchParam": [{"name": "name", "type": "string"}]}]}]
    file.write_text(json.dumps({"resourceType": "CapabilityStatement", "rest": rest}))
    result = CliRunner().invoke(validate, ["Patient?gender=male", "--capability", str(file)])
    assert "not-supported" in result.output


def test_a_query_is_explained() -> None:
    result = CliRunner().invoke(explain, ["Patient?gender=male"])
    assert result.output == "Patients whose gender is male.\n"
