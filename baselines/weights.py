"""Pre-trained weights: the hub's layout (ours are saved so too) and the release's, read into a model, checked whole.

Both store linear layers (in, out), torch's are (out, in): those matrices are transposed on the way. Only safetensors
and plain arrays are read, never pickles.
"""

from __future__ import annotations

import json
import math
from pathlib import Path

import numpy as np
import torch
from safetensors import SafetensorError, safe_open
from torch import Tensor

from baselines import weight_files
from baselines.checkpoint import write_tensors
from baselines.gpt import GPT
from baselines.models import LanguageModel
from baselines.weight_files import CONFIG, HUB, PIECES, SHAPES, WEIGHTS_SUM
from baselines.whole_files import hash_of, write_json

PREFIX = "transformer."
TRANSPOSED = (".c_attn.weight", ".c_proj.weight", ".c_fc.weight")
# a block's tensors in the order of the release's flat vector
BLOCK = tuple(
    f"{layer}.{kind}"
    for layer in ("attn.c_attn", "attn.c_proj", "ln_1", "mlp.c_fc", "mlp.c_proj", "ln_2")
    for kind in ("weight", "bias")
)


def load(model: LanguageModel, folder: Path, n_vocab: int) -> None:
    """Fill `model` from `folder`; rows of the token embedding from n_vocab on (special tokens) stay as they are.

    Raises ValueError, naming the file and the tensor, for a missing, extra, misshapen or non-finite one or a cut file,
    FileNotFoundError where there are no weights. Then nothing of the model has been changed.
    """
    tensors = read(folder)
    wanted = {name: tuple(parameter.shape) for name, parameter in model.named_parameters()}
    embedding = "tokens_embed.weight"
    wanted[embedding] = (n_vocab, wanted[embedding][1])
    faults = [f"no tensor {name}" for name in wanted if name not in tensors]
    faults += [f"unexpected tensor {name}" for name in tensors if name not in wanted]
    for name, shape in wanted.items():
        if name in tensors and tuple(tensors[name].shape) != shape:
            faults.append(f"{name} is {tuple(tensors[name].shape)}, expected {shape}")
        elif name in tensors and not tensors[name].isfinite().all():
            faults.append(f"{name} holds numbers that are not finite")
    if faults:
        more = f" (and {len(faults) - 3} more)" if len(faults) > 3 else ""
        file = weight_files.find(folder)[0]
        raise ValueError(f"{file} does not fit this model: {'; '.join(faults[:3])}{more}")
    with torch.no_grad():
        for name, parameter in model.named_parameters():
            parameter[: len(tensors[name])].copy_(tensors[name])


def read(folder: Path) -> dict[str, Tensor]:
    """Tensors by this project's names and in torch's orientation, from whichever layout is there.

    Raises ValueError for a file that is not whole or not what was saved, FileNotFoundError where there is none.
    """
    weight_files.require_whole(folder)
    first, *pieces = weight_files.find(folder)
    named = read_released(first, pieces) if pieces else read_hub(first)
    return {
        name: tensor.t() if name.endswith(TRANSPOSED) and tensor.dim() == 2 else tensor
        for name, tensor in named.items()
    }


def read_hub(path: Path) -> dict[str, Tensor]:
    """model.safetensors, with or without the prefix; causal-mask buffers and the tied head left out."""
    try:
        with safe_open(path, "pt") as file:
            tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118  (not a dict)
    except SafetensorError as error:
        raise ValueError(f"{path} is not a whole safetensors file ({error}); download or train it again") from error
    named = {name.removeprefix(PREFIX): tensor for name, tensor in tensors.items()}
    return {n: t for n, t in named.items() if not n.endswith(".attn.bias") and n != "lm_head.weight"}


def read_released(shapes_file: Path, pieces: list[Path]) -> dict[str, Tensor]:
    """The release's flat vector, cut to the shapes of its list: positions, tokens, then block by block."""
    try:
        shapes = [tuple(int(n) for n in shape) for shape in json.loads(shapes_file.read_text())]
    except (ValueError, TypeError, OverflowError, RecursionError) as error:
        raise ValueError(f"{shapes_file} is no list of shapes ({error}); get it again") from error
    n_blocks, rest = divmod(len(shapes) - 2, len(BLOCK))
    if n_blocks < 1 or rest:
        raise ValueError(
            f"{shapes_file} lists {len(shapes)} tensors, expected 2 and {len(BLOCK)} a block; get it again"
        )
    flat = np.concatenate([read_piece(path) for path in pieces])
    sizes = [math.prod(shape) for shape in shapes]
    if len(flat) != sum(sizes):
        raise ValueError(
            f"{PIECES[0]} to {PIECES[-1]} in {shapes_file.parent} hold {len(flat):,} numbers, {SHAPES} describes "
            f"{sum(sizes):,}; get them again"
        )
    blocks = [f"h.{block}.{name}" for block in range(n_blocks) for name in BLOCK]
    names = ["positions_embed.weight", "tokens_embed.weight", *blocks]
    parts = np.split(flat, np.cumsum(sizes)[:-1])
    return {
        # its convolutions of width 1 have a leading dimension of 1
        name: torch.from_numpy(part.reshape(shape[1:] if len(shape) == 3 and shape[0] == 1 else shape))
        for name, part, shape in zip(names, parts, shapes, strict=True)
    }


def read_piece(path: Path) -> np.ndarray[tuple[int], np.dtype[np.float32]]:
    try:
        # mapped, so that a header which claims more than there is costs no memory
        piece = np.load(path, mmap_mode="r", allow_pickle=False)
    except Exception as error:  # its header is read as Python: SyntaxError, TokenError and others
        # numpy's own words advise to unpickle it
        raise ValueError(f"{path} is not a whole array of numbers in NumPy's format; get it again") from error
    if not isinstance(piece, np.ndarray) or piece.dtype != np.float32 or piece.ndim != 1:
        got = f"{piece.dtype}, {piece.ndim}-dimensional" if isinstance(piece, np.ndarray) else type(piece).__name__
        raise ValueError(f"{path} is {got}, expected a vector of float32; get it again")
    return piece


def save(model: LanguageModel, folder: Path) -> None:
    """Write model.safetensors and config.json, the Transformer's as the hub has them. Raises OSError."""
    tensors = {
        PREFIX + name: parameter.t() if name.endswith(TRANSPOSED) else parameter
        for name, parameter in model.named_parameters()
    }
    write_tensors(folder / HUB, tensors, {"format": "pt"})
    n_vocab, n_embd = model.tokens_embed.weight.shape
    config: dict[str, object] = {"vocab_size": n_vocab, "n_embd": n_embd}
    if isinstance(model, GPT):
        config |= {
            "model_type": "openai-gpt",
            "architectures": ["OpenAIGPTLMHeadModel"],
            "n_positions": len(model.positions_embed.weight),
            "n_layer": len(model.h),
            "n_head": model.n_head,
            "afn": "gelu",
            "layer_norm_epsilon": 1e-5,
        }
    else:
        config |= {"model_type": "lstm", "n_units": model.lstm.hidden_size}
    write_json(folder / CONFIG, {**config, WEIGHTS_SUM: hash_of(folder / HUB)})
