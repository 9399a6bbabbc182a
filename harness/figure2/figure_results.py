"""Figure 2 in results/: its data and its drawing, from what was accepted there."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from harness import record
from harness.figure2 import figure_data, figure_runs
from harness.figure2.figure_data import LEFT, RIGHT
from harness.storage.files import write_atomic

FORMATS = ("csv", "json", "svg")


def accepted(profile: str, results: Path) -> Iterator[tuple[str, list[dict[str, object]]]]:
    """Each half of which there are accepted records, with its rows. Those of tables alone make no figure."""
    folder = results / "records" / profile
    if any(made.transferred is not None for made in record.read_of(folder)):
        yield LEFT, figure_data.rows(LEFT, folder, profile)
    if rows := figure_data.rows(RIGHT, folder, profile):
        yield RIGHT, rows


def copy_zero_shot(runs: Path, profile: str, results: Path) -> list[Path]:
    """The scores that the figure shows, in place of earlier ones. Raises ValueError where not all are of whole data."""
    shown = figure_data.rows(RIGHT, runs, profile)
    if not shown or any(row["n"] < row["of"] for row in shown):
        raise ValueError(f"no zero-shot scores in {runs} that are all of whole data; run figure {RIGHT} first")
    kept = results / "records" / profile / figure_data.ZERO_SHOT
    written = []
    for folder in sorted((runs / figure_data.ZERO_SHOT).iterdir()):
        if folder.is_dir() and (rows := figure_data.zero_shot(folder)) and all(row in shown for row in rows):
            for path in sorted(folder.glob("*.json")):
                written.append(kept / folder.name / path.name)
                write_atomic(written[-1], path.read_bytes())
    for old in set(kept.glob("*/*.json")) - set(written):
        old.unlink()
    return written


def render(profile: str, results: Path) -> list[Path]:
    """results/<profile>/figure2-left.csv and so on. Raises OSError."""
    folder = results / profile
    return [
        path
        for number, rows in accepted(profile, results)
        for path in figure_runs.write(number, rows, profile, folder, FORMATS)
    ]
