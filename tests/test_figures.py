"""Figure 2 as drawn: what each line, mark and word is of; the same bytes for the same rows."""

from __future__ import annotations

import re
import struct
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from harness import figures
from harness.figure2 import figure_data
from harness.figure2.figure_data import LEFT, RIGHT, Rows
from harness.tabular import paper
from tests.figure_points import of_layers, zero_shot

CURVES = {"dev": ("validation", "-"), "training rows (a sample)": ("train", "--")}


def layered(profile: str = "mini", n_layer: int = 4, seeds: int = 2, tasks: tuple[str, ...] = ("race", "mnli")) -> Rows:
    made = [
        of_layers(task, n, seed, dev=40.0 + n + seed, train=80.0 + n, n_layer=n_layer, profile=profile)
        for task in tasks
        for n in range(-1, n_layer + 1)
        for seed in range(seeds)
    ]
    return figure_data.left(made, profile)


def texts(rows: Rows, number: str, profile: str = "mini") -> list[str]:
    svg = figures.render(number, rows, profile, "svg").decode()
    return re.findall(r"<text[^>]*>([^<]*)</text>", svg)


def bars_of(place: Any) -> list[Any]:
    return list(place.containers)


def lines(place: Any) -> dict[str, Any]:
    """By label; of error bars the line through their middles."""
    found = {line.get_label(): line for line in place.get_lines() if not line.get_label().startswith("_")}
    return found | {bars.get_label(): bars.lines[0] for bars in bars_of(place)}


def test_left_draws_dev_solid_and_train_dashed_over_the_layers() -> None:
    drawn = figures.left(layered(), "mini")
    mnli, race = drawn.axes
    for place, task in ((race, "race"), (mnli, "mnli")):
        for label, (_, style) in CURVES.items():
            line = lines(place)[label]
            assert list(line.get_xdata()) == [-1, 0, 1, 2, 3, 4]
            first = 39.5 if label == "dev" else 79.0
            assert list(line.get_ydata()) == [first + i for i in range(6)]
            assert line.get_linestyle() == style
        assert [text.get_text() for text in place.get_xticklabels()] == ["none", "0", "1", "2", "3", "4"]
        assert place.get_xlabel() == "layers transferred (0: the embeddings only)"
        assert place.get_ylabel() == "accuracy (%)"
        assert lines(place)["chance"].get_ydata()[0] == {"race": 25.0, "mnli": 100 / 3}[task]
    markers = {lines(race)[label].get_marker() for label in CURVES}
    assert len(markers) == 2  # told apart without colour


def test_bars_are_the_standard_deviation_over_seeds() -> None:
    (place,) = figures.left(layered(tasks=("race",)), "mini").axes
    bars = {one.get_label(): one for one in bars_of(place)}
    low, high = bars["dev"].lines[2][0].get_segments()[0][:, 1]
    assert high - low == pytest.approx(2 * np.std([39.0, 40.0], ddof=1))
    low, high = bars["training rows (a sample)"].lines[2][0].get_segments()[0][:, 1]
    assert high == low  # the seeds agree


@pytest.mark.parametrize("n_layer", [4, 12])
def test_the_papers_ends_are_marks_without_a_line(n_layer: int) -> None:
    mnli, race = figures.left(layered("paper", n_layer), "paper").axes
    label = "paper, read off by eye (±1), 0 and 12 of 12 layers"
    read = {race: {(0, 40), (n_layer, 60), (n_layer, 92)}, mnli: {(0, 72), (n_layer, 82), (n_layer, 97)}}
    for place, expected in read.items():
        marks = [bars.lines[0] for bars in bars_of(place) if bars.get_label() == label]
        assert {(int(mark.get_xdata()[0]), int(mark.get_ydata()[0])) for mark in marks} == expected
        assert all(mark.get_linestyle() == "None" for mark in marks)
    assert paper.figure("left")["mnli_m_dev"] == {"0": 72, "12": 82}


def test_right_draws_each_task_scaled_where_the_best_is_known() -> None:
    places = {place.get_title().split(" (")[0]: place for place in figures.right(zero_shot(), "mini").axes}
    assert list(places) == ["SST-2, sentiment", "CoLA, acceptability", "RACE", "DPR, pronouns"]
    sst2, race = places["SST-2, sentiment"], places["RACE"]
    gpt, lstm = lines(sst2)["Transformer"], lines(sst2)["LSTM"]
    assert list(gpt.get_xdata()) == [0, 1, 2, 4, 64, 512, 5859]
    assert gpt.get_ydata()[-1] == pytest.approx(12 / 43.2) and lstm.get_ydata()[-1] == pytest.approx(6 / 43.2)
    assert (gpt.get_linestyle(), lstm.get_linestyle()) == ("-", "--") and gpt.get_marker() != lstm.get_marker()
    assert (sst2.get_ylabel(), race.get_ylabel()) == ("scaled (0: chance, 1: then best model)", "accuracy (%)")
    assert list(lines(race)["Transformer"].get_ydata()) == [25.0 + 2 * i for i in range(7)]
    assert (lines(sst2)["chance"].get_ydata()[0], lines(race)["chance"].get_ydata()[0]) == (0.0, 25.0)
    assert sst2.get_xscale() == "symlog" and sst2.get_xlim()[0] < 0  # so that 0 is on it
    marked = [place for place in places.values() if "paper, read off by eye (±0.05), its last update" in lines(place)]
    assert marked == [sst2, places["CoLA, acceptability"]]
    assert lines(sst2)["paper, read off by eye (±0.05), its last update"].get_ydata()[0] == 0.68


def test_weights_whose_updates_are_unknown_stand_at_the_right_edge() -> None:
    rows = [row for row in zero_shot("paper", (None,)) if row["model"] == "gpt"]
    rows += [row for row in zero_shot("paper", (0, 10, 1000)) if row["model"] == "lstm"]
    place = figures.right(rows, "paper").axes[2]
    star = lines(place)["Transformer, released weights (updates unknown)"]
    assert list(star.get_ydata()) == [25.0]
    assert max(lines(place)["LSTM"].get_xdata()) == 1000 < star.get_xdata()[0] < place.get_xlim()[1]
    assert "Transformer" not in lines(place)


@pytest.mark.parametrize(
    ("profile", "said"),
    [
        ("mini", "(mini profile: a generated miniature, no reproduction)"),
        ("small", "(small profile: a small model with little pre-training, no reproduction)"),
        ("paper", "(paper profile)"),
    ],
)
def test_the_title_names_the_profile(profile: str, said: str) -> None:
    assert f"Layers transferred {said}" in texts(layered(profile), LEFT, profile)
    assert f"Zero-shot {said}" in texts(zero_shot(profile), RIGHT, profile)


def test_a_trial_is_no_result() -> None:
    rows = [{**row, "n": 64} if row["evaluation"] == "matched" else row for row in layered()]
    assert any("trial on a fragment of the data, no result" in text for text in texts(rows, LEFT))
    assert not any("fragment" in text for text in texts(layered(), LEFT))  # training rows are always a sample


DRAWN: dict[str, Callable[[], Rows]] = {LEFT: layered, RIGHT: zero_shot}


@pytest.mark.parametrize("number", DRAWN)
def test_an_svg_is_the_same_bytes_without_a_date_and_its_text_is_text(number: str) -> None:
    rows = DRAWN[number]()
    first = figures.render(number, rows, "mini", "svg")
    assert first == figures.render(number, rows, "mini", "svg")
    assert b"<dc:date>" not in first and b"matplotlib.org" not in first.split(b"<defs>")[1]
    assert "chance" in texts(rows, number)


@pytest.mark.parametrize("number", DRAWN)
def test_a_png_has_150_dots_an_inch(number: str) -> None:
    image = figures.render(number, DRAWN[number](), "mini", "png")
    assert image[:8] == b"\x89PNG\r\n\x1a\n"
    at = image.index(b"pHYs") + 4
    assert struct.unpack(">II", image[at : at + 8]) == (5906, 5906)  # dots a metre


def test_what_is_there_is_drawn_however_little() -> None:
    (place,) = figures.left(figure_data.left([of_layers("race", 2)], "mini"), "mini").axes
    assert list(lines(place)["dev"].get_xdata()) == [2]
    assert place.get_title() == "RACE, 1 seed"
    assert len(figures.right(zero_shot(updates=(0,))[:1], "mini").axes) == 1
