"""The paper's tables, its numbers beside ours, filled from records only: to render one needs no model and no data.

A table is a declared value. `layout.lay_out` turns it and the records into a `Sheet`, a format turns that into text.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from harness import metrics
from harness.record import Record
from harness.storage.files import write_atomic
from harness.tabular.cells import NO_PROBLEMS, Cell
from harness.tabular.cells import fill as fill_column
from harness.tabular.columns import Average, Column

OURS = {"full": "Finetuned Transformer LM (ours)"}


@dataclass(frozen=True)
class Table:
    """One of the paper's tables. own: a recipe's name -> the label of its row in results/paper.json."""

    number: int
    title: str
    columns: tuple[Column | Average, ...]
    own: Mapping[str, str]

    @property
    def tasks(self) -> tuple[str, ...]:
        """All that its columns need, in their order."""
        return tuple(dict.fromkeys(task for column in self.columns for task in column.tasks))

    def shows(self, record: Record) -> bool:
        return record.task in self.tasks and record.transferred is None


def validation(name: str, heading: str, metric: str = "acc") -> Column:
    """A column of GLUE, named as its task."""
    return Column(name, f"{heading} ({'F1' if metric == 'f1' else metric})", name, ("validation",), metric)


COLA = validation("cola", "CoLA", "mc")
SST2 = validation("sst2", "SST-2")
MRPC = validation("mrpc", "MRPC", "f1")
STSB = validation("stsb", "STS-B", "pc")
QQP = validation("qqp", "QQP", "f1")

TABLES = {
    2: Table(
        number=2,
        title="Natural language inference",
        columns=(
            Column("mnli_m", "MNLI-m", "mnli", ("matched",)),
            Column("mnli_mm", "MNLI-mm", "mnli", ("mismatched",)),
            Column("snli", "SNLI", "snli", ("test",), paper_split="test"),
            Column("scitail", "SciTail", "scitail", ("test",), paper_split="test"),
            Column("qnli", "QNLI", "qnli", ("validation",)),
            Column("rte", "RTE", "rte", ("validation",)),
        ),
        own=OURS,
    ),
    3: Table(
        number=3,
        title="Question answering and commonsense reasoning",
        columns=(
            Column("story_cloze", "Story Cloze", "story_cloze", ("test",), paper_split="test"),
            Column("race_m", "RACE-m", "race", ("middle",), paper_split="test"),
            Column("race_h", "RACE-h", "race", ("high",), paper_split="test"),
            Column("race", "RACE", "race", ("middle", "high"), paper_split="test", by_rows=True),
        ),
        own=OURS,
    ),
    4: Table(
        number=4,
        title="Semantic similarity and classification (GLUE evaluation server)",
        columns=(COLA, SST2, MRPC, STSB, QQP, Average("glue", "GLUE", metrics.GLUE)),
        own=OURS,
    ),
    5: Table(
        number=5,
        title="Ablations",
        columns=(
            Average("avg", "Avg", metrics.TABLE_5),
            COLA,
            SST2,
            MRPC,
            STSB,
            QQP,
            Column("mnli", "MNLI (acc)", "mnli", ("matched", "mismatched")),
            validation("qnli", "QNLI"),
            validation("rte", "RTE"),
        ),
        own={
            "full": "Transformer w/ aux LM (full)",
            "no_pretraining": "Transformer w/o pre-training",
            "no_aux": "Transformer w/o aux LM",
            "lstm": "LSTM w/ aux LM",
        },
    ),
}


def fill(
    table: Table,
    records: Iterable[Record],
    profile: str,
    recipe: str = "full",
    problems: Mapping[str, str] = NO_PROBLEMS,
    code: str | None = None,
) -> list[Cell]:
    """The measured row of one recipe, a cell a column. See `harness.tabular.cells.fill`."""
    records = list(records)
    return [fill_column(column, records, profile, recipe, problems, code) for column in table.columns]


def write(table: Table, text: str, folder: Path, suffix: str = "") -> Path:
    """Write `text` to `folder/table<number><suffix>.md`, whole or not at all. Raises OSError."""
    path = folder / f"table{table.number}{suffix}.md"
    write_atomic(path, text.rstrip("\n") + "\n")
    return path
