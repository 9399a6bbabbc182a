"""What keeps a record from being accepted: a key that is not of its data, or of an earlier version of its task."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from harness.evidence.rescoring import disagreements, stale
from harness.tasks import TASKS
from tests import fabricated

ROWS: dict[str, Any] = {"train": [TASKS["rte"].train.n, "t" * 64], "evaluations": {"validation": [277, "d" * 64]}}


def test_a_record_of_its_own_data_holds() -> None:
    assert stale(fabricated.record(**ROWS)) == []


@pytest.mark.parametrize(
    ("key", "said"),
    [
        ({"task_version": 0}, "it is of version 0 of rte, the present one is 1"),
        ({"train": [2490, "x" * 64]}, "its key names other data of train than it says it has read"),
        ({"evaluations": {"validation": [276, "d" * 64]}}, "its key names other data of validation than it says"),
    ],
)
def test_another_version_or_other_data_is_named(key: dict[str, Any], said: str, tmp_path: Path) -> None:
    made = fabricated.answered(tmp_path, "rte", [0.0, 1.0], [0.0, 1.0])
    assert disagreements(made, tmp_path / made.recipe / made.name) == []
    changed = fabricated.record(**{**ROWS, **key})
    (found,) = stale(changed)
    assert found.startswith(said)
