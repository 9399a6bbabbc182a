"""Each planted fault is caught: by the unit tests that are named for it, and by what the regression check compares."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from functools import cache
from pathlib import Path

import pytest

from baselines import door
from baselines.recipes import RECIPES, Profile
from harness import mini_world, runner
from harness.check import facts, trace
from harness.data import MiniWorld
from harness.runner import Data
from harness.tasks import TASKS
from tests import tiny
from tests.planted import FAULTS, unit_tests

SIZE = replace(tiny.PROFILE.size, n_ctx=40, n_vocab=300)
PROFILE: Profile = replace(tiny.NO_DROPOUT, size=SIZE)
NAMES = dict.fromkeys(task for tasks in trace.TRAINED.values() for task in tasks)


@pytest.fixture(scope="module", autouse=True)
def rows_made_once() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(mini_world, "rows", cache(mini_world.rows))
        yield


def rows() -> dict[str, Data]:
    found, problems = runner.load_tasks([TASKS[name] for name in NAMES], MiniWorld(0), trace.ROWS, True)
    assert not problems
    return found


@pytest.fixture(scope="module")
def tokens(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A tokenised corpus: the rows' own texts."""
    folder = tmp_path_factory.mktemp("tokens")
    texts = [text for data in rows().values() for e in data.train.examples for s in e.sequences for text in s]
    door.prepare_vocabulary([" ".join(texts)] * 2, PROFILE, folder, tiny.quiet)
    return folder


def taken(tokens: Path, place: Path) -> tuple[facts.Facts, trace.Numbers]:
    loaded = rows()
    known = facts.of_data(loaded) | facts.of_metrics() | facts.of_tokens(door, PROFILE, loaded, tokens)
    return known, trace.follow(door, RECIPES, PROFILE, loaded, tokens, place)


@pytest.fixture(scope="module")
def expected(tokens: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[facts.Facts, trace.Numbers]:
    return taken(tokens, tmp_path_factory.mktemp("expected"))


def test_without_a_fault_nothing_differs(
    tokens: Path, expected: tuple[facts.Facts, trace.Numbers], tmp_path: Path
) -> None:
    known, traced = taken(tokens, tmp_path)
    assert list(facts.differences(expected[0], known)) == []
    assert list(trace.differences(trace.rounded(expected[1]), traced)) == []
    assert len(traced) == 18 and min(map(len, traced.values())) >= 12


@pytest.mark.parametrize("name", FAULTS)
def test_what_the_check_compares_differs(
    name: str,
    tokens: Path,
    expected: tuple[facts.Facts, trace.Numbers],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    FAULTS[name].plant(monkeypatch.setattr)
    known, traced = taken(tokens, tmp_path)
    odd = [name for name, _, _ in facts.differences(expected[0], known)]
    odd += [name for name, _ in trace.differences(expected[1], traced)]
    assert odd


@pytest.mark.parametrize("name", [name for name, fault in FAULTS.items() if fault.tests])
def test_the_unit_tests_fail(name: str) -> None:
    done = unit_tests(name)
    assert done.returncode == 1, done.stdout + done.stderr
    assert " failed" in done.stdout and "error" not in done.stdout.splitlines()[-1]
