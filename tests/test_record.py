"""A record keeps all of what a number is of: read back equal, refused when it is something else."""

from __future__ import annotations

import json
import re
import subprocess
from collections.abc import Iterator
from dataclasses import fields, replace
from pathlib import Path
from typing import Any

import pytest

from harness import __version__, record
from harness.record import Record, SplitCount, key_hash

PINNED = "eb52648e"  # of the key in the test of that name
BASELINE = {"recipe": {"lm_coef": 0.5}, "vocabulary": "vvvvvvvv1234", "weights": "wwwwwwww1234"}


def made(task: str = "rte", seed: int = 0, score: float = 61.25, **changes: Any) -> Record:
    """A record as a run leaves it, of one evaluation of 277 rows; what `changes` names is replaced."""
    seeds = {"initialisation": seed, "order": seed, "dropout": seed}
    found = Record(
        task=task,
        recipe="full",
        profile="mini",
        seed=seed,
        seeds=seeds,
        key={"task": task, "task_version": 1, "profile": "mini", "baseline": BASELINE, "seeds": seeds},
        train=SplitCount("train", 2490, 2490, "t" * 64, "hub"),
        evaluations={"validation": SplitCount("validation", 277, 277, "dddddddd1234", "hub")},
        scores={"validation": {"acc": score}},
        status={"validation": "done"},
        baseline={"batch": 32, "device": "cpu"},
        seconds=1.5,
        code="cccccccc1234",
        environment={"commit": None, "packages": {"torch": "2.6"}},
        finished="2026-01-01T00:00:00+00:00",
    )
    return replace(found, **changes)


def scored(n: int, of: int, status: str = "done") -> dict[str, Any]:
    """The changes that make it a record of `n` rows of `of`."""
    return {
        "evaluations": {"validation": SplitCount("validation", n, of, "dddddddd1234", "hub")},
        "status": {"validation": status},
    }


# Saved and read


def test_a_record_comes_back_as_it_was_saved(tmp_path: Path) -> None:
    path = record.save(made(), tmp_path)
    assert path == tmp_path / "full" / f"rte-seed0-{key_hash(made().key)}" / "record.json"
    assert record.read(path) == made()
    assert [file.name for file in path.parent.iterdir()] == ["record.json"]


def test_the_file_holds_each_scores_signature_and_every_field(tmp_path: Path) -> None:
    stored = json.loads(record.save(made(), tmp_path).read_text())
    assert stored["signatures"] == {"validation acc": made().signature("validation", "acc")}
    assert set(stored) == {field.name for field in fields(Record)} | {"signatures", "sha256"}
    assert stored["evaluations"]["validation"]["n"] == 277


def test_all_records_of_runs_and_of_results_are_read_in_a_fixed_order(tmp_path: Path) -> None:
    for seed in (2, 0, 1):
        record.save(made(seed=seed), tmp_path)
    (tmp_path / "full" / "qnli-seed0.json").write_text(record.to_json(made("qnli")))
    (tmp_path / "problems.json").write_text("{}")
    (tmp_path / "full" / "rte-seed0-00000000").mkdir()  # a training that is not finished
    found = list(record.read_all(tmp_path))
    assert [(one.task, one.seed) for one in found] == [("rte", 0), ("rte", 1), ("rte", 2), ("qnli", 0)]
    assert list(record.read_all(tmp_path / "none")) == []


def broken(**changes: Any) -> str:
    """A record's JSON with fields replaced; `...` removes one."""
    stored = {**json.loads(record.to_json(made())), "sha256": ..., **changes}
    return json.dumps({name: value for name, value in stored.items() if value is not ...})


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b'{"task": "rte"', "Expecting ',' delimiter"),
        (b"", "Expecting value"),
        (b"\xff\xfe", "can't decode byte 0xff"),
        (b"[1, 2]", "list indices"),
        (b"{}", "'schema'"),
        (b'{"schema": 1}', "'signatures'"),
        (broken(schema=0).encode(), "schema 0, expected 1"),
        (broken(task=...).encode(), "missing 1 required positional argument: 'task'"),
        (broken(colour="red").encode(), "unexpected keyword argument 'colour'"),
        (broken(train={"split": "train"}).encode(), "missing 4 required positional arguments"),
        (broken(evaluations=["validation"]).encode(), "has no attribute 'items'"),
    ],
)
def test_a_file_that_is_no_record_is_named_with_what_is_wrong(tmp_path: Path, content: bytes, said: str) -> None:
    path = tmp_path / "record.json"
    path.write_bytes(content)
    with pytest.raises(ValueError, match=re.escape(said)) as caught:
        record.read(path)
    assert str(caught.value).startswith(f"{path} is not a record of this harness (")
    assert str(caught.value).endswith("; move it away")


# What a number is of


def test_the_signature_in_full() -> None:
    assert made(seed=3).signature("validation", "acc") == (
        "task:rte@1|split:validation|n:277|metric:acc|recipe:full|profile:mini|seeds:3,3,3|data:dddddddd"
        f"|vocab:vvvvvvvv|weights:wwwwwwww|batch:32|code:cccccccc|version:{__version__}"
    )


@pytest.mark.parametrize(
    ("changes", "part"),
    [
        ({"task": "qnli"}, "task:qnli@1"),
        ({"key": {**made().key, "task_version": 2}}, "task:rte@2"),
        (scored(64, 277), "n:64/277"),
        ({"evaluations": {"validation": SplitCount("test", 277, 277, "dddddddd", "hub")}}, "split:test"),
        ({"evaluations": {"validation": SplitCount("validation", 277, 277, "eeee", "hub")}}, "data:eeee"),
        ({"recipe": "no_aux"}, "recipe:no_aux"),
        ({"profile": "paper"}, "profile:paper"),
        ({"seeds": {"initialisation": 0, "order": 0, "dropout": 7}}, "seeds:0,0,7"),
        ({"key": {**made().key, "baseline": {**BASELINE, "vocabulary": "other"}}}, "vocab:other"),
        ({"key": {**made().key, "baseline": {**BASELINE, "weights": "other"}}}, "weights:other"),
        ({"key": {**made().key, "baseline": {**BASELINE, "weights": None}}}, "weights:none"),
        ({"baseline": {"batch": 16}}, "batch:16"),
        ({"code": "other"}, "code:other"),
    ],
)
def test_the_signature_changes_where_what_it_names_does(changes: dict[str, Any], part: str) -> None:
    before = made().signature("validation", "acc").split("|")
    after = made(**changes).signature("validation", "acc").split("|")
    assert [new for old, new in zip(before, after, strict=True) if old != new] == [part]


@pytest.mark.parametrize(
    ("changes", "text"),
    [
        ({}, "rte full seed 0: validation acc 61.2 (277 of 277)"),
        (scored(64, 277), "rte full seed 0: validation acc 61.2 (64 of 277)"),
        (scored(277, 277, "degenerate"), "rte full seed 0: validation acc 61.2 (277 of 277, all predictions alike)"),
    ],
)
def test_the_summary_says_of_how_many_rows(changes: dict[str, Any], text: str) -> None:
    assert made(**changes).summary == text


def test_the_summary_of_two_evaluations_and_metrics() -> None:
    both = made(
        evaluations={name: SplitCount(f"validation_{name}", 2, 2, "d", "hub") for name in ("matched", "mismatched")},
        scores={"matched": {"acc": 80.0, "f1": 70.0}, "mismatched": {"acc": 79.0}},
        status={"matched": "done", "mismatched": "done"},
    )
    said = "validation_matched acc 80.0, f1 70.0 (2 of 2); validation_mismatched acc 79.0 (2 of 2)"
    assert both.summary == f"rte full seed 0: {said}"


# The key's hash names the folder of a run: were it to change, every cell would be done again


def test_the_hash_of_a_key_stays_what_it_is() -> None:
    key = {"task": "rte", "seeds": {"order": 1, "dropout": 2}, "n": [3, "é"]}
    assert key_hash(key) == PINNED
    assert key_hash({"n": [3, "é"], "seeds": {"dropout": 2, "order": 1}, "task": "rte"}) == PINNED
    assert record.folder_name("rte", 7, key) == f"rte-seed7-{PINNED}"


def test_the_hash_of_a_key_changes_with_what_is_inside_it() -> None:
    keys: list[dict[str, Any]] = [{}, {"a": 1}, {"a": 2}, {"b": 1}, {"a": {"b": 1}}, {"a": [1]}, {"a": None}]
    assert len({key_hash(key) for key in keys}) == len(keys)


# The code, and where it ran


@pytest.fixture
def tree(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A checkout with a file in each package, in place of this one; outside of git."""
    for name in ("harness/a.py", "harness/tasks/b.py", "baselines/c.py"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text("x = 1\n")
    monkeypatch.setattr(record, "ROOT", tmp_path)
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(tmp_path.parent))
    record.code_hash.cache_clear()
    yield tmp_path
    record.code_hash.cache_clear()


@pytest.mark.parametrize(
    ("name", "content", "differs"),
    [
        ("harness/a.py", "x = 2\n", True),
        ("harness/tasks/b.py", "x = 2\n", True),
        ("baselines/c.py", "x = 2\n", True),
        ("harness/new.py", "", True),
        ("harness/a.py", "x = 1\n", False),
        ("harness/notes.txt", "x", False),
        ("tests/test_a.py", "x", False),
    ],
)
def test_the_hash_of_the_code_is_of_both_packages_python_files(
    tree: Path, name: str, content: str, differs: bool
) -> None:
    before = record.code_hash()
    (tree / name).parent.mkdir(exist_ok=True)
    (tree / name).write_text(content)
    record.code_hash.cache_clear()
    assert (record.code_hash() != before) is differs
    assert re.fullmatch("[0-9a-f]{64}", before)


def test_a_renamed_file_is_other_code(tree: Path) -> None:
    before = record.code_hash()
    (tree / "harness" / "a.py").rename(tree / "harness" / "z.py")
    record.code_hash.cache_clear()
    assert record.code_hash() != before


def test_the_environment_outside_of_git_has_no_commit(tree: Path) -> None:  # noqa: ARG001
    found = record.environment()
    assert (found["commit"], found["dirty"]) == (None, None)
    assert re.fullmatch(r"3\.\d+\.\d+.*", found["python"])
    assert set(found["packages"]) == set(record.PACKAGES)
    assert re.match(r"\d+\.", found["packages"]["numpy"])
    assert record.version("no-such-package-anywhere") is None
    assert record.environment() == json.loads(json.dumps(found))


def test_without_the_git_program_there_is_no_commit(tree: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tree))
    assert record.git("rev-parse", "HEAD") is None


def test_the_environment_in_a_checkout_says_commit_and_whether_it_is_dirty(tree: Path) -> None:
    def git(*words: str) -> str:
        who = ("-c", "user.name=n", "-c", "user.email=e", "-c", "commit.gpgsign=false")
        return subprocess.run(["git", *who, *words], cwd=tree, check=True, capture_output=True, text=True).stdout

    git("init", "-q")
    git("add", "-A")
    git("commit", "-q", "-m", "first")
    found = record.environment()
    assert (found["commit"], found["dirty"]) == (git("rev-parse", "HEAD").strip(), False)
    (tree / "harness" / "a.py").write_text("x = 2\n")
    assert record.environment()["dirty"] is True
