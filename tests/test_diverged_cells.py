"""A cell whose training diverged: recorded as that, shown as that, never averaged, and the others go on."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch

from baselines.finetune import FineTuned
from baselines.objective import Objective
from harness import record, report, results, runner
from harness.__main__ import main
from harness.data import Split
from harness.layout import layout
from harness.layout.sheet import FORMATS
from harness.record import Record
from harness.tables import TABLES
from harness.tabular import cells
from tests import command_line, tiny
from tests.fabricated import answered, cell, grid, markdown, rewrite
from tests.fabricated import record as fabricated
from tests.test_main import write_rte
from tests.test_runner import ANSWERS, DATA, JOB, Answers, made, split

KEY = {"task_version": 1, "baseline": {"vocabulary": None, "weights": None}}
FAULT = "the loss is nan at update 12 of 300; of its batch of 32 examples 1 gives that alone: example 17 of 2490"


def diverged(task: str = "rte", seed: int = 0, **options: Any) -> Record:
    found = fabricated(task, seed, status="diverged", **options)
    return replace(found, scores={}, fault=FAULT)


def fails() -> None:
    error = FloatingPointError(FAULT)
    error.add_note("example 17 of 2490: 'It rains.'")
    raise error


# Recorded


def test_the_record_has_the_fault_in_place_of_scores(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    found = runner.run(JOB, made(Answers(ANSWERS, fails)), tmp_path)
    assert record.read(JOB.path(tmp_path)) == found
    assert (found.scores, found.beside, found.fault) == ({}, {}, FAULT)
    assert found.status == {"one": "diverged", "two": "diverged"}
    assert found.evaluations["one"].n == 4
    assert found.summary == f"toy full seed 5: diverged, {FAULT}"
    assert not (JOB.folder(tmp_path) / "predictions").exists()
    assert "It rains." in capsys.readouterr().err and "It rains." not in JOB.path(tmp_path).read_text()


def test_it_is_done_whatever_else_is_asked_for(tmp_path: Path) -> None:
    more: Mapping[str, Split] = {"train": split("train", 0, 1)}
    asked = replace(JOB, data=replace(DATA, hidden={"test": split("test", None)}, beside=more))
    assert not asked.is_done(tmp_path)
    runner.run(asked, made(Answers(ANSWERS, fails)), tmp_path)
    assert asked.is_done(tmp_path)
    runner.run(JOB, made(Answers(ANSWERS)), tmp_path)  # --force, and this time it went well
    assert not asked.is_done(tmp_path)


def test_a_record_of_before_has_no_fault(tmp_path: Path) -> None:
    path = tmp_path / "record.json"
    path.write_text(record.to_json(replace(fabricated(), key=KEY, baseline={"batch": 1})))
    rewrite(path, fault=...)
    assert record.read(path).fault == ""


# Shown


def test_one_of_three_seeds_is_left_out_and_said() -> None:
    known = [fabricated(seed=0, score=50.0), diverged(seed=1), fabricated(seed=2, score=54.0)]
    found = cell(known)
    assert (found.mean, found.seeds, [one.seed for one in found.diverged]) == (52.0, 2, [1])
    text = markdown(known)
    rows = [value for name, value in grid(text).items() if "paper profile (measured)" in name]
    assert rows[0][-1].startswith("52.0 ± 2.8")
    assert f"Of 3 seeds 1 diverged and left the mean without that seed: rte seed 1, {FAULT}." in text


def test_a_cell_that_only_diverged_is_empty_with_its_fault() -> None:
    found = cell([diverged(seed=0), diverged(seed=1)])
    assert (found.mean, found.text, found.seeds, found.made) == (None, "–", 0, ())
    assert found.reason == f"diverged: rte seed 0, {FAULT}; rte seed 1, {FAULT}"
    assert f"The cell is empty: diverged: rte seed 0, {FAULT}" in markdown([diverged()])


def test_an_older_configurations_number_does_not_hide_it() -> None:
    old = fabricated(score=70.0, finished="2026-01-01", weights="a")
    found = cell([old, diverged(finished="2026-02-01", weights="b")])
    assert (found.mean, found.left_out, len(found.diverged)) == (None, 1, 1)


def test_a_row_that_only_diverged_is_still_a_row() -> None:
    assert "no_clip, paper profile (measured)" in grid(markdown([diverged(recipe="no_clip")]))


def test_an_average_is_of_the_seeds_that_every_task_has() -> None:
    tasks = ("cola", "sst2", "mrpc", "stsb", "qqp", "mnli", "qnli", "rte")
    known = [fabricated(task, seed, 50.0 + seed) for task in tasks for seed in (0, 1) if (task, seed) != ("rte", 1)]
    for extra, mean, seeds in (([], 50.0, 1), ([diverged("rte", 1)], 50.0, 1)):
        found = cells.fill(TABLES[5].columns[0], [*known, *extra], "paper")
        assert (found.mean, found.seeds, len(found.diverged)) == (mean, seeds, len(extra))
    text = layout.render(TABLES[5], [*known, diverged("rte", 1)], "paper", format="markdown")
    assert "Of runs below it 1 diverged and left the mean without that seed: rte seed 1, " in text
    alone = [one for one in known if one.task != "rte"]
    empty = cells.fill(TABLES[5].columns[0], [*alone, diverged("rte", 0)], "paper")
    assert empty.reason.endswith("without a number here: rte") and len(empty.diverged) == 1


@pytest.mark.parametrize("format", sorted(FORMATS))
def test_every_format_says_it(format: str) -> None:
    known = [fabricated(seed=0, score=50.0), diverged(seed=1)]
    text = layout.render(TABLES[2], known, "paper", format=format)
    assert "diverged" in text
    assert format == "csv" or "the loss is nan at" in " ".join(text.split())


# Carried


def test_it_can_be_accepted_and_stays_visible(tmp_path: Path) -> None:
    runs, kept = tmp_path / "runs", tmp_path / "results"
    labels = [i % 2 for i in range(20)]
    whole = answered(runs, "rte", labels, labels, seed=0, profile="mini", trained=(20, 20))
    faulty = diverged(seed=1, profile="mini", scored=(20, 20), trained=(20, 20), baseline=KEY["baseline"])
    record.save(replace(faulty, evaluations=whole.evaluations, train=whole.train), runs)
    results.accept(TABLES[2], runs, "mini", kept)
    assert sorted(path.name for path in (kept / "records/mini/full").iterdir()) == ["rte-seed0.json", "rte-seed1.json"]
    assert "Of 2 seeds 1 diverged" in (kept / "mini/table2.md").read_text()
    assert FAULT in report.page(runs, "mini", {}, {})
    assert "Of 2 seeds 1 diverged" in " ".join(report.page(kept / "records" / "mini", "mini", {}, {}).split())


# Run


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """RTE, a vocabulary, tiny profiles, and a second seed whose third update is not finite."""
    monkeypatch.setattr("harness.__main__.PROFILES", {name: replace(command_line.TINY, name=name) for name in NAMES})
    write_rte(tmp_path / "data")
    tiny.weights_folder(tmp_path / "weights")
    original = FineTuned.losses_of

    def losses_of(self: FineTuned, part: Any, n_sequences: int, n: int) -> Any:
        task, lm, loss = original(self, part, n_sequences, n)
        return (task, lm, loss * math.nan) if self.seeds["order"] == 1 else (task, lm, loss)

    monkeypatch.setattr(FineTuned, "losses_of", losses_of)
    return tmp_path


NAMES = ("mini", "small", "paper")


def test_the_others_go_on_and_every_command_reads_what_is_left(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    usual = ["--profile", "small", "--runs", str(place / "runs")]
    words = ["--task", "rte", "--ablation", "no_pretraining", "--limit", "64", "--weights", str(place / "weights")]
    run = ["run", *usual, *words, "--data-dir", str(place / "data"), "--device", "cpu"]

    def said(*arguments: str) -> tuple[int, str]:
        code = main([*arguments])
        told = capsys.readouterr()
        assert "Traceback" not in told.err
        return code, told.out + told.err

    code, text = said(*run, "--seeds", "3")
    assert code == 1
    assert "rte no_pretraining seed 0: validation acc" in text and "rte no_pretraining seed 2: validation acc" in text
    assert "rte no_pretraining seed 1: diverged, the loss is nan at update 1 of 2; of its batch of 32 examples" in text
    found = {made.seed: made for made in record.read_all(place / "runs/small")}
    assert [found[seed].status["validation"] == "diverged" for seed in range(3)] == [False, True, False]
    code, text = said(*run, "--seeds", "3")
    assert code == 0 and text.count("(done already)") == 3
    code, text = said(*run, "--seed", "1", "--force")
    assert code == 1 and "(done already)" not in text
    path = str(place / "runs/small/no_pretraining" / found[1].name)
    other = str(place / "runs/small/no_pretraining" / found[0].name)
    assert said("score", path, "--runs", str(place / "runs"))[0] == 1
    for command, expected in (
        (["diff", path, other], "A: rte no_pretraining seed 1: diverged"),
        (["explain", "5", "rte/no_pretraining", *usual], "rte seed 1, the loss is nan"),
        (["table", "5", *usual, "--statistics"], "Of 3 seeds 1 diverged"),
        (["claims", *usual], ""),
        (["report", *usual], "wrote"),
    ):
        code, text = said(*command)
        assert code == 0 and expected in text, (command, text)


def test_a_pretraining_that_diverges_is_one_error_and_its_cells_are_not_begun(
    place: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (place / "books").mkdir()
    (place / "books" / "a.txt").write_text("\n".join(tiny.DOCUMENTS))

    class Broken(Objective):
        def forward(self, chosen: torch.Tensor) -> torch.Tensor:
            return super().forward(chosen) * (math.nan if self.model.training else 1.0)

    monkeypatch.setattr("baselines.pretrain.Objective", Broken)
    usual = ["--profile", "small", "--corpus", str(place / "books"), "--runs", str(place / "runs"), "--device", "cpu"]
    for words in (["pretrain"], ["run", "--task", "rte", "--data-dir", str(place / "data"), "--seeds", "1"]):
        assert main([*words, *usual]) == 1
        told = capsys.readouterr().err
        assert (
            "harness: the loss is nan at update 1 of 20; of its batch of 4 windows 4 give that alone: tokens " in told
        )
        assert "another seed" in told and "Traceback" not in told
    assert not list((place / "runs").rglob("record.json")) and not list((place / "runs").rglob("pretraining.json"))
