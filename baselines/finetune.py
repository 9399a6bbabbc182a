"""Supervised fine-tuning with the auxiliary language-model loss (paper, section 3.2; settings, section 4.1).

L3 = L2 + lm_coef * L1: L2 the mean cross-entropy of the answers, L1 the mean over sequences of each sequence's mean
next-token loss. The last epoch is what is scored.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from baselines import device as devices
from baselines import divergence, segments, shared_prefix, starting_point, state_files, vocabulary, weight_files
from baselines.batches import Encoded, Example, collate, encode_all, unknown_rate
from baselines.checkpoint import Checkpoint, identity, read_sealed, write_sealed
from baselines.compiled import compiled
from baselines.heads import Form
from baselines.micro_batches import in_parts
from baselines.optimizer import Adam, warmup_linear
from baselines.recipes import Profile, Recipe
from baselines.report import Report
from baselines.state_files import BEST
from baselines.tokenizer import Tokenizer

Judge = Callable[["FineTuned"], float]


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
        cache: Path | None = None,
    ) -> None:
        self.recipe, self.profile, self.form, self.seeds = recipe, profile, form, dict(seeds)
        self.settings = profile.finetuning
        self.device = devices.find(device)
        self.weights_dir = weights_dir
        self.run_dir = run_dir
        self.cache = cache
        self.report = report
        self.tokenizer = Tokenizer(vocabulary.read(weights_dir))
        self.facts: dict[str, Any] = {"unknown_rate": {}}
        self.network, found = starting_point.build(
            recipe, profile, form, self.seeds["initialisation"], self.device, weights_dir, self.tokenizer
        )
        self.facts |= found
        self.losses = compiled(self.network.losses, report)
        self.answered: tuple[Sequence[Example], Tensor] | None = None  # the last logits, until trained further
        kept = self.network.lm.numbers_a_token
        self.budget = devices.token_budget(recipe.model, profile.size, kept, self.device)

    def fit(self, train: Sequence[Example], judge: Judge | None = None) -> FineTuned:
        """Train, continuing from a checkpoint in run_dir if there is one.

        judge: gives this model, as it is after an epoch, a number; a recipe whose `epoch` is "best" keeps the highest.
        `report` is called after every micro-batch and update and may raise (KeyboardInterrupt, say): the state is
        saved before that leaves. Raises ValueError for fewer examples than one batch or a foreign checkpoint,
        FloatingPointError, naming update and examples, before an update whose loss or gradient is not finite.
        """
        examples = self.encode(train)
        settings = self.settings
        each = len(examples) // settings.batch
        total = each * settings.epochs
        if total == 0:
            raise ValueError(f"{len(examples)} training rows; expected at least one batch of {settings.batch}")
        optimizer = Adam(self.network.named_parameters(), settings.weight_decay, settings.clip)
        torch.manual_seed(self.seeds["dropout"])
        checkpoint = Checkpoint(self.run_dir, self.identity(examples), self.network, optimizer, self.report)
        state = checkpoint.restore() or {"budget": self.budget, "seconds": 0.0, "tokens": 0, "judged": 0}
        self.budget = state["budget"]  # another plan of micro-batches would draw other dropout
        batches = self.batches(examples, optimizer.updates, total)
        began = time.monotonic() - state["seconds"]
        try:
            self.choose(judge, optimizer.updates, each, state)
            for batch in batches:
                self.network.train()
                rate = settings.learning_rate * warmup_linear(optimizer.updates / total, settings.warmup)
                try:
                    task, lm = self.accumulate(batch, optimizer.updates)
                    state["budget"] = self.budget
                    checkpoint.whole = False
                    norm = optimizer.step(rate)
                except FloatingPointError as error:
                    told = error, total, self.network, self.loss_alone, batch, examples, train
                    raise divergence.of_examples(*told) from error
                state["tokens"] += sum(example.n_tokens for example in batch)
                state["seconds"] = time.monotonic() - began
                checkpoint.mark()
                progress = {"update": optimizer.updates, "of": total, "tokens": state["tokens"]}
                measures = {"loss": task + self.recipe.lm_coef * lm, "task_loss": task, "lm_loss": lm}
                self.choose(judge, optimizer.updates, each, state)
                self.report({"event": "fine-tuning", **progress, **measures, "rate": rate, "norm": norm})
                if checkpoint.due():
                    checkpoint.save(state)
        except KeyboardInterrupt:
            checkpoint.save_if_whole(state)
            raise
        if self.recipe.epoch == "best":
            self.network.load_state_dict(read_sealed(self.run_dir / BEST)[0])
            self.answered = None
            self.facts["best_epoch"] = state["best_epoch"]
        self.facts |= {
            "updates": total,
            "training_tokens": state["tokens"],
            "training_seconds": round(state["seconds"], 2),
            "cut_examples": sum(example.cut > 0 for example in examples),
            "cut_tokens": sum(example.cut for example in examples),
        }
        self.facts["unknown_rate"]["training"] = unknown_rate(examples)
        return self

    def choose(self, judge: Judge | None, updates: int, each: int, state: dict[str, Any]) -> None:
        """Where an epoch has ended that was not judged yet: keep the network if it is the best so far.

        Raises ValueError where a recipe needs a judge and there is none.
        """
        if self.recipe.epoch != "best" or updates % each or updates <= state["judged"]:
            return
        if judge is None:
            raise ValueError("a recipe that takes the best epoch needs rows to judge it on; give fit a judge")
        found = judge(self)
        if found > state.get("best", -math.inf):
            write_sealed(self.run_dir / BEST, self.network.state_dict(), {})
            state |= {"best": found, "best_epoch": updates // each}
        state["judged"] = updates

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
        losses: list[tuple[float, float]] = []
        self.answered = None

        def work(part: list[int]) -> None:
            task, lm, loss = self.losses_of([batch[i] for i in part], n_sequences, len(batch))
            if not loss.isfinite():
                raise FloatingPointError(f"the loss is {loss.item()} at update {update + 1}")
            loss.backward()
            losses.append((task.item(), lm.item()))
            self.report({"event": "micro-batch"})

        def again() -> None:
            losses.clear()
            self.network.zero_grad(set_to_none=True)

        self.budget = in_parts([example.n_tokens for example in batch], self.budget, self.device, work, again)
        task, lm = zip(*losses, strict=True)
        return sum(task), sum(lm)

    def losses_of(self, part: list[Encoded], n_sequences: int, n_examples: int) -> tuple[Tensor, Tensor, Tensor]:
        """L2, L1, L3 of a part of an effective batch of so many sequences and examples."""
        labels = torch.tensor([example.label for example in part], dtype=torch.float32, device=self.device)
        with devices.autocast(self.device):
            task, lm = self.losses(collate(part, n_sequences).to(self.device), labels, n_examples)
        return task, lm, task + self.recipe.lm_coef * lm

    def loss_alone(self, example: Encoded) -> Tensor:
        return self.losses_of([example], len(example.sequences), 1)[-1]

    def predict(self, examples: Sequence[Example]) -> list[float]:
        """For each example, in order: the index of the name or sequence, or the score."""
        answers: list[float] = self.network.head.answer(self.logits(examples)).tolist()
        return answers

    def scores(self, examples: Sequence[Example]) -> list[list[float]]:
        """For each example, in order: the probability of each name, sequence or whole-numbered score."""
        rows: list[list[float]] = self.network.head.scores(self.logits(examples)).tolist()
        return rows

    @torch.no_grad()
    def logits(self, examples: Sequence[Example]) -> Tensor:
        """(B, K or C) on the CPU, in the examples' order; asked twice of the same object, it computes once."""
        if self.answered and self.answered[0] is examples:
            return self.answered[1]
        encoded = self.encode(examples)
        self.facts["unknown_rate"]["scored"] = unknown_rate(encoded)  # of the last set that was scored
        self.network.eval()
        # answers go on from one context; the two orders of a pair begin alike by chance alone
        arrange = shared_prefix.together if self.form.kind == "choose" else shared_prefix.apart
        readings = [arrange(example.sequences) for example in encoded]
        found: dict[int, Tensor] = {}

        def work(part: list[int]) -> None:
            with devices.autocast(self.device):
                states = shared_prefix.extracted(self.network.lm, [readings[i] for i in part], self.device)
                logits = self.network.head(states)
            found.update(zip(part, logits.float().cpu(), strict=True))
            self.report({"event": "predicting", "example": len(found), "of": len(encoded)})

        computed = [shared_prefix.n_tokens(one) for one in readings]
        in_parts(computed, 4 * self.budget, self.device, work, found.clear)  # nothing is kept for a backward pass
        self.answered = examples, torch.stack([found[i] for i in range(len(encoded))])
        return self.answered[1]

    def encode(self, examples: Sequence[Example]) -> list[Encoded]:
        known = segments.ids_of(examples, self.tokenizer, self.weights_dir, self.cache, self.report)
        return encode_all(examples, self.tokenizer, self.profile.size.n_ctx, known)

    def identity(self, examples: list[Encoded]) -> str:
        return identity(
            self.recipe.settings,
            asdict(self.profile),
            tuple(self.form),  # type: ignore[arg-type]
            self.seeds,
            self.tokenizer.vocabulary.hash,
            weight_files.hash_of(self.weights_dir) if self.recipe.pretrained else None,
            examples,
        )

    def finished(self) -> None:
        """Call when the answers are kept: until then a stopped run goes on from the last saved state."""
        state_files.remove(self.run_dir)

    def describe(self) -> dict[str, Any]:
        """What a record says of the baseline, beside its key."""
        return {
            "parameters": sum(parameter.numel() for parameter in self.network.lm.parameters()),
            "batch": self.settings.batch,
            "micro_batch_tokens": self.budget,
            "device": devices.name(self.device),
            "precision": "bfloat16 autocast" if devices.precision(self.device) == "bfloat16" else "float32",
            "torch": torch.__version__,
            "peak_memory_bytes": devices.peak_memory(self.device),
            **({"pretraining": weight_files.pretraining_of(self.weights_dir)} if self.recipe.pretrained else {}),
            **self.facts,
        }
