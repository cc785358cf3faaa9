"""The house keeps its shape: imports run one way, the runtime is light, modules stay short."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
PACKAGE = ROOT / "fhirdistill"
LONGEST_MODULE = 300


def run(code: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=ROOT, check=False)


@pytest.mark.slow
def test_imports_run_one_way() -> None:
    done = subprocess.run(
        [sys.executable, "-c", "from importlinter.cli import lint_imports_command as c; c()"],
        capture_output=True,
        text=True,
        cwd=ROOT,
    )
    assert done.returncode == 0, done.stdout


@pytest.mark.parametrize("path", sorted(PACKAGE.rglob("*.py")), ids=lambda path: str(path.relative_to(PACKAGE)))
def test_module_is_short_and_says_what_it_does(path: Path) -> None:
    text = path.read_text("utf-8")
    assert len(text.splitlines()) <= LONGEST_MODULE
    assert text.startswith('"""'), "a module begins with what goes in and what comes out"


def test_translating_needs_no_torch() -> None:
    blocked = (
        "import sys; sys.modules['torch'] = None; sys.modules['transformers'] = None; sys.modules['datasets'] = None\n"
    )
    done = run(
        blocked
        + "from fhirdistill.translate import Translator\nprint(Translator().translate('patients over 60').query)"
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("Patient?")


def test_training_without_torch_says_what_to_install() -> None:
    blocked = "import sys; sys.modules['torch'] = None\n"
    done = run(
        blocked
        + "sys.argv = ['fhirdistill', 'train', 'x.jsonl', '--out', 'y']\nfrom fhirdistill.cli import main\nmain()"
    )
    assert done.returncode == 1
    assert "pip install 'fhirdistill[train]'" in done.stderr


def test_importing_the_package_is_quick() -> None:
    timed = "import time; a = time.perf_counter(); import fhirdistill; print(time.perf_counter() - a)"
    best = min(float(run(timed).stdout) for _ in range(3))
    assert best < 0.06
