"""The study in results/: its report and drawings are those of its records."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from harness import record
from harness.study import study_data, study_report
from harness.study.study_data import Asked, Study

FOLDER = record.ROOT / "results" / "study"


@pytest.fixture(scope="module")
def study() -> Study:
    """What its report says that it is of."""
    first = (FOLDER / "report.md").read_text(encoding="utf-8").partition("\n")[0]
    worlds, pretrainings, seeds = (
        [int(n) for n in re.findall(r"\d+", part)] for part in first.split(":")[1].split(";")
    )
    return study_data.read(FOLDER / "mini", Asked("mini", worlds, pretrainings, seeds))


def test_report_and_drawings_are_those_of_the_records(study: Study, tmp_path: Path) -> None:
    for path in study_report.write(study, tmp_path):
        assert path.read_bytes() == (FOLDER / path.name).read_bytes(), f"{path.name}: run its command again"


def test_all_that_the_report_is_of_is_there(study: Study) -> None:
    assert all(study.has_all_of(row) for row in study.asked.rows)
    assert {world for world, _ in study.asked.rows} == {10, 11, 12} and len(study.asked.seeds) > 1


def test_it_is_one_experiment_of_whole_data_by_the_same_code(study: Study) -> None:
    scores = study.scores
    assert (scores.left_out, scores.fragments, scores.finetunings) == (0, 0, 1)
    assert set(scores.settings.values()) == {1}
    assert len(study.settings) == 1 and len(study.origins) == len(study.asked.worlds)
    assert len({made.code for made in record.read_all(FOLDER / "mini")}) == 1
