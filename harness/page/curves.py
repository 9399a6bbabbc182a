"""Learning curves of runs as small charts: loss by update of each training, held-out perplexity of pre-trainings."""

from __future__ import annotations

import json
import math
import statistics
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

from harness.record import Record

READ, DRAWN = 400, 80  # lines of a log that are read, evenly; points of a line that is drawn, each a mean of some
WIDTH, HEIGHT = 220, 90  # of the plotted area
Curve = Sequence[tuple[float, float]]


class Series(NamedTuple):
    name: str
    points: str  # as SVG's polyline wants them


class Chart(NamedTuple):
    """top, bottom, left, right: what stands at the ends of the axes. told: the same in words."""

    title: str
    series: Sequence[Series]
    top: str
    bottom: str
    left: str
    right: str
    told: str


def read(log: Path, event: str, value: str) -> list[tuple[float, float]]:
    """Updates and values of one kind of event, thinned; nothing where there is no log. Damaged lines are left out."""
    try:
        lines = [line for line in log.read_text(encoding="utf-8", errors="replace").splitlines() if event in line]
    except OSError:
        return []
    found = []
    for line in lines[:: max(1, len(lines) // READ)]:
        try:
            told = json.loads(line)
            if told["event"] == event and math.isfinite(told[value]):
                found.append((float(told["update"]), float(told[value])))
        except (ValueError, KeyError, TypeError, OverflowError, RecursionError):
            continue
    return found


def smoothed(curve: Curve, points: int = DRAWN) -> list[tuple[float, float]]:
    """Means over `points` stretches of equally many values."""
    size = max(1, math.ceil(len(curve) / points))
    parts = [curve[i : i + size] for i in range(0, len(curve), size)]
    return [(statistics.fmean(x for x, _ in part), statistics.fmean(y for _, y in part)) for part in parts]


def of_trainings(records: Iterable[Record], folder: Path) -> dict[str, list[Chart]]:
    """task -> a chart a recipe, all with the same axis of losses; a line a seed. Runs without a log are left out."""
    found: dict[str, dict[str, dict[str, Curve]]] = {}
    for made in records:
        if curve := read(folder / made.recipe / made.name / "log.jsonl", "fine-tuning", "loss"):
            of_recipe = found.setdefault(made.task, {}).setdefault(made.recipe, {})
            of_recipe[f"seed {made.seed}"] = smoothed(curve)
    return {
        task: [chart(f"{task}, {recipe}", curves, "loss", top_of(of_task)) for recipe, curves in of_task.items()]
        for task, of_task in found.items()
    }


def top_of(curves: Mapping[str, Mapping[str, Curve]]) -> float:
    return max(y for of_recipe in curves.values() for curve in of_recipe.values() for _, y in curve)


def of_pretrainings(folder: Path) -> list[Chart]:
    """Perplexity on held-out text by update, both on logarithmic axes."""
    charts = []
    for log in sorted(folder.glob("pretrained/*/log.jsonl")):
        curve = [(math.log10(x), math.log10(y)) for x, y in read(log, "held-out", "perplexity") if x >= 1 and y > 0]
        if len(curve) > 1:
            charts.append(logarithmic(log.parent, curve))
    return charts


def logarithmic(run: Path, curve: Curve) -> Chart:
    (first, before), (last, after) = curve[0], curve[-1]
    low, high = min(y for _, y in curve), max(y for _, y in curve)
    low, high = math.floor(low * 10) / 10, math.ceil(high * 10) / 10
    scaled = points(curve, (first, last), (low, high))
    done = finished(run)
    told = f"held-out perplexity {10**before:.1f} at update {10**first:,.0f}, {10**after:.2f} at update {10**last:,.0f}"
    ends = (f"{10**high:,.3g}", f"{10**low:,.3g}", f"{10**first:,.0f}", f"{10**last:,.0f}")
    return Chart(run.name, [Series("held-out", scaled)], *ends, f"{told}; {done}")


def finished(run: Path) -> str:
    """What a pre-training says of itself at its end."""
    try:
        told = json.loads((run / "pretraining.json").read_text())
        return f"{told['tokens']:,} tokens, perplexity at the end {told['held_out_perplexity']:.2f}"
    except (OSError, ValueError, KeyError, TypeError, RecursionError):
        return "not finished"


def chart(title: str, curves: Mapping[str, Curve], what: str, top: float) -> Chart:
    """From 0 up to `top`."""
    last = max(x for curve in curves.values() for x, _ in curve)
    series = [Series(name, points(curve, (0.0, last), (0.0, top or 1.0))) for name, curve in curves.items()]
    ends = statistics.fmean(curve[-1][1] for curve in curves.values())
    starts = statistics.fmean(curve[0][1] for curve in curves.values())
    told = f"{what} {starts:.2f} at first, {ends:.2f} at the end, {', '.join(curves)}"
    return Chart(title, series, f"{top:.2g}", "0", "0", f"{last:,.0f}", told)


def points(curve: Curve, across: tuple[float, float], up: tuple[float, float]) -> str:
    """ "0.0,90.0 2.8,41.5": y grows downwards."""
    width, height = (ends[1] - ends[0] or 1.0 for ends in (across, up))
    return " ".join(
        f"{WIDTH * (x - across[0]) / width:.1f},{HEIGHT * (1 - (y - up[0]) / height):.1f}" for x, y in curve
    )
