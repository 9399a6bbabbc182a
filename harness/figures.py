"""The two halves of the paper's Figure 2, drawn from tidy rows (`figure_data`), to be read in greyscale too.

The paper's own numbers are marks read off its plot by eye, nothing more. An SVG is the same bytes for the same rows.
"""

from __future__ import annotations

import io
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from harness.figure2.figure_data import LEFT, NOTHING, TRAIN, Rows
from harness.tabular import paper

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

PROFILES = {
    "mini": "mini profile: a generated miniature, no reproduction",
    "small": "small profile: a small model with little pre-training, no reproduction",
    "paper": "paper profile",
}
METRICS = {"acc": "accuracy (%)", "mc": "Matthews correlation (× 100)"}
TITLES = {
    "race": "RACE",
    "mnli": "MultiNLI",
    "sst2": "SST-2, sentiment",
    "cola": "CoLA, acceptability",
    "dpr": "DPR, pronouns",
    "wsc273": "WSC-273, pronouns",
    "pdp60": "PDP-60, pronouns",
}
CHANCE = {"race": 25.0, "mnli": 100 / 3}  # of as many answers
DRAWING = {
    "svg.hashsalt": "gpt1-harness",  # else ids are drawn at random
    "svg.fonttype": "none",  # text stays text
    "font.size": 9,
    "axes.titlesize": 10,
    "axes.grid": True,
    "grid.alpha": 0.3,
    "legend.fontsize": 8,
    "legend.framealpha": 1.0,
}
SOLID: dict[str, Any] = {"color": "black", "linestyle": "-", "marker": "o", "markersize": 4.5}
DASHED: dict[str, Any] = {
    "color": "0.4",
    "linestyle": "--",
    "marker": "s",
    "markersize": 4.5,
    "markerfacecolor": "white",
}
MARK: dict[str, Any] = {
    "color": "tab:red",
    "linestyle": "none",
    "marker": "D",
    "markersize": 5,
    "markerfacecolor": "white",
    "capsize": 5,
    "zorder": 5,
}
CHANCE_LINE: dict[str, Any] = {"color": "black", "linestyle": ":", "linewidth": 1, "label": "chance"}
BY_EYE = "paper, read off by eye (±{})"
SCALED = "scaled (0: chance, 1: then best model)"
MODELS = {"gpt": ("Transformer", SOLID), "lstm": ("LSTM", DASHED)}


def render(number: str, rows: Rows, profile: str, format: str, which: str = "") -> bytes:
    """The figure as "svg" or "png" (150 dpi), the title naming the profile, and which world and pre-training where that
    is not the first. rows: at least one.
    """
    of = PROFILES.get(profile, profile) + (f"; {which}" if which else "")
    return saved(lambda: left(rows, of) if number == LEFT else right(rows, of), format)


def saved(draw: Callable[[], Figure], format: str) -> bytes:
    """What `draw` gives, in this house's style, as "svg" or "png" (150 dpi); the same bytes for the same drawing."""
    import matplotlib

    with matplotlib.rc_context(DRAWING):  # type: ignore[arg-type]  # each by its own name
        drawn = draw()
        image = io.BytesIO()
        # neither the day nor the version of what drew it
        metadata = {"Date": None, "Creator": None} if format == "svg" else {"Software": None}
        drawn.savefig(image, format=format, dpi=150, metadata=metadata)
    return image.getvalue()


def panels(names: Sequence[Any], columns: int, title: str) -> tuple[Figure, list[Axes]]:
    """Room for one drawing each under a common title; the legend comes below."""
    from matplotlib.figure import Figure

    columns = min(columns, len(names))
    lines = -(-len(names) // columns)
    drawn = Figure(figsize=(max(6.4, 4.4 * columns), 3.3 * lines + 1.2), layout="constrained")
    drawn.suptitle(title, fontsize=11)
    every: list[Axes] = list(drawn.subplots(lines, columns, squeeze=False).flat)
    for empty in every[len(names) :]:
        empty.set_visible(False)
    return drawn, every[: len(names)]


def add_legend(drawn: Figure, places: Sequence[Axes]) -> None:
    """One for all panels, each entry once."""
    entries = {
        label: handle for place in places for handle, label in zip(*place.get_legend_handles_labels(), strict=True)
    }
    columns = 2 if len(places) == 1 else 4 if len(entries) < 5 else 3
    drawn.legend(list(entries.values()), list(entries), loc="outside lower center", ncols=columns)


def fragment(rows: Rows) -> str:
    """What a title must add where a score is of a part of its rows."""
    return "; trial on a fragment of the data, no result" if any(r["n"] < r["of"] for r in rows) else ""


def left(rows: Rows, of: str) -> Figure:
    """A panel a task: accuracy over the number of transferred layers, dev solid, train dashed."""
    tasks = list(dict.fromkeys(row["task"] for row in rows))
    whole = fragment([row for row in rows if row["evaluation"] != TRAIN])
    drawn, places = panels(tasks, 2, f"Layers transferred ({of}{whole})")
    for task, place in zip(tasks, places, strict=True):
        own = [row for row in rows if row["task"] == task]
        n_layer = max(row["n_layer"] for row in own)
        place.set_title(f"{TITLES.get(task, task)}, {seeds(own)}")
        if task in CHANCE:  # first, so that the axis has room for it
            place.axhline(CHANCE[task], **CHANCE_LINE)
        for name, evaluation in dict.fromkeys((row["evaluation"] == TRAIN, row["evaluation"]) for row in own):
            points = sorted((r for r in own if r["evaluation"] == evaluation), key=lambda row: row["transferred"])
            place.errorbar(
                [row["transferred"] for row in points],
                [row["mean"] for row in points],
                yerr=[row["spread"] or 0.0 for row in points],
                capsize=3,
                label="training rows (a sample)" if name else "dev",
                **(DASHED if name else SOLID),
            )
        for where, value in marks_left(task, n_layer):
            place.errorbar([where], [value], yerr=1.0, label=BY_EYE.format(1) + ", 0 and 12 of 12 layers", **MARK)
        names = ["none", "0", *map(str, range(1, n_layer + 1))]
        place.set_xticks(range(NOTHING, n_layer + 1), names, fontsize=8)
        place.set_xlabel("layers transferred (0: the embeddings only)")
        place.set_ylabel(METRICS.get(str(own[0]["metric"]), "score"))
    add_legend(drawn, places)
    return drawn


def seeds(rows: Rows) -> str:
    """ "1 seed", "mean ± standard deviation of 3 seeds" """
    counts = sorted({row["seeds"] for row in rows})
    if counts == [1]:
        return "1 seed"
    return f"mean ± s.d. of {counts[0] if len(counts) == 1 else f'{counts[0]} to {counts[-1]}'} seeds"


def marks_left(task: str, n_layer: int) -> list[tuple[int, float]]:
    """(layers, accuracy) of the paper: its ends, the last at this model's last layer."""
    published = paper.figure("left")
    names = {"race": ("race_dev", "race_train"), "mnli": ("mnli_m_dev", "mnli_train")}.get(task, ())
    return [(0 if at == "0" else n_layer, value) for name in names for at, value in published[name].items()]


def right(rows: Rows, of: str) -> Figure:
    """A panel a task: zero-shot scores along pre-training updates, scaled where the best of the time is known."""
    keys = list(dict.fromkeys((row["task"], row["evaluation"], row["metric"]) for row in rows))
    drawn, places = panels(keys, 2 if len(keys) < 5 else 3, f"Zero-shot ({of}{fragment(rows)})")
    known = [row["updates"] for row in rows if row["updates"] is not None]
    last = 4 * max([*known, 1])  # where weights stand whose updates are unknown
    for (task, evaluation, metric), place in zip(keys, places, strict=True):
        own = [row for row in rows if (row["task"], row["evaluation"], row["metric"]) == (task, evaluation, metric)]
        scaled = all(row["scaled"] is not None for row in own)
        place.set_title(f"{TITLES.get(task, task)} ({evaluation}, {own[0]['n']:,} rows)")
        place.axhline(0.0 if scaled else own[0]["chance"], **CHANCE_LINE)
        for model in MODELS:
            points = [(row["updates"], row["scaled" if scaled else "score"]) for row in own if row["model"] == model]
            curve(place, points, last, model)
        if scaled and paper.FIGURE_2_RIGHT.get(task) in (marks := paper.figure("right")["transformer_last"]):
            value = marks[paper.FIGURE_2_RIGHT[task]]
            place.errorbar([last], [value], yerr=0.05, label=f"{BY_EYE.format(0.05)}, its last update", **MARK)
        place.set_xscale("symlog", linthresh=1, base=10)
        place.set_xlim(-0.3, 2 * last)
        place.set_xlabel("pre-training updates (0, then logarithmic)")
        place.set_ylabel(SCALED if scaled else METRICS.get(str(metric), "score"))
    add_legend(drawn, places)
    return drawn


def curve(place: Axes, points: Sequence[tuple[int | None, float]], last: float, model: str) -> None:
    """A model's (updates, score), and at the right edge what is of weights whose updates nobody told (None)."""
    label, style = MODELS[model]
    if trained := sorted((at, value) for at, value in points if at is not None):
        place.plot([at for at, _ in trained], [value for _, value in trained], label=label, **style)
    if released := [value for at, value in points if at is None]:
        star = {**style, "marker": "*", "markersize": 11, "linestyle": "none"}
        name = f"{label}, released weights (updates unknown)"
        place.plot([last] * len(released), released, label=name, **star)
