"""What the paper claims in its tables: between the rows of Table 5, and beside what others had published before."""

from __future__ import annotations

import statistics as means
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

from harness import metrics
from harness.evidence import analysis
from harness.evidence.analysis import p_text
from harness.evidence.claim import FAILS, HOLDS, NOT_MEASURED, UNDECIDED, Claim, verdict_of
from harness.layout.layout import plural, signed
from harness.record import Record
from harness.tables import TABLES
from harness.tabular import paper
from harness.tabular.cells import fill
from harness.tabular.columns import Average


class Contrast(NamedTuple):
    """One row of Table 5 is above another, in the mean over some columns and on each but the exceptions."""

    name: str
    text: str
    where: str
    below: str  # the recipe that `full` is above of
    columns: tuple[str, ...]
    but: tuple[str, ...] = ()


EVERY = tuple(column.name for column in TABLES[5].columns if not isinstance(column, Average))
CONTRASTS = (
    Contrast(
        "pre-training",
        "Pre-training helps on every task",
        "section 5, Table 5",
        "no_pretraining",
        EVERY,
    ),
    Contrast(
        "transformer",
        "The Transformer beats the LSTM on every task but MRPC",
        "section 5, Table 5",
        "lstm",
        EVERY,
        but=("mrpc",),
    ),
    Contrast(
        "auxiliary",
        "The auxiliary objective helps on the NLI tasks and QQP",
        "section 5, Table 5",
        "no_aux",
        ("qqp", "mnli", "qnli", "rte"),
    ),
)
# the twelve data sets of its Table 1: a table's columns
DATA_SETS = {
    "SNLI": (2, ("snli",)),
    "MNLI": (2, ("mnli_m", "mnli_mm")),
    "QNLI": (2, ("qnli",)),
    "RTE": (2, ("rte",)),
    "SciTail": (2, ("scitail",)),
    "RACE": (3, ("race",)),
    "Story Cloze": (3, ("story_cloze",)),
    "MRPC": (4, ("mrpc",)),
    "QQP": (4, ("qqp",)),
    "STS-B": (4, ("stsb",)),
    "SST-2": (4, ("sst2",)),
    "CoLA": (4, ("cola",)),
}


def contrast(claim: Contrast, records: Sequence[Record], profile: str, folder: Path) -> Claim:
    table = TABLES[5]
    scores = {recipe: paper.rows(5)[label] for recipe, label in table.own.items()}
    published = {name: gap(scores["full"][name], scores[claim.below][name]) for name in claim.columns}
    average = gap(scores["full"]["avg"], scores[claim.below]["avg"])  # printed; the mean of the columns differs by 0.1
    mean = average if claim.columns == EVERY else means.fmean(published.values())

    def said(verdict: str, measured: str) -> Claim:
        told = f"mean {mean:+.1f}; {spelled(published)}"
        return Claim(claim.name, claim.text, claim.where, told, verdict, measured)

    chosen = [column for column in table.columns if column.name in claim.columns]
    of = {column.tasks[0]: metrics.TABLE_5[column.tasks[0]] for column in chosen}
    pairs = [
        [fill(column, records, profile, recipe) for recipe in ("full", claim.below)]
        for column in (*chosen, Average("mean", "mean", of))
    ]
    missing = [full.column.name for full, below in pairs[:-1] if full.mean is None or below.mean is None]
    if missing:
        return said(NOT_MEASURED, f"no number of full and {claim.below} for {', '.join(missing)}")
    compared = {full.column.name: analysis.compared(full, below, folder) for full, below in pairs}
    versus, seeds = compared.pop("mean")
    if versus is None or not all(found for found, _ in compared.values()):
        return said(UNDECIDED, "the predictions were not kept, or there is no seed in common, so nothing is tested")
    each = {name: found.difference for name, (found, _) in compared.items() if found}
    against = [name for name, value in each.items() if value <= 0 and name not in claim.but]
    told = (
        f"mean {versus.difference:+.1f} ({versus.low:.1f} to {versus.high:.1f}), {p_text(versus.p)}, {plural(seeds)}; "
        f"{spelled(each)}"
    )
    return said(verdict_of(versus.difference, versus.p, not against), told)


def gap(one: float | None, other: float | None) -> float:
    """Of two printed numbers; Table 5 has them all."""
    if one is None or other is None:
        raise ValueError("Table 5 of results/paper.json has an empty cell; get the file again")
    return one - other


def spelled(values: Mapping[str, float]) -> str:
    return ", ".join(f"{name} {signed(value)}" for name, value in values.items())


def best_before(number: int, column: str) -> float:
    own = set(TABLES[number].own.values())
    return max(row[column] or 0.0 for label, row in paper.rows(number).items() if label not in own)


def won(scores: Callable[[int, str], float | None]) -> tuple[list[str], list[str]]:
    """-> (sets whose every score is above the best published before, sets without a score)."""
    above, unknown = [], []
    for name, (number, columns) in DATA_SETS.items():
        pairs = [(scores(number, column), best_before(number, column)) for column in columns]
        if any(score is None for score, _ in pairs):
            unknown.append(name)
        elif all(score > best for score, best in pairs if score is not None):
            above.append(name)
    return above, unknown


def state_of_the_art(records: Sequence[Record], profile: str) -> Claim:
    own = {number: next(iter(TABLES[number].own.values())) for number in (2, 3, 4)}
    published, _ = won(lambda number, column: paper.rows(number)[own[number]][column])

    def said(verdict: str, measured: str) -> Claim:
        told = f"{len(published)} of {len(DATA_SETS)}: {', '.join(published)}"
        text = "New state of the art on 9 of the 12 data sets"
        return Claim("state of the art", text, "section 4.2, Tables 2 to 4", told, verdict, measured)

    if profile != "paper":
        return said(NOT_MEASURED, f"the {profile} profile's numbers cannot be compared with other papers'")
    columns = {(number, column.name): column for number in own for column in TABLES[number].columns}

    def measured(number: int, column: str) -> float | None:
        cell = fill(columns[number, column], records, profile)
        return cell.mean if cell.whole else None

    above, unknown = won(measured)
    told = f"{len(above)} of {len(DATA_SETS)}: {', '.join(above) or 'none'}"
    if unknown:
        return said(NOT_MEASURED, f"{told}; without a number: {', '.join(unknown)}")
    return said(HOLDS if len(above) >= len(published) else FAILS, f"{told}; GLUE's on validation splits")
