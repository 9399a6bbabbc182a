"""What is scored beside a cell's evaluations, for a figure: when asked for, in its record, in no key and no table."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from harness import record, runner
from harness.data import MiniWorld, Split, load
from harness.evidence.rescoring import disagreements
from harness.layout import layout
from harness.record import Beside, SplitCount
from harness.runner import Job
from harness.storage import predictions
from harness.tables import TABLES
from harness.tabular.columns import by_metric
from harness.tasks import TASKS
from harness.tasks.base import Hub, Source
from tests.fabricated import record as fabricated
from tests.fabricated import rewrite
from tests.test_runner import ANSWERS, DATA, JOB, THREE, Answers, Given, made, source, split

DEV = split("development", 1, 0, 1, 1)
JOB_OF_FIGURE = replace(JOB, data=replace(DATA, beside={"validation": DEV, "train": split("train", 0, 1, 1)}))
MORE = {**ANSWERS, "development": [1.0, 1.0, 1.0, 1.0], "train": [0.0, 0.0, 1.0]}


def of(job: Job, **beside: Split) -> Job:
    return replace(job, data=replace(job.data, beside=beside))


def test_it_is_scored_and_kept_and_the_key_and_the_scores_are_as_without(tmp_path: Path) -> None:
    done = runner.run(JOB_OF_FIGURE, made(Answers(MORE)), tmp_path)
    assert JOB_OF_FIGURE.key == JOB.key == done.key
    assert done.beside == {
        "validation": Beside(DEV.count, {"acc": 75.0}, "degenerate"),
        "train": Beside(SplitCount("train", 3, 3, "ainainain", "made here"), {"acc": 100 * (2 / 3)}, "done"),
    }
    assert done.scores.keys() == done.status.keys() == {"one", "two"}
    assert record.read(JOB.path(tmp_path)) == done
    written = json.loads(JOB.path(tmp_path).read_text())
    assert written["signatures"]["validation acc"].startswith("task:toy@1|split:development|n:4|metric:acc|")
    assert [line.prediction for line in predictions.read(JOB.folder(tmp_path), "train")] == [0.0, 0.0, 1.0]


def test_a_cell_without_it_is_done_for_a_table_and_not_for_a_figure(tmp_path: Path) -> None:
    runner.run(JOB, made(Answers(MORE)), tmp_path)
    assert JOB.is_done(tmp_path) and not JOB_OF_FIGURE.is_done(tmp_path)
    runner.run(JOB_OF_FIGURE, made(Answers(MORE)), tmp_path)
    assert JOB.is_done(tmp_path) and JOB_OF_FIGURE.is_done(tmp_path)
    assert len(list(record.read_all(tmp_path / "mini"))) == 1  # a richer one in its place
    assert not of(JOB, validation=split("development", 1, 0, 1)).is_done(tmp_path)  # fewer rows
    assert not of(JOB, validation=split("development", 1, 0, 1, 1, hash="other")).is_done(tmp_path)  # other rows
    assert of(JOB, validation=split("development", 1, 0, 1, 1, origin="hub")).is_done(tmp_path)


def test_records_from_before_have_none(tmp_path: Path) -> None:
    runner.run(JOB, made(Answers(MORE)), tmp_path)
    rewrite(JOB.path(tmp_path), beside=...)
    assert record.read(JOB.path(tmp_path)).beside == {}
    assert JOB.is_done(tmp_path) and not JOB_OF_FIGURE.is_done(tmp_path)


def test_it_must_follow_from_the_predictions_too(tmp_path: Path) -> None:
    done = runner.run(JOB_OF_FIGURE, made(Answers(MORE)), tmp_path)
    assert disagreements(done, JOB.folder(tmp_path)) == []
    flattered = replace(done, beside={**done.beside, "validation": Beside(DEV.count, {"acc": 100.0}, "done")})
    assert disagreements(flattered, JOB.folder(tmp_path)) == ["validation acc is 75.0000, recorded is 100.0000"]
    predictions.save(JOB.folder(tmp_path), "train", DEV.examples, [1.0, 1.0, 1.0, 1.0])
    rewrite(JOB_OF_FIGURE.path(tmp_path), predictions={})  # else the file's own sum would tell
    assert disagreements(done, JOB.folder(tmp_path)) == ["train has 4 predictions, recorded are 3"]


def test_a_hidden_label_there_is_an_error_before_training(tmp_path: Path) -> None:
    baseline = Answers(MORE, lambda: pytest.fail("hours of training would have come first"))
    with pytest.raises(ValueError, match="hides its labels"):
        runner.run(of(JOB, validation=split("development", None, 1)), made(baseline), tmp_path)


def test_loading_gives_the_tasks_own_and_training_rows_when_asked() -> None:
    task = replace(THREE, beside={"validation": source("validation", 3)})
    plain, figure = (runner.load_tasks([task], Given(), None, False, beside=b)[0]["toy"] for b in (False, True))
    assert plain.beside == {} and plain.asked.keys() == {"one"}
    assert {name: part.count.n for name, part in figure.beside.items()} == {"validation": 3, "train": 3}
    assert figure.beside["train"].examples == figure.train.examples
    limited, _ = runner.load_tasks([task], Given(), 2, False, beside=True)
    assert {name: (p.count.n, p.count.of) for name, p in limited["toy"].beside.items()} == {
        "validation": (2, 3),
        "train": (2, 3),
    }


def test_training_rows_are_sampled_evenly(monkeypatch: pytest.MonkeyPatch) -> None:
    whole = split("train", *(i % 2 for i in range(10)), of=12)
    assert runner.SAMPLED == 5_000 and runner.sample(whole).examples == whole.examples
    monkeypatch.setattr(runner, "SAMPLED", 4)
    count, examples = runner.sample(whole)
    assert [example.sequences[0][0] for example in examples] == ["train 0", "train 2", "train 5", "train 7"]
    assert (count.split, count.n, count.of) == ("train", 4, 12)
    assert count.hash not in (whole.count.hash, runner.sample(split("train", *([1] * 10))).count.hash)


def test_races_development_rows_are_those_of_both_schools() -> None:
    (name, dev), *others = TASKS["race"].beside.items()
    assert isinstance(dev, Source)
    assert (name, others, dev.split, dev.n) == ("validation", [], "validation", 4_887)
    assert (dev.hub, dev.files.path) == (Hub("ehovy/race", "all", "validation"), "RACE/dev")
    assert [task.name for task in TASKS.values() if task.beside] == ["race"]
    count, examples = load(TASKS["race"], dev, MiniWorld(0))
    assert (count.n, count.of, len({example.label for example in examples})) == (200, 200, 4)


def test_no_table_shows_it() -> None:
    """Nor the recipes that a figure alone has."""
    plain = [fabricated("rte", 0, 61.0), fabricated("rte", 0, 55.0, recipe="no_pretraining")]
    count = SplitCount("train", 5, 9, "h", "hub")
    richer = [replace(one, beside={"train": Beside(count, {"acc": 98.7}, "degenerate")}) for one in plain]
    richer.append(fabricated("rte", 0, 58.4, recipe="transfer_3", baseline={"recipe": {"transferred": 3}}))
    assert richer[-1].transferred == 3 and plain[0].transferred is None
    for table in (TABLES[2], TABLES[5]):
        texts = [
            layout.render(table, records, "paper", format=f) for records in (plain, richer) for f in ("csv", "json")
        ]
        assert texts[:2] == texts[2:]
    assert by_metric(richer[0]) == by_metric(plain[0])
