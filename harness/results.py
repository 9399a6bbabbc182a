"""results/: what was accepted as a result, in git. Records are copied there on request, tables rendered from them.

`python -m harness.results` renders every table, figure and list of claims anew; a test checks that what is committed
is what the records give.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path

from harness import record, tables
from harness.evidence.rescoring import disagreements
from harness.figure2 import figure_data, figure_results
from harness.figure2.figure_data import LEFT, TRAIN
from harness.layout import layout
from harness.preparation import plan
from harness.record import ROOT, Record
from harness.storage.files import write_atomic
from harness.storage.predictions import in_lines
from harness.tables import TABLES, Table
from harness.tabular.cells import choose
from harness.tabular.columns import Column

RESULTS = ROOT / "results"
CLAIMS = "claims.md"
NAME = re.compile(r"\w[\w.-]*")  # of a folder: a record from elsewhere must not name one outside of results/

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
    for made in record.read_of(runs):
        if table.shows(made) and is_whole(made):
            groups.setdefault((made.recipe, made.task), []).append(made)
    if not groups:
        raise ValueError(f"no record in {runs} is of whole data and in Table {table.number}; run it first")
    chosen = {place: choose(records, ())[0] for place, records in groups.items()}
    written = copy(chosen, runs, profile, results, check, keep)
    return [*written, *render_all(profile, results)]


def accept_figure(
    number: str,
    runs: Path,
    profile: str,
    results: Path = RESULTS,
    check: Check = disagreements,
    keep: Keep = with_answers,
) -> list[Path]:
    """The same of what a half of Figure 2 is drawn from: the left's records, the right's zero-shot scores."""
    if number == LEFT:
        made = figure_data.chosen(filter(is_whole, record.read_of(runs)), profile)
        chosen = {(records[0].recipe, task): records for (task, _), records in made.items()}
        if not any(record.transferred is not None for records in chosen.values() for record in records):
            raise ValueError(f"no record in {runs} is of whole data and in figure {number}; run it first")
        written = copy(chosen, runs, profile, results, check, keep)
    else:
        written = figure_results.copy_zero_shot(runs, profile, results)
    return [*written, *render_all(profile, results)]


def is_whole(made: Record) -> bool:
    """Of the training rows among what is scored beside the evaluations a sample is enough."""
    beside = [one.count for name, one in made.beside.items() if name != TRAIN]
    return all(count.n == count.of for count in (made.train, *made.evaluations.values(), *beside))


def copy(
    chosen: Mapping[tuple[str, str], Sequence[Record]],
    runs: Path,
    profile: str,
    results: Path,
    check: Check,
    keep: Keep,
) -> list[Path]:
    """(recipe, task) -> its records, into results/records/, in place of earlier ones. Raises as `accept`."""
    for made in (made for records in chosen.values() for made in records):
        if not NAME.fullmatch(made.recipe):
            raise ValueError(f"a record in {runs} has the recipe {made.recipe!r:.60}, expected a name; move it away")
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
    return written


def render_all(profile: str, results: Path = RESULTS) -> list[Path]:
    """results/<profile>/: its tables, its halves of Figure 2, the claims; all from accepted records. Raises OSError."""
    written = [
        tables.write(table, text(table, profile, results), results / profile)
        for table, name in accepted(results)
        if name == profile
    ]
    written += figure_results.render(profile, results)
    write_atomic(results / profile / CLAIMS, claims_text(profile, results))
    return [*written, results / profile / CLAIMS]


def text(table: Table, profile: str, results: Path = RESULTS) -> str:
    """The accepted table in Markdown. Which code made its records stands in each of them, so none is marked."""
    from harness.evidence.analysis import analyse

    folder = results / "records" / profile
    records, problems = list(record.read_of(folder)), plan.remembered(folder)
    analysed = partial(analyse, profile=profile, folder=folder)
    return layout.render(table, records, profile, problems, "markdown", references=True, analyse=analysed)


def claims_text(profile: str, results: Path = RESULTS) -> str:
    from harness.evidence import claims

    return claims.markdown(claims.of_folder(results / "records" / profile, profile), profile)


def accepted(results: Path = RESULTS) -> Iterator[tuple[Table, str]]:
    """Every table and profile for which there are accepted records."""
    for folder in sorted((results / "records").glob("*")):
        tasks = {made.task for made in record.read_of(folder)}
        for table in TABLES.values():
            if any(isinstance(column, Column) and column.task in tasks for column in table.columns):
                yield table, folder.name


if __name__ == "__main__":
    try:
        for name in dict.fromkeys(name for _, name in accepted()):
            for path in render_all(name):
                print(f"wrote {path}")
    except (ValueError, OSError) as error:  # a damaged record, a full disk
        sys.exit(f"results: {error}")
