"""A GPT's pre-training step as nanoGPT is described (github.com/karpathy/nanoGPT), written anew for a comparison.

Padded (B, T, D) tensors; a fused projection to queries, keys and values; torch's attention with its own causal mask and
dropout; `nn.Dropout` on embeddings and residuals; a tied head over all positions and `F.cross_entropy` on all logits;
AdamW that decays matrices only. Unlike nanoGPT the blocks are post-norm without a last layer norm and GELU is the tanh
form, as in GPT-1, so that it computes what ours does.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from baselines import device as devices
from baselines.recipes import Size

LEARNING_RATE, BETAS, DECAY, CLIP = 6e-4, (0.9, 0.95), 0.1, 1.0


class Attention(nn.Module):
    def __init__(self, size: Size, p: float) -> None:
        super().__init__()
        self.heads, self.p = size.n_head, p
        self.qkv = nn.Linear(size.n_embd, 3 * size.n_embd)
        self.out = nn.Linear(size.n_embd, size.n_embd)
        self.drop = nn.Dropout(p)

    def forward(self, x: Tensor) -> Tensor:
        b, t, d = x.shape
        q, k, v = (part.view(b, t, self.heads, -1).transpose(1, 2) for part in self.qkv(x).split(d, dim=2))
        y = F.scaled_dot_product_attention(q, k, v, dropout_p=self.p if self.training else 0.0, is_causal=True)
        mixed: Tensor = self.drop(self.out(y.transpose(1, 2).contiguous().view(b, t, d)))
        return mixed


class Block(nn.Module):
    def __init__(self, size: Size, p: float) -> None:
        super().__init__()
        self.attention = Attention(size, p)
        self.mlp = nn.Sequential(
            nn.Linear(size.n_embd, 4 * size.n_embd),
            nn.GELU("tanh"),
            nn.Linear(4 * size.n_embd, size.n_embd),
            nn.Dropout(p),
        )
        self.norm_1, self.norm_2 = nn.LayerNorm(size.n_embd), nn.LayerNorm(size.n_embd)

    def forward(self, x: Tensor) -> Tensor:
        x = self.norm_1(x + self.attention(x))
        normed: Tensor = self.norm_2(x + self.mlp(x))
        return normed


class Nano(nn.Module):
    def __init__(self, size: Size, n_vocab: int, p: float) -> None:
        super().__init__()
        self.words = nn.Embedding(n_vocab, size.n_embd)
        self.positions = nn.Embedding(size.n_ctx, size.n_embd)
        self.drop = nn.Dropout(p)
        self.blocks = nn.ModuleList(Block(size, p) for _ in range(size.n_layer))
        self.head = nn.Linear(size.n_embd, n_vocab, bias=False)
        self.head.weight = self.words.weight
        for name, parameter in self.named_parameters():
            if parameter.dim() > 1:
                nn.init.normal_(parameter, std=0.02)
            elif name.endswith("bias"):
                nn.init.zeros_(parameter)

    def forward(self, ids: Tensor, targets: Tensor) -> Tensor:
        """(B, T) each -> the mean loss."""
        x = self.drop(self.words(ids) + self.positions(torch.arange(ids.shape[1], device=ids.device)))
        for block in self.blocks:
            x = block(x)
        return F.cross_entropy(self.head(x).flatten(0, 1), targets.flatten())


def windows(tokens: Any, batch: int, length: int, device: torch.device) -> tuple[Tensor, Tensor]:
    """Random windows of a token file, and the same one place on."""
    starts = torch.randint(len(tokens) - length, (batch,)).tolist()
    rows = [torch.from_numpy(tokens[i : i + length + 1].astype(np.int64)) for i in starts]
    inputs, targets = torch.stack([row[:-1] for row in rows]), torch.stack([row[1:] for row in rows])
    if device.type == "cuda":
        return (inputs.pin_memory().to(device, non_blocking=True), targets.pin_memory().to(device, non_blocking=True))
    return inputs, targets


def decaying(model: nn.Module, fused: bool) -> torch.optim.AdamW:
    parameters = list(model.parameters())
    groups = [
        {"params": [p for p in parameters if p.dim() > 1], "weight_decay": DECAY},
        {"params": [p for p in parameters if p.dim() <= 1], "weight_decay": 0.0},
    ]
    return torch.optim.AdamW(groups, lr=LEARNING_RATE, betas=BETAS, fused=fused)


def build(
    tokens: Any, size: Size, n_vocab: int, p: float, batch: int, device: torch.device, fused: bool
) -> Callable[[], float]:
    """-> a step, which gives its loss. fused: the optimizer; nanoGPT has it so on CUDA alone."""
    model = Nano(size, n_vocab, p).to(device).train()
    optimizer = decaying(model, fused)

    def step() -> float:
        inputs, targets = windows(tokens, batch, size.n_ctx, device)
        with devices.autocast(device):
            loss = model(inputs, targets)
        loss.backward()
        nn.utils.clip_grad_norm_(model.parameters(), CLIP)
        optimizer.step()
        optimizer.zero_grad(set_to_none=True)
        return float(loss.item())

    return step
