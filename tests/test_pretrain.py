from __future__ import annotations

import json
import math
import random
import subprocess
import sys
from collections.abc import Iterable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from safetensors.torch import load_file
from torch.nn import functional as F

from baselines import vocabulary, weights
from baselines.batches import windows
from baselines.gpt import GPT
from baselines.objective import Objective, sample, spread
from baselines.pretrain import pretrain
from baselines.recipes import FULL, RECIPES
from baselines.tokenizer import Tokenizer
from tests import tiny
from tests.test_finetune import StopAt


def train(
    folder: Path, report: Any = tiny.quiet, documents: Iterable[str] = tiny.DOCUMENTS, **how: Any
) -> dict[str, Any]:
    return pretrain(documents, FULL, tiny.PROFILE, folder, report, **how)


def test_it_learns_and_leaves_weights_vocabulary_and_a_report(tmp_path: Path) -> None:
    losses: list[float] = []

    def report(event: Mapping[str, Any]) -> None:
        losses.extend([event["loss"]] if "loss" in event else [])

    result = train(tmp_path, report, corpus="sixty documents")
    assert len(losses) == result["updates"] == 20
    assert losses[0] == pytest.approx(math.log(len(vocabulary.read(tmp_path).ids)), abs=0.1)
    assert sum(losses[-5:]) / 5 < losses[0] - 0.5
    assert result["tokens"] == 20 * 4 * 48
    assert 1 < result["held_out_perplexity"] < len(vocabulary.read(tmp_path).ids)
    assert json.loads((tmp_path / "pretraining.json").read_text()) == result
    model = GPT(tiny.PROFILE.size, len(vocabulary.read(tmp_path).ids) + 3, 0.0)
    weights.load(model, tmp_path, len(vocabulary.read(tmp_path).ids))


def weights_of(folder: Path) -> bytes:
    return (folder / "model.safetensors").read_bytes()


@pytest.mark.parametrize("stop", [1, 7, 8, 20])
def test_a_stopped_pretraining_continues_to_the_same_bytes(tmp_path: Path, stop: int) -> None:
    """Dropout is on in this profile."""
    whole = train(tmp_path / "a")
    with pytest.raises(KeyboardInterrupt):
        train(tmp_path / "b", StopAt(stop, "pre-training"))
    torch.manual_seed(99)
    continued = train(tmp_path / "b")
    assert (tmp_path / "a/model.safetensors").read_bytes() == (tmp_path / "b/model.safetensors").read_bytes()
    assert continued["held_out_perplexity"] == whole["held_out_perplexity"]
    assert continued["held_out_curve"] == whole["held_out_curve"]
    assert not (tmp_path / "b/training.safetensors").exists()


def test_the_seed_decides_the_weights(tmp_path: Path) -> None:
    for name, seed in (("a", 0), ("b", 1)):
        train(tmp_path / name, seed=seed)
    one, other = (load_file(tmp_path / name / "model.safetensors") for name in "ab")
    assert not torch.equal(one["transformer.tokens_embed.weight"], other["transformer.tokens_embed.weight"])


def test_a_corpus_shorter_than_a_window_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"\d training tokens; expected more than one window of 48"):
        train(tmp_path, documents=["a b c"])


def test_windows_depend_on_seed_and_update_alone() -> None:
    tokens = np.arange(1000, dtype="<u2")
    chosen = sample(tokens, 5, 10, (3, 7))
    assert torch.equal(chosen, sample(tokens, 5, 10, (3, 7)))
    assert not torch.equal(chosen, sample(tokens, 5, 10, (3, 8)))
    assert chosen.shape == (5, 10) and torch.equal(chosen.diff(dim=1), torch.ones(5, 9, dtype=torch.long))


def test_every_window_can_be_drawn() -> None:
    drawn = {int(sample(np.arange(12, dtype="<u2"), 1, 10, (0, update))[0, 0]) for update in range(60)}
    assert drawn == {0, 1, 2}


def test_perplexity_is_of_all_tokens_but_each_windows_first() -> None:
    tokenizer = Tokenizer(tiny.VOCABULARY)
    tokens = np.array(tokenizer.encode(" ".join(tiny.DOCUMENTS[:3])), "<u2")
    model = GPT(tiny.PROFILE.size, tokenizer.n_vocab, 0.5)
    model.initialise(torch.Generator().manual_seed(0))
    objective = Objective(model, torch.device("cpu"))
    found = objective.perplexity(spread(tokens, 48), budget=100)
    losses = []
    with torch.no_grad():
        for i in range(len(tokens) // 48):
            ids = torch.from_numpy(tokens[48 * i : 48 * i + 48].astype(np.int64))
            logits = model.eval()(windows(ids[None])) @ model.tokens_embed.weight.T
            losses.append(F.cross_entropy(logits[:-1], ids[1:]))
    assert found == pytest.approx(math.exp(torch.stack(losses).mean().item()), rel=1e-5)


def test_some_windows_are_spread_over_all() -> None:
    tokens = np.arange(1000, dtype="<u2")
    assert spread(tokens, 10).shape == (100, 10)
    assert spread(tokens, 10, 4)[:, 0].tolist() == [0, 250, 500, 750]
    assert spread(tokens, 400, 64)[:, 0].tolist() == [0, 400]


# Micro-batches


@pytest.mark.parametrize("kind", ["full", "lstm"])
def test_micro_batches_change_nothing_without_dropout(
    tmp_path: Path, kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Gradients of parts add up: twenty updates end within 1e-6."""
    profile = replace(tiny.PROFILE, pretraining=replace(tiny.PROFILE.pretraining, dropout=0.0))
    ended = []
    for budget in (1000, 96, 48):
        monkeypatch.setattr("baselines.device.token_budget", lambda *_, budget=budget: budget)
        pretrain(tiny.DOCUMENTS, RECIPES[kind], profile, tmp_path / str(budget), tiny.quiet)
        ended.append(load_file(tmp_path / str(budget) / "model.safetensors"))
    for name, tensor in ended[0].items():
        for other in ended[1:]:
            torch.testing.assert_close(other[name], tensor, rtol=0, atol=1e-6)


def test_a_resumed_training_keeps_its_plan_of_micro_batches(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """With dropout another plan would draw other noise; a machine with other memory has another plan."""
    monkeypatch.setattr("baselines.device.token_budget", lambda *_: 96)
    train(tmp_path / "a")
    with pytest.raises(KeyboardInterrupt):
        train(tmp_path / "b", StopAt(7, "pre-training"))
    monkeypatch.setattr("baselines.device.token_budget", lambda *_: 1000)
    train(tmp_path / "b")
    assert weights_of(tmp_path / "a") == weights_of(tmp_path / "b")
    train(tmp_path / "c")
    assert weights_of(tmp_path / "a") != weights_of(tmp_path / "c")


# Budgets, checkpoints, the curve


def test_a_budget_in_minutes_is_as_many_updates_as_fit(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A clock of one second a look: an update takes one, so half a minute holds thirty; a resumed run keeps to that."""
    profile = replace(tiny.PROFILE, pretraining=replace(tiny.PROFILE.pretraining, minutes=0.5))
    ticks = iter(range(10**6))
    monkeypatch.setattr("baselines.pretrain.time.monotonic", lambda: float(next(ticks)))
    with pytest.raises(KeyboardInterrupt):
        pretrain(tiny.DOCUMENTS, FULL, profile, tmp_path, StopAt(9, "pre-training"))
    monkeypatch.setattr("baselines.pretrain.time.monotonic", lambda: 7.0 * next(ticks))
    result = pretrain(tiny.DOCUMENTS, FULL, profile, tmp_path, tiny.quiet)
    assert result["updates"] == 30 and result["tokens"] == 30 * 4 * 48


def test_timing_updates_leaves_no_trace(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Twenty updates by the clock end where twenty by number do."""
    train(tmp_path / "a")
    ticks = iter(range(10**6))
    monkeypatch.setattr("baselines.pretrain.time.monotonic", lambda: float(next(ticks)))
    profile = replace(tiny.PROFILE, pretraining=replace(tiny.PROFILE.pretraining, minutes=20 / 60))
    pretrain(tiny.DOCUMENTS, FULL, profile, tmp_path / "b", tiny.quiet)
    assert weights_of(tmp_path / "a") == weights_of(tmp_path / "b")


def test_checkpoints_are_kept_at_log_spaced_and_at_fixed_updates(tmp_path: Path) -> None:
    result = train(tmp_path, every=6)
    kept = sorted(int(path.name) for path in (tmp_path / "checkpoints").iterdir())
    assert kept == [0, 1, 2, 4, 6, 8, 12, 16, 18, 20]
    assert [point[0] for point in result["held_out_curve"]] == kept
    assert [point[1] for point in result["held_out_curve"]] == [4 * 48 * update for update in kept]
    n_vocab = len(vocabulary.read(tmp_path).ids)
    first, last = (GPT(tiny.PROFILE.size, n_vocab, 0.0) for _ in range(2))
    weights.load(first, tmp_path / "checkpoints/0000000", n_vocab)
    weights.load(last, tmp_path / "checkpoints/0000020", n_vocab)
    start = GPT(tiny.PROFILE.size, n_vocab, 0.0)
    start.initialise(torch.Generator().manual_seed(0))
    assert torch.equal(first.tokens_embed.weight, start.tokens_embed.weight)
    assert weights_of(tmp_path) == weights_of(tmp_path / "checkpoints/0000020")


def test_the_curve_is_told_and_falls(tmp_path: Path) -> None:
    told: list[Mapping[str, Any]] = []
    result = train(tmp_path, told.append)
    points = [(e["update"], round(e["perplexity"], 4)) for e in told if e["event"] == "held-out"]
    assert points == [(update, perplexity) for update, _, perplexity in result["held_out_curve"]]
    assert points[-1][1] < 0.6 * points[0][1]
    updates = [e for e in told if e["event"] == "pre-training"]
    assert [e["update"] for e in updates] == list(range(1, 21)) and {e["of"] for e in updates} == {20}
    assert updates[-1]["seconds"] >= updates[0]["seconds"] > 0


def test_a_loss_that_is_not_finite_stops_before_the_update(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("baselines.objective.lm_loss", lambda states, *_: states.sum() * math.nan)
    monkeypatch.setattr("baselines.objective.Objective.perplexity", lambda *_: 1.0)
    with pytest.raises(FloatingPointError, match="the loss is nan at update 1"):
        train(tmp_path)


# Killed


PROGRAM = """
import sys
import time
from pathlib import Path
from dataclasses import replace
import torch
from baselines.pretrain import pretrain
from baselines.recipes import RECIPES
from tests import tiny
if __name__ == "__main__":
    torch.set_num_threads(1)
    profile = replace(tiny.PROFILE, pretraining=replace(tiny.PROFILE.pretraining, tokens=4 * 48 * 40))

    def tell(event):
        print(event["event"], event.get("update"), sep="|", flush=True)
        time.sleep(0.02)  # so that whoever kills is not late

    pretrain(tiny.DOCUMENTS, RECIPES[sys.argv[2]], profile, Path(sys.argv[1]), tell, every=3)
"""


@pytest.mark.parametrize("kind", ["full", "lstm"])
def test_a_killed_pretraining_ends_with_the_bytes_of_an_unbroken_one(tmp_path: Path, kind: str) -> None:
    """SIGKILL at three random points of forty updates, dropout on; each time the same command again."""
    chance = random.Random(2018)
    run = [sys.executable, "-c", PROGRAM]
    subprocess.run([*run, str(tmp_path / "a"), kind], check=True, capture_output=True, timeout=120)
    for third in range(3):
        at = chance.randint(13 * third + 2, 13 * third + 13)
        with subprocess.Popen([*run, str(tmp_path / "b"), kind], stdout=subprocess.PIPE, text=True) as process:
            assert process.stdout is not None
            for line in process.stdout:
                event, update = line.strip().split("|")
                if event == "pre-training" and int(update) >= at:
                    process.kill()
                    break
        assert (tmp_path / "b/training.safetensors").exists() and not (tmp_path / "b/model.safetensors").exists()
    done = subprocess.run([*run, str(tmp_path / "b"), kind], check=True, capture_output=True, text=True, timeout=120)
    assert "pre-training|1\n" not in done.stdout  # it went on from a checkpoint
    assert weights_of(tmp_path / "a") == weights_of(tmp_path / "b")
    one, other = (json.loads((tmp_path / name / "pretraining.json").read_text()) for name in "ab")
    assert one["held_out_curve"] == other["held_out_curve"]
