"""results/: what was accepted as a result, in git. Records are copied there on request, tables rendered from them.

`python -m harness.results` renders every table and figure anew; a test checks that what is committed is what the
records give.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path

from harness import figure_data, figure_results, layout, plan, record, tables
from harness.cells import choose
from harness.columns import Column
from harness.figure_data import LEFT, TRAIN
from harness.files import write_atomic
from harness.record import ROOT, Record
from harness.rescoring import disagreements
from harness.tables import TABLES, Table

RESULTS = ROOT / "results"


Check = Callable[[Record, Path], Sequence[str]]


def accept(table: Table, runs: Path, profile: str, results: Path = RESULTS, check: Check = disagreements) -> list[Path]:
    """Copy the records that the table shows (whole data only) from one profile's runs, and render it in results/.

    check: what of a record does not follow from its run's folder; by default its scores from its predictions.

    Earlier records of the same tasks and recipes are replaced, since seeds of two configurations are never averaged.
    Other tables that show some of them are rendered too. Returns what was written. Raises ValueError where there is
    nothing whole to accept or something does not follow, and then nothing is changed; OSError where writing fails.
    """
    groups: dict[tuple[str, str], list[Record]] = {}
    for made in record.read_all(runs):
        if table.shows(made) and is_whole(made):
            groups.setdefault((made.recipe, made.task), []).append(made)
    if not groups:
        raise ValueError(f"no record in {runs} is of whole data and in Table {table.number}; run it first")
    chosen = {place: choose(records, ())[0] for place, records in groups.items()}
    written = copy(chosen, runs, profile, results, check)
    others = [other for other, name in accepted(results) if name == profile and other != table]
    figures = figure_results.render(profile, results)
    return [*written, *figures, *(render(other, profile, results) for other in (*others, table))]


def accept_figure(
    number: str, runs: Path, profile: str, results: Path = RESULTS, check: Check = disagreements
) -> list[Path]:
    """The same of what a half of Figure 2 is drawn from: the left's records, the right's zero-shot scores."""
    if number == LEFT:
        made = figure_data.chosen(filter(is_whole, record.read_all(runs)), profile)
        chosen = {(records[0].recipe, task): records for (task, _), records in made.items()}
        if not any(record.transferred is not None for records in chosen.values() for record in records):
            raise ValueError(f"no record in {runs} is of whole data and in figure {number}; run it first")
        written = copy(chosen, runs, profile, results, check)
    else:
        written = figure_results.copy_zero_shot(runs, profile, results)
    tables = [render(table, profile, results) for table, name in accepted(results) if name == profile]
    return [*written, *tables, *figure_results.render(profile, results)]


def is_whole(made: Record) -> bool:
    """Of the training rows among what is scored beside the evaluations a sample is enough."""
    beside = [one.count for name, one in made.beside.items() if name != TRAIN]
    return all(count.n == count.of for count in (made.train, *made.evaluations.values(), *beside))


def copy(
    chosen: Mapping[tuple[str, str], Sequence[Record]], runs: Path, profile: str, results: Path, check: Check
) -> list[Path]:
    """(recipe, task) -> its records, into results/records/, in place of earlier ones. Raises as `accept`."""
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
            write_atomic(path, record.to_json(made))
        for old in set(folder.glob(f"{task}-seed*.json")) - kept.keys():
            old.unlink()
        written += kept
    return written


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
    for folder in sorted((RESULTS / "records").glob("*")):
        for path in figure_results.render(folder.name, RESULTS):
            print(f"wrote {path}")
