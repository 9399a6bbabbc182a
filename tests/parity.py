"""Our GPT-1 beside an independent one, `transformers`' OpenAIGPT, on the same random weights.

`python -m tests.parity` prints the largest differences at full width, and the optimizer's from the released rule.
"""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterable
from pathlib import Path
from typing import Any

os.environ.setdefault("HF_HUB_OFFLINE", "1")  # nothing here is asked of the hub

import torch
from torch import Tensor
from transformers import OpenAIGPTConfig, OpenAIGPTDoubleHeadsModel, OpenAIGPTLMHeadModel
from transformers.utils import logging

from baselines import weights
from baselines.batches import Batch, Encoded, collate
from baselines.gpt import GPT
from baselines.heads import Head
from baselines.network import Network
from baselines.recipes import FULL, PROFILES, Size
from baselines.weights import PREFIX, TRANSPOSED
from harness.tasks.base import choose
from tests.test_optimizer import SIZES, fifty_updates

SPECIAL = 3
LM_COEF = 0.5


class Pair:
    """The same numbers in both: ours saved to a folder, theirs loaded from it."""

    def __init__(self, size: Size, n_vocab: int, folder: Path, seed: int = 0) -> None:
        generator = torch.Generator().manual_seed(seed)
        self.gpt = GPT(size, n_vocab, 0.0)
        self.gpt.initialise(generator)
        with torch.no_grad():
            for parameter in self.gpt.parameters():  # biases and norms that do something
                if parameter.dim() == 1:
                    parameter.add_(torch.randn(parameter.shape, generator=generator), alpha=0.1)
        self.head = Head(choose(), size.n_embd, 0.0)
        self.head.initialise(generator)
        self.network = Network(self.gpt, self.head, FULL)
        weights.save(self.gpt, folder)
        off: Any = {"resid_pdrop": 0.0, "embd_pdrop": 0.0, "attn_pdrop": 0.0, "summary_first_dropout": 0.0}
        config = OpenAIGPTConfig.from_pretrained(folder, num_labels=1, **off)
        logging.set_verbosity_error()  # that the head is not in the file
        logging.disable_progress_bar()
        self.lm: Any = OpenAIGPTLMHeadModel.from_pretrained(folder, config=config)
        self.double: Any = OpenAIGPTDoubleHeadsModel.from_pretrained(folder, config=config)
        with torch.no_grad():
            summary: Any = self.double.multiple_choice_head.summary
            summary.weight.copy_(self.head.linear.weight)
            summary.bias.copy_(self.head.linear.bias)


def examples(n_vocab: int, lengths: Iterable[tuple[int, ...]], seed: int = 0) -> list[Encoded]:
    """Random tokens: an example for each tuple, a sequence for each length in it; labels in turn."""
    generator = torch.Generator().manual_seed(seed)
    made = []
    for number, each in enumerate(lengths):
        sequences = tuple(torch.randint(n_vocab, (n,), generator=generator).tolist() for n in each)
        made.append(Encoded(sequences, float(number % len(each)), 0))
    return made


def padded(found: list[Encoded]) -> tuple[Tensor, Tensor]:
    """(B, C, L) ids, padded on the right with 0, a real token's id too, and (B, C) lengths."""
    longest = max(len(sequence) for example in found for sequence in example.sequences)
    ids = torch.tensor([[[*s, *[0] * (longest - len(s))] for s in example.sequences] for example in found])
    return ids, torch.tensor([[len(s) for s in example.sequences] for example in found])


def logits_apart(pair: Pair, found: list[Encoded]) -> float:
    """Largest difference of the language models' logits at real tokens."""
    batch = collate(found, 1)
    ids, lengths = padded(found)
    with torch.no_grad():
        states = pair.gpt(batch)
        ours = states @ pair.gpt.tokens_embed.weight.T
        theirs = pair.lm(input_ids=ids.flatten(0, 1)).logits
    stops = batch.extract.flatten() + 1
    largest = 0.0
    for number, (stop, length) in enumerate(zip(stops.tolist(), lengths.flatten().tolist(), strict=True)):
        largest = max(largest, float((ours[stop - length : stop] - theirs[number, :length]).abs().max()))
    return largest


def losses(pair: Pair, found: list[Encoded]) -> tuple[Tensor, Tensor]:
    """Ours: (task, LM), gradients accumulated for L2 + 0.5 * L1."""
    batch: Batch = collate(found, sum(len(example.sequences) for example in found))
    labels = torch.tensor([example.label for example in found])
    task, lm = pair.network.losses(batch, labels, len(found))
    (task + LM_COEF * lm).backward()
    return task.detach(), lm.detach()


def their_losses(pair: Pair, found: list[Encoded]) -> tuple[Tensor, Tensor]:
    """The same of theirs, whose LM loss is a mean over all tokens: so each sequence's is asked for on its own."""
    ids, lengths = padded(found)
    count = lengths.numel()
    labels = torch.tensor([int(example.label or 0) for example in found])
    task, lm = torch.zeros(()), torch.zeros(())
    for number in range(count):
        wanted = torch.full_like(ids, -100)
        length = int(lengths.flatten()[number])
        wanted.view(count, -1)[number, :length] = ids.view(count, -1)[number, :length]
        out = pair.double(input_ids=ids, mc_token_ids=lengths - 1, labels=wanted, mc_labels=labels)
        (out.mc_loss / count + LM_COEF * out.loss / count).backward()
        task, lm = out.mc_loss.detach(), lm + out.loss.detach() / count
    return task, lm


def gradients_apart(pair: Pair) -> tuple[float, str]:
    """Largest difference of any parameter's gradient, and whose it is; then both are cleared."""
    theirs = dict(pair.double.named_parameters())
    apart = []
    for name, parameter in pair.gpt.named_parameters():
        gradient = theirs[PREFIX + name].grad
        expected = gradient.T if name.endswith(TRANSPOSED) else gradient
        assert parameter.grad is not None
        apart.append((float((parameter.grad - expected).abs().max()), name))
    for kind in ("weight", "bias"):
        summary = getattr(pair.double.multiple_choice_head.summary, kind).grad
        apart.append((float((getattr(pair.head.linear, kind).grad - summary).abs().max()), f"head {kind}"))
    pair.network.zero_grad()
    pair.double.zero_grad()
    return max(apart)


LENGTHS = {"unpadded": [(40, 40), (40, 40)], "padded": [(23, 61), (7, 40), (2, 33)]}


def main() -> None:
    size, n_vocab = PROFILES["paper"].size, 40_478 + SPECIAL
    with tempfile.TemporaryDirectory() as folder:
        pair = Pair(size, n_vocab, Path(folder))
    print("| batch | logits | task loss | LM loss | gradients (whose) |\n|---|---|---|---|---|")
    for name, lengths in LENGTHS.items():
        found = examples(n_vocab, lengths)
        apart = [abs(float(a - b)) for a, b in zip(losses(pair, found), their_losses(pair, found), strict=True)]
        largest, whose = gradients_apart(pair)
        said = " | ".join(f"{value:.1e}" for value in (logits_apart(pair, found), *apart))
        print(f"| {name} | {said} | {largest:.1e} ({whose}) |")
    print("\n| gradients of size | parameters after 50 updates in float64 |\n|---|---|")
    for gradient in SIZES:
        apart = [float((one - other).abs().max()) for one, other in zip(*fifty_updates(gradient), strict=True)]
        print(f"| {gradient:g} | {max(apart):.1e} |")


if __name__ == "__main__":
    main()
