"""Both halves of Figure 2 over a study's pre-trainings: a thin line each, by its world, and thick their mean.

To be read in greyscale too: a world has its own mark and its own shade.
"""

from __future__ import annotations

import statistics as means
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any

from harness import figures
from harness.evidence.claim import Points
from harness.figure2.figure_data import LEFT, NOTHING, RIGHT, TASKS_LEFT, TRAIN
from harness.figures import CHANCE, CHANCE_LINE, METRICS, PROFILES, TITLES
from harness.study.study_claims import ZERO_SHOT, Row
from harness.study.study_data import Study

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

NAMES = {LEFT: "layers", RIGHT: "zero_shot"}
WORLDS = (("tab:blue", "o"), ("tab:orange", "^"), ("tab:green", "s"), ("tab:purple", "D"), ("tab:brown", "v"))
MEAN: dict[str, Any] = {"color": "black", "linewidth": 2.4, "zorder": 4}
OTHER: dict[str, Any] = {"color": "0.45", "linewidth": 2.0, "linestyle": "--", "zorder": 3}
Curve = Mapping[float, float]


def render(study: Study, format: str) -> dict[str, bytes]:
    """ "layers" and "zero_shot", those of which there is anything, as "svg" or "png"."""
    halves: dict[str, tuple[Mapping[Row, Points], Callable[[Study], Figure]]] = {
        LEFT: (study.left, layers),
        RIGHT: (study.right, zero_shot),
    }
    return {
        NAMES[number]: figures.saved(partial(draw, study), format)
        for number, (points, draw) in halves.items()
        if points
    }


def layers(study: Study) -> Figure:
    """A panel a task: accuracy on the dev split over the number of transferred layers."""
    n = len(study.asked.seeds)
    seeds = "1 seed" if n == 1 else f"mean of {n} seeds"
    title = f"Layers transferred, dev, {seeds} ({PROFILES.get(study.asked.profile, study.asked.profile)})"
    drawn, places = figures.panels(TASKS_LEFT, 2, title)
    for task, place in zip(TASKS_LEFT, places, strict=True):
        curves = {row: of_layers(points, task) for row, points in study.left.items()}
        own = [point for points in study.left.values() for point in points if point["task"] == task]
        frame(place, task, CHANCE[task], own)
        lines(place, {row: curve for row, curve in curves.items() if curve})
        most = max((point["n_layer"] for point in own), default=0)
        place.set_xticks(range(NOTHING, most + 1), ["none", "0", *map(str, range(1, most + 1))], fontsize=8)
        place.set_xlabel("layers transferred (0: the embeddings only)")
    figures.add_legend(drawn, places)
    return drawn


def zero_shot(study: Study) -> Figure:
    """A panel a task: the Transformer's scores along pre-training, and the mean of the LSTM's."""
    title = f"Zero-shot ({PROFILES.get(study.asked.profile, study.asked.profile)})"
    drawn, places = figures.panels(ZERO_SHOT, 2, title)
    for task, place in zip(ZERO_SHOT, places, strict=True):
        own = [point for points in study.right.values() for point in points if point["task"] == task]
        frame(place, task, own[0]["chance"] if own else 0.0, own)
        curves = {
            model: {row: curve for row, points in study.right.items() if (curve := of_model(points, task, model))}
            for model in ("gpt", "lstm")
        }
        lines(place, curves["gpt"])
        draw_mean(place, curves["lstm"].values(), "LSTM, mean of", OTHER)
        place.set_xscale("symlog", linthresh=1, base=10)
        place.set_xlabel("pre-training updates (0, then logarithmic)")
    figures.add_legend(drawn, places)
    return drawn


def of_layers(points: Points, task: str) -> dict[float, float]:
    return {p["transferred"]: p["mean"] for p in points if p["task"] == task and p["evaluation"] != TRAIN}


def of_model(points: Points, task: str, model: str) -> dict[float, float]:
    own = (point for point in points if point["task"] == task and point["model"] == model)
    return {point["updates"]: point["score"] for point in own if point["updates"] is not None}


def frame(place: Axes, task: str, chance: float, points: Sequence[Mapping[str, Any]]) -> None:
    rows = f" ({points[0]['n']:,} rows each)" if points else ""
    place.set_title(TITLES.get(task, task) + rows)
    place.axhline(chance, **CHANCE_LINE)
    metric = str(points[0]["metric"]) if points else ""
    place.set_ylabel(METRICS.get(metric, "score"))


def lines(place: Axes, curves: Mapping[Row, Curve]) -> None:
    """A thin line a pre-training, one entry of the legend a world."""
    worlds = list(dict.fromkeys(world for world, _ in curves))
    for (world, _), curve in curves.items():
        color, marker = WORLDS[worlds.index(world) % len(WORLDS)]
        style: dict[str, Any] = {"color": color, "marker": marker, "markersize": 3.5, "linewidth": 0.8, "alpha": 0.8}
        at = sorted(curve)
        place.plot(at, [curve[x] for x in at], label=f"world {world}", **style)
    draw_mean(place, curves.values(), "mean of", MEAN)


def draw_mean(place: Axes, curves: Iterable[Curve], label: str, style: Mapping[str, Any]) -> None:
    """Where all have a point."""
    every = list(curves)
    if at := sorted(set.intersection(*(set(curve) for curve in every))) if every else []:
        named = f"{label} {len(every)} pre-training{'s' if len(every) > 1 else ''}"
        place.plot(at, [means.fmean(curve[x] for curve in every) for x in at], label=named, **style)
