"""A study's report and its verdicts, on fabricated records whose findings are known."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from harness import record, statistics
from harness.__main__ import main
from harness.drawn import Drawn
from harness.monitoring.progress import duration
from harness.record import save
from harness.study import crossed, study_claims, study_data, study_report
from harness.study.crossed import PRETRAININGS
from harness.study.study_claims import NO, NOT_RUN, UNDECIDED, YES, Finding
from harness.study.study_data import Asked, Study
from harness.study.study_scores import COLUMNS, RANDOM, Place, collect
from tests.fabricated_study import fill, fill_whole, layers, made, noise, zero_shot

WORLDS, PRETRAININGS_RUN, SEEDS = [10, 11], [0, 1], [0, 1]
ROWS = [(world, seed) for world in WORLDS for seed in PRETRAININGS_RUN]
GAINS = {"full": 15.0, "no_aux": 20.0, "lstm": 14.9}


@pytest.fixture(autouse=True)
def few_draws(monkeypatch: pytest.MonkeyPatch) -> None:
    """No verdict here is near its bound."""
    monkeypatch.setattr(statistics, "RESAMPLES", 200)


def shown(recipe: str, task: str, which: Drawn, seed: int) -> float:
    """Pre-training +15 on every task; without the auxiliary loss 5 better; the LSTM as good as the Transformer."""
    return 50.0 + GAINS.get(recipe, 0.0) + noise(recipe, task, which, seed)


def study(folder: Path, worlds: list[int] = WORLDS, scale: int = 1) -> Study:
    return study_data.read(folder, Asked("mini", worlds, PRETRAININGS_RUN, SEEDS, scale))


def report(folder: Path, worlds: list[int] = WORLDS, scale: int = 1) -> str:
    return "\n".join(study_report.text(study(folder, worlds, scale), "simple"))


def judged(folder: Path) -> dict[str, Finding]:
    there = study(folder)
    found = study_claims.judge_all(there.scores, ROWS, SEEDS, there.left, there.right)
    return {each.name: each for each in found}


# Intervals


def test_a_mean_is_of_tasks_whose_runs_are_averaged_first() -> None:
    values = np.array([[[1.0, 10.0]], [[3.0, np.nan]]])  # two pre-trainings, one seed, two tasks
    assert crossed.mean(values) == pytest.approx((2.0 + 10.0) / 2)
    assert np.isnan(crossed.mean(np.full((2, 2, 2), np.nan)))


def test_pre_trainings_are_drawn_whole() -> None:
    """All tasks of a pre-training are off together: drawn one by one they would average out."""
    values = np.repeat(np.array([0.0, 10.0])[:, None, None], 40, axis=2)
    found = crossed.interval(values)
    assert (found.mean, found.low, found.high) == (5.0, 0.0, 10.0)
    alone = np.array([0.0, 10.0] * 20)[None, None, :]
    found = crossed.interval(alone)
    assert found.low is not None and found.high is not None and 3.0 < found.low < 4.0 and 6.0 < found.high < 7.0


def test_what_is_not_drawn_adds_nothing_and_one_of_a_kind_gives_no_interval() -> None:
    tasks = np.array([0.0, 10.0] * 20)[None, None, :].repeat(2, axis=0)
    assert crossed.interval(tasks, drawn=(PRETRAININGS,)) == (5.0, 5.0, 5.0)
    assert crossed.interval(np.array([[[4.0]]])) == (4.0, None, None)


# Scores


def test_a_random_start_is_one_run_for_every_pre_training(tmp_path: Path) -> None:
    scores = collect(record.read_all(fill(tmp_path, shown, tasks=["rte"])), "mini")
    assert {place.pretraining for place in scores.runs["no_pretraining", "rte"].scores} == {RANDOM}
    assert len(scores.runs["no_pretraining", "rte"].scores) == 4 and len(scores.runs["full", "rte"].scores) == 8
    grid = scores.grid("no_pretraining", ["rte"], ROWS, SEEDS)
    assert grid.shape == (4, 2, 1) and (grid[0] == grid[1]).all() and (grid[0] != grid[2]).all()


def test_of_two_settings_the_newest_counts_for_all_pre_trainings(tmp_path: Path) -> None:
    fill(tmp_path, shown, worlds=[10], recipes=["full"], tasks=["rte"])
    new = {"baseline": {"finetuning": {"epochs": 20}}, "finished": "2026-05-01"}
    save(made("rte", "full", Drawn(10, 1), 0, 99.0, **new), tmp_path)
    scores = collect(record.read_all(tmp_path), "mini")
    assert scores.runs["full", "rte"].scores == {Place(10, 1, 0): 99.0} and scores.left_out == 4
    assert "Left out: 4 records of other settings" in report(tmp_path)


def test_settings_that_differ_between_worlds_or_recipes_are_named(tmp_path: Path) -> None:
    fill(tmp_path, shown, worlds=[10], recipes=["full"], tasks=["rte"])
    assert "NOT ONE" not in report(tmp_path)
    save(made("rte", "full", Drawn(11), 0, 60.0, baseline={"finetuning": {"epochs": 20}}), tmp_path)
    assert "NOT ONE EXPERIMENT: full was run in 2 settings" in report(tmp_path)
    assert "NOT ONE EXPERIMENT: 2 settings of fine-tuning" in report(tmp_path)


def test_fragments_are_left_out_and_said(tmp_path: Path) -> None:
    save(made("rte", "full", Drawn(10), 0, 99.0, trained=(64, 250)), tmp_path)
    said = report(tmp_path)
    assert "Left out: 1 records of fragments" in said and "99.0" not in said


# Verdicts


def test_each_finding_is_found(tmp_path: Path) -> None:
    fill(tmp_path, shown)
    found = judged(tmp_path)
    assert (found["a"].verdict, found["b"].verdict, found["e"].verdict) == (YES, UNDECIDED, NO)
    assert "over 13 tasks of 4 pre-trainings and 2 seeds, median" in found["a"].measured
    assert found["a"].measured.startswith("mean +1") and "better on 13 of 13" in found["a"].measured
    assert (found["c"].verdict, found["d"].verdict) == (NOT_RUN, NOT_RUN)


@pytest.mark.parametrize(
    ("gain", "verdict"),
    [(15.0, YES), (4.0, NO), (-5.0, NO)],
)
def test_pre_training_has_to_be_worth_ten_points(tmp_path: Path, gain: float, verdict: str) -> None:
    fill(tmp_path, lambda recipe, *about: 40.0 + gain * (recipe != "no_pretraining") + noise(recipe, *about))
    assert judged(tmp_path)["a"].verdict == verdict


def test_one_task_that_gains_all_decides_nothing(tmp_path: Path) -> None:
    def one_task(recipe: str, task: str, *_: object) -> float:
        return 30.0 + (200.0 if task == "cola" and recipe != "no_pretraining" else 0.0) - (recipe == "full")

    fill(tmp_path, one_task)
    found = judged(tmp_path)["a"]
    assert found.verdict == UNDECIDED and "better on 1 of 13" in found.measured and "median -1.0" in found.measured


def test_nothing_is_decided_before_all_is_run(tmp_path: Path) -> None:
    fill(tmp_path, shown, tasks=[task for task in COLUMNS if task != "snli"])
    found = judged(tmp_path)
    assert found["a"].verdict == UNDECIDED and found["a"].measured.startswith("not all run (snli); so far mean +1")


def test_a_run_that_diverged_is_counted_and_keeps_nothing_open(tmp_path: Path) -> None:
    fill(tmp_path, shown)
    lost = made("rte", "full", Drawn(10, 1), 1, 0.0, finished="2026-09-01")
    save(replace(lost, scores={}, fault="the loss is nan", status={"validation": "diverged"}), tmp_path)
    assert judged(tmp_path)["a"].verdict == YES
    assert "1 of 4 diverged" in report(tmp_path)


def test_layers_that_help_and_layers_that_do_not(tmp_path: Path) -> None:
    for name, slope, verdict in (("up", 6.0, YES), ("flat", 0.0, UNDECIDED), ("down", -6.0, NO)):
        folder = tmp_path / name
        for row in ROWS:
            layers(folder, lambda n, slope=slope: 40.0 + slope * n, Drawn(*row))  # type: ignore[misc]
        found = judged(folder)["c"]
        assert (found.verdict == verdict) or (name == "flat" and found.verdict in (UNDECIDED, NO)), found
    assert "4 pre-trainings" in found.measured
    few = tmp_path / "few"
    layers(few, lambda n: 40.0 + 6 * n, Drawn(10, 0))
    assert judged(few)["c"].measured.startswith("1 of 4 pre-trainings run; so far all - none +")


def test_zero_shot_has_to_rise_and_to_end_above_chance_on_three(tmp_path: Path) -> None:
    three = {"cola": 60.0, "sst2": 90.0, "race": 45.0, "dpr": 51.0}
    for name, ends, verdict in (("three", three, YES), ("two", {**three, "race": 26.0}, NO)):
        for row in ROWS:
            zero_shot(tmp_path / name, ends, Drawn(*row))
        found = judged(tmp_path / name)["d"]
        assert found.verdict == verdict, found
    falling = {"cola": -60.0, "sst2": 10.0, "race": 5.0, "dpr": 20.0}
    for row in ROWS:
        zero_shot(tmp_path / "falling", falling, Drawn(*row))
    assert judged(tmp_path / "falling")["d"].verdict == NO
    assert "race 25.0 to 26.0 (above chance in 0 of 4)" in judged(tmp_path / "two")["d"].measured


# The report


def test_the_report_shows_worlds_apart_and_together(tmp_path: Path) -> None:
    fill(tmp_path, shown)
    said = report(tmp_path)
    assert said.startswith("Study of the mini profile: worlds 10, 11; pre-training seeds 0, 1; fine-tuning seeds 0, 1")
    parts = said.split("\nWorld ")
    assert len(parts) == 3 and "Over worlds" in parts[2]
    row = next(line for line in parts[1].splitlines() if line.startswith("rte (acc)"))
    assert row.count(", n 4 [") == 3 and row.count(", n 2 [") == 1  # a random start knows no pre-training
    over = parts[2].split("Over worlds")[1]
    assert next(line for line in over.splitlines() if line.startswith("rte (acc)")).count(", n 8 [") == 3
    agree = said.split("Do the worlds agree?")[1]
    (line,) = (line for line in agree.splitlines() if line.startswith("a "))
    assert line.split()[-3:] == ["yes", "yes", "yes"]


def test_numbers_are_those_of_the_records(tmp_path: Path) -> None:
    for seed, score in ((0, 40.0), (1, 50.0)):
        for pretraining, more in ((0, 0.0), (1, 4.0)):
            save(made("rte", "full", Drawn(10, pretraining), seed, score + more), tmp_path)
    row = next(line for line in report(tmp_path, [10]).splitlines() if line.startswith("rte (acc)"))
    assert "47.0 ± 6.2, n 4 [40.0, 54.0]" in row


def test_collapsed_runs_are_counted_beside_the_median(tmp_path: Path) -> None:
    for seed, score, status in ((0, 50.0, "degenerate"), (1, 70.0, "done")):
        save(made("rte", "full", Drawn(10), seed, score, status=status), tmp_path)
    assert "60.0; 1 of 2 collapsed" in report(tmp_path, [10])


def test_what_has_no_records_is_not_run(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["study", "--report", "--worlds", "10", "--runs", str(tmp_path)]) == 0
    said = capsys.readouterr().out
    assert said.count("not run") >= 2 * 4 * len(COLUMNS) and "(a) NOT RUN" in said and "(d) NOT RUN" in said
    assert "Do the worlds agree" not in said


def test_records_of_tables_and_worlds_that_were_not_asked_for_are_not_shown(tmp_path: Path) -> None:
    save(made("rte", "full", Drawn(0), 0, 88.0), tmp_path)
    save(made("rte", "full", Drawn(10, scale=4), 0, 99.0), tmp_path)
    said = report(tmp_path)
    assert "88.0" not in said and "99.0" not in said
    assert "Made at" not in said  # nor is it said who made them
    larger = report(tmp_path, scale=4)
    assert larger.startswith("Study of the mini profile at scale 4: worlds 10, 11;") and "99.0 ± –, n 1" in larger


def test_what_counts_words_stands_beside_the_recipes(tmp_path: Path) -> None:
    fill(tmp_path, shown, tasks=["rte"])
    for recipe, score in (("majority", 52.5), ("tfidf", 54.5)):
        save(made("rte", recipe, Drawn(10), 0, score), tmp_path)
    said = report(tmp_path, [10])
    row = next(line for line in said.splitlines() if line.startswith("rte (acc)"))
    assert row.endswith("54.5 ± –, n 1") and "52.5 ± –, n 1 " in row
    assert "NOT ONE EXPERIMENT" not in said


def test_language_models_and_time_are_told(tmp_path: Path) -> None:
    for which in (Drawn(10), Drawn(11)):
        fill_whole(tmp_path, shown, which)
    lines = report(tmp_path).splitlines()
    cells = 2 * (
        (4 * 2 + 2) * 13 + 2 * 4 * 2
    )  # worlds; (recipes by seeds, references) by tasks; layers by seeds, tasks
    seconds = sum(one.seconds for one in record.read_all(tmp_path))
    assert len(list(record.read_all(tmp_path))) == cells and seconds > 0
    assert f"Time, added up over processes: fine-tuning {duration(seconds)}, pre-training 20 min." in lines
    rows = [line.split() for line in lines if "9,999,360" in line]
    assert rows == [
        [world, "0", model, "9,999,360", perplexity, "5", "min"]
        for world in ("10", "11")
        for model, perplexity in (("gpt", "2.50"), ("lstm", "3.50"))
    ]


def test_the_report_is_written_with_its_drawings(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    fill_whole(tmp_path / "mini", shown, Drawn(10))
    words = ["study", "--report", "--worlds", "10", "--pretrain-seeds", "1", "--seeds", "2"]
    assert main([*words, "--runs", str(tmp_path), "--to", str(tmp_path / "to")]) == 0
    assert sorted(path.name for path in (tmp_path / "to").iterdir()) == ["layers.svg", "report.md", "zero_shot.svg"]
    text = (tmp_path / "to" / "report.md").read_text()
    assert "\n## World 10\n" in text and "\n- **(a) yes**: pre-training against none" in text
    assert "\n| rte (acc)" in text and "World 10" in capsys.readouterr().out


def test_where_a_report_goes_needs_a_report(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["study", "--runs", str(tmp_path), "--to", str(tmp_path / "to")]) == 1
    assert "--to is where the report goes, so give --report with it" in capsys.readouterr().err


def test_a_report_goes_into_a_folder(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "to").write_text("mine")
    assert main(["study", "--report", "--runs", str(tmp_path), "--to", str(tmp_path / "to")]) == 1
    assert f"--to {tmp_path / 'to'} is a file, expected a folder" in capsys.readouterr().err
    assert (tmp_path / "to").read_text() == "mine"
