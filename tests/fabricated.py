"""Records that no run has made, and readers of the tables that they give."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from harness import tables
from harness.layout import layout
from harness.metrics import score as scored_by
from harness.record import Record, SplitCount, code_hash, save
from harness.storage.predictions import save as keep
from harness.storage.sealed import SUM, sealed
from harness.tabular import cells
from harness.tasks import TASKS
from harness.tasks.base import single

TABLE = tables.TABLES[2]
HEADINGS = [column.heading for column in TABLE.columns]


def record(
    task: str = "rte",
    seed: int = 0,
    score: float | dict[str, float] = 60.0,
    *,
    recipe: str = "full",
    profile: str = "paper",
    metrics: dict[str, dict[str, float]] | None = None,
    limit: int | None = None,
    trained: tuple[int, int] | None = None,
    scored: tuple[int, int] | None = None,
    status: str = "done",
    code: str | None = None,
    finished: str = "2026-01-01T00:00:00+00:00",
    **key: Any,
) -> Record:
    """A record as a run would leave it; one score stands for the first metric of all of the task's evaluations."""
    sources = TASKS[task].evaluations
    seeds = {"initialisation": seed, "order": seed, "dropout": seed}
    first = score if isinstance(score, dict) else dict.fromkeys(sources, score)
    scores = metrics or {name: {TASKS[task].metrics[0]: value} for name, value in first.items()}
    train_n, train_of = trained or (TASKS[task].train.n,) * 2

    def split(name: str) -> SplitCount:
        n, of = scored or (sources[name].n,) * 2
        return SplitCount(sources[name].split, n, of, "d" * 64, "hub")

    return Record(
        task=task,
        recipe=recipe,
        profile=profile,
        seed=seed,
        seeds=seeds,
        key={"task": task, "task_version": 1, "recipe": recipe, "limit": limit, "seeds": seeds, **key},
        train=SplitCount("train", train_n, train_of, "t" * 64, "hub"),
        evaluations={name: split(name) for name in scores},
        scores=scores,
        status=dict.fromkeys(scores, status),
        baseline={},
        seconds=1.0,
        code=code or code_hash(),
        finished=finished,
    )


def answered(
    folder: Path, task: str, predictions: Sequence[float], labels: Sequence[float], seed: int = 0, **options: Any
) -> Record:
    """A record in `folder` with its predictions beside it, of as many rows as there are labels; no row has a text."""
    n = len(labels)
    scores = {name: scored_by(TASKS[task].metrics, labels, predictions) for name in TASKS[task].evaluations}
    options.setdefault("baseline", {"vocabulary": None, "weights": None})
    made = record(task, seed, metrics=scores, scored=(n, n), **options)
    save(made, folder)
    examples = [single(f"row {i}", label) for i, label in enumerate(labels)]
    for name in scores:
        keep(folder / made.recipe / made.name, name, examples, predictions)
    return made


def rewrite(path: Path, **changes: Any) -> None:
    """Replace fields of a JSON file (`...` removes one) and give it the checksum of what is then in it."""
    found = {**json.loads(path.read_text()), **changes, SUM: ...}
    path.write_text(json.dumps(sealed({name: value for name, value in found.items() if value is not ...})))


def cell(records: Sequence[Record], heading: str = "RTE", profile: str = "paper", **options: Any) -> cells.Cell:
    return tables.fill(TABLE, records, profile, code=code_hash(), **options)[HEADINGS.index(heading)]


def grid(text: str) -> dict[str, list[str]]:
    """A Markdown table's rows by their first cell; fails if they do not all have the same number of columns."""
    lines = [line for line in text.splitlines() if line.startswith("|")]
    split = [[part.strip() for part in re.split(r"(?<!\\)\|", line)[1:-1]] for line in lines]
    assert {len(row) for row in split} == {len(TABLE.columns) + 1}
    rows = {row[0]: row[1:] for row in split}
    assert len(rows) == len(split), "two rows of one name"
    return rows


def markdown(records: Sequence[Record], profile: str = "paper", **options: Any) -> str:
    return layout.render(TABLE, records, profile, format="markdown", code=code_hash(), **options)
