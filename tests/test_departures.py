"""Each choice that paper and release leave open is one field of the recipe, and acts."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
import torch
from torch.nn import functional as F

from baselines import vocabulary
from baselines.batches import collate, encode_all
from baselines.finetune import FineTuned, Judge
from baselines.gpt import GPT
from baselines.recipes import RECIPES, Profile, Recipe
from baselines.tokenizer import Tokenizer
from harness.tasks.base import Form, both_orders, score
from tests import tiny
from tests.test_finetune import StopAt, make, same

START = RECIPES["no_pretraining"]


def choice(**fields: object) -> Recipe:
    return replace(START, **fields)  # type: ignore[arg-type]


# Embedding dropout


def test_dropping_the_matrix_gives_a_word_one_mask_wherever_it_stands() -> None:
    """With "vectors" each place has a mask of its own; with "matrix" a row of the matrix has it."""
    for kind, alike in (("vectors", False), ("matrix", True)):
        model = GPT(replace(tiny.PROFILE.size, n_layer=0), 60, 0.5, kind)
        model.initialise(torch.Generator().manual_seed(0))
        torch.manual_seed(1)
        with torch.no_grad():
            model.positions_embed.weight.zero_()
            batch = collate(encode_all(tiny.examples(1), Tokenizer(tiny.VOCABULARY), 48), 1)
            batch = replace(batch, tokens=torch.full_like(batch.tokens, 7))
            states = model(batch)
        assert bool((states == states[0]).all()) is alike
        assert 0 < int((states[0] == 0).sum()) < 16


def test_the_softmax_reads_the_same_dropped_matrix(tmp_path: Path) -> None:
    """As in the release, where the dropped matrix stands at both ends."""
    baseline = make(tmp_path, recipe=choice(embedding_dropout="matrix"))
    baseline.network.train()
    examples = encode_all(tiny.examples(4), baseline.tokenizer, 48)
    batch = collate(examples, 4)
    torch.manual_seed(5)
    _, found = baseline.network.losses(batch, torch.zeros(4), 4)
    torch.manual_seed(5)
    tables = baseline.network.lm.tables()
    states = baseline.network.lm(batch, tables)
    assert (tables[0] == 0).float().mean().item() == pytest.approx(0.1, abs=0.05)
    each = F.cross_entropy(states[batch.sources] @ tables[0].T, batch.targets, reduction="none")
    assert found.item() == pytest.approx((each * batch.weights).sum().item(), rel=1e-5)


def test_dropping_the_matrix_trains_another_model_and_none_in_scoring(tmp_path: Path) -> None:
    train = tiny.examples(16)
    one, other = (
        make(tmp_path / "a").fit(train),
        make(tmp_path / "b", recipe=choice(embedding_dropout="matrix")).fit(train),
    )
    assert not same(one, other)
    assert other.predict(train) == other.predict(train)


# The LM's softmax


def test_position_rows_are_classes_only_where_asked(tmp_path: Path) -> None:
    """48 more classes, never right: the loss is the plain one plus the log of their share."""
    plain = make(tmp_path / "a", tiny.NO_DROPOUT)
    wide = make(tmp_path / "b", tiny.NO_DROPOUT, recipe=choice(lm_softmax="positions"))
    examples = encode_all(tiny.examples(4), plain.tokenizer, 48)
    batch = collate(examples, 4)
    lm = wide.network.lm
    assert isinstance(lm, GPT)
    with torch.no_grad():
        states = lm(batch)[batch.sources]
        logits = states @ torch.cat([lm.tokens_embed.weight, lm.positions_embed.weight]).T
        expected = (F.cross_entropy(logits, batch.targets, reduction="none") * batch.weights).sum().item()
        losses = [b.network.losses(batch, torch.zeros(4), 4)[1].item() for b in (plain, wide)]
    assert losses[1] == pytest.approx(expected, rel=1e-5)
    assert losses[1] > losses[0] + 0.3  # log(111 / 63) is 0.57 at the start


# The epoch that is scored


def judges(*scores: float) -> tuple[list[int], Judge]:
    """A judge that gives these scores in turn, and notes the parameters it was shown."""
    shown: list[int] = []
    left = list(scores)

    def judge(model: FineTuned) -> float:
        shown.append(hash(model.network.head.linear.weight.detach().numpy().tobytes()))
        return left.pop(0)

    return shown, judge


def longer(epochs: int) -> Profile:
    return replace(tiny.PROFILE, finetuning=replace(tiny.PROFILE.finetuning, epochs=epochs))


def kept(baseline: FineTuned) -> int:
    return hash(baseline.network.head.linear.weight.detach().numpy().tobytes())


@pytest.mark.parametrize(("scores", "best"), [((10, 30, 20), 2), ((10, 20, 30), 3), ((30, 30, 10), 1)])
def test_the_best_epoch_is_kept_and_of_equals_the_first(tmp_path: Path, scores: tuple[float, ...], best: int) -> None:
    shown, judge = judges(*scores)
    baseline = make(tmp_path, longer(3), recipe=choice(epoch="best"))
    baseline.fit(tiny.examples(24), judge)
    assert len(shown) == 3 and kept(baseline) == shown[best - 1]
    assert baseline.describe()["best_epoch"] == best
    baseline.finished()
    assert [path.name for path in (tmp_path / "run").iterdir()] == []


def test_the_last_epoch_is_scored_otherwise_and_nobody_judges(tmp_path: Path) -> None:
    shown, judge = judges()
    baseline = make(tmp_path).fit(tiny.examples(24), judge)
    assert shown == [] and "best_epoch" not in baseline.describe()


@pytest.mark.parametrize("stop", [2, 3, 4, 6])
def test_the_best_epoch_survives_a_stop(tmp_path: Path, stop: int) -> None:
    """Also one at an epoch's end (3 updates an epoch)."""
    recipe, profile = choice(epoch="best"), longer(3)
    shown, judge = judges(10, 30, 20)
    unbroken = make(tmp_path / "a", profile, recipe=recipe).fit(tiny.examples(24), judge)
    again, judge = judges(10, 30, 20)
    with pytest.raises(KeyboardInterrupt):
        make(tmp_path / "b", profile, recipe=recipe, report=StopAt(stop)).fit(tiny.examples(24), judge)
    continued = make(tmp_path / "b", profile, recipe=recipe).fit(tiny.examples(24), judge)
    assert same(unbroken, continued) and again == shown


def test_a_kill_after_the_last_epoch_loses_no_best_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Between taking the best epoch and keeping the answers, after which alone the states are forgotten."""
    recipe, profile = choice(epoch="best"), longer(3)
    shown, judge = judges(30, 20, 10)
    monkeypatch.setattr("baselines.checkpoint.Checkpoint.due", lambda _: True)
    make(tmp_path, profile, recipe=recipe).fit(tiny.examples(24), judge)
    again = make(tmp_path, profile, recipe=recipe).fit(tiny.examples(24), judge)
    assert kept(again) == shown[0] and again.describe()["best_epoch"] == 1


def test_without_rows_to_judge_on_there_is_no_best_epoch(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="give fit a judge"):
        make(tmp_path, recipe=choice(epoch="best")).fit(tiny.examples(24))


# Graded scores


def test_squared_errors_fit_and_answer_the_score_itself(tmp_path: Path) -> None:
    form: Form = score(0, 5)
    train = [both_orders(word, other, 5.0 * (word == other)) for word in tiny.WORDS for other in tiny.WORDS[:2]]
    profile = replace(
        tiny.NO_DROPOUT, finetuning=replace(tiny.NO_DROPOUT.finetuning, epochs=60, learning_rate=1e-2, batch=16)
    )
    baseline = make(tmp_path, profile, recipe=choice(score_loss="squared"), form=form)
    assert baseline.network.head.linear.out_features == 1
    examples = encode_all(train[:4], baseline.tokenizer, 48)
    with torch.no_grad():
        _, logits = baseline.network(collate(examples, 4))
    task, _ = baseline.accumulate(examples, 0)
    labels = torch.tensor([example.label for example in examples])
    assert task == pytest.approx(((logits.squeeze(1) - labels) ** 2).mean().item(), rel=1e-5)
    baseline.network.zero_grad()
    baseline.fit(train)
    assert baseline.predict(train) == pytest.approx([e.label for e in train], abs=1.0)
    assert baseline.scores(train) == [[value] for value in baseline.predict(train)]
    assert all(0 <= value <= 5 for value in baseline.predict(train))


# What is recorded


def test_unknown_pieces_are_recorded(tmp_path: Path) -> None:
    train = [example._replace(sequences=(("cat", "dog %"),)) for example in tiny.examples(8)]
    baseline = make(tmp_path).fit(train)
    tokens = 3 + 3 + 3 + 1  # letters of both words, start, delimiter, extract, and the sign that is not known
    assert baseline.describe()["unknown_rate"]["training"] == pytest.approx(1 / tokens, abs=1e-6)
    baseline.predict(tiny.examples(4))
    assert baseline.describe()["unknown_rate"]["scored"] == 0.0
    assert "%" not in "".join(vocabulary.read(tmp_path / "weights").ids)
