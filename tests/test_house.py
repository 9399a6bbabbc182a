"""Rules of the house that no single module can keep."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from graphlib import TopologicalSorter
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
SOURCES = sorted((ROOT / "harness").rglob("*.py")) + sorted((ROOT / "baselines").rglob("*.py"))


def imports(path: Path) -> set[str]:
    """Top-level packages that a file imports, wherever in it."""
    found = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name.partition(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            found.add(node.module.partition(".")[0])
    return found


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_what_measures_and_what_is_measured_keep_apart(path: Path) -> None:
    """The command line alone knows both; nothing that measures knows torch."""
    found = imports(path)
    if path.is_relative_to(ROOT / "baselines"):
        assert "harness" not in found
    else:
        assert "torch" not in found
        assert "baselines" not in found or path.name == "__main__.py"


FRONTS = {"launch": "many_cells", "figures": "figure2"}  # a file and the room behind it are one


def room(parts: tuple[str, ...]) -> str:
    """The folder of `harness` that a module is in, or the module itself where it stands in none."""
    return FRONTS.get(parts[0], parts[0])


def test_rooms_import_in_one_direction() -> None:
    """What stands below knows nothing of what stands above it: no circle of folders, wherever the import is."""
    below: dict[str, set[str]] = {}
    for path in (ROOT / "harness").rglob("*.py"):
        here = room(path.relative_to(ROOT / "harness").with_suffix("").parts)
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.ImportFrom) and (node.module or "").partition(".")[0] == "harness":
                parts = tuple((node.module or "").split(".")[1:])
                named = [parts] if parts else [(alias.name,) for alias in node.names]
                below.setdefault(here, set()).update(found for each in named if (found := room(each)) != here)
    assert len(below) > 20
    assert "__main__" not in set().union(*below.values())
    TopologicalSorter(below).prepare()  # raises CycleError, naming the circle


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_nothing_that_could_run_code_is_loaded(path: Path) -> None:
    assert not imports(path) & {"pickle", "dill", "joblib", "shelve", "marshal"}
    assert not re.search(r"torch\.load\(|allow_pickle=True|trust_remote_code", path.read_text(encoding="utf-8"))


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_a_file_is_one_concept_and_says_which(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    assert len(text.splitlines()) <= 260
    assert ast.get_docstring(ast.parse(text))


ESTIMATE = ["estimate", "--table", "2", "--device-tflops", "1"]


@pytest.mark.parametrize(
    "arguments",
    [["--help"], ["run", "--help"], ["figure", "--help"], ["list"], ["table", "5", "--profile", "mini"], ESTIMATE],
)
def test_what_needs_no_model_imports_no_torch(arguments: list[str], tmp_path: Path) -> None:
    program = (
        "import sys; from harness.__main__ import main\n"
        "try: main(sys.argv[1:])\n"
        "except SystemExit: pass\n"
        "slow = {'torch', 'datasets', 'pandas', 'sklearn', 'spacy', 'numpy', 'matplotlib'} & set(sys.modules)\n"
        "sys.exit(f'imported {slow}' if slow else 0)"
    )
    words = [*arguments, "--runs", str(tmp_path)] if arguments[0] == "table" else arguments
    done = subprocess.run(
        [sys.executable, "-c", program, *words], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout
