"""results/: what was accepted as a result, in git. Records are copied there on request, tables rendered from them.

`python -m harness.results` renders every table anew; a test checks that what is committed is what the records give.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path

from harness import layout, plan, record, tables
from harness.cells import choose
from harness.columns import Column
from harness.files import write_atomic
from harness.predictions import in_lines
from harness.record import ROOT, Record
from harness.rescoring import disagreements
from harness.tables import TABLES, Table

RESULTS = ROOT / "results"


Check = Callable[[Record, Path], Sequence[str]]
Keep = Callable[[Record, Path], Record]


def with_answers(made: Record, run: Path) -> Record:
    """Its run's files of predictions stay where they are; their numbers go with the record, for tests between rows."""
    return replace(made, answers=in_lines(run, made.scores))


def accept(
    table: Table,
    runs: Path,
    profile: str,
    results: Path = RESULTS,
    check: Check = disagreements,
    keep: Keep = with_answers,
) -> list[Path]:
    """Copy the records that the table shows (whole data only) from one profile's runs, and render it in results/.

    check: what of a record does not follow from its run's folder; by default its scores from its predictions.
    keep: the record as it is kept.

    Earlier records of the same tasks and recipes are replaced, since seeds of two configurations are never averaged.
    Other tables that show some of them are rendered too. Returns what was written. Raises ValueError where there is
    nothing whole to accept or something does not follow, and then nothing is changed; OSError where writing fails.
    """
    groups: dict[tuple[str, str], list[Record]] = {}
    for made in record.read_all(runs):
        counts = [made.train, *made.evaluations.values()]
        if table.shows(made) and all(count.n == count.of for count in counts):
            groups.setdefault((made.recipe, made.task), []).append(made)
    if not groups:
        raise ValueError(f"no record in {runs} is of whole data and in Table {table.number}; run it first")
    chosen = {place: choose(records, ())[0] for place, records in groups.items()}
    for made in (made for records in chosen.values() for made in records):
        if wrong := check(made, runs / made.recipe / made.name):
            raise ValueError(
                f"{made.recipe} {made.name} does not follow from its run: {'; '.join(wrong)}; run it again"
            )
    written: list[Path] = []
    for (recipe, task), records in chosen.items():
        folder = results / "records" / profile / recipe
        kept = {folder / f"{task}-seed{made.seed}.json": made for made in records}
        for path, made in kept.items():
            write_atomic(path, record.to_json(keep(made, runs / recipe / made.name)))
        for old in set(folder.glob(f"{task}-seed*.json")) - kept.keys():
            old.unlink()
        written += kept
    others = [other for other, name in accepted(results) if name == profile and other != table]
    return [*written, *(render(other, profile, results) for other in (*others, table))]


def render(table: Table, profile: str, results: Path = RESULTS) -> Path:
    """results/<profile>/table<n>.md from the accepted records. Raises OSError."""
    return tables.write(table, text(table, profile, results), results / profile)


def text(table: Table, profile: str, results: Path = RESULTS) -> str:
    """The accepted table in Markdown. Which code made its records stands in each of them, so none is marked."""
    records = list(record.read_all(results / "records" / profile))
    problems = plan.remembered(results / "records" / profile)
    return layout.render(table, records, profile, problems, "markdown", references=True)


def accepted(results: Path = RESULTS) -> Iterator[tuple[Table, str]]:
    """Every table and profile for which there are accepted records."""
    for folder in sorted((results / "records").glob("*")):
        tasks = {made.task for made in record.read_all(folder)}
        for table in TABLES.values():
            if any(isinstance(column, Column) and column.task in tasks for column in table.columns):
                yield table, folder.name


if __name__ == "__main__":
    for table, profile in accepted():
        print(f"wrote {render(table, profile)}")
