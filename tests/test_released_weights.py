"""The release's own layout, fabricated at the tiny size and at the released one: ten pieces of one flat vector."""

from __future__ import annotations

import json
import math
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from baselines import vocabulary, weight_files, weights
from baselines.gpt import GPT
from baselines.recipes import PROFILES, Size
from tests import tiny

N_VOCAB = len(tiny.VOCABULARY.ids)
PIECES = [f"params_{i}.npy" for i in range(10)]


def model(size: Size = tiny.PROFILE.size, n_vocab: int = N_VOCAB, seed: int = 0) -> GPT:
    made = GPT(size, n_vocab, 0.0)
    made.initialise(torch.Generator().manual_seed(seed))
    return made


def shapes_of(size: Size, n_vocab: int) -> list[list[int]]:
    """As params_shapes.json has them: convolutions of width 1 have a leading dimension of 1."""
    d = size.n_embd
    block = [[1, d, 3 * d], [3 * d], [1, d, d], [d], [d], [d], [1, d, 4 * d], [4 * d], [1, 4 * d, d], [d], [d], [d]]
    return [[size.n_ctx, d], [n_vocab, d], *block * size.n_layer]


def write(folder: Path, size: Size = tiny.PROFILE.size, n_vocab: int = N_VOCAB, seed: int = 0) -> np.ndarray[Any, Any]:
    """Random numbers in the release's layout, cut where no tensor ends -> the flat vector."""
    shapes = shapes_of(size, n_vocab)
    total = sum(math.prod(shape) for shape in shapes)
    flat = np.random.default_rng(seed).standard_normal(total, dtype=np.float32) * np.float32(0.02)
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "params_shapes.json").write_text(json.dumps(shapes))
    for name, piece in zip(PIECES, np.array_split(flat, 10), strict=True):
        np.save(folder / name, piece)
    return flat


def test_every_number_ends_where_the_release_puts_it(tmp_path: Path) -> None:
    """Positions first, then tokens, then block by block; linear layers stored (in, out)."""
    flat = write(tmp_path)
    gpt = model(n_vocab=N_VOCAB + 3, seed=1)
    special = gpt.tokens_embed.weight[N_VOCAB:].clone()
    weights.load(gpt, tmp_path, N_VOCAB)
    where = 0

    def take(*shape: int) -> torch.Tensor:
        nonlocal where
        where += math.prod(shape)
        return torch.from_numpy(flat[where - math.prod(shape) : where].reshape(shape))

    assert torch.equal(gpt.positions_embed.weight, take(48, 16))
    assert torch.equal(gpt.tokens_embed.weight[:N_VOCAB], take(N_VOCAB, 16))
    for block in gpt.h:
        b: Any = block
        for linear, shape in ((b.attn.c_attn, (16, 48)), (b.attn.c_proj, (16, 16))):
            assert torch.equal(linear.weight, take(*shape).T) and torch.equal(linear.bias, take(shape[1]))
        assert torch.equal(b.ln_1.weight, take(16)) and torch.equal(b.ln_1.bias, take(16))
        for linear, shape in ((b.mlp.c_fc, (16, 64)), (b.mlp.c_proj, (64, 16))):
            assert torch.equal(linear.weight, take(*shape).T) and torch.equal(linear.bias, take(shape[1]))
        assert torch.equal(b.ln_2.weight, take(16)) and torch.equal(b.ln_2.bias, take(16))
    assert where == len(flat)
    assert torch.equal(gpt.tokens_embed.weight[N_VOCAB:], special)


def test_both_layouts_give_the_same_model(tmp_path: Path) -> None:
    write(tmp_path / "release")
    one, other = model(), model(seed=1)
    weights.load(one, tmp_path / "release", N_VOCAB)
    weights.save(one, tmp_path / "hub")
    weights.load(other, tmp_path / "hub", N_VOCAB)
    assert all(torch.equal(a, b) for a, b in zip(one.parameters(), other.parameters(), strict=True))
    hashes = {weight_files.hash_of(tmp_path / name) for name in ("release", "hub")}
    assert len(hashes) == 2 and weight_files.kind_of(tmp_path / "release") == "gpt"


def test_the_released_shapes_are_the_papers_model(shared_data: Path) -> None:
    shapes = json.loads((shared_data / "gpt1_vocab/params_shapes.json").read_text())
    assert shapes == shapes_of(PROFILES["paper"].size, 40_478)
    assert len(shapes) == 146 and sum(math.prod(shape) for shape in shapes) == 116_534_784


def test_both_layouts_load_at_full_size(tmp_path: Path) -> None:
    """466 MB of random numbers; 116,534,784 parameters."""
    size = PROFILES["paper"].size
    flat = write(tmp_path / "release", size, 40_478)
    gpt = GPT(size, 40_481, 0.0)
    weights.load(gpt, tmp_path / "release", 40_478)
    assert torch.equal(gpt.h[11].ln_2.bias, torch.from_numpy(flat[-768:]))  # type: ignore[union-attr, arg-type]
    with torch.device("meta"):
        saved = GPT(size, 40_478, 0.0)
    saved = saved.to_empty(device="cpu")
    weights.load(saved, tmp_path / "release", 40_478)
    weights.save(saved, tmp_path / "hub")
    assert (tmp_path / "hub/model.safetensors").stat().st_size == pytest.approx(4 * 116_534_784, rel=1e-3)
    again = GPT(size, 40_481, 0.0)
    weights.load(again, tmp_path / "hub", 40_478)
    assert torch.equal(again.h[3].mlp.c_fc.weight, gpt.h[3].mlp.c_fc.weight)  # type: ignore[union-attr, arg-type]


# Wrong files


def replace(folder: Path, name: str, how: Callable[[Any], Any]) -> None:
    np.save(folder / name, how(np.load(folder / name)))


def with_nan(piece: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    piece[5] = np.nan
    return piece


FAULTS: dict[str, tuple[Callable[[Path], object], str]] = {
    "a piece is missing": (lambda f: (f / "params_4.npy").unlink(), r"the released weights in .* lack params_4\.npy"),
    "the shapes are missing": (lambda f: (f / "params_shapes.json").unlink(), r"lack params_shapes\.json"),
    "a piece is cut": (
        lambda f: (f / "params_4.npy").write_bytes((f / "params_4.npy").read_bytes()[:-9]),
        r"params_4\.npy is not a whole array",
    ),
    "a piece is noise": (
        lambda f: (f / "params_4.npy").write_bytes(bytes(range(256)) * 4),
        r"params_4\.npy is not a whole array of numbers in NumPy's format; get it again$",
    ),
    "a piece is empty": (lambda f: (f / "params_4.npy").write_bytes(b""), r"params_4\.npy is not a whole array"),
    "a piece is short": (lambda f: replace(f, "params_4.npy", lambda p: p[:-3]), r"hold [\d,]+ numbers, .* describes"),
    "a piece is in float64": (
        lambda f: replace(f, "params_4.npy", lambda p: p.astype(np.float64)),
        r"params_4\.npy is float64, 1-dimensional, expected a vector of float32",
    ),
    "a piece is a matrix": (
        lambda f: replace(f, "params_4.npy", lambda p: p[None]),
        r"params_4\.npy is float32, 2-dimensional, expected a vector of float32",
    ),
    "a piece holds NaN": (
        lambda f: replace(f, "params_9.npy", with_nan),
        r"h\.1\..* holds numbers that are not finite",
    ),
    "the shapes are no JSON": (lambda f: (f / "params_shapes.json").write_text("[[1,"), "is no list of shapes"),
    "the shapes are numbers": (lambda f: (f / "params_shapes.json").write_text("[1, 2]"), "is no list of shapes"),
    "a shape is missing": (
        lambda f: (f / "params_shapes.json").write_text(json.dumps(shapes_of(tiny.PROFILE.size, N_VOCAB)[:-1])),
        "lists 25 tensors, expected 2 and 12 a block",
    ),
    "tokens come first": (
        lambda f: (f / "params_shapes.json").write_text(
            json.dumps([(s := shapes_of(tiny.PROFILE.size, N_VOCAB))[1], s[0], *s[2:]])
        ),
        r"positions_embed\.weight is \(60, 16\), expected \(48, 16\)",
    ),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_a_wrong_file_is_named_and_changes_nothing(tmp_path: Path, fault: str) -> None:
    write(tmp_path)
    how, said = FAULTS[fault]
    how(tmp_path)
    gpt = model(seed=1)
    before = [parameter.clone() for parameter in gpt.parameters()]
    with pytest.raises((ValueError, FileNotFoundError), match=said):
        weights.load(gpt, tmp_path, N_VOCAB)
    assert all(torch.equal(a, b) for a, b in zip(before, gpt.parameters(), strict=True))


class Malicious:
    def __reduce__(self) -> tuple[Any, tuple[str]]:
        return (Path.touch, (Path("harmed"),))  # type: ignore[return-value]


def test_an_array_of_objects_is_not_unpickled(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    write(tmp_path)
    np.save(tmp_path / "params_0.npy", np.array([Malicious()], dtype=object), allow_pickle=True)
    with pytest.raises(
        ValueError, match=r"params_0\.npy is not a whole array of numbers in NumPy's format; get it again$"
    ):
        weights.load(model(), tmp_path, N_VOCAB)
    assert not (tmp_path / "harmed").exists()


def test_a_vocabulary_of_the_release_goes_with_them(tmp_path: Path) -> None:
    tiny.weights_folder(tmp_path)
    for old, new in zip(*vocabulary.FILES, strict=True):
        (tmp_path / old).rename(tmp_path / new)
    write(tmp_path)
    assert vocabulary.read(tmp_path) == tiny.VOCABULARY
    assert weight_files.find(tmp_path)[1:] == [tmp_path / name for name in PIECES]
