"""Supervised fine-tuning with the auxiliary language-model loss (paper, section 3.2; settings, section 4.1).

L3 = L2 + lm_coef * L1: L2 the mean cross-entropy of the answers, L1 the mean over sequences of each sequence's mean
next-token loss. The last epoch is what is scored.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from baselines import device as devices
from baselines import vocabulary, weights
from baselines.batches import Batch, Encoded, Example, collate, encode_all, within_budget
from baselines.checkpoint import Checkpoint, identity
from baselines.gpt import GPT
from baselines.heads import Form, Head
from baselines.lm_loss import lm_loss
from baselines.optimizer import Adam, warmup_linear
from baselines.recipes import Profile, Recipe
from baselines.tokenizer import Tokenizer

Report = Callable[[Mapping[str, Any]], None]


class Network(nn.Module):
    """A language model and a head on its states at extract."""

    def __init__(self, lm: GPT, head: Head) -> None:
        super().__init__()
        self.lm = lm
        self.head = head

    def forward(self, batch: Batch) -> tuple[Tensor, Tensor]:
        """-> states (T, D), logits (B, K or C)."""
        states = self.lm(batch)
        return states, self.head(states[batch.extract])

    def losses(self, batch: Batch, labels: Tensor, n_examples: int, lm_coef: float) -> tuple[Tensor, Tensor]:
        """This part's share of (L2, L1) of an effective batch of n_examples; L1 is skipped where it has no weight."""
        states, logits = self(batch)
        task = self.head.loss(logits.float(), labels) / n_examples
        if lm_coef == 0.0:
            return task, task.new_zeros(())
        sources = states.index_select(0, batch.sources)
        return task, lm_loss(sources, self.lm.tokens_embed.weight, batch.targets, batch.weights)


class FineTuned:
    """The door: fit on examples, predict numbers. See `baselines.make`."""

    def __init__(
        self,
        recipe: Recipe,
        profile: Profile,
        form: Form,
        seeds: Mapping[str, int],
        device: str,
        weights_dir: Path,
        run_dir: Path,
        report: Report,
    ) -> None:
        self.recipe, self.profile, self.form, self.seeds = recipe, profile, form, dict(seeds)
        self.settings = profile.finetuning
        self.device = devices.find(device)
        self.weights_dir = weights_dir
        self.run_dir = run_dir
        self.report = report
        self.tokenizer = Tokenizer(vocabulary.read(weights_dir))
        self.budget = devices.token_budget(profile.size, self.device)
        self.facts: dict[str, Any] = {}
        self.network = self.build()

    def build(self) -> Network:
        """Random start, then the pre-trained weights over it where the recipe has them."""
        size = self.profile.size
        lm = GPT(size, self.tokenizer.n_vocab + 3, self.settings.dropout)
        head = Head(self.form, size.n_embd, self.settings.head_dropout)
        generator = torch.Generator().manual_seed(self.seeds["initialisation"])
        lm.initialise(generator)
        head.initialise(generator)
        if self.recipe.pretrained:
            weights.load(lm, self.weights_dir, self.tokenizer.n_vocab)
        return Network(lm, head).to(self.device)

    def fit(self, train: Sequence[Example]) -> FineTuned:
        """Train, continuing from a checkpoint in run_dir if there is one.

        `report` is called after every micro-batch and update and may raise (KeyboardInterrupt, say): the state is
        saved before that leaves. Raises ValueError for fewer examples than one batch or a foreign checkpoint,
        FloatingPointError where the loss or gradient is not finite.
        """
        examples = encode_all(train, self.tokenizer, self.profile.size.n_ctx)
        settings = self.settings
        total = len(examples) // settings.batch * settings.epochs
        if total == 0:
            raise ValueError(f"{len(examples)} training rows; expected at least one batch of {settings.batch}")
        optimizer = Adam(self.network.named_parameters(), settings.weight_decay, settings.clip)
        torch.manual_seed(self.seeds["dropout"])
        checkpoint = Checkpoint(self.run_dir / "training.safetensors", self.identity(examples), self.network, optimizer)
        state = checkpoint.restore() or {"budget": self.budget, "seconds": 0.0, "tokens": 0}
        self.budget = state["budget"]  # another plan of micro-batches would draw other dropout
        self.network.train()
        batches = self.batches(examples, optimizer.updates, total)
        began = time.monotonic() - state["seconds"]
        try:
            for batch in batches:
                rate = settings.learning_rate * warmup_linear(optimizer.updates / total, settings.warmup)
                task, lm = self.accumulate(batch, optimizer.updates)
                checkpoint.whole = False
                norm = optimizer.step(rate)
                state["tokens"] += sum(example.n_tokens for example in batch)
                state["seconds"] = time.monotonic() - began
                checkpoint.mark()
                progress = {"update": optimizer.updates, "of": total, "tokens": state["tokens"]}
                measures = {"loss": task + self.recipe.lm_coef * lm, "task_loss": task, "lm_loss": lm}
                self.report({"event": "fine-tuning", **progress, **measures, "rate": rate, "norm": norm})
                if checkpoint.due():
                    checkpoint.save(state)
        except KeyboardInterrupt:
            checkpoint.save_if_whole(state)
            raise
        checkpoint.remove()
        self.facts |= {
            "updates": total,
            "training_tokens": state["tokens"],
            "training_seconds": round(state["seconds"], 2),
            "cut_examples": sum(example.cut > 0 for example in examples),
            "cut_tokens": sum(example.cut for example in examples),
        }
        return self

    def batches(self, examples: list[Encoded], done: int, total: int) -> Iterator[list[Encoded]]:
        """The batches of updates done..total: every epoch in an order of its own, a partial last batch dropped."""
        size = self.settings.batch
        each = len(examples) // size
        order: list[int] = []
        for update in range(done, total):
            epoch, place = divmod(update, each)
            if place == 0 or not order:
                generator = torch.Generator().manual_seed(self.seeds["order"] * 1_000_003 + epoch)
                order = torch.randperm(len(examples), generator=generator).tolist()
            yield [examples[i] for i in order[place * size : (place + 1) * size]]

    def accumulate(self, batch: list[Encoded], update: int) -> tuple[float, float]:
        """Gradients of one effective batch, micro-batch by micro-batch -> (L2, L1)."""
        n_sequences = sum(len(example.sequences) for example in batch)
        task_sum = lm_sum = 0.0
        for part in within_budget(batch, self.budget):
            examples = [batch[i] for i in part]
            labels = torch.tensor([example.label for example in examples], dtype=torch.float32, device=self.device)
            with devices.autocast(self.device):
                inputs = collate(examples, n_sequences).to(self.device)
                task, lm = self.network.losses(inputs, labels, len(batch), self.recipe.lm_coef)
            loss = task + self.recipe.lm_coef * lm
            if not loss.isfinite():
                raise FloatingPointError(f"the loss is {loss.item()} at update {update + 1}")
            loss.backward()
            task_sum += task.item()
            lm_sum += lm.item()
            self.report({"event": "micro-batch"})
        return task_sum, lm_sum

    def predict(self, examples: Sequence[Example]) -> list[float]:
        """For each example, in order: the index of the name or sequence, or the score."""
        answers: list[float] = self.network.head.answer(self.logits(examples)).tolist()
        return answers

    def scores(self, examples: Sequence[Example]) -> list[list[float]]:
        """For each example, in order: the probability of each name, sequence or whole-numbered score."""
        rows: list[list[float]] = self.logits(examples).softmax(1).tolist()
        return rows

    @torch.no_grad()
    def logits(self, examples: Sequence[Example]) -> Tensor:
        """(B, K or C) on the CPU, in the examples' order. Nothing is kept for a backward pass, so batches are large."""
        encoded = encode_all(examples, self.tokenizer, self.profile.size.n_ctx)
        self.network.eval()
        found: list[Tensor] = [torch.empty(0)] * len(encoded)
        done = 0
        for part in within_budget(encoded, 4 * self.budget):
            with devices.autocast(self.device):
                _, logits = self.network(collate([encoded[i] for i in part], 1).to(self.device))
            for i, row in zip(part, logits.float().cpu(), strict=True):
                found[i] = row
            done += len(part)
            self.report({"event": "predicting", "example": done, "of": len(encoded)})
        return torch.stack(found)

    def identity(self, examples: list[Encoded]) -> str:
        weight_file = self.weights_dir / weights.FILE
        stat = weight_file.stat() if self.recipe.pretrained else None
        return identity(
            self.recipe.settings,
            asdict(self.profile),
            tuple(self.form),  # type: ignore[arg-type]
            self.seeds,
            self.tokenizer.vocabulary.hash,
            (stat.st_size, stat.st_mtime_ns) if stat else None,
            examples,
        )

    def describe(self) -> dict[str, Any]:
        """What a record says of the baseline, beside its key."""
        return {
            "parameters": sum(parameter.numel() for parameter in self.network.lm.parameters()),
            "batch": self.settings.batch,
            "micro_batch_tokens": self.budget,
            "device": devices.name(self.device),
            "precision": "bfloat16 autocast" if self.device.type == "cuda" else "float32",
            "torch": torch.__version__,
            "peak_memory_bytes": devices.peak_memory(self.device),
            **self.facts,
        }
