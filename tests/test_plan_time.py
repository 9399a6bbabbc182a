"""How long the rest of a run takes, said before it starts: fine-tuning, and a pre-training within its budget."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any, NoReturn

import pytest

from harness.preparation import plan


def test_the_estimate_in_words() -> None:
    parts = {"pre-training": 6e12, "fine-tuning": 3e12}
    assert plan.estimate(parts, lambda: 1e10) == (
        "time: about 15 min (pre-training 10 min, fine-tuning 5 min) for 9.0 TFLOP at the 10 GFLOP/s just measured "
        "here; Ctrl-C stops, and the same command continues"
    )
    assert plan.estimate({"fine-tuning": 3.6e18}, lambda: 1e14).startswith(
        "time: about 10.0 h (fine-tuning 10.0 h) for 3,600,000.0 TFLOP at the 100,000 GFLOP/s just"
    )


def test_processes_side_by_side_share_the_fine_tuning_alone() -> None:
    parts = {"pre-training": 6e12, "fine-tuning": 3e12}
    said = plan.estimate(parts, lambda: 1e10, processes=2, of_each=lambda: 8e9)
    assert said.startswith(
        "time: about 13 min (pre-training 10 min, fine-tuning 3 min in 2 processes of 8 GFLOP/s) for 9.0 TFLOP"
    )
    trained = plan.estimate({"pre-training": 6e12}, lambda: 1e10, processes=2, of_each=asked)
    assert trained.startswith("time: about 10 min (pre-training 10 min) for 6.0 TFLOP")


def test_a_part_that_is_done_is_not_in_the_estimate() -> None:
    found = plan.estimate({"pre-training": 0.0, "fine-tuning": 3e12}, lambda: 1e10)
    assert found.startswith("time: about 5 min (fine-tuning 5 min) for 3.0 TFLOP")


def asked() -> NoReturn:
    raise AssertionError("the machine was measured")


def test_where_nothing_is_left_the_machine_is_not_measured() -> None:
    for given in (None, 1e12):
        for parts in ({"pre-training": 0.0, "fine-tuning": 0.0}, {}):
            assert plan.estimate(parts, asked, given) == "time: nothing is left to compute"


def test_where_a_rate_is_given_the_machine_is_not_measured_either() -> None:
    assert plan.estimate({"pre-training": 3.6e18}, asked, 1e14) == (
        "time: about 10.0 h (pre-training 10.0 h) for 3,600,000.0 TFLOP at the 100,000 GFLOP/s given; "
        "Ctrl-C stops, and the same command continues"
    )


# A pre-training

SETTINGS = SimpleNamespace(batch=64, tokens=100_000_000_000, minutes=None)
NOTHING: dict[str, Any] = {"tokens": None, "updates": None, "minutes": None, "device_tflops": None}


def words(**chosen: Any) -> SimpleNamespace:
    return SimpleNamespace(**NOTHING | chosen)


@pytest.mark.parametrize(
    ("chosen", "changes"),
    [
        ({}, {"minutes": None}),
        ({"minutes": 2.5}, {"minutes": 2.5}),
        ({"tokens": 1000}, {"tokens": 1000}),
        ({"updates": 10}, {"tokens": 10 * 64 * 512}),
    ],
)
def test_what_is_asked_for_replaces_the_profiles_budget(chosen: dict[str, Any], changes: dict[str, Any]) -> None:
    assert plan.budget(SETTINGS, 512, words(**chosen)) == changes


@pytest.mark.parametrize(
    ("changes", "processes", "said"),
    [
        ({}, 1, "3,051,757 updates of 64 windows of 512 tokens: 99,999,973,376 tokens"),
        ({"tokens": 10 * 64 * 512}, 1, "10 updates of 64 windows of 512 tokens: 327,680 tokens"),
        ({"tokens": 7}, 1, "1 updates of 64 windows of 512 tokens: 32,768 tokens"),
        ({"minutes": 30.0}, 1, "updates of 64 windows of 512 tokens"),
        ({"minutes": 30.0}, 4, "updates of 64 windows of 512 tokens, shared by 4 processes"),
        (
            {"batch": 8, "tokens": 8192},
            2,
            "2 updates of 8 windows of 512 tokens: 8,192 tokens, shared by 2 processes",
        ),
    ],
)
def test_the_pre_training_in_words(changes: dict[str, Any], processes: int, said: str) -> None:
    settings = SimpleNamespace(**vars(SETTINGS) | changes)
    profile = SimpleNamespace(pretraining=settings, size=SimpleNamespace(n_ctx=512))
    found = plan.describe_pretraining(profile, "gpt", 116_534_784, processes)
    assert found == f"gpt, 116,534,784 parameters; {said}"


MODEL = SimpleNamespace(ready=False, flops=6e12)
DONE = SimpleNamespace(ready=True, flops=0.0)


@pytest.mark.parametrize("minutes", [None, 30.0])
def test_a_pre_training_that_is_done_takes_no_time(minutes: float | None) -> None:
    for tflops in (None, 1.0):
        chosen = words(minutes=minutes, device_tflops=tflops)
        assert plan.estimate_pretraining(DONE, chosen, asked) == "time: nothing is left to compute"


def test_a_pre_training_of_so_many_minutes_takes_those() -> None:
    said = "time: about 30 min, as asked; Ctrl-C stops, and the same command continues"
    assert plan.estimate_pretraining(MODEL, words(minutes=30.0), asked) == said


def test_a_pre_training_is_estimated_for_this_machine_or_another() -> None:
    here = plan.estimate_pretraining(MODEL, words(), lambda: 1e10)
    assert here.startswith("time: about 10 min (pre-training 10 min) for 6.0 TFLOP at the 10 GFLOP/s just measured")
    there = plan.estimate_pretraining(MODEL, words(device_tflops=0.1), asked)
    assert there.startswith("time: about 60 s (pre-training 60 s) for 6.0 TFLOP at the 100 GFLOP/s given;")
