"""A loss or gradient that is not finite: no update is made, and update, batch and examples are named."""

from __future__ import annotations

import math
import re
from pathlib import Path
from typing import Any

import pytest
import torch

from baselines import token_file
from baselines.finetune import FineTuned
from baselines.network import Network
from baselines.objective import Objective, places, sample
from baselines.pretrain import pretrain
from baselines.recipes import FULL, RECIPES, Recipe
from tests import tiny
from tests.test_finetune import make, parameters

POISON = 77.0  # a label that no example has but the one to be found


def poisoned(monkeypatch: pytest.MonkeyPatch, harm: Any) -> None:
    """Wherever the poison is in a batch, `harm(loss, parameter)` takes the place of the task's loss."""
    original = Network.losses

    def losses(self: Network, batch: Any, labels: torch.Tensor, n: int) -> Any:
        bad = labels == POISON
        task, lm = original(self, batch, torch.where(bad, 0.0, labels), n)
        return (harm(task, self.head.linear.weight), lm) if bad.any() else (task, lm)

    monkeypatch.setattr(Network, "losses", losses)


def with_poison(at: int) -> list[Any]:
    train = tiny.examples(24)
    train[at] = train[at]._replace(sequences=(("\x1b[2J rows that do harm, and so on " * 3, "dog"),), label=POISON)
    return train


HARMS = {
    "a loss of nan": (lambda loss, _: loss * math.nan, "the loss is nan"),
    "a loss of inf": (lambda loss, _: loss + math.inf, "the loss is inf"),
    # finite itself, its derivative is not: sqrt at 0
    "a gradient": (lambda loss, weight: loss + (weight * 0.0).sum().sqrt(), "the gradients' norm is nan"),
}


@pytest.mark.parametrize("kind", HARMS)
@pytest.mark.parametrize("at", [0, 13, 23])
def test_the_example_that_does_it_is_named_and_no_update_is_made(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kind: str, at: int
) -> None:
    harm, what = HARMS[kind]
    poisoned(monkeypatch, harm)
    told: list[Any] = []
    model = make(tmp_path, report=told.append)
    states = [parameters(model)]

    def keep(event: Any) -> None:
        told.append(event)
        if event["event"] == "fine-tuning":
            states.append(parameters(model))

    model.report = keep
    with pytest.raises(FloatingPointError) as caught:
        model.fit(with_poison(at))
    done = [event["update"] for event in told if event["event"] == "fine-tuning"]
    said = str(caught.value)
    assert re.match(rf"{what} at update {len(done) + 1} of 6; of its batch of 8 examples 1 gives that alone: ", said)
    assert said.endswith(f"alone: example {at + 1} of 24")
    text, advice = caught.value.__notes__
    assert text.startswith(f"example {at + 1} of 24: '\\x1b[2J rows that do harm, and so on ")
    assert "another seed" in advice and "\x1b" not in text
    assert all(torch.equal(a, b) for a, b in zip(states[-1], parameters(model), strict=True))
    assert len(done) < 3  # found in the first epoch


def test_where_no_example_alone_does_it_the_batch_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    original = FineTuned.losses_of

    def together(self: FineTuned, part: Any, n_sequences: int, n: int) -> Any:
        task, lm, loss = original(self, part, n_sequences, n)
        return (task, lm, loss * math.inf) if len(part) > 1 else (task, lm, loss)

    monkeypatch.setattr(FineTuned, "losses_of", together)
    said = "^the loss is inf at update 1 of 6; of its batch of 8 examples none gives that alone: "
    with pytest.raises(FloatingPointError, match=said + r"(example \d+ of 24(, | and )){3}5 more\n"):
        make(tmp_path).fit(tiny.examples(24))


def test_broken_weights_are_every_examples_fault(tmp_path: Path) -> None:
    model = make(tmp_path)
    with torch.no_grad():
        model.network.head.linear.bias.fill_(math.nan)
    with pytest.raises(FloatingPointError, match=r"of its batch of 8 examples 8 give that alone: .* and 5 more\n"):
        model.fit(tiny.examples(8))


def pretrained(folder: Path, recipe: Recipe = FULL) -> dict[str, Any]:
    return pretrain(tiny.DOCUMENTS, recipe, tiny.PROFILE, folder, tiny.quiet)


@pytest.mark.parametrize("kind", ["full", "lstm"])
def test_a_pretraining_names_update_and_window_and_leaves_what_was_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kind: str
) -> None:
    """The window that update 4 draws second is poisoned, wherever it comes again."""
    before: dict[str, torch.Tensor] = {}

    def bad(chosen: torch.Tensor) -> bool:
        return "window" in before and any(torch.equal(row, before["window"]) for row in chosen)

    original = Objective.forward

    def forward(self: Objective, chosen: torch.Tensor) -> torch.Tensor:
        loss = original(self, chosen)
        return loss * math.nan if bad(chosen) else loss

    monkeypatch.setattr(Objective, "forward", forward)
    made = pretrained(tmp_path / "whole", RECIPES[kind])
    assert made["updates"] == 20
    tokens = token_file.read(tmp_path / "whole")
    assert tokens is not None
    drawn = 4, 48, (0, 3)
    before["window"] = sample(tokens.train, *drawn)[1]
    start = places(tokens.train, *drawn)[1]
    with pytest.raises(FloatingPointError) as caught:
        pretrained(tmp_path / "b", RECIPES[kind])
    assert re.match(
        rf"the loss is nan at update 4 of 20; of its batch of 4 windows 1 gives that alone: "
        rf"tokens {start} to {start + 47}$",
        str(caught.value),
    )
    assert re.match(rf"tokens {start} to {start + 47}: '[a-z., ]+'$", caught.value.__notes__[0])
    kept = sorted(path.name for path in (tmp_path / "b" / "checkpoints").iterdir())
    assert kept == ["0000000", "0000001", "0000002"]  # update 4 would have been kept
    assert not (tmp_path / "b" / "model.safetensors").exists()
    assert not (tmp_path / "b" / "pretraining.json").exists()


def test_a_gradient_of_pretraining_is_found_before_its_step(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    original = Objective.forward

    def forward(self: Objective, chosen: torch.Tensor) -> torch.Tensor:
        loss = original(self, chosen)
        return loss + (self.model.tokens_embed.weight * 0.0).sum().sqrt() if self.model.training else loss

    monkeypatch.setattr(Objective, "forward", forward)
    with pytest.raises(FloatingPointError, match=r"norm is nan at update 1 of 20; of its batch of 4 windows 4 give"):
        pretrained(tmp_path)
