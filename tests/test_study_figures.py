"""A study's two drawings: a line a pre-training, and their mean."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from harness.drawn import Drawn
from harness.study import study_data, study_figures
from harness.study.study_data import Asked, Study
from tests.fabricated_study import ENDS, layers, zero_shot

UPDATES = [0, 8, 64, 512]


@pytest.fixture(scope="module")
def study(tmp_path_factory: pytest.TempPathFactory) -> Study:
    """Worlds 10 and 11, of the first two pre-trainings."""
    folder = tmp_path_factory.mktemp("runs")
    for which, slope in ((Drawn(10), 2.0), (Drawn(10, 1), 4.0), (Drawn(11), 6.0)):
        layers(folder, lambda n, slope=slope: 40.0 + slope * n, which)  # type: ignore[misc]
        zero_shot(folder, ENDS, which)
        zero_shot(folder, {**ENDS, "sst2": 70.0}, which, model="lstm")
    return study_data.read(folder, Asked("mini", [10, 11], [0, 1], [0, 1]))


def lines(place: Any, label: str) -> list[Any]:
    return [line for line in place.get_lines() if line.get_label() == label]


def test_layers_have_a_line_a_pre_training_and_their_mean(study: Study) -> None:
    race, mnli = study_figures.layers(study).axes
    for place, task in ((race, "race"), (mnli, "mnli")):
        assert len(lines(place, "world 10")) == 2 and len(lines(place, "world 11")) == 1
        (mean,) = lines(place, "mean of 3 pre-trainings")
        assert list(mean.get_xdata()) == [-1, 0, 1, 2, 3, 4]
        points = [
            {p["transferred"]: p["mean"] for p in of if p["task"] == task and p["evaluation"] != "train"}
            for of in study.left.values()
        ]
        assert list(mean.get_ydata()) == pytest.approx([sum(of[n] for of in points) / 3 for n in range(-1, 5)])
        assert mean.get_ydata()[-1] == pytest.approx(40 + 4 * 4, abs=1.0)
        assert lines(place, "chance")[0].get_ydata()[0] == pytest.approx({"race": 25.0, "mnli": 33.3}[task], abs=0.1)
        markers = {lines(place, label)[0].get_marker() for label in ("world 10", "world 11", mean.get_label())}
        assert len(markers) == 3  # told apart without colour


def test_zero_shot_shows_the_transformers_lines_and_both_means(study: Study) -> None:
    places = {place.get_title().split(",")[0]: place for place in study_figures.zero_shot(study).axes}
    sst2 = places["SST-2"]
    assert len(lines(sst2, "world 10")) == 2 and len(lines(sst2, "world 11")) == 1
    (ours,), (theirs,) = (lines(sst2, f"{name}mean of 3 pre-trainings") for name in ("", "LSTM, "))
    assert list(ours.get_xdata()) == UPDATES == list(theirs.get_xdata())
    assert (ours.get_ydata()[-1], theirs.get_ydata()[-1]) == pytest.approx((90.0, 70.0))
    assert "(400 rows each)" in sst2.get_title()


def test_the_same_bytes_each_time_and_only_what_there_is(study: Study, tmp_path: Path) -> None:
    drawn = study_figures.render(study, "svg")
    assert list(drawn) == ["layers", "zero_shot"] and drawn == study_figures.render(study, "svg")
    assert "no reproduction" in drawn["layers"].decode()
    zero_shot(tmp_path, ENDS, Drawn(10))
    alone = study_data.read(tmp_path, Asked("mini", [10], [0], [0]))
    assert list(study_figures.render(alone, "png")) == ["zero_shot"]
    assert lines(study_figures.zero_shot(alone).axes[0], "mean of 1 pre-training")
