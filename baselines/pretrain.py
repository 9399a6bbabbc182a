"""Language-model pre-training on plain text (paper, section 3.1; settings, section 4.1).

One process, or several under torchrun, which share each batch: the effective batch is the same, so is the result.
"""

from __future__ import annotations

import math
import time
from collections.abc import Iterable, Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from baselines import device as devices
from baselines import divergence, models, state_files, token_file, vocabulary, weights
from baselines.checkpoint import Checkpoint, identity
from baselines.distributed import Team, team, without_exchange
from baselines.objective import Objective, one_seed, sample, spread
from baselines.optimizer import Adam, warmup_cosine
from baselines.recipes import Profile, Recipe
from baselines.report import Report, silent
from baselines.token_file import TokenFile
from baselines.weight_files import CHECKPOINTS, OWN
from baselines.whole_files import write_json

SAMPLED = 64  # held-out windows that are scored along the way; at the end it is all of them
TIMED = 3  # updates whose time decides how many a budget in minutes holds


def pretrain(
    documents: Iterable[str],
    recipe: Recipe,
    profile: Profile,
    run_dir: Path,
    report: Report,
    tokens_dir: Path | None = None,
    device: str = "cpu",
    seed: int = 0,
    corpus: str = "",
    vocabulary_dir: Path | None = None,
    every: int | None = None,
) -> dict[str, Any]:
    """Train a language model; leave weights, vocabulary, checkpoints and `pretraining.json` in run_dir.

    Continues from the state saved there. tokens_dir: where the tokenised corpus is, or is put, for other trainings to
    share (default: run_dir). corpus: its name, for the record. every: keep a checkpoint each so many updates, beside
    those at 0, 1, 2, 4, 8, ... and the last. `report` is called after every update and may raise (KeyboardInterrupt,
    say): the state is saved first. Returns what `pretraining.json` says: tokens, updates, seconds, held-out perplexity
    per token, and its curve. Raises ValueError for a corpus too short for a window or a batch too small for the
    processes, OSError when one is lost, FloatingPointError, with its windows, before an update that is not finite.
    """
    with team(device) as together:
        found = together.first(
            lambda: token_file.prepare(documents, profile.size.n_vocab, tokens_dir or run_dir, report, vocabulary_dir)
        )
        training = Training(found, recipe, profile, run_dir, report, together, seed, every)
        with divergence.windows_named(training):
            training.run()
        return training.finish(corpus) if together.leads else {}


class Training:
    """One pre-training: its model, what it has done, and what it leaves behind."""

    def __init__(
        self,
        found: TokenFile,
        recipe: Recipe,
        profile: Profile,
        run_dir: Path,
        report: Report,
        together: Team,
        seed: int,
        every: int | None,
    ) -> None:
        self.settings, self.length = profile.pretraining, profile.size.n_ctx
        for name, tokens in (("training", found.train), ("held-out", found.held_out)):
            if (n := len(tokens)) <= self.length:
                raise ValueError(f"the corpus gives {n} {name} tokens; expected more than one window of {self.length}")
        if self.settings.batch < together.size:
            raise ValueError(
                f"{together.size} processes for a batch of {self.settings.batch} windows; "
                f"start at most {self.settings.batch}"
            )
        self.found, self.recipe, self.profile, self.run_dir = found, recipe, profile, run_dir
        self.report, self.together, self.seed, self.every = report, together, seed, every
        self.model = models.build(recipe.model, profile.size, found.tokenizer.n_vocab, self.settings.dropout)
        self.model.initialise(torch.Generator().manual_seed(seed))
        self.model.to(together.device)
        self.objective = Objective(self.model, together.device)
        self.shared = together.wrap(self.objective)
        self.optimizer = Adam(self.model.named_parameters(), self.settings.weight_decay, self.settings.clip)
        known = identity(
            recipe.model, asdict(profile), seed, found.tokenizer.vocabulary.hash, len(found.train), len(found.held_out)
        )
        self.checkpoint = Checkpoint(run_dir, known, self.model, self.optimizer, report)
        budget = devices.token_budget(recipe.model, profile.size, self.model.numbers_a_token, together.device)
        # what a resumed training must repeat: another plan of micro-batches would draw other dropout
        self.state: dict[str, Any] = {"seconds": 0.0, "budget": budget, "total": None, "curve": []}

    def run(self) -> None:
        """Every update that is left."""
        optimizer, state = self.optimizer, self.state
        state |= self.checkpoint.restore() or {}
        total = state["total"] = state["total"] or self.updates_in_all()
        began = time.monotonic() - state["seconds"]
        try:
            if optimizer.updates == 0:
                self.tell(self.keep())
            while optimizer.updates < total:
                self.model.train()
                told = self.update()
                state["seconds"] = time.monotonic() - began
                self.checkpoint.mark()
                kept = [self.keep()] if self.is_kept(optimizer.updates) else []
                self.tell(told, *kept)  # before the save, or a kill between the two would leave the log without it
                if self.together.leads and (kept or self.checkpoint.due()):
                    self.checkpoint.save(state)
        except KeyboardInterrupt:
            if self.together.leads:
                self.checkpoint.save_if_whole(state)
            raise

    def update(self) -> dict[str, Any]:
        """One update -> what there is to tell of it."""
        settings, updates = self.settings, self.optimizer.updates
        rate = settings.learning_rate * warmup_cosine(updates, settings.warmup, self.state["total"])
        # dropout's noise depends on seed, update and process alone, so a resumed training repeats it
        torch.manual_seed(one_seed(self.seed, updates, self.together.rank))
        loss = self.accumulate(sample(self.found.train, settings.batch, self.length, (self.seed, updates)))
        self.checkpoint.whole = False
        norm = self.optimizer.step(rate)
        return {"event": "pre-training", "loss": loss, "rate": rate, "norm": norm}

    def tell(self, *events: Mapping[str, Any]) -> None:
        """Report them all; then stop if any process was asked to: one that left alone would leave the others waiting.

        Raises KeyboardInterrupt.
        """
        stop: KeyboardInterrupt | None = None
        for event in events:
            try:
                self.report({**event, **self.progress()})
            except KeyboardInterrupt as asked:
                stop = asked
        if self.together.sum(float(stop is not None))[0]:
            raise stop or KeyboardInterrupt

    def updates_in_all(self) -> int:
        """The budget in updates; one in minutes is found out by timing a few."""
        each = self.settings.batch * self.length
        if self.settings.minutes is None:
            return max(1, self.settings.tokens // each)
        seconds = []
        for update in range(TIMED):
            began = time.monotonic()
            self.accumulate(sample(self.found.train, self.settings.batch, self.length, (self.seed, update)))
            self.model.zero_grad(set_to_none=True)
            seconds.append(time.monotonic() - began)
        (typical,) = self.together.sum(sorted(seconds)[TIMED // 2] if self.together.leads else 0.0)
        return max(1, int(self.settings.minutes * 60 / typical))

    def accumulate(self, chosen: Tensor) -> float:
        """Gradients of one batch of windows -> mean loss in nats a token; fewer at a time where memory runs out.

        Raises ValueError where one is too much, or where there are other processes, which would not begin anew.
        """
        device, noise = self.together.device, devices.random_state(self.together.device)
        while True:
            try:
                return self.gradients(chosen)
            except Exception as error:  # of several classes, on a CPU a plain RuntimeError
                if not devices.is_out_of_memory(error):
                    raise
            at_once = min(self.state["budget"], chosen.numel() // self.together.size) // self.length
            if at_once <= 1 or self.together.size > 1:
                raise ValueError(f"out of memory with {at_once} windows of {self.length} tokens at a time; free some")
            self.model.zero_grad(set_to_none=True)
            devices.free_memory(device)
            devices.set_random_state(noise, device)
            self.state["budget"] = at_once // 2 * self.length

    def gradients(self, chosen: Tensor) -> float:
        """Of one batch of windows, as many at a time as fit -> mean loss in nats a token."""
        parts = self.together.share(chosen).split(max(1, self.state["budget"] // self.length))
        total = 0.0
        for number, part in enumerate(parts, 1):
            with without_exchange(self.shared, number < len(parts)):
                loss = self.shared(part) * (len(part) / len(chosen))
                (loss * self.together.size).backward()  # the exchange takes the mean over the processes
            total += loss.item()
            if self.together.size == 1:  # or the others would wait for one that leaves here
                self.report({"event": "micro-batch"})
        (loss_of_all,) = self.together.sum(total)
        if not math.isfinite(loss_of_all):
            raise FloatingPointError(f"the loss is {loss_of_all} at update {self.optimizer.updates + 1}")
        return loss_of_all

    def progress(self) -> dict[str, Any]:
        updates = self.optimizer.updates
        tokens, seconds = updates * self.settings.batch * self.length, round(self.state["seconds"], 3)
        return {"update": updates, "of": self.state["total"], "tokens": tokens, "seconds": seconds}

    def is_kept(self, updates: int) -> bool:
        """At 1, 2, 4, 8, ..., each `every`, and the last."""
        return (
            updates & (updates - 1) == 0 or updates == self.state["total"] or updates % (self.every or updates + 1) == 0
        )

    def keep(self) -> dict[str, Any]:
        """A checkpoint for Figure 2 and a point of the held-out curve -> what there is to tell of it.

        The first process does it; the others wait for its next gradients.
        """
        if not self.together.leads:
            return {"event": "held-out"}
        updates = self.optimizer.updates
        weights.save(self.model, self.run_dir / CHECKPOINTS / f"{updates:07d}")
        perplexity = self.perplexity(SAMPLED)
        self.state["curve"].append([updates, self.progress()["tokens"], round(perplexity, 4)])
        return {"event": "held-out", "perplexity": perplexity}

    def perplexity(self, count: int | None = None, report: Report = silent) -> float:
        """A token, on held-out windows."""
        return self.objective.perplexity(spread(self.found.held_out, self.length, count), self.state["budget"], report)

    def finish(self, corpus: str) -> dict[str, Any]:
        """Write the weights, the vocabulary and what there is to say of them."""
        found, total = self.found, self.optimizer.updates
        weights.save(self.model, self.run_dir)
        vocabulary.write(found.tokenizer.vocabulary, self.run_dir)
        result = {
            "model": self.recipe.model,
            "profile": self.profile.name,
            "seed": self.seed,
            "corpus": corpus,
            "updates": total,
            "tokens": total * self.settings.batch * self.length,
            "corpus_tokens": len(found.train),
            "held_out_tokens": len(found.held_out),
            "held_out_perplexity": round(self.perplexity(report=self.report), 3),
            "held_out_curve": self.state["curve"],  # updates, tokens, perplexity on some of the held-out windows
            "parameters": sum(parameter.numel() for parameter in self.model.parameters()),
            "seconds": round(self.state["seconds"], 1),
            "processes": self.together.size,
            "device": devices.name(self.together.device),
            "vocabulary": found.tokenizer.vocabulary.hash,
        }
        result = write_json(self.run_dir / OWN, result)
        state_files.remove(self.run_dir)
        return result
