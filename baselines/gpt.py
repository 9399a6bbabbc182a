"""GPT-1: a decoder of post-norm blocks on flat batches of real tokens (paper, section 4.1; released code).

Legend: T tokens of all sequences end to end, D = n_embd, H heads. Names are the hub's (`openai-community/openai-gpt`).
"""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from baselines.attention import dropped_attention
from baselines.batches import Batch, Group
from baselines.dropout import dropout
from baselines.past import Past
from baselines.recipes import Size
from baselines.tied import lookup


class Attention(nn.Module):
    """Causal self-attention. Every projection runs on real tokens; only attention itself sees sequences."""

    def __init__(self, size: Size) -> None:
        super().__init__()
        self.n_head = size.n_head
        self.c_attn = nn.Linear(size.n_embd, 3 * size.n_embd)
        self.c_proj = nn.Linear(size.n_embd, size.n_embd)

    def forward(
        self,
        x: Tensor,
        groups: tuple[Group, ...],
        p: float,
        past: tuple[Tensor, Past] | None = None,
        keep: list[Tensor] | None = None,
    ) -> Tensor:
        """past: what this layer kept of the contexts, and where it is. keep: gets this layer's keys and values."""
        qkv = self.c_attn(x)  # (T, 3D)
        if keep is not None:
            keep.append(qkv[:, x.shape[1] :].contiguous())  # a view would hold the queries of every block too
        attended = [self.attend(qkv[group.start : group.stop], i, group, p, past) for i, group in enumerate(groups)]
        return self.c_proj(attended[0] if len(attended) == 1 else torch.cat(attended))

    def attend(self, qkv: Tensor, i: int, group: Group, p: float, past: tuple[Tensor, Past] | None) -> Tensor:
        """(tokens of the i-th group, 3D) -> (the same, D). Padding is on the right, so a causal mask suffices."""
        if group.padded is not None:
            qkv = qkv.index_select(0, group.padded)
        if p > 0.0 and past is None and qkv.device.type == "cpu" and qkv.dtype == torch.float32:
            y = dropped_attention(qkv, group.n, self.n_head, p)
            return y if group.real is None else y.index_select(0, group.real)
        q, k, v = qkv.view(group.n, group.length, 3, self.n_head, -1).permute(2, 0, 3, 1, 4)  # (n, H, L, D/H)
        mask = None
        if past is not None:
            kept, at = past
            before = kept.index_select(0, at.places[i]).view(group.n, -1, 2, self.n_head, q.shape[-1])
            before_k, before_v = before.permute(2, 0, 3, 1, 4)
            k, v, mask = torch.cat([before_k, k], 2), torch.cat([before_v, v], 2), at.masks[i]
        y = F.scaled_dot_product_attention(q, k, v, attn_mask=mask, dropout_p=p, is_causal=mask is None)
        y = y.transpose(1, 2).reshape(group.n * group.length, -1)
        return y if group.real is None else y.index_select(0, group.real)


class MLP(nn.Module):
    def __init__(self, size: Size) -> None:
        super().__init__()
        self.c_fc = nn.Linear(size.n_embd, 4 * size.n_embd)
        self.c_proj = nn.Linear(4 * size.n_embd, size.n_embd)

    def forward(self, x: Tensor) -> Tensor:
        return self.c_proj(F.gelu(self.c_fc(x), approximate="tanh"))  # the release's form of GELU


class Block(nn.Module):
    """Post-norm: the residual is added first, then normalised."""

    def __init__(self, size: Size) -> None:
        super().__init__()
        self.attn = Attention(size)
        self.ln_1 = nn.LayerNorm(size.n_embd, eps=1e-5)
        self.mlp = MLP(size)
        self.ln_2 = nn.LayerNorm(size.n_embd, eps=1e-5)

    def forward(
        self,
        x: Tensor,
        groups: tuple[Group, ...],
        p: float,
        past: tuple[Tensor, Past] | None = None,
        keep: list[Tensor] | None = None,
    ) -> Tensor:
        x = self.ln_1(x + dropout(self.attn(x, groups, p, past, keep), p))
        return self.ln_2(x + dropout(self.mlp(x), p))


class GPT(nn.Module):
    """Batch -> (T, D), the last block's states. The output embedding is `tokens_embed.weight` (tied).

    n_vocab: rows of the embedding, special tokens included. 116,534,784 parameters at the paper's size with the
    released 40,478 tokens alone.
    """

    def __init__(self, size: Size, n_vocab: int, p: float, embedding_dropout: str = "vectors") -> None:
        super().__init__()
        self.p = p
        self.embedding_dropout = embedding_dropout
        self.n_head = size.n_head
        self.tokens_embed = nn.Embedding(n_vocab, size.n_embd)
        self.positions_embed = nn.Embedding(size.n_ctx, size.n_embd)
        self.h = nn.ModuleList(Block(size) for _ in range(size.n_layer))

    @property
    def numbers_a_token(self) -> int:
        """Kept for the backward pass, about 40 a block and unit of width (measured at full size: 38)."""
        return 40 * len(self.h) * self.tokens_embed.embedding_dim

    @torch.no_grad()
    def initialise(self, generator: torch.Generator) -> None:
        """Matrices N(0, 0.02), biases 0, layer norms the identity (paper, section 4.1)."""
        for name, parameter in self.named_parameters():
            if parameter.dim() > 1:
                parameter.normal_(0.0, 0.02, generator=generator)
            else:
                parameter.fill_(1.0 if name.endswith(("ln_1.weight", "ln_2.weight")) else 0.0)

    def tables(self) -> tuple[Tensor, Tensor]:
        """Token and position vectors as one pass uses them, at its input and again in the LM's softmax.

        The release drops elements of the matrix that holds both, so that all of a batch shares one mask
        (`embedding_dropout` "matrix"); by default they are the parameters themselves.
        """
        p = self.p if self.training and self.embedding_dropout == "matrix" else 0.0
        return dropout(self.tokens_embed.weight, p), dropout(self.positions_embed.weight, p)

    def forward(
        self,
        batch: Batch,
        tables: tuple[Tensor, ...] | None = None,
        past: Past | None = None,
        keep: list[Tensor] | None = None,
    ) -> Tensor:
        """tables: those of `tables()`, where the caller needs the same ones for the softmax.

        past: contexts that the batch's sequences go on from. keep: gets each block's keys and values, (T, 2D).
        """
        p = self.p if self.training else 0.0
        tokens, positions = tables or self.tables()
        at = batch.positions if past is None else batch.positions + past.offsets
        x = lookup(tokens, batch.tokens) + F.embedding(at, positions)
        if self.embedding_dropout == "vectors":
            x = dropout(x, p)
        for i, block in enumerate(self.h):
            x = block(x, batch.groups, p, (past.kept[i], past) if past is not None else None, keep)
        return x
