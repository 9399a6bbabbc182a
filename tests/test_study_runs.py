"""What a study trains, and in which order: through the cells and figures that `run` and `figure` have."""

from __future__ import annotations

import shutil
from argparse import Namespace
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from harness import launch, mini_world
from harness.drawn import Drawn
from harness.figure2 import figure_runs
from harness.launch import Reply
from harness.layout.rows import RECIPES
from harness.many_cells import cell_runs
from harness.many_cells.cell_runs import Outcome, Place
from harness.mini_world import VERSION
from harness.preparation import language_model, plan
from harness.study import study
from harness.study.study_scores import COLUMNS
from harness.tables import TABLES
from tests.fabricated_study import FINETUNING, SIZE, fill_whole
from tests.stub_door import FULL, LSTM, MINI, Door
from tests.test_main import harness
from tests.test_options import parse

CELLS = plan.choose_cells([TABLES[number] for number in (2, 3, 4)], None, RECIPES)


@dataclass
class Settings:
    n_layer: int


@dataclass
class Epochs:
    epochs: int


@pytest.fixture
def said() -> list[str]:
    return []


@pytest.fixture
def calls(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, int, int, Any]]:
    """(what, world, pre-training, --jobs) of everything that would be run."""
    found: list[tuple[str, int, int, Any]] = []

    def stand_in(what: str, gives: Any) -> Any:
        def call(place: Place, *_: Any) -> Any:
            chosen = place.chosen
            found.append((what, chosen.world_seed, chosen.pretrain_seed, chosen.jobs))
            return gives

        return call

    monkeypatch.setattr(figure_runs, "layers", stand_in("layers", False))
    monkeypatch.setattr(cell_runs, "run", stand_in("cells", Outcome(through=True, failed=False)))
    monkeypatch.setattr(figure_runs, "zero_shot", stand_in("zero-shot", False))
    return found


def place(tmp_path: Path, line: str, said: list[str]) -> Place:
    chosen: Namespace = parse(f"study {line} --runs {tmp_path}")
    recipes = {"full": FULL, "lstm": LSTM}
    explain: Any = lambda error, what: said.append(f"{what}: {error}")  # noqa: E731
    return Place(Door(), recipes, MINI, "cpu", chosen, said.append, explain, lambda: None)


def test_every_world_comes_before_the_second_pre_training_of_any(tmp_path: Path, calls: Any, said: list[str]) -> None:
    there = place(tmp_path, "--worlds 10 11 --pretrain-seeds 2 --seeds 3", said)
    assert study.command(there.chosen, there) == 0
    order = [(world, seed) for _, world, seed, _ in calls]
    assert order == [pair for pair in ((10, 0), (11, 0), (10, 1), (11, 1)) for _ in range(3)]
    assert [what for what, *_ in calls[:3]] == ["layers", "cells", "zero-shot"]
    assert [line.strip() for line in said] == [f"world {world}, pre-training {seed}" for world, seed in order[::3]]


def test_the_cells_are_each_task_of_tables_2_to_4_by_four_recipes() -> None:
    assert list(CELLS) == ["full", "no_pretraining", "no_aux", "lstm"]
    assert all(set(tasks) == set(COLUMNS) for tasks in CELLS.values()) and len(COLUMNS) == 13


def test_a_failure_is_told_and_the_other_worlds_go_on(
    tmp_path: Path, calls: Any, said: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def run(there: Place, _cells: Any) -> Outcome:
        if there.chosen.world_seed == 10:
            raise FloatingPointError("the loss is nan")
        return Outcome(through=True, failed=False)

    monkeypatch.setattr(cell_runs, "run", run)
    there = place(tmp_path, "--worlds 10 11 --pretrain-seeds 1", said)
    assert study.command(there.chosen, there) == 1
    assert "world 10, pre-training 0 failed: the loss is nan" in said
    assert calls[-1][:3] == ("zero-shot", 11, 0)


def test_with_jobs_the_pre_trainings_come_first_several_at_a_time(
    tmp_path: Path, calls: Any, said: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    served: list[list[str]] = []

    def serve(_place: Place, queue: Any, n: int) -> None:
        assert n == 4 and not calls
        while (one := queue.take()) is not None:
            served.append(one.words)
            queue.enter(
                one, Reply(int(len(served) == 2), "harness: no room\n" if len(served) == 2 else "pre-trained\n")
            )

    monkeypatch.setattr(launch, "serve", serve)
    there = place(tmp_path, "--worlds 10 11 --pretrain-seeds 1 --jobs 2", said)
    assert study.command(there.chosen, there) == 1
    assert [" ".join(words) for words in served] == [
        f"pretrain --profile mini --ablation {recipe} --world-seed {world} --pretrain-seed 0 --scale 1 "
        f"--runs {tmp_path} --precision auto --attention auto"
        for recipe in ("full", "lstm")
        for world in (10, 11)
    ]
    for words in served:
        assert parse(" ".join(words)).command == "pretrain"
    assert "pre-training failed, world 11, pre-training 0, full: no room" in said
    assert {(what, jobs) for what, _, _, jobs in calls} == {("layers", 2), ("cells", 2), ("zero-shot", None)}


def test_what_is_pre_trained_is_not_again(tmp_path: Path, said: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    there = study.of(place(tmp_path, "--jobs 2", said), Drawn(10, 1))
    (first, second) = study.missing([there])
    untrained = partial(SimpleNamespace, ready=False)

    def state(_door: Any, _profile: Any, recipe: Any, _chosen: Any) -> Any:
        return untrained(ready=True) if recipe is there.recipes[first.recipe] else untrained()

    monkeypatch.setattr(language_model, "Untrained", state)
    assert [one.recipe for one in study.missing([there])] == [second.recipe]


def test_a_dry_run_trains_nothing_and_tells_its_worlds(tmp_path: Path) -> None:
    line = ("study", "--worlds", "2", "--pretrain-seeds", "1", "--seeds", "1", "--dry-run", "--jobs", "2")
    done = harness(*line, "--runs", tmp_path)
    assert done.returncode == 0, done.stderr
    assert "\nworld 2, pre-training 0\n" in done.stdout
    assert "78 cells: " in done.stdout and f"mini world {VERSION}, seed 2" in done.stdout
    assert not list(tmp_path.rglob("record.json")) and not list(tmp_path.rglob("*.safetensors"))


def has_records(tmp_path: Path, said: list[str], settings: dict[str, int] = FINETUNING) -> tuple[Place, list[str]]:
    """-> a study of worlds 10 and 11, all records of the first being there; what is said goes to the list."""
    there = place(tmp_path, "--worlds 10 11 --pretrain-seeds 1 --seeds 2", said)
    fill_whole(there.folder, lambda *_: 50.0, Drawn(10))
    profile = SimpleNamespace(name="mini", size=Settings(**SIZE), finetuning=Epochs(**settings))
    return replace(there, profile=profile), said


def test_where_all_records_are_there_nothing_is_trained_again(tmp_path: Path, calls: Any, said: list[str]) -> None:
    there, _ = has_records(tmp_path, said)
    assert study.command(there.chosen, there) == 0
    assert {world for _, world, _, _ in calls} == {11}
    assert "\nworld 10, pre-training 0: all of its records are there" in said


@pytest.mark.parametrize("gone", ["full/rte-seed1*", "transfer_2/race-seed0*", "tfidf/cola*", "zero_shot/lstm*"])
def test_where_one_record_is_missing_the_world_is_gone_through(
    tmp_path: Path, calls: Any, said: list[str], gone: str
) -> None:
    there, _ = has_records(tmp_path, said)
    (folder,) = there.folder.glob(gone)
    shutil.rmtree(folder)
    assert study.command(there.chosen, there) == 0
    assert {world for _, world, _, _ in calls} == {10, 11}


def test_zero_shot_scores_that_were_stopped_on_their_way_are_not_enough(
    tmp_path: Path, calls: Any, said: list[str]
) -> None:
    there, _ = has_records(tmp_path, said)
    (path,) = there.folder.glob("zero_shot/gpt*/512.json")
    path.unlink()
    assert study.command(there.chosen, there) == 0
    assert {world for _, world, _, _ in calls} == {10, 11}


@pytest.mark.parametrize("damaged", ["full/rte-seed1*/record.json", "zero_shot/lstm*/512.json"])
def test_what_is_damaged_is_left_to_the_cells(tmp_path: Path, calls: Any, said: list[str], damaged: str) -> None:
    there, _ = has_records(tmp_path, said)
    (path,) = there.folder.glob(damaged)
    path.write_text(path.read_text()[:-40])
    assert study.command(there.chosen, there) == 0
    assert {world for _, world, _, _ in calls} == {10, 11}


def test_records_of_other_settings_or_another_version_are_not_enough(
    tmp_path: Path, calls: Any, said: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    there, _ = has_records(tmp_path, said, {"epochs": 11})
    assert study.command(there.chosen, there) == 0
    assert {world for _, world, _, _ in calls} == {10, 11}
    calls.clear()
    there, _ = has_records(tmp_path / "other", said)
    monkeypatch.setattr(mini_world, "VERSION", VERSION + 1)
    assert study.command(there.chosen, there) == 0
    assert {world for _, world, _, _ in calls} == {10, 11}
