from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file, save_file
from torch import Tensor

from baselines import weights
from baselines.gpt import GPT
from tests import tiny

N_VOCAB = 30


def model(n_vocab: int = N_VOCAB, seed: int = 0) -> GPT:
    made = GPT(tiny.PROFILE.size, n_vocab, 0.0)
    made.initialise(torch.Generator().manual_seed(seed))
    return made


def test_saved_weights_come_back_and_special_tokens_stay(tmp_path: Path) -> None:
    saved, loaded = model(), model(N_VOCAB + 3, seed=1)
    special = loaded.tokens_embed.weight[N_VOCAB:].clone()
    weights.save(saved, tmp_path)
    weights.load(loaded, tmp_path, N_VOCAB)
    torch.testing.assert_close(loaded.tokens_embed.weight[:N_VOCAB], saved.tokens_embed.weight)
    torch.testing.assert_close(loaded.tokens_embed.weight[N_VOCAB:], special)
    for (name, one), (_, other) in zip(saved.h.named_parameters(), loaded.h.named_parameters(), strict=True):
        torch.testing.assert_close(one, other, msg=name)


def test_the_layout_is_the_hubs(tmp_path: Path) -> None:
    """Linear layers are stored (in, out) there."""
    weights.save(model(), tmp_path)
    tensors = load_file(tmp_path / "model.safetensors")
    assert tensors["transformer.h.0.attn.c_attn.weight"].shape == (16, 48)
    assert tensors["transformer.h.1.mlp.c_proj.weight"].shape == (64, 16)
    assert tensors["transformer.tokens_embed.weight"].shape == (N_VOCAB, 16)
    config = json.loads((tmp_path / "config.json").read_text())
    assert (config["n_layer"], config["n_head"], config["n_embd"], config["n_positions"]) == (2, 2, 16, 48)


def change(folder: Path, how: Callable[[dict[str, Tensor]], object]) -> None:
    tensors = load_file(folder / "model.safetensors")
    how(tensors)
    save_file(tensors, folder / "model.safetensors")
    (folder / "config.json").unlink()  # which has the checksum of ours; others' have none


def test_names_without_prefix_masks_and_a_tied_head_are_accepted(tmp_path: Path) -> None:
    weights.save(model(), tmp_path)
    tensors = load_file(tmp_path / "model.safetensors")
    plain = {name.removeprefix("transformer."): tensor for name, tensor in tensors.items()}
    plain["h.0.attn.bias"] = torch.ones(1, 1, 48, 48)
    plain["lm_head.weight"] = plain["tokens_embed.weight"].clone()
    save_file(plain, tmp_path / "model.safetensors")
    (tmp_path / "config.json").unlink()
    loaded = model(N_VOCAB + 3, seed=1)
    weights.load(loaded, tmp_path, N_VOCAB)
    torch.testing.assert_close(loaded.tokens_embed.weight[:N_VOCAB], model().tokens_embed.weight)


LN = "transformer.h.0.ln_1.weight"


@pytest.mark.parametrize(
    ("how", "said"),
    [
        (lambda t: t.pop(LN), "no tensor h.0.ln_1.weight"),
        (lambda t: t.update(extra=torch.ones(1)), "unexpected tensor extra"),
        (lambda t: t.update({LN: torch.ones(7)}), r"h.0.ln_1.weight is \(7,\), expected \(16,\)"),
        (lambda t: t[LN].fill_(float("nan")), "h.0.ln_1.weight holds numbers that are not finite"),
        (lambda t: [t.pop(name) for name in list(t)[:9]], r"no tensor .*\(and 6 more\)"),
    ],
)
def test_a_wrong_file_is_refused_by_name_and_changes_nothing(
    tmp_path: Path, how: Callable[[dict[str, Tensor]], object], said: str
) -> None:
    weights.save(model(), tmp_path)
    change(tmp_path, how)
    untouched = model(N_VOCAB + 3, seed=1)
    before = [parameter.clone() for parameter in untouched.parameters()]
    with pytest.raises(ValueError, match=said):
        weights.load(untouched, tmp_path, N_VOCAB)
    assert all(torch.equal(a, b) for a, b in zip(before, untouched.parameters(), strict=True))


@pytest.mark.parametrize("kept", [0, 7, 1000])
def test_a_cut_or_foreign_file_is_refused(tmp_path: Path, kept: int) -> None:
    weights.save(model(), tmp_path)
    file = tmp_path / "model.safetensors"
    file.write_bytes(file.read_bytes()[:kept])
    with pytest.raises(ValueError, match=r"model.safetensors is damaged: it does not have the checksum in config.json"):
        weights.read(tmp_path)
    (tmp_path / "config.json").unlink()
    with pytest.raises(ValueError, match="is not a whole safetensors file"):
        weights.read(tmp_path)


def test_a_missing_file_says_what_to_give(tmp_path: Path) -> None:
    said = r"expected model.safetensors, or the release's params_shapes.json and params_0.npy to params_9.npy; give"
    with pytest.raises(FileNotFoundError, match=said):
        weights.read(tmp_path)


def test_a_pickle_is_never_read(tmp_path: Path) -> None:
    """Not a .bin beside which there is nothing else, nor an array of objects."""
    weights.save(model(), tmp_path)
    (tmp_path / "model.safetensors").rename(tmp_path / "pytorch_model.bin")
    with pytest.raises(FileNotFoundError, match=r"expected model\.safetensors"):
        weights.read(tmp_path)
