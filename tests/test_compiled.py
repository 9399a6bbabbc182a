"""torch.compile as an option, and what happens where it fails."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import torch

from baselines import device as devices
from baselines.compiled import compiled
from baselines.finetune import FineTuned
from baselines.recipes import RECIPES
from tests import tiny


def double(x: int) -> int:
    return 2 * x


def test_nothing_is_compiled_unless_asked() -> None:
    assert compiled(double, tiny.quiet) is double


def test_where_compiling_fails_the_function_itself_is_called_and_said_once(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(_: Any, dynamic: bool) -> Any:
        assert dynamic

        def call(*_: Any) -> Any:
            raise RuntimeError("no C++ compiler\nlong story")

        return call

    monkeypatch.setattr(torch, "compile", broken)
    events: list[Any] = []
    with devices.using(compile=True):
        call = compiled(double, events.append)
    assert [call(3), call(4)] == [6, 8]
    assert events == [{"event": "not compiled", "reason": "no C++ compiler"}]


def test_a_failure_of_the_function_is_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch, "compile", lambda function, dynamic: function)  # noqa: ARG005

    def fails() -> None:
        raise FloatingPointError("the loss is nan")

    with devices.using(compile=True):
        call = compiled(fails, tiny.quiet)
    with pytest.raises(FloatingPointError, match="the loss is nan"):
        call()


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("device", tiny.DEVICES)
def test_a_compiled_training_ends_with_the_same_weights(tmp_path: Path, device: str) -> None:
    """On a GPU in float32 too: what bfloat16 makes of an order of sums is another question."""
    ends: list[dict[str, torch.Tensor]] = []
    events: list[Any] = []
    for compile in (False, True):
        with devices.using(compile=compile, precision="float32"):
            weights = tiny.weights_folder(tmp_path / "weights")
            settings = RECIPES["no_pretraining"], tiny.NO_DROPOUT, tiny.FORM, tiny.SEEDS
            model = FineTuned(*settings, device, weights, tmp_path / str(compile), events.append)
            ends.append(model.fit(tiny.examples(32)).network.state_dict())
    for name, tensor in ends[0].items():
        assert torch.allclose(tensor, ends[1][name], atol=1e-5), name
    assert not any(event["event"] == "not compiled" for event in events)
