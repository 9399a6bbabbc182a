from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import load_file

from baselines import device as devices
from baselines import weights
from baselines.batches import collate, encode_all
from baselines.finetune import FineTuned
from baselines.gpt import GPT
from baselines.optimizer import Adam
from baselines.recipes import FULL, RECIPES, Profile, Recipe
from harness.tasks.base import Example, Form, answers, both_orders, choose, classify, score, single
from tests import tiny

NO_PRETRAINING = RECIPES["no_pretraining"]


def make(
    tmp_path: Path,
    profile: Profile = tiny.PROFILE,
    recipe: Recipe = NO_PRETRAINING,
    form: Form = tiny.FORM,
    report: Any = tiny.quiet,
    seeds: Mapping[str, int] = tiny.SEEDS,
) -> FineTuned:
    folder = tiny.weights_folder(tmp_path / "weights")
    return FineTuned(recipe, profile, form, seeds, "cpu", folder, tmp_path / "run", report)


def parameters(baseline: FineTuned) -> list[torch.Tensor]:
    return [parameter.detach().clone() for parameter in baseline.network.parameters()]


def same(one: FineTuned, other: FineTuned) -> bool:
    return all(torch.equal(a, b) for a, b in zip(parameters(one), parameters(other), strict=True))


class StopAt:
    """A report that raises at the nth event of a kind, as a person's Ctrl-C does."""

    def __init__(self, n: int, event: str = "fine-tuning") -> None:
        self.left, self.event = n, event

    def __call__(self, event: Mapping[str, Any]) -> None:
        if event["event"] == self.event:
            self.left -= 1
            if self.left == 0:
                raise KeyboardInterrupt


def test_the_same_seeds_give_the_same_model_and_each_seed_matters(tmp_path: Path) -> None:
    train = tiny.examples(24)
    first = make(tmp_path).fit(train)
    assert same(first, make(tmp_path).fit(train))
    for seed in tiny.SEEDS:
        other = make(tmp_path, seeds={**tiny.SEEDS, seed: 99}).fit(train)
        assert not same(first, other), seed


@pytest.mark.parametrize(
    ("n", "event"), [(1, "fine-tuning"), (4, "fine-tuning"), (6, "fine-tuning"), (3, "micro-batch")]
)
def test_a_stopped_training_continues_to_the_same_bytes(tmp_path: Path, n: int, event: str) -> None:
    """Dropout on: the random state is part of what is saved."""
    train = tiny.examples(24)
    unbroken = make(tmp_path / "a").fit(train)
    with pytest.raises(KeyboardInterrupt):
        make(tmp_path / "b", report=StopAt(n, event)).fit(train)
    assert (tmp_path / "b/run/training.safetensors").exists()
    torch.manual_seed(12345)
    continued = make(tmp_path / "b").fit(train)
    assert same(unbroken, continued)
    continued.finished()
    assert not (tmp_path / "b/run/training.safetensors").exists()
    assert continued.describe()["training_tokens"] == unbroken.describe()["training_tokens"]


def test_a_resumed_training_keeps_its_plan_of_micro_batches(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Another plan would draw other dropout; the memory that is free decides it anew at each start."""
    train = tiny.examples(24)
    monkeypatch.setattr("baselines.device.token_budget", lambda *_: 40)
    unbroken = make(tmp_path / "a").fit(train)
    with pytest.raises(KeyboardInterrupt):
        make(tmp_path / "b", report=StopAt(2)).fit(train)
    monkeypatch.setattr("baselines.device.token_budget", lambda *_: 4000)
    assert same(unbroken, make(tmp_path / "b").fit(train))
    assert not same(unbroken, make(tmp_path / "c").fit(train))


def test_a_checkpoint_of_other_data_is_refused(tmp_path: Path) -> None:
    with pytest.raises(KeyboardInterrupt):
        make(tmp_path, report=StopAt(2)).fit(tiny.examples(24))
    with pytest.raises(ValueError, match=r"cannot continue from .*training.safetensors: it belongs to another"):
        make(tmp_path).fit(tiny.examples(24, seed=1))


@pytest.mark.parametrize("kept", [0, 100, 5000])
def test_a_cut_checkpoint_is_named(tmp_path: Path, kept: int) -> None:
    with pytest.raises(KeyboardInterrupt):
        make(tmp_path, report=StopAt(2)).fit(tiny.examples(24))
    path = tmp_path / "run/training.safetensors"
    path.write_bytes(path.read_bytes()[:kept])
    said: list[str] = []
    continued = make(tmp_path, report=lambda e: said.append(e["said"]) if "said" in e else None).fit(tiny.examples(24))
    assert "training.safetensors is damaged" in said[0] and said[1].endswith("it begins anew")
    assert same(make(tmp_path / "unbroken").fit(tiny.examples(24)), continued)


def test_micro_batches_change_no_gradient(tmp_path: Path) -> None:
    """The loss is a mean over examples and sequences, so its parts add up."""
    whole, parts = (make(tmp_path, tiny.NO_DROPOUT) for _ in range(2))
    batch = encode_all(tiny.examples(8), whole.tokenizer, 48)
    parts.budget = 20
    losses = [baseline.accumulate(batch, 0) for baseline in (whole, parts)]
    assert losses[0] == pytest.approx(losses[1], abs=1e-6)
    for one, other in zip(whole.network.parameters(), parts.network.parameters(), strict=True):
        torch.testing.assert_close(one.grad, other.grad, rtol=1e-5, atol=1e-7)


def test_the_loss_is_task_plus_lm_coef_times_lm(tmp_path: Path) -> None:
    """Both by hand from one sequence at a time, so that neighbours, padding and reduction cannot hide."""
    baseline = make(tmp_path, tiny.NO_DROPOUT)
    examples = encode_all(tiny.examples(6), baseline.tokenizer, 48)
    task, lm = baseline.accumulate(examples, 0)
    tasks, lms = [], []
    with torch.no_grad():
        for example in examples:
            states, logits = baseline.network(collate([example], 1))
            tasks.append(-logits.log_softmax(1)[0, int(example.label or 0)])
            vocabulary = states[:-1] @ baseline.network.lm.tokens_embed.weight.T
            targets = torch.tensor(example.sequences[0][1:])
            lms.append(torch.nn.functional.cross_entropy(vocabulary, targets))
    assert task == pytest.approx(torch.stack(tasks).mean().item(), abs=1e-6)
    assert lm == pytest.approx(torch.stack(lms).mean().item(), abs=1e-6)


def test_no_aux_neither_computes_nor_follows_the_lm_loss(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("baselines.network.lm_loss", lambda *_: pytest.fail("the LM loss was computed"))
    make(tmp_path, recipe=replace(NO_PRETRAINING, lm_coef=0.0)).fit(tiny.examples(8))


def test_the_schedule_is_the_released_one(tmp_path: Path) -> None:
    rates: list[float] = []
    train = tiny.examples(27)  # 3 batches of 8 an epoch; 3 rows are left over
    make(tmp_path, report=lambda e: rates.append(e["rate"]) if "rate" in e else None).fit(train)
    peak = tiny.PROFILE.finetuning.learning_rate
    assert rates == pytest.approx([peak * min(i / 6 / 0.1, 1) * (1 - i / 6) for i in range(6)])


def test_every_epoch_has_an_order_of_its_own_and_all_examples(tmp_path: Path) -> None:
    baseline = make(tmp_path)
    examples = encode_all(tiny.examples(16), baseline.tokenizer, 48)
    batches = list(baseline.batches(examples, 0, 4))
    first, second = batches[0] + batches[1], batches[2] + batches[3]
    assert sorted(map(str, first)) == sorted(map(str, second)) == sorted(map(str, examples))
    assert first != second
    assert list(baseline.batches(examples, 3, 4)) == batches[3:]  # a resumed run sees the same


def test_predictions_keep_the_order_and_ignore_batching(tmp_path: Path) -> None:
    baseline = make(tmp_path).fit(tiny.examples(16))
    some = tiny.examples(40, seed=5)
    together = baseline.scores(some)
    baseline.budget = 8
    assert baseline.scores(list(some)) == pytest.approx([pytest.approx(row, abs=1e-5) for row in together])
    assert baseline.scores(some[::-1])[::-1] == pytest.approx([pytest.approx(row, abs=1e-5) for row in together])
    assert baseline.predict(some) == [float(row.index(max(row))) for row in together]


def test_answers_and_their_probabilities_cost_one_pass_and_none_outlasts_training(tmp_path: Path) -> None:
    passes: list[Any] = []
    baseline = make(tmp_path, report=lambda event: passes.append(event) if event["event"] == "predicting" else None)
    some, train = tiny.examples(12, seed=5), tiny.examples(16)
    before = baseline.scores(some)
    once = len(passes)
    assert baseline.predict(some) == [float(row.index(max(row))) for row in before] and len(passes) == once
    baseline.fit(train)
    after = baseline.scores(some)
    assert len(passes) == 2 * once
    assert after != before and after == baseline.scores(list(some))


def long_enough() -> Profile:
    return replace(
        tiny.NO_DROPOUT, finetuning=replace(tiny.NO_DROPOUT.finetuning, epochs=120, learning_rate=1e-2, batch=16)
    )


def distinct(n: int) -> list[str]:
    return [f"{tiny.WORDS[i % 8]} {tiny.WORDS[i // 8]}" for i in range(n)]


OVERFIT = {
    "single": (classify("a", "b"), [single(text, i % 2) for i, text in enumerate(distinct(32))]),
    "pair": (tiny.FORM, tiny.examples(32, seed=3)),
    "both orders": (
        score(0, 5),
        [both_orders(text, tiny.WORDS[i % 3], float(i % 6)) for i, text in enumerate(distinct(32))],
    ),
    "both orders, named": (
        classify("other", "same"),
        [both_orders(text, tiny.WORDS[i % 3], float(i % 5 < 2)) for i, text in enumerate(distinct(32))],
    ),
    "story and endings": (choose(), [answers((text,), (text, "moon sits", "red"), 0.0) for text in distinct(32)]),
    "document, question, answers": (
        choose(),
        [answers((text, f"{tiny.WORDS[i % 5]}?"), (text, "moon", "red"), 0.0) for i, text in enumerate(distinct(32))],
    ),
}


@pytest.mark.parametrize("kind", OVERFIT)
def test_each_input_format_can_be_learnt_by_heart(tmp_path: Path, kind: str) -> None:
    form, train = OVERFIT[kind]
    if form.kind == "choose":  # the right answer moves about
        train = [
            Example(tuple(e.sequences[(i + k) % 3] for k in range(3)), float((-i) % 3)) for i, e in enumerate(train)
        ]
    baseline = make(tmp_path, long_enough(), form=form).fit(train)
    labels = [example.label for example in train]
    predictions = baseline.predict(train)
    if form.kind == "score":
        assert predictions == pytest.approx(labels, abs=0.5)
    else:
        assert predictions == labels


def test_pretrained_weights_are_used_and_only_where_the_recipe_says_so(tmp_path: Path) -> None:
    folder = tiny.weights_folder(tmp_path / "weights")
    lm = GPT(tiny.PROFILE.size, len(tiny.VOCABULARY.ids), 0.0)
    lm.initialise(torch.Generator().manual_seed(77))
    weights.save(lm, folder)
    full, none = make(tmp_path, recipe=FULL), make(tmp_path)
    layer = "h.1.mlp.c_fc.weight"
    expected = lm.get_parameter(layer)
    assert torch.equal(full.network.lm.get_parameter(layer), expected)
    assert not torch.equal(none.network.lm.get_parameter(layer), expected)
    assert torch.equal(full.network.head.linear.weight, none.network.head.linear.weight)


def test_too_few_rows_for_a_batch_are_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="7 training rows; expected at least one batch of 8"):
        make(tmp_path).fit(tiny.examples(7))


def test_a_loss_that_is_not_finite_stops_before_the_update(tmp_path: Path) -> None:
    baseline = make(tmp_path)
    with torch.no_grad():
        baseline.network.head.linear.bias.fill_(float("nan"))
    before = parameters(baseline)[0]
    with pytest.raises(FloatingPointError, match="the loss is nan at update 1"):
        baseline.fit(tiny.examples(8))
    assert torch.equal(before, parameters(baseline)[0])


def test_a_stop_within_an_update_leaves_the_last_whole_state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    train = tiny.examples(24)
    unbroken = make(tmp_path / "a").fit(train)
    step = Adam.step
    monkeypatch.setattr("baselines.checkpoint.Checkpoint.due", lambda _: True)

    def torn(self: Adam, rate: float) -> float:
        norm = step(self, rate)
        if self.updates == 4:
            raise KeyboardInterrupt
        return norm

    monkeypatch.setattr(Adam, "step", torn)
    with pytest.raises(KeyboardInterrupt):
        make(tmp_path / "b").fit(train)
    monkeypatch.undo()
    assert "model.lm.h.0.ln_1.weight" in load_file(tmp_path / "b/run/training.safetensors")
    assert same(unbroken, make(tmp_path / "b").fit(train))


def test_cut_examples_are_counted(tmp_path: Path) -> None:
    long = [Example((("cat " * 20, "dog"),), 0.0), *tiny.examples(7)]
    facts = make(tmp_path).fit(long).describe()
    assert facts["cut_examples"] == 1 and facts["cut_tokens"] == 60 - 22
    assert facts["updates"] == 2 and facts["peak_memory_bytes"] > 1e7


def test_devices_are_refused_in_words() -> None:
    for name in ("tpu", "meta", "cuda:x"):
        with pytest.raises(ValueError, match=f"device '{name}'; expected cpu, cuda or cuda:N"):
            devices.find(name)
    if not torch.cuda.is_available():
        with pytest.raises(ValueError, match="sees no CUDA device"):
            devices.find("cuda")


@pytest.mark.gpu
def test_a_gpu_learns_the_same(tmp_path: Path) -> None:
    folder = tiny.weights_folder(tmp_path / "weights")
    form, train = OVERFIT["pair"]
    baseline = FineTuned(NO_PRETRAINING, long_enough(), form, tiny.SEEDS, "cuda", folder, tmp_path / "run", tiny.quiet)
    baseline.fit(train)
    assert baseline.predict(train) == [example.label for example in train]
    assert baseline.describe()["precision"] == "bfloat16 autocast"


@pytest.mark.slow
def test_full_width_learns_eight_rows(tmp_path: Path) -> None:
    """The paper's width, a small vocabulary: a few updates on a CPU lower the loss."""
    size = tiny.FULL_SIZE
    profile = replace(
        tiny.NO_DROPOUT, size=size, finetuning=replace(tiny.NO_DROPOUT.finetuning, epochs=8, learning_rate=2e-5)
    )
    losses: list[float] = []
    report = lambda e: losses.append(e["loss"]) if "loss" in e else None  # noqa: E731
    baseline = make(tmp_path, profile, report=report).fit(tiny.examples(8))
    assert losses[-1] < losses[0]
    assert baseline.describe()["parameters"] == 116_534_784 - (40_478 - len(tiny.VOCABULARY.ids) - 3) * 768
