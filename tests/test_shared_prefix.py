from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch

from baselines import device as devices
from baselines import models, shared_prefix, vocabulary
from baselines.batches import Batch, collate, encode_all
from baselines.finetune import FineTuned
from baselines.recipes import PROFILES, RECIPES
from baselines.shared_prefix import Reading, apart, n_tokens, together
from baselines.tokenizer import Tokenizer
from harness.data import Directory, load
from harness.tasks import TASKS
from harness.tasks.base import Example, Form, answers, both_orders, choose, score
from tests import tiny

KINDS = ("gpt", "lstm")
LONG = "cat dog sun moon red blue sits runs"  # 27 tokens
QUESTIONS = [
    answers(("cat dog sun moon", "red?"), ("cat", "dog sits", "sun runs red"), 0.0),
    answers(("moon", "a?"), ("b", "c", "d"), 1.0),  # a token each
    answers((LONG, "cat?"), ("red", "blue", "moon sits"), 2.0),
    answers((f"{LONG} {LONG}", "sun?"), ("a", "cat sits", "red"), 2.0),  # cut, for each answer at another place
    answers(("dog dog dog",), ("cat", "cat", "cat dog"), 0.0),  # two alike: extract alone is their own
    Example((("cat sun",), ("dog moon sits",), ("runs",)), 1.0),  # nothing in common but start
    answers(("a", "b?"), (LONG, LONG[4:], LONG[8:]), 0.0),  # too little
]


def make(
    folder: Path, kind: str = "gpt", form: Form | None = None, device: str = "cpu", report: Any = tiny.quiet
) -> FineTuned:
    recipe = replace(RECIPES["no_pretraining"], model=kind)
    tiny.weights_folder(folder)
    baseline = FineTuned(recipe, tiny.PROFILE, form or choose(), tiny.SEEDS, device, folder, folder / "run", report)
    with torch.no_grad():  # far from uniform, so that a wrong order or mask is seen
        for name, parameter in baseline.network.named_parameters():
            if parameter.dim() > 1:
                parameter.mul_(20 if name.endswith(("tokens_embed.weight", "head.linear.weight")) else 5)
    return baseline


@torch.no_grad()
def plainly(baseline: FineTuned, examples: Sequence[Example]) -> torch.Tensor:
    """Each sequence whole, an example at a time."""
    baseline.network.eval()
    encoded = encode_all(examples, baseline.tokenizer, tiny.PROFILE.size.n_ctx)
    with devices.autocast(baseline.device):
        each = [baseline.network(collate([one], 1).to(baseline.device))[1] for one in encoded]
    return torch.cat(each).float().cpu()


def counted(baseline: FineTuned, monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """How many tokens each call of the language model will have computed."""
    found: list[int] = []
    forward = baseline.network.lm.forward

    def noting(batch: Batch, *others: Any, **named: Any) -> torch.Tensor:
        found.append(len(batch.tokens))
        return forward(batch, *others, **named)

    monkeypatch.setattr(baseline.network.lm, "forward", noting)
    return found


def test_together_by_hand() -> None:
    assert together([[9, 1, 2, 3, 4], [9, 1, 2, 5, 6, 4]]) == apart([[9, 1, 2, 3, 4], [9, 1, 2, 5, 6, 4]])  # 3 of 11
    assert together([[9, 1, 2, 3, 4], [9, 1, 2, 5, 4]]) == [[[9, 1, 2], [3, 4], [5, 4]]]  # 3 of 10
    assert together([[9, 1, 2, 3, 4], [9, 1, 2, 5, 6, 4]], 0.2) == [[[9, 1, 2], [3, 4], [5, 6, 4]]]
    assert together([[9, 1, 4], [9, 1, 4]]) == [[[9, 1], [4], [4]]]  # extract stays each one's own
    assert together([[9, 1], [9, 1, 4], [9, 1, 4, 5]], 0.0) == [[[9], [1], [1, 4], [1, 4, 5]]]
    assert together([[9, 1, 4]], 0.0) == [[[9, 1, 4]]]
    assert together([[9, 1], [8, 1]], 0.0) == [[[9, 1]], [[8, 1]]]
    assert (n_tokens([[[9, 1, 2], [3, 4], [5, 4]]]), n_tokens([[[9, 1, 4]], [[8]]])) == (7, 4)


@pytest.mark.parametrize("device", tiny.DEVICES)
@pytest.mark.parametrize("budget", [10**6, 30, 1])
@pytest.mark.parametrize("kind", KINDS)
def test_logits_equal_the_plain_computation(tmp_path: Path, kind: str, budget: int, device: str) -> None:
    with devices.using(precision="float32"):
        baseline = make(tmp_path, kind, device=device)
        baseline.budget = budget
        expected, found = plainly(baseline, QUESTIONS), baseline.logits(QUESTIONS)
    assert found.shape == (7, 3) and expected.std() > 0.1
    torch.testing.assert_close(found, expected, rtol=0.0, atol=1e-5 if device == "cpu" else 1e-3)


@pytest.mark.parametrize("kind", KINDS)
def test_every_path_gives_the_same(tmp_path: Path, kind: str) -> None:
    with devices.using(attention="math"):
        baseline = make(tmp_path, kind)
        torch.testing.assert_close(baseline.logits(QUESTIONS), plainly(baseline, QUESTIONS), rtol=0.0, atol=1e-5)
    exact = baseline.logits(list(QUESTIONS))
    with devices.using(precision="bfloat16"):
        rounded = baseline.logits(list(QUESTIONS))
        assert float((rounded - plainly(baseline, QUESTIONS)).abs().max()) < 0.05
    assert 1e-5 < float((rounded - exact).abs().max()) < 0.05


@pytest.mark.parametrize("kind", KINDS)
def test_a_context_is_computed_once(tmp_path: Path, kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """start, 9 tokens of the story and delimiter; endings of 3, 4 and 1 tokens, each with extract."""
    baseline = make(tmp_path, kind)
    passes = counted(baseline, monkeypatch)
    baseline.logits([answers(("cat dog sun",), ("red", "blue", "a"), 0.0)])
    assert passes == [11, 3 + 4 + 1 + 3]  # plainly 3 * 11 + 11
    passes.clear()
    baseline.logits([QUESTIONS[5]])
    assert passes == [6 + 11 + 4 + 3 * 2]  # as they stand
    passes.clear()
    baseline.logits([QUESTIONS[6]])
    assert len(passes) == 1


def test_parts_keep_to_the_budget_in_tokens_that_are_computed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Longest first; each example is 11 + 2 n tokens, plainly 2 (11 + n)."""
    examples = [answers(("cat dog sun",), ("a" * n, "b" * n), 0.0) for n in (3, 1, 2, 5, 4)]
    baseline = make(tmp_path)
    passes = counted(baseline, monkeypatch)
    baseline.budget = 44 // 4
    expected = plainly(baseline, examples)
    passes.clear()
    torch.testing.assert_close(baseline.logits(examples), expected, rtol=0.0, atol=1e-5)
    assert [first + second for first, second in zip(passes[::2], passes[1::2], strict=True)] == [23 + 21, 19 + 17, 15]


def test_parts_are_halved_where_memory_runs_out(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    baseline = make(tmp_path)
    expected = plainly(baseline, QUESTIONS)
    passes = counted(baseline, monkeypatch)
    forward = baseline.network.lm.forward

    def narrow(batch: Batch, *others: Any, **named: Any) -> torch.Tensor:
        if len(batch.tokens) > 100:
            raise torch.OutOfMemoryError("CUDA out of memory")
        return forward(batch, *others, **named)

    monkeypatch.setattr(baseline.network.lm, "forward", narrow)
    torch.testing.assert_close(baseline.logits(QUESTIONS), expected, rtol=0.0, atol=1e-5)
    assert max(passes) <= 100 and len(passes) > 2


def test_two_orders_are_computed_as_they_always_were(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """To the bit, though two texts that are alike have all tokens in common."""
    baseline = make(tmp_path, form=score(0, 5))
    examples = [both_orders("cat dog sun", "cat dog sits", 4.0), both_orders("cat dog", "cat dog", 5.0)]
    encoded = encode_all(examples, baseline.tokenizer, tiny.PROFILE.size.n_ctx)
    assert [len(together(one.sequences)) for one in encoded] == [2, 1]
    passes = counted(baseline, monkeypatch)
    found = baseline.logits(examples)
    assert passes == [sum(one.n_tokens for one in encoded)]
    with torch.no_grad():
        assert torch.equal(found, baseline.network(collate(encoded, 1))[1])


@pytest.mark.parametrize("kind", KINDS)
def test_real_questions_take_a_third_of_the_tokens(kind: str, shared_data: Path) -> None:
    task = TASKS["race"]
    examples = load(task, task.evaluations["high"], Directory(shared_data), 6, allow_subset=True).examples
    tokenizer = Tokenizer(vocabulary.read(shared_data / "gpt1_vocab"))
    size = replace(PROFILES["mini"].size, n_ctx=512)
    encoded = encode_all(examples, tokenizer, size.n_ctx)
    lm = models.build(kind, size, tokenizer.n_vocab + 3, 0.0).eval()
    lm.initialise(torch.Generator().manual_seed(0))
    place = torch.device("cpu")
    found: dict[str, torch.Tensor] = {}
    tokens: dict[str, int] = {}
    for name, arrange in (("plain", apart), ("shared", together)):
        readings: list[list[Reading]] = [arrange(one.sequences) for one in encoded]
        with torch.no_grad():
            found[name] = shared_prefix.extracted(lm, readings, place)
        tokens[name] = sum(map(n_tokens, readings))
    assert found["plain"].shape == (6, 4, 64)
    torch.testing.assert_close(found["shared"], found["plain"], rtol=0.0, atol=1e-5)
    assert tokens["plain"] == sum(one.n_tokens for one in encoded)
    assert 0.25 < tokens["shared"] / tokens["plain"] < 1 / 3
