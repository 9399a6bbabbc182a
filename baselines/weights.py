"""Pre-trained weights on disk, in the hub's layout (`openai-community/openai-gpt`): ours are saved so too.

The hub's linear layers are stored (in, out), torch's are (out, in): those matrices are transposed on the way. Only
safetensors are read.
"""

from __future__ import annotations

import json
from pathlib import Path

import torch
from safetensors import SafetensorError, safe_open
from torch import Tensor

from baselines.checkpoint import write_tensors
from baselines.gpt import GPT

FILE = "model.safetensors"
PREFIX = "transformer."
TRANSPOSED = (".c_attn.weight", ".c_proj.weight", ".c_fc.weight")


def load(model: GPT, folder: Path, n_vocab: int) -> None:
    """Fill `model` from `folder`; rows of the token embedding from n_vocab on (special tokens) stay as they are.

    Raises ValueError, naming the tensor, for a missing, extra, misshapen or non-finite one, FileNotFoundError where
    there is no weight file. Then nothing of the model has been changed.
    """
    tensors = read(folder / FILE)
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
        raise ValueError(f"{folder / FILE} does not fit this model: {'; '.join(faults[:3])}{more}")
    with torch.no_grad():
        for name, parameter in model.named_parameters():
            parameter[: len(tensors[name])].copy_(tensors[name])


def read(path: Path) -> dict[str, Tensor]:
    """Tensors by this project's names and in torch's orientation; causal-mask buffers and the tied head left out."""
    if not path.is_file():
        raise FileNotFoundError(f"no weights in {path.parent}: expected {FILE}; give their folder with --weights DIR")
    try:
        with safe_open(path, "pt") as file:
            tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118  (not a dict)
    except SafetensorError as error:
        raise ValueError(f"{path} is not a whole safetensors file ({error}); download or train it again") from error
    named = {name.removeprefix(PREFIX): tensor for name, tensor in tensors.items()}
    return {
        name: tensor.t() if name.endswith(TRANSPOSED) and tensor.dim() == 2 else tensor
        for name, tensor in named.items()
        if not name.endswith(".attn.bias") and name != "lm_head.weight"
    }


def save(model: GPT, folder: Path) -> None:
    """Write model.safetensors and config.json as the hub has them. Raises OSError."""
    tensors = {
        PREFIX + name: parameter.t() if name.endswith(TRANSPOSED) else parameter
        for name, parameter in model.named_parameters()
    }
    write_tensors(folder / FILE, tensors, {"format": "pt"})
    n_vocab, n_embd = model.tokens_embed.weight.shape
    config = {
        "model_type": "openai-gpt",
        "architectures": ["OpenAIGPTLMHeadModel"],
        "vocab_size": n_vocab,
        "n_positions": len(model.positions_embed.weight),
        "n_embd": n_embd,
        "n_layer": len(model.h),
        "n_head": model.n_head,
        "afn": "gelu",
        "layer_norm_epsilon": 1e-5,
    }
    (folder / "config.json").write_text(json.dumps(config, indent=1) + "\n")
