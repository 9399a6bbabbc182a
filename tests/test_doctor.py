"""What is there, what is missing, and what to do next."""

from __future__ import annotations

from argparse import Namespace
from pathlib import Path
from types import SimpleNamespace

import pytest

from harness import record
from harness.data import Directory, MiniWorld, TheHub
from harness.monitoring.progress import duration
from harness.preparation import doctor
from harness.preparation.lengths import LENGTHS
from harness.sources import hub
from harness.tasks import TASKS
from tests.stub_door import FULL, LSTM, PAPER, Door
from tests.test_main import write_rte


def rows(table: str) -> dict[str, list[str]]:
    lines = [line for line in table.splitlines()[2:] if not line.startswith(" ")]
    return {line.split()[0]: line.split() for line in lines}


def test_a_directory_is_looked_at_split_by_split(tmp_path: Path) -> None:
    table, broken = doctor.of_tasks(Directory(write_rte(tmp_path)), TASKS.values())
    assert broken == [name for name in TASKS if name != "rte"]
    assert "whole: train 2,490, validation 277" in table
    assert rows(table)["rte"][:2] == ["rte", "yes"] and rows(table)["rte"][-1] != "yes"  # its test file is not there
    assert rows(table)["cola"][:2] == ["cola", "no"] and "CoLA/train.tsv not found" in table


def test_the_miniature_has_everything_but_a_server() -> None:
    table, broken = doctor.of_tasks(MiniWorld(), TASKS.values())
    assert broken == [] and len(rows(table)) == 13
    assert {row[-1] for row in rows(table).values()}.isdisjoint({"yes"})


def test_the_hub_is_asked_for_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HF_DATASETS_CACHE", str(tmp_path))
    monkeypatch.setattr(hub, "out_of_reach", lambda: "")
    table, broken = doctor.of_tasks(TheHub(), TASKS.values())
    assert broken == ["story_cloze"] and "goo.gl/forms" in table
    assert "to be downloaded: train 8,551, validation 1,043" in table
    cached = tmp_path / "nyu-mll___glue" / "cola" / "0.0.0" / "abc"
    cached.mkdir(parents=True)
    (cached / "dataset_info.json").write_text("{}")
    monkeypatch.setattr(hub, "out_of_reach", lambda: "huggingface.co:443 cannot be reached (timed out)")
    table, broken = doctor.of_tasks(TheHub(), TASKS.values())
    assert "cola" not in broken and "rte" in broken and len(broken) == 12
    assert "not downloaded (huggingface.co:443 cannot be reached" in " ".join(table.split())
    assert rows(table)["cola"][:2] == ["cola", "yes"]


def test_a_missing_package_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    lines = doctor.machine(tmp_path / "runs" / "deep")
    assert "torch 2" in lines[0] and "GB of disk free at" in lines[-1] and "cores" in lines[-1]
    monkeypatch.setattr(record, "version", lambda name: None if name == "spacy" else "1")
    assert doctor.machine(tmp_path)[1] == "NOT INSTALLED: spacy; install with nox -s environment"


@pytest.mark.parametrize(
    ("broken", "said"),
    [
        ([], "next: python -m harness run --profile small --data-dir d --dry-run, or with --table 2, 3, 4, 5"),
        (
            [name for name in TASKS if name not in ("rte", "cola")],
            "next: python -m harness run --profile small --data-dir d --task rte --task cola --dry-run",
        ),
        (
            list(TASKS),
            "next: no task can be run with the small profile here; give --data-dir DIR, or a network that reaches the "
            "Hugging Face hub, or begin with --profile mini",
        ),
    ],
)
def test_the_next_command(broken: list[str], said: str) -> None:
    assert doctor.advice("small", broken, Path("d")) == said


def test_the_whole_report_says_where_weights_are_or_why_not(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hub, "out_of_reach", lambda: "no network")
    monkeypatch.setattr(hub, "weights_folder", refused)
    said: list[str] = []
    chosen = Namespace(runs=tmp_path / "runs", data_dir=write_rte(tmp_path / "data"), weights=None, corpus=None)
    doctor.report(Door(), PAPER, {"full": FULL, "no_pretraining": FULL, "lstm": LSTM}, chosen, said.append)
    assert "full: cannot get the weights: no network" in said
    (lstm,) = [line for line in said if line.startswith("lstm: ")]
    assert "no pre-trained lstm in" in lstm and "pretrain --profile paper --ablation lstm --corpus DIR" in lstm
    assert said[-1].startswith("next: python -m harness run --profile paper --data-dir ")


def refused() -> Path:
    raise OSError("cannot get the weights: no network")


def test_what_figure_2_reads_beside_the_tables_is_looked_at(tmp_path: Path) -> None:
    (tmp_path / "winograd").mkdir()
    block = "The bee landed on the flower because it had pollen.\nit\nThe bee,the flower\nthe flower\n\n"
    (tmp_path / "winograd" / "test.c.txt").write_text(block * 564)
    lines = doctor.of_figure(Directory(tmp_path))
    assert lines == [
        "for figure 2: race validation 4,887: RACE/dev not found",
        "for figure 2: dpr test 564: there",
        "for figure 2: wsc273 test 273: WSCollection.xml not found",
        "for figure 2: pdp60 test 60: PDPChallenge2016.xml not found",
    ]
    assert [line.rpartition(": ")[2] for line in doctor.of_figure(MiniWorld())] == [
        "there",
        "there",
        "not in the mini world",
        "not in the mini world",
    ]


def test_how_long_each_table_takes_here_is_said() -> None:
    """By hand for Table 3 at the paper's size: one seed of RACE, three of Story Cloze, an operation a token."""
    profile = SimpleNamespace(name="paper", finetuning=SimpleNamespace(batch=32, epochs=3))
    door = SimpleNamespace(flops=lambda *asked: asked[2])  # the tokens of an epoch
    recipes = dict.fromkeys(("full", "no_pretraining", "no_aux", "lstm"))
    said = doctor.expected(door, profile, recipes, lambda: 1e4)
    race, story = LENGTHS["race"], LENGTHS["story_cloze"]
    seconds = (87_866 * 4 * race.tokens + 3 * 1_497 * 2 * story.tokens) / 1e4
    assert f"Table 3 {duration(seconds)}, Table 4 " in said and "at the 1e-08 TFLOP/s just measured here" in said
    assert "estimate --profile paper --table N" in said
    mini = SimpleNamespace(name="mini")
    assert "run --profile mini --dry-run" in doctor.expected(door, mini, recipes, lambda: 1 / 0)


def test_offline_the_next_command_says_so_too() -> None:
    assert doctor.advice("paper", [], Path("b"), True).startswith(
        "next: python -m harness run --profile paper --data-dir b --offline --dry-run"
    )
    assert "a bundle that 'python -m harness fetch' made" in doctor.advice("paper", list(TASKS), None, True)
