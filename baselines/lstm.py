"""The LSTM language model of Table 5: one layer in the Transformer's place (paper, section 5).

Legend: T tokens of all sequences end to end, D = n_embd, U = n_units. The states are projected back to D, since the
output embedding is tied to the input's.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn.utils.rnn import PackedSequence

from baselines import device as devices
from baselines.batches import Batch
from baselines.dropout import dropout
from baselines.past import Past
from baselines.recipes import Size
from baselines.tied import lookup


class LSTM(nn.Module):
    """Batch -> (T, D), as `baselines.gpt.GPT` does; drop-in for pre-training, fine-tuning and scoring.

    n_vocab: rows of the embedding, special tokens included. p: dropout on the embedding and on the layer's output.
    """

    def __init__(self, size: Size, n_vocab: int, p: float, embedding_dropout: str = "vectors") -> None:
        super().__init__()
        self.p = p
        self.embedding_dropout = embedding_dropout
        self.tokens_embed = nn.Embedding(n_vocab, size.n_embd)
        self.lstm = nn.LSTM(size.n_embd, size.n_units)
        self.proj = nn.Linear(size.n_units, size.n_embd)

    @property
    def numbers_a_token(self) -> int:
        """Kept for the backward pass, about 20 a unit (measured at 2048 units on a CPU: 18.8)."""
        return 20 * self.lstm.hidden_size

    @torch.no_grad()
    def initialise(self, generator: torch.Generator) -> None:
        """Embedding N(0, 0.1), the rest uniform in +-1/sqrt(U); biases 0, but the forget gate's 1, so that states last.

        The Transformer's N(0, 0.02) starts an LSTM slowly, for no layer norm scales its input up: after 1.5 M tokens of
        the mini corpus its held-out perplexity was 5.8 a token, with these 4.1 (the Transformer's 3.3).
        """
        bound = self.lstm.hidden_size**-0.5
        for name, parameter in self.named_parameters():
            if parameter.dim() == 1:
                parameter.zero_()
            elif name.startswith("tokens_embed"):
                parameter.normal_(0.0, 0.1, generator=generator)
            else:
                parameter.uniform_(-bound, bound, generator=generator)
            if name == "lstm.bias_ih_l0":
                parameter.view(4, -1)[1] = 1.0

    def tables(self) -> tuple[Tensor]:
        """See `GPT.tables`; there are no position vectors."""
        p = self.p if self.training and self.embedding_dropout == "matrix" else 0.0
        return (dropout(self.tokens_embed.weight, p),)

    def forward(
        self,
        batch: Batch,
        tables: tuple[Tensor, ...] | None = None,
        past: Past | None = None,
        keep: list[Tensor] | None = None,
    ) -> Tensor:
        """See `GPT.forward`; kept of a context are its last hidden and cell state, (S, U) each."""
        p = self.p if self.training else 0.0
        x = lookup((tables or self.tables())[0], batch.tokens)
        if self.embedding_dropout == "vectors":
            x = dropout(x, p)
        # a batch holds its longest sequence first, so sorting by position gives torch's packed order: all first
        # tokens, then all second ones, ...
        order = batch.positions.argsort(stable=True)
        first = None if past is None else tuple(kept[past.of][None] for kept in past.kept)
        with devices.uncast(x.device.type):  # cuDNN's would run in float16, whatever type is asked for
            packed, last = self.lstm(PackedSequence(x[order].float(), batch.positions.bincount().cpu()), first)
        if keep is not None:
            keep += [state[0] for state in last]
        states = torch.empty_like(packed.data).index_copy(0, order, packed.data)
        return self.proj(dropout(states, p))
