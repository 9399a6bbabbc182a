"""What is accepted as a result: whole records of one configuration, and tables that say what they give."""

from __future__ import annotations

import json
import runpy
from pathlib import Path
from typing import Any

import pytest

from harness import record, results
from harness.figure2 import figure_data, figure_results, figure_runs
from harness.figure2.figure_data import LEFT, RIGHT
from harness.record import Record, SplitCount
from harness.storage import predictions
from harness.storage.sealed import DamageError
from harness.tables import TABLES
from harness.tasks.base import single
from tests.figure_points import of_layers
from tests.test_record import BASELINE, made, scored

TABLE = TABLES[2]


@pytest.fixture
def runs(tmp_path: Path) -> Path:
    return tmp_path / "runs" / "mini"


@pytest.fixture
def accepted(tmp_path: Path) -> Path:
    return tmp_path / "results"


def run(runs: Path, score: float, seed: int = 0, day: int = 1, weights: str = "w", **changes: Any) -> Record:
    """A record in `runs`, finished on that day of January."""
    plain = made("rte", seed)
    key = {**plain.key, "baseline": {**BASELINE, "weights": weights}, "n": changes.get("train", plain.train).n}
    found = made("rte", seed, score, key=key, finished=f"2026-01-{day:02}T00:00:00+00:00", **changes)
    record.save(found, runs)
    return found


def files(folder: Path) -> list[str]:
    return sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file())


def accept(runs: Path, profile: str, accepted: Path) -> list[Path]:
    """Of records without a run's other files."""
    return results.accept(TABLE, runs, profile, accepted, check=lambda *_: [], keep=lambda made, _: made)


PART = SplitCount("train", 64, 2490, "t" * 64, "hub")


def test_the_chosen_configurations_records_are_copied_and_the_table_rendered(runs: Path, accepted: Path) -> None:
    for seed in range(3):
        run(runs, 40.0, seed, day=1, weights="old")
    chosen = [run(runs, 60.0 + 2 * seed, seed, day=2, weights="new") for seed in range(2)]
    written = accept(runs, "mini", accepted)
    assert files(accepted) == [
        "mini/claims.md",
        "mini/table2.md",
        "mini/table5.md",  # which shows RTE too
        "records/mini/full/rte-seed0.json",
        "records/mini/full/rte-seed1.json",
    ]
    assert {path.relative_to(accepted).as_posix() for path in written} == set(files(accepted))
    assert list(record.read_all(accepted / "records" / "mini")) == chosen
    assert "61.0 ± 1.4" in (accepted / "mini" / "table2.md").read_text()


def test_fragments_are_never_accepted(runs: Path, accepted: Path) -> None:
    whole = run(runs, 55.0, day=1)
    run(runs, 90.0, day=2, train=PART)
    run(runs, 91.0, day=3, weights="other", **scored(64, 277))
    accept(runs, "mini", accepted)
    assert list(record.read_all(accepted / "records" / "mini")) == [whole]


def test_where_there_is_nothing_whole_the_old_results_stay(runs: Path, accepted: Path) -> None:
    run(runs, 55.0)
    accept(runs, "mini", accepted)
    before = {name: (accepted / name).read_bytes() for name in files(accepted)}
    trials = runs.parent / "trials"
    run(trials, 90.0, train=PART)
    record.save(made("cola"), trials)  # whole, but in no column of this table
    said = f"no record in {trials} is of whole data and in Table 2; run it first"
    with pytest.raises(ValueError) as caught:
        accept(trials, "mini", accepted)
    assert str(caught.value) == said
    assert {name: (accepted / name).read_bytes() for name in files(accepted)} == before


def test_earlier_records_of_the_same_cell_are_replaced_and_others_kept(runs: Path, accepted: Path) -> None:
    for recipe, task, seeds in (("full", "rte", 3), ("full", "qnli", 1), ("no_aux", "rte", 1)):
        for seed in range(seeds):
            record.save(made(task, seed, recipe=recipe), runs)
    accept(runs, "mini", accepted)
    later = runs.parent / "later"
    new = run(later, 70.0, seed=1, day=5)
    accept(later, "mini", accepted)
    assert files(accepted / "records" / "mini") == [
        "full/qnli-seed0.json",
        "full/rte-seed1.json",
        "no_aux/rte-seed0.json",
    ]
    assert record.read(accepted / "records" / "mini" / "full" / "rte-seed1.json") == new
    assert "70.0 ± –" in (accepted / "mini" / "table2.md").read_text()


def test_both_evaluations_of_mnli_are_in_one_accepted_record(runs: Path, accepted: Path) -> None:
    names = ("matched", "mismatched")
    both = made(
        "mnli",
        evaluations={name: SplitCount(f"validation_{name}", 500, 500, "d", "mini world") for name in names},
        scores={"matched": {"acc": 81.5}, "mismatched": {"acc": 71.5}},
        status=dict.fromkeys(names, "done"),
    )
    record.save(both, runs)
    accept(runs, "mini", accepted)
    text = (accepted / "mini" / "table2.md").read_text()
    assert "81.5 ± –" in text and "71.5 ± –" in text
    assert files(accepted / "records") == ["mini/full/mnli-seed0.json"]


def test_an_accepted_table_does_not_mark_the_code_that_made_it(runs: Path, accepted: Path) -> None:
    run(runs, 55.0, code="of another day")
    accept(runs, "mini", accepted)
    text = (accepted / "mini" / "table2.md").read_text()
    assert "55.0 ± –" in text and "†" not in text


def test_a_foreign_file_among_the_runs_is_named(runs: Path, accepted: Path) -> None:
    run(runs, 55.0)
    (runs / "full" / "x").mkdir()
    (runs / "full" / "x" / "record.json").write_text("{}")
    with pytest.raises(ValueError, match=r"full/x/record\.json is not a record of this harness"):
        accept(runs, "mini", accepted)
    assert not accepted.exists()


@pytest.mark.filterwarnings("ignore:.*found in sys.modules:RuntimeWarning")
def test_rendering_with_a_damaged_record_ends_with_one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    def damaged(_: Path) -> list[Record]:
        raise DamageError("rte-seed0.json is not a record; move it away")

    monkeypatch.setattr(record, "read_of", damaged)
    with pytest.raises(SystemExit) as ended:
        runpy.run_module("harness.results", run_name="__main__")
    assert ended.value.code == "results: rte-seed0.json is not a record; move it away"


def test_every_table_and_profile_with_records_is_known(runs: Path, accepted: Path) -> None:
    assert list(results.accepted(accepted)) == []
    run(runs, 55.0)
    for profile in ("small", "mini"):
        accept(runs, profile, accepted)
    record.save(made("wnli"), accepted / "records" / "paper")  # in no column of its own
    known = [(table.number, profile) for table, profile in results.accepted(accepted)]
    assert known == [(2, "mini"), (5, "mini"), (2, "small"), (5, "small")]


def test_rendering_again_changes_nothing(runs: Path, accepted: Path) -> None:
    run(runs, 55.0)
    accept(runs, "mini", accepted)
    paths = [accepted / "mini" / name for name in ("table2.md", "table5.md", "claims.md")]
    first = [path.read_bytes() for path in paths]
    for path in paths:
        path.write_text("edited by hand")
    assert results.render_all("mini", accepted) == paths
    assert [path.read_bytes() for path in paths] == first


def test_a_number_that_does_not_follow_from_its_predictions_is_not_accepted(tmp_path: Path, accepted: Path) -> None:
    runs = tmp_path / "runs"
    found = run(runs, 75.0, **scored(4, 4))
    folder = runs / found.recipe / found.name
    with pytest.raises(FileNotFoundError, match=r"no predictions in .*validation\.jsonl"):
        results.accept(TABLE, runs, "mini", accepted)
    examples = [single(str(i), float(i % 2)) for i in range(4)]
    predictions.save(folder, "validation", examples, [0.0, 1.0, 1.0, 0.0])
    with pytest.raises(ValueError, match=r"does not follow from its run: validation acc is 50\.0000, recorded is 75"):
        results.accept(TABLE, runs, "mini", accepted)
    assert not accepted.exists()
    predictions.save(folder, "validation", examples, [0.0, 1.0, 1.0, 1.0])
    assert accepted / "mini" / "table2.md" in results.accept(TABLE, runs, "mini", accepted)


# Figure 2


def layered(runs: Path, task: str = "race", **changes: Any) -> None:
    for layers in (-1, 0, 4):
        record.save(of_layers(task, layers, dev=40.0 + layers, **changes), runs)


def test_what_the_left_figure_is_drawn_from_is_copied_and_drawn(runs: Path, accepted: Path) -> None:
    layered(runs)
    record.save(of_layers("race", 2, evaluations={"middle": PART, "high": PART}), runs)  # a trial
    written = results.accept_figure(LEFT, runs, "mini", accepted, check=lambda *_: [], keep=lambda made, _: made)
    assert files(accepted) == [
        "mini/claims.md",
        "mini/figure2-left.csv",
        "mini/figure2-left.json",
        "mini/figure2-left.svg",
        "mini/table3.md",  # which shows RACE's test rows
        *(f"records/mini/{recipe}/race-seed0.json" for recipe in ("full", "no_pretraining", "transfer_0")),
    ]
    assert {path.relative_to(accepted).as_posix() for path in written} == set(files(accepted))
    rows = json.loads((accepted / "mini" / "figure2-left.json").read_text())
    assert [(row["transferred"], row["mean"]) for row in rows[:3]] == [(-1, 39.0), (0, 40.0), (4, 44.0)]
    assert "transfer" not in (accepted / "mini" / "table3.md").read_text()
    before = {name: (accepted / name).read_bytes() for name in files(accepted)}
    figure_results.render("mini", accepted)
    assert {name: (accepted / name).read_bytes() for name in files(accepted)} == before


def test_records_of_tables_alone_make_no_figure(runs: Path, accepted: Path) -> None:
    record.save(of_layers("mnli", 4), runs)
    with pytest.raises(ValueError, match=r"is of whole data and in figure 2-left; run it first"):
        results.accept_figure(LEFT, runs, "mini", accepted, check=lambda *_: [], keep=lambda made, _: made)
    accept(runs, "mini", accepted)
    assert [name for name in files(accepted) if "figure" in name] == []


def test_a_table_that_is_accepted_later_renders_the_figure_again(runs: Path, accepted: Path) -> None:
    layered(runs, "mnli")
    results.accept_figure(LEFT, runs, "mini", accepted, check=lambda *_: [], keep=lambda made, _: made)
    record.save(of_layers("mnli", 4, dev=99.0, finished="2026-03-01T00:00:00+00:00"), runs)
    assert accepted / "mini" / "figure2-left.csv" in accept(runs, "mini", accepted)
    rows = json.loads((accepted / "mini" / "figure2-left.json").read_text())
    assert rows[2]["mean"] == 99.0


def test_no_scores_no_right_figure(runs: Path, accepted: Path) -> None:
    with pytest.raises(ValueError, match=r"no zero-shot scores in .* that are all of whole data; run figure 2-right"):
        results.accept_figure(RIGHT, runs, "mini", accepted)
    assert not accepted.exists()


# What is in git


def test_every_committed_figure_is_what_the_committed_records_give() -> None:
    for folder in (results.RESULTS / "records").glob("*"):
        known = dict(figure_results.accepted(folder.name, results.RESULTS))
        for number, rows in known.items():
            texts = {"csv": figure_data.to_csv(rows), "json": figure_data.to_json(rows)}
            for name, given in texts.items():
                path = figure_runs.path_of(number, results.RESULTS / folder.name, name)
                assert path.read_text(encoding="utf-8") == given, f"{path}: run nox -s results"
            assert figure_runs.path_of(number, results.RESULTS / folder.name, "svg").exists()
        drawn = {path.name for path in (results.RESULTS / folder.name).glob("figure*.csv")}
        assert drawn == {f"figure{number}.csv" for number in known}


def test_every_committed_table_is_what_the_committed_records_give() -> None:
    known = list(results.accepted())
    for table, profile in known:
        committed = results.RESULTS / profile / f"table{table.number}.md"
        given = results.text(table, profile).rstrip("\n") + "\n"
        assert committed.read_text(encoding="utf-8") == given, f"{committed}: run nox -s results"
    rendered = {(table.number, profile) for table, profile in known}
    for profile in {profile for _, profile in known}:
        committed = results.RESULTS / profile / results.CLAIMS
        assert committed.read_text(encoding="utf-8") == results.claims_text(profile), f"{committed}: run nox -s results"
    files = results.RESULTS.glob("*/table*.md")
    assert {(int(path.stem.removeprefix("table")), path.parent.name) for path in files} == rendered


def test_every_committed_record_is_whole_and_where_its_name_says() -> None:
    for path in (results.RESULTS / "records").glob("*/*/*.json"):
        found = record.read(path)
        assert path.relative_to(results.RESULTS / "records").as_posix() == (
            f"{found.profile}/{found.recipe}/{found.task}-seed{found.seed}.json"
        )
        assert all(count.n == count.of for count in (found.train, *found.evaluations.values()))
