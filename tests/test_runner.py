"""One cell from examples to record, with a stand-in for the model whose answers are known."""

from __future__ import annotations

import json
import os
import signal
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from types import FrameType
from typing import Any

import pytest

from harness import record, runner
from harness.data import Opened, Split
from harness.monitoring.progress import Stop
from harness.record import SplitCount
from harness.runner import Data, Job
from harness.tasks.base import Example, Files, Hub, Row, Source, Task, classify, label_index, single

FORM = classify("no", "yes")


def source(split: str, n: int) -> Source:
    return Source(split, n, Hub("toy", "toy", split), Files(f"toy/{split}.tsv"))


TOY = Task(
    name="toy",
    version=1,
    form=FORM,
    columns=("text", "label"),
    example=lambda row: single(row["text"], label_index(FORM.names, row)),
    train=source("train", 3),
    evaluations={"one": source("validation_one", 4), "two": source("validation_two", 3)},
    metrics=("acc",),
)


def split(name: str, *labels: int | None, of: int | None = None, hash: str = "", origin: str = "made here") -> Split:
    examples = [single(f"{name} {i}", label) for i, label in enumerate(labels)]
    return Split(SplitCount(name, len(labels), of or len(labels), hash or name[-3:] * 3, origin), examples)


DATA = Data(
    split("train", 0, 1, 1),
    {"one": split("validation_one", 0, 1, 1, 0), "two": split("validation_two", 1, 1, 1)},
)
JOB = Job(TOY, "full", "mini", 5, {"vocabulary": "v", "weights": "w", "finetuning": {"epochs": 3}}, DATA)
ANSWERS = {"validation_one": [0.0, 1.0, 0.0, 0.0], "validation_two": [1.0, 0.0, 1.0]}


class Answers:
    """A baseline that answers what it is told to, and remembers what it was asked."""

    def __init__(self, answers: Mapping[str, list[float]], during_fit: Callable[[], object] = lambda: None) -> None:
        self.answers, self.during_fit = answers, during_fit
        self.asked: list[tuple[str, int]] = []
        self.labels_seen: list[float | None] = []
        self.judge: Callable[[Any], float] | None = None

    def fit(self, train: Sequence[Example], judge: Callable[[Any], float] | None = None) -> None:
        self.labels_seen = [example.label for example in train]
        self.judge = judge
        self.during_fit()

    def predict(self, examples: Sequence[Example]) -> list[float]:
        name = examples[0].sequences[0][0].split()[0]
        self.asked.append((name, len(examples)))
        return self.answers[name]

    def scores(self, examples: Sequence[Example]) -> list[list[float]]:
        """Sure by nine tenths."""
        name = examples[0].sequences[0][0].split()[0]
        return [[0.9 if i == answer else 0.1 for i in range(2)] for answer in self.answers[name]]

    def finished(self) -> None:
        pass

    def describe(self) -> dict[str, Any]:
        return {"batch": 32, "asked": len(self.asked)}


def made(baseline: Answers) -> Callable[..., Answers]:
    return lambda _folder, _report: baseline


def event(update: int) -> dict[str, Any]:
    return {"event": "fine-tuning", "update": update, "of": 9, "tokens": 10 * update, "loss": 0.5}


def logged(runs: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (JOB.folder(runs) / "log.jsonl").read_text().splitlines()]


def nothing_recorded(runs: Path) -> bool:
    return not list(runs.rglob("*.json")) and not list(record.read_all(runs / "mini"))


# A cell that is done


def test_scores_are_of_the_whole_split(tmp_path: Path) -> None:
    baseline = Answers(ANSWERS)
    done = runner.run(JOB, made(baseline), tmp_path)
    assert done.scores == {"one": {"acc": 75.0}, "two": {"acc": pytest.approx(200 / 3)}}
    assert done.status == {"one": "done", "two": "done"}
    assert baseline.asked == [("validation_one", 4), ("validation_two", 3)]
    assert baseline.labels_seen == [0, 1, 1]


def test_the_judge_gives_any_answers_their_first_score(tmp_path: Path) -> None:
    baseline = Answers(ANSWERS)
    runner.run(JOB, made(baseline), tmp_path)
    other = Answers({"validation_one": [0.0, 0.0, 0.0, 1.0]})
    assert baseline.judge is not None
    assert (baseline.judge(other), baseline.judge(baseline)) == (25.0, 75.0)
    assert other.asked == [("validation_one", 4)]


def test_the_record_holds_what_the_number_is_of(tmp_path: Path) -> None:
    done = runner.run(JOB, made(Answers(ANSWERS)), tmp_path)
    assert (done.task, done.recipe, done.profile, done.seed) == ("toy", "full", "mini", 5)
    assert done.seeds == {"initialisation": 5, "order": 5, "dropout": 5}
    assert done.key == JOB.key
    assert done.train == DATA.train.count
    assert done.evaluations == {name: part.count for name, part in DATA.evaluations.items()}
    assert done.baseline == {"batch": 32, "asked": 2}  # what it says after the work
    assert done.code == record.code_hash()
    assert datetime.fromisoformat(done.finished).utcoffset() is not None
    assert done.seconds >= 0


def test_the_record_is_where_the_job_looks_for_it(tmp_path: Path) -> None:
    assert not JOB.path(tmp_path).exists()
    done = runner.run(JOB, made(Answers(ANSWERS)), tmp_path)
    assert record.read(JOB.path(tmp_path)) == done
    assert JOB.path(tmp_path).parent == tmp_path / "mini" / "full" / f"toy-seed5-{record.key_hash(JOB.key)}"


def test_the_baseline_is_made_with_its_own_folder_and_a_report_that_logs(tmp_path: Path) -> None:
    given: list[Path] = []

    def make(folder: Path, report: Callable[[Mapping[str, Any]], None]) -> Answers:
        given.append(folder)
        return Answers(ANSWERS, lambda: report(event(1)))

    runner.run(JOB, make, tmp_path)
    assert given == [JOB.folder(tmp_path)]
    assert logged(tmp_path) == [event(1)]
    assert len(list((given[0] / "tensorboard").iterdir())) == 1


def test_predictions_that_are_all_alike_are_marked(tmp_path: Path) -> None:
    done = runner.run(JOB, made(Answers({**ANSWERS, "validation_two": [1.0, 1.0, 1.0]})), tmp_path)
    assert done.scores["two"] == {"acc": 100.0}
    assert done.status == {"one": "done", "two": "degenerate"}


def test_a_cell_done_again_replaces_its_record(tmp_path: Path) -> None:
    runner.run(JOB, made(Answers({**ANSWERS, "validation_one": [1.0, 0.0, 0.0, 1.0]})), tmp_path)
    assert record.read(JOB.path(tmp_path)).scores["one"] == {"acc": 0.0}
    runner.run(JOB, made(Answers(ANSWERS)), tmp_path)
    assert [found.scores["one"] for found in record.read_all(tmp_path / "mini")] == [{"acc": 75.0}]


# A cell that is not


def test_a_hidden_label_is_an_error(tmp_path: Path) -> None:
    data = replace(DATA, evaluations={"one": split("validation_one", 0, None, 1, 0, origin="hub toy test")})
    baseline = Answers(ANSWERS, lambda: pytest.fail("hours of training would have come first"))
    with pytest.raises(ValueError, match=r"^hub toy test hides its labels: it can be predicted, not scored$"):
        runner.run(replace(JOB, data=data), made(baseline), tmp_path)
    assert nothing_recorded(tmp_path)


@pytest.mark.parametrize(
    ("answers", "said"),
    [([0.0, 1.0], "2 predictions for 4 labels"), ([0.0, 1.0, float("nan"), 0.0], "a prediction is not a number")],
)
def test_answers_that_cannot_be_scored_leave_no_record(tmp_path: Path, answers: list[float], said: str) -> None:
    with pytest.raises(ValueError, match=said):
        runner.run(JOB, made(Answers({**ANSWERS, "validation_one": answers})), tmp_path)
    assert nothing_recorded(tmp_path)


@pytest.mark.parametrize("error", [ValueError("too long"), OSError("disk full")])
def test_a_failing_fit_leaves_no_record(tmp_path: Path, error: Exception) -> None:
    def fail() -> None:
        raise error

    with pytest.raises(type(error)) as caught:
        runner.run(JOB, made(Answers(ANSWERS, fail)), tmp_path)
    assert caught.value is error
    assert nothing_recorded(tmp_path)


def ignore(number: int, frame: FrameType | None) -> None:
    """A handler that keeps a run which cannot be stopped from ending the tests."""


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_a_stop_goes_through_and_leaves_no_record(tmp_path: Path, number: int, code: int) -> None:
    outside = signal.signal(number, ignore)
    told: list[str] = []

    def make(_: Path, report: Callable[[Mapping[str, Any]], None]) -> Answers:
        def fit() -> None:
            report(event(1))
            os.kill(os.getpid(), number)
            told.append("the update under way is finished")
            report(event(2))
            told.append("and no further one is begun")

        return Answers(ANSWERS, fit)

    try:
        with pytest.raises(Stop) as caught:
            runner.run(JOB, make, tmp_path)
        assert signal.getsignal(number) is ignore
    finally:
        signal.signal(number, outside)
    assert caught.value.code == code
    assert told == ["the update under way is finished"]
    assert nothing_recorded(tmp_path)
    assert logged(tmp_path) == [event(1), event(2)]


@dataclass(frozen=True)
class Given:
    """An origin with three rows a split, where one task's rows are missing and another's are broken."""

    def open(self, task: Task, source: Source) -> Opened:
        if task.name == "missing":
            raise FileNotFoundError("toy/train.tsv not found")
        label = "maybe" if task.name == "broken" and source.split == "train" else "yes"

        def rows() -> Iterator[tuple[str, Row]]:
            for i in range(3):
                yield f"{source.split} row {i}", {"text": f"{task.name} {i}", "label": label}

        return Opened(source.split, "given", source.n, rows())


THREE = replace(TOY, evaluations={"one": source("validation_one", 3)})
TASKS = [replace(THREE, name=name) for name in ("broken", "first", "missing", "last")]


def test_one_broken_set_does_not_stop_the_others() -> None:
    found, problems = runner.load_tasks(TASKS, Given(), None, False)
    assert list(found) == ["first", "last"]
    assert [example.label for example in found["last"].train.examples] == [1, 1, 1]
    assert found["first"].evaluations["one"].count.n == 3
    assert problems["missing"] == "toy/train.tsv not found"
    assert problems["broken"].startswith("train row 0: label 'maybe' in column 'label'; expected one of no, yes")
    assert set(problems) == {"missing", "broken"}


def test_limits_and_subsets_reach_every_split() -> None:
    limited, _ = runner.load_tasks([TASKS[1]], Given(), 2, False)
    counts = [limited["first"].train.count, limited["first"].evaluations["one"].count]
    assert [(count.n, count.of) for count in counts] == [(2, 3), (2, 3)]
    published = [replace(TASKS[1], train=source("train", 8), evaluations={"one": source("validation_one", 9)})]
    assert set(runner.load_tasks(published, Given(), None, False)[1]) == {"first"}
    found, problems = runner.load_tasks(published, Given(), None, True)
    counts = [found["first"].train.count, found["first"].evaluations["one"].count]
    assert ([(count.n, count.of) for count in counts], problems) == ([(3, 8), (3, 9)], {})


def test_a_stop_after_the_last_event_keeps_the_cell_and_begins_no_other(tmp_path: Path) -> None:
    outside = signal.signal(signal.SIGTERM, ignore)
    try:
        with pytest.raises(Stop):
            runner.run(JOB, made(Answers(ANSWERS, lambda: os.kill(os.getpid(), signal.SIGTERM))), tmp_path)
    finally:
        signal.signal(signal.SIGTERM, outside)
    assert JOB.path(tmp_path).exists()
