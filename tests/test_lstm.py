"""The LSTM in the Transformer's place: the same batches, the same door."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch

from baselines import cost, models, weights
from baselines.batches import Encoded, collate, windows
from baselines.finetune import FineTuned
from baselines.lstm import LSTM
from baselines.recipes import PROFILES, RECIPES
from tests import tiny
from tests.test_finetune import OVERFIT, long_enough

FROM_START = replace(RECIPES["lstm"], pretrained=False)


def model(p: float = 0.0) -> LSTM:
    made = LSTM(tiny.PROFILE.size, 60, p)
    made.initialise(torch.Generator().manual_seed(0))
    return made


def alone(lstm: LSTM, ids: list[int]) -> torch.Tensor:
    return lstm(windows(torch.tensor([ids])))


def test_one_sequence_equals_the_gates_written_out() -> None:
    lstm = model()
    ids = [5, 9, 9, 30]
    layer: Any = lstm.lstm
    h, c, states = torch.zeros(24), torch.zeros(24), []
    for i in ids:
        x = lstm.tokens_embed.weight[i]
        gates = layer.weight_ih_l0 @ x + layer.bias_ih_l0 + layer.weight_hh_l0 @ h + layer.bias_hh_l0
        enter, forget, new, leave = gates.split(24)
        c = forget.sigmoid() * c + enter.sigmoid() * new.tanh()
        h = leave.sigmoid() * c.tanh()
        states.append(lstm.proj.weight @ h + lstm.proj.bias)
    torch.testing.assert_close(alone(lstm, ids), torch.stack(states), rtol=1e-5, atol=1e-6)


def test_neighbours_of_other_lengths_change_nothing() -> None:
    lstm = model()
    sequences = [[7] * 3, list(range(2, 40)), [9, 8, 7, 6, 5], [50, 1], list(range(10, 30))]
    batch = collate([Encoded((s,), 0.0, 0) for s in sequences], len(sequences))
    together = lstm(batch)[batch.extract[:, 0]]
    for sequence, state in zip(sequences, together, strict=True):
        torch.testing.assert_close(state, alone(lstm, sequence)[-1], rtol=1e-5, atol=1e-6)


def test_a_state_starts_with_an_open_forget_gate_and_no_other_bias() -> None:
    lstm = model()
    biases = torch.cat([p.detach() for p in lstm.parameters() if p.dim() == 1])
    assert biases.sum() == 24 and set(biases.tolist()) == {0.0, 1.0}
    ones: Any = lstm.lstm.bias_ih_l0
    assert ones.detach()[24:48].tolist() == [1.0] * 24


def test_dropout_acts_in_training_alone() -> None:
    lstm = model(0.5)
    assert not torch.allclose(alone(lstm, [5, 6]), alone(lstm, [5, 6]))
    lstm.eval()
    assert torch.equal(alone(lstm, [5, 6]), alone(lstm, [5, 6]))


def test_the_papers_size() -> None:
    """One layer of 2048 units between 768-wide tied embeddings: half the Transformer's parameters."""
    with torch.device("meta"):
        made = LSTM(PROFILES["paper"].size, 40_478, 0.1)
    assert (made.lstm.hidden_size, made.lstm.num_layers, made.tokens_embed.embedding_dim) == (2048, 1, 768)
    assert sum(p.numel() for p in made.parameters()) == cost.parameters(PROFILES["paper"].size, "lstm") == 55_745_792


@pytest.mark.parametrize("profile", ["small", "mini"])
def test_at_the_other_profiles_both_have_about_as_many_parameters(profile: str) -> None:
    gpt, lstm = (cost.parameters(PROFILES[profile].size, kind) for kind in ("gpt", "lstm"))
    assert lstm / gpt == pytest.approx(1.0, abs=0.06)


@pytest.mark.parametrize("kind", ["gpt", "lstm"])
def test_the_counts_are_those_of_the_models(kind: str) -> None:
    with torch.device("meta"):
        made = models.build(kind, PROFILES["mini"].size, 1000, 0.0)
    assert sum(p.numel() for p in made.parameters()) == cost.parameters(PROFILES["mini"].size, kind)


def test_flops_by_hand() -> None:
    """Width 2, 3 units, 7 + 3 words: four gates, the projection, the logits."""
    size = replace(PROFILES["mini"].size, n_embd=2, n_vocab=7, n_units=3)
    assert cost.forward_flops(size, 5, lm_loss=False, model="lstm") == 2 * (4 * 3 * (2 + 3) + 3 * 2)
    assert cost.forward_flops(size, 9, lm_loss=True, model="lstm") == 2 * (4 * 3 * 5 + 3 * 2) + 2 * 2 * 10


@pytest.mark.parametrize("kind", ["single", "story and endings"])
def test_it_fine_tunes_like_the_transformer(tmp_path: Path, kind: str) -> None:
    form, train = OVERFIT[kind]
    folder = tiny.weights_folder(tmp_path / "weights")
    baseline = FineTuned(FROM_START, long_enough(), form, tiny.SEEDS, "cpu", folder, tmp_path / "run", tiny.quiet)
    baseline.fit(train)
    assert baseline.predict(train) == [example.label for example in train]


def test_its_weights_come_back_and_those_of_the_other_model_do_not_fit(tmp_path: Path) -> None:
    saved, loaded = model(), LSTM(tiny.PROFILE.size, 63, 0.0)
    loaded.initialise(torch.Generator().manual_seed(1))
    weights.save(saved, tmp_path)
    weights.load(loaded, tmp_path, 60)
    assert torch.equal(loaded.tokens_embed.weight[:60], saved.tokens_embed.weight)
    assert torch.equal(loaded.lstm.weight_hh_l0, saved.lstm.weight_hh_l0)  # type: ignore[arg-type]
    gpt = models.build("gpt", tiny.PROFILE.size, 60, 0.0)
    with pytest.raises(ValueError, match=r"does not fit this model: no tensor positions_embed.weight"):
        weights.load(gpt, tmp_path, 60)
