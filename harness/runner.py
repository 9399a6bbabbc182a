"""One cell: fit on the training examples, predict, score, keep a record."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path
from typing import Any, Protocol

from harness import metrics, record
from harness.data import Origin, Split, content_hash, load
from harness.drawn import FIRST, Drawn
from harness.monitoring.progress import Progress
from harness.record import Beside, Record
from harness.storage import predictions
from harness.tasks.base import Example, Form, Task

TRAIN = "train"  # among what is scored beside the evaluations: some of the training rows
SAMPLED = 5_000  # of them at most


class Baseline(Protocol):
    """What the runner needs of what it measures."""

    def fit(self, train: Sequence[Example], judge: Callable[[Any], float]) -> Any: ...
    def predict(self, examples: Sequence[Example]) -> list[float]: ...
    def scores(self, examples: Sequence[Example]) -> list[list[float]]: ...
    def describe(self) -> dict[str, Any]: ...
    def finished(self) -> None: ...


@dataclass(frozen=True)
class Data:
    """A task's examples: what it is trained on, each of its evaluations, what it answers for a submission, and what is
    scored for a figure besides.
    """

    train: Split
    evaluations: Mapping[str, Split]
    hidden: Mapping[str, Split] = field(default_factory=dict)
    beside: Mapping[str, Split] = field(default_factory=dict)

    @property
    def asked(self) -> dict[str, Split]:
        """All that is predicted, in order."""
        return {**self.beside, **self.evaluations, **self.hidden}


@dataclass(frozen=True)
class Job:
    """One training to do: a task, a recipe, a seed; `fingerprint` is what the baseline says of itself beforehand.

    drawn: the world that `data` is of, and whose pre-training it starts from.
    """

    task: Task
    recipe: str
    profile: str
    seed: int
    fingerprint: Mapping[str, Any]
    data: Data
    drawn: Drawn = FIRST

    @cached_property
    def key(self) -> dict[str, Any]:
        """Everything that could change the number. `seeds` apart, records with equal keys may be averaged."""
        evaluations = {name: [split.count.n, split.count.hash] for name, split in self.data.evaluations.items()}
        return {
            "task": self.task.name,
            "task_version": self.task.version,
            "profile": self.profile,
            "train": [self.data.train.count.n, self.data.train.count.hash],
            "evaluations": evaluations,
            "baseline": dict(self.fingerprint),
            "seeds": self.seeds,
            **self.drawn.of(self.fingerprint).key,
        }

    @property
    def seeds(self) -> dict[str, int]:
        return dict.fromkeys(("initialisation", "order", "dropout"), self.seed)

    @property
    def label(self) -> str:
        return f"{self.task.name} {self.recipe} seed {self.seed}"

    def folder(self, runs: Path) -> Path:
        """The training's own: its checkpoint, its log, in the end its record."""
        return runs / self.profile / self.recipe / record.folder_name(self.task.name, self.seed, self.key)

    def path(self, runs: Path) -> Path:
        return self.folder(runs) / "record.json"

    def made(self, runs: Path) -> int | None:
        """When its record was written (nanoseconds, as the file system has it); None where there is none."""
        path = self.path(runs)
        return path.stat().st_mtime_ns if path.exists() else None

    def is_done(self, runs: Path, replaced: int | None = None) -> bool:
        """Scored, beside its evaluations too where that is asked for; hidden splits that are asked for answered.

        One that diverged would do so again: it has no answers, and is done. replaced: a record that was made at that
        very time is to be replaced, and does not count.
        """
        folder = self.folder(runs)
        if self.made(runs) in (None, replaced):
            return False
        made = record.read(self.path(runs))
        if made.fault:
            return True
        if not all(predictions.path_of(folder, n).exists() for n in self.data.hidden):
            return False
        rows = {name: (one.count.n, one.count.hash) for name, one in made.beside.items()}  # which are not in the key
        return all(rows.get(name) == (split.count.n, split.count.hash) for name, split in self.data.beside.items())


def load_tasks(
    tasks: Iterable[Task],
    origin: Origin,
    limit: int | None,
    allow_subset: bool,
    hidden: bool = False,
    beside: bool = False,
) -> tuple[dict[str, Data], dict[str, str]]:
    """-> (task -> its examples, task -> why it gives no number). One broken set does not stop the others.

    hidden: also load the splits that only the GLUE server scores. beside: also what a figure shows, the task's own and
    some of the training rows.
    """
    found, problems = {}, {}
    for task in tasks:
        try:
            scored, asked, shown = (
                {name: load(task, source, origin, limit, allow_subset) for name, source in sources.items()}
                for sources in (task.evaluations, task.hidden if hidden else {}, task.beside if beside else {})
            )
            train = load(task, task.train, origin, limit, allow_subset)
            found[task.name] = Data(train, scored, asked, {**shown, TRAIN: sample(train)} if beside else {})
        except (ValueError, OSError) as error:
            problems[task.name] = str(error)
    return found, problems


def sample(train: Split) -> Split:
    """At most SAMPLED of the rows, evenly spaced."""
    n = len(train.examples)
    used = [train.examples[i * n // SAMPLED] for i in range(SAMPLED)] if n > SAMPLED else train.examples
    return Split(replace(train.count, n=len(used), hash=content_hash(used)), used)


def run(job: Job, make: Callable[[Path, Callable[[Mapping[str, Any]], None]], Baseline], runs: Path) -> Record:
    """Train and score one cell and save its record. `make(run_dir, report)` gives the baseline.

    Where the training diverges (the baseline's FloatingPointError), the record has its fault in place of scores. Raises
    progress.Stop when stopped (the training's state is saved), ValueError or OSError when it fails; then there is no
    record. An OSError that only comes when the result is saved says the result.
    """
    folder = job.folder(runs)
    began = time.monotonic()
    progress = Progress(job.label, folder / "log.jsonl")
    known = {**job.data.evaluations, **job.data.beside}
    labels = {name: [label_of(e, split) for e in split.examples] for name, split in known.items()}

    def judge(model: Baseline) -> float:
        """For a recipe that takes the best epoch, as the release does: the first metric on the first scored split."""
        name, split = next(iter(job.data.evaluations.items()))
        metric = job.task.metrics[0]
        return metrics.score((metric,), labels[name], model.predict(split.examples))[metric]

    with progress.stoppable():
        baseline = make(folder, progress)
        scores: dict[str, dict[str, float]] = {}
        status, fault = dict.fromkeys(job.data.evaluations, "diverged"), ""
        sums: dict[str, str] = {}
        unsaved: OSError | None = None
        try:
            baseline.fit(job.data.train.examples, judge)
        except FloatingPointError as error:
            fault = str(error)
            for note in getattr(error, "__notes__", ()):  # texts of examples, which a record must not pass on
                progress.say(note)
        for name, split in job.data.asked.items() if not fault else ():
            answers = baseline.predict(split.examples)
            if name in labels:
                scores[name] = metrics.score(job.task.metrics, labels[name], answers)
                status[name] = "degenerate" if metrics.degenerate(answers) else "done"
            likely = certainty(job.task.form, answers, baseline, split.examples)
            try:
                sums[name] = predictions.save(folder, name, split.examples, answers, likely)
            except OSError as error:
                unsaved = error
    done = Record(
        task=job.task.name,
        recipe=job.recipe,
        profile=job.profile,
        seed=job.seed,
        seeds=job.seeds,
        key=job.key,
        train=job.data.train.count,
        evaluations={name: split.count for name, split in job.data.evaluations.items()},
        scores={name: scores[name] for name in job.data.evaluations if not fault},
        status={name: status[name] for name in job.data.evaluations},
        baseline=baseline.describe(),
        seconds=round(time.monotonic() - began, 2),
        code=record.code_hash(),
        environment=record.environment(),
        finished=datetime.now(UTC).isoformat(timespec="seconds"),
        beside={n: Beside(s.count, scores[n], status[n]) for n, s in job.data.beside.items() if not fault},
        fault=fault,
        predictions=sums,
    )
    try:
        if unsaved is not None:
            raise unsaved
        record.save(done, runs / job.profile)
    except OSError as error:
        raise OSError(f"{done.summary}; this could not be saved: {error}") from error
    baseline.finished()
    progress.leave_if_asked()  # asked to stop during the last prediction: this cell is done, the next is not begun
    return done


def certainty(
    form: Form, answers: Sequence[float], baseline: Baseline, examples: Sequence[Example]
) -> list[float] | None:
    """The probability that the model gives to each of its answers; none where it answers with a number."""
    if form.kind == "score":
        return None
    return [row[int(answer)] for answer, row in zip(answers, baseline.scores(examples), strict=True)]


def label_of(example: Example, split: Split) -> float:
    if example.label is None:
        raise ValueError(f"{split.count.origin} hides its labels: it can be predicted, not scored")
    return example.label
