from __future__ import annotations

from dataclasses import fields, replace

import pytest

from baselines import cost
from baselines.recipes import ABLATIONS, CLASSICAL, FULL, LANGUAGE_MODELS, PROFILES, RECIPES, REFERENCES, TRANSFERS

ONE_FIELD = {
    "no_pretraining": ("pretrained", False),
    "no_aux": ("lm_coef", 0.0),
    "lstm": ("model", "lstm"),
    "matrix_dropout": ("embedding_dropout", "matrix"),
    "position_softmax": ("lm_softmax", "positions"),
    "best_epoch": ("epoch", "best"),
    "squared_error": ("score_loss", "squared"),
    **{f"transfer_{n}": ("transferred", n) for n in range(12)},
}


@pytest.mark.parametrize("name", ONE_FIELD)
def test_an_ablation_is_the_full_recipe_with_one_field_replaced(name: str) -> None:
    changed = {f.name for f in fields(FULL) if getattr(FULL, f.name) != getattr(RECIPES[name], f.name)} - {"summary"}
    field, value = ONE_FIELD[name]
    assert changed == {field}
    assert getattr(RECIPES[name], field) == value
    assert "summary" not in RECIPES[name].settings and RECIPES[name].settings[field] == value


def test_table_5_has_four_rows_and_every_recipe_is_one_of_these_or_a_choice() -> None:
    assert list(ABLATIONS) == ["full", "no_pretraining", "no_aux", "lstm"]
    assert set(RECIPES) == {"full", *ONE_FIELD, *REFERENCES}
    assert [name for name, recipe in RECIPES.items() if recipe.is_classical] == list(REFERENCES) == list(CLASSICAL)
    assert RECIPES["tfidf"].settings == {"model": "tfidf"}
    assert [RECIPES[name].model for name in LANGUAGE_MODELS] == ["gpt", "lstm"]


def test_the_settings_of_records_from_before_layers_could_be_left_out_are_what_they_were() -> None:
    """They are in each record's key."""
    assert FULL.settings == {
        "model": "gpt",
        "pretrained": True,
        "lm_coef": 0.5,
        "embedding_dropout": "vectors",
        "lm_softmax": "vocabulary",
        "epoch": "last",
        "score_loss": "shares",
    }
    assert [name for name, recipe in RECIPES.items() if "transferred" in recipe.settings] == list(TRANSFERS)
    assert len(TRANSFERS) == max(profile.size.n_layer for profile in PROFILES.values())


def test_the_paper_profile_is_the_papers() -> None:
    """Section 4.1, and the released code for what it leaves open."""
    paper = PROFILES["paper"]
    assert (paper.size.n_layer, paper.size.n_head, paper.size.n_embd, paper.size.n_ctx) == (12, 12, 768, 512)
    tuning = paper.finetuning
    assert (tuning.learning_rate, tuning.batch, tuning.epochs, tuning.warmup) == (6.25e-5, 32, 3, 0.002)
    assert (tuning.dropout, tuning.head_dropout, tuning.weight_decay, tuning.clip) == (0.1, 0.1, 0.01, 1.0)
    assert FULL.lm_coef == 0.5
    training = paper.pretraining
    assert (training.learning_rate, training.batch, training.warmup, training.dropout) == (2.5e-4, 64, 2000, 0.1)
    assert (training.weight_decay, training.minutes, paper.size.n_units) == (0.01, None, 2048)


def test_cost_by_hand() -> None:
    """Width 2, 10 tokens in sequences of 5, 7 + 3 words: 24 D^2 + 4 L D a layer, 2 D V for the logits."""
    size = replace(PROFILES["mini"].size, n_layer=1, n_embd=2, n_vocab=7)
    assert cost.forward_flops(size, 5, lm_loss=False) == 24 * 4 + 4 * 5 * 2
    assert cost.training_flops(size, 10, 5, lm_loss=True) == 3 * 10 * (24 * 4 + 4 * 5 * 2 + 2 * 2 * 10)


def test_the_full_size_costs_six_flops_a_parameter_and_token() -> None:
    """The rule of thumb, on the parameters that take part in products; attention adds a few percent."""
    flops = cost.training_flops(PROFILES["paper"].size, 1, 64, lm_loss=True)
    assert flops / (6 * (116_534_784 - 512 * 768)) == pytest.approx(1.0, abs=0.03)
