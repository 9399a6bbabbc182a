"""How much of the pre-trained network a fine-tuning starts from: Figure 2 (left) is drawn of this."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
import torch
from torch import Tensor

from baselines import door, weights
from baselines.finetune import FineTuned
from baselines.gpt import GPT
from baselines.recipes import FULL, RECIPES, Recipe
from tests import tiny
from tests.test_passage import RELEASED
from tests.test_passage import write as write_released

N_VOCAB = len(tiny.VOCABULARY.ids)
BLOCKS = tiny.PROFILE.size.n_layer


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Pre-trained weights that no random start has, in every tensor."""
    folder = tiny.weights_folder(tmp_path / "weights")
    model = GPT(tiny.PROFILE.size, N_VOCAB, 0.0)
    with torch.no_grad():
        for i, parameter in enumerate(model.parameters()):
            parameter.copy_(torch.linspace(i, i + 1, parameter.numel()).view_as(parameter))
    weights.save(model, folder)
    return folder


def start(folder: Path, recipe: Recipe) -> dict[str, Tensor]:
    made = FineTuned(recipe, tiny.PROFILE, tiny.FORM, tiny.SEEDS, "cpu", folder, folder / "run", tiny.quiet)
    return made.network.state_dict()


def changed(one: dict[str, Tensor], other: dict[str, Tensor]) -> list[str]:
    return [name for name, tensor in one.items() if not torch.equal(tensor, other[name])]


@pytest.mark.parametrize("blocks", range(BLOCKS + 1))
def test_the_first_blocks_are_the_pretrained_ones_and_the_others_the_random_starts(folder: Path, blocks: int) -> None:
    """Byte for byte: nothing else of the start depends on how many there are."""
    found = start(folder, replace(FULL, transferred=blocks))
    full, random = start(folder, FULL), start(folder, RECIPES["no_pretraining"])
    kept = ("lm.tokens_embed", "lm.positions_embed", *(f"lm.h.{i}." for i in range(blocks)))
    in_blocks = [name for name in found if name.startswith("lm.h.")]
    assert len(in_blocks) == 12 * BLOCKS
    for name, tensor in found.items():
        assert torch.equal(tensor, (full if name.startswith(kept) else random)[name]), name
    # and each tensor that is not kept is another than the pre-trained one: it acts
    assert changed(found, full) == [name for name in in_blocks if not name.startswith(kept)]


def test_all_blocks_are_the_full_network(folder: Path) -> None:
    assert changed(start(folder, replace(FULL, transferred=BLOCKS)), start(folder, FULL)) == []


def test_the_embeddings_only_are_more_than_nothing(folder: Path) -> None:
    """The paper's 0: words and positions are pre-trained, and the special tokens' rows start at random as always."""
    random = start(folder, RECIPES["no_pretraining"])
    found = start(folder, RECIPES["transfer_0"])
    assert changed(found, random) == ["lm.tokens_embed.weight", "lm.positions_embed.weight"]
    tokens = "lm.tokens_embed.weight"
    assert torch.equal(found[tokens][N_VOCAB:], random[tokens][N_VOCAB:])


@pytest.mark.parametrize(
    ("recipe", "said"),
    [
        (RECIPES["transfer_7"], "7 blocks to transfer of a model that has 2; transfer 0 to 2"),
        (replace(FULL, transferred=-1), "-1 blocks to transfer of a model that has 2; transfer 0 to 2"),
        (replace(RECIPES["lstm"], transferred=0), "of a pre-trained lstm; only a pre-trained gpt has blocks"),
        (replace(FULL, pretrained=False, transferred=1), "of a random start; only a pre-trained gpt has blocks"),
    ],
)
def test_blocks_that_are_not_there_are_refused(folder: Path, recipe: Recipe, said: str) -> None:
    with pytest.raises(ValueError, match=said):
        start(folder, recipe)
    with pytest.raises(ValueError, match=said):
        door.fingerprint(recipe, tiny.PROFILE, folder)
    with pytest.raises(ValueError, match=said):
        door.require_fits(recipe, tiny.PROFILE)


def test_another_number_of_blocks_is_another_key(folder: Path) -> None:
    prints = [door.fingerprint(RECIPES[f"transfer_{n}"], tiny.PROFILE, folder)["recipe"] for n in (0, 1)]
    assert [found["transferred"] for found in prints] == [0, 1]
    assert "transferred" not in door.fingerprint(FULL, tiny.PROFILE, folder)["recipe"]


def test_whether_weights_read_english_is_asked_of_the_whole_model(tmp_path: Path) -> None:
    """Without its later blocks it would not."""
    write_released(tmp_path, 2.0)

    def perplexity(recipe: Recipe) -> float:
        made = FineTuned(recipe, RELEASED, tiny.FORM, tiny.SEEDS, "cpu", tmp_path, tmp_path / "run", tiny.quiet)
        return float(made.describe()["passage_perplexity"])

    assert perplexity(RECIPES["transfer_0"]) == perplexity(FULL)
