"""How likely a language model finds a text after another: the log-probability of each token, each text read once.

Legend: D = n_embd, V = vocabulary, a pair is (context, continuation). Pre-training saw no start token, so the first
token of a text has no probability.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

import torch

from baselines import device as devices
from baselines import lm_loss, models, vocabulary, weight_files, weights
from baselines.micro_batches import in_parts
from baselines.recipes import Profile
from baselines.shared_prefix import Ids, n_tokens, read
from baselines.tokenizer import Tokenizer


class Reading(NamedTuple):
    """What is read together: one text alone, or a context that several continuations go on from.

    sequences: of one text alone a single one, else the context and then each continuation; each without its last token,
    which only is predicted. aims: for each pair its number and the tokens to predict, the last ones of its sequence.
    """

    sequences: list[Ids]
    aims: list[tuple[int, Ids]]

    @property
    def shared(self) -> bool:
        return len(self.sequences) > 1


class Texts(dict[str, list[int]]):
    """A text's ids, found once for all the models that share a vocabulary."""

    def __init__(self, folder: Path) -> None:
        self.tokenizer = Tokenizer(vocabulary.read(folder))

    def __missing__(self, text: str) -> list[int]:
        self[text] = self.tokenizer.encode(text)
        return self[text]


class LanguageModel:
    """One checkpoint, whose weights are loaded when they are first needed.

    cut: tokens that found no room so far; read: tokens that the model has computed so far.
    """

    def __init__(self, folder: Path, texts: Texts, profile: Profile, device: str) -> None:
        self.folder, self.texts, self.profile = folder, texts, profile
        self.kind = weight_files.kind_of(folder)
        self.place = devices.find(device)
        self.model: models.LanguageModel | None = None
        self.cut = self.read = 0

    def load(self) -> models.LanguageModel:
        """Raises ValueError or OSError for weights that do not fit the profile."""
        if self.model is None:
            n_vocab = self.texts.tokenizer.n_vocab
            model = models.build(self.kind, self.profile.size, n_vocab, 0.0)
            weights.load(model, self.folder, n_vocab)
            self.model = model.to(self.place).eval()
        return self.model

    def release(self) -> None:
        """Give the weights' memory back; they are loaded again when they are needed again."""
        self.model = None
        devices.free_memory(self.place)

    def pieces(self, text: str) -> int:
        """How many tokens a text has."""
        return len(self.texts[text])

    @torch.no_grad()
    def log_probs(self, pairs: Sequence[tuple[str, str]]) -> list[list[float]]:
        """For each pair the natural-log probability of each token of the continuation, given all before it.

        Both are tokenised apart. With an empty context the continuation's first token is left out. Where a pair is
        longer than n_ctx the context gives way on its left, for the end is nearest to what is scored; all pairs of one
        context see the same rest of it, what the longest of their continuations leaves. A continuation that is too long
        by itself is cut on its right. Raises ValueError or OSError for weights that do not fit.
        """
        model, size = self.load(), self.profile.size
        distinct = list(dict.fromkeys(pairs))
        readings, cut = plan([(self.texts[one], self.texts[other]) for one, other in distinct], size.n_ctx)
        self.cut += cut
        found: dict[int, list[float]] = {i: [] for i in range(len(distinct))}

        def work(part: list[int]) -> None:
            with devices.autocast(self.place):
                found.update(self.compute(model, [readings[i] for i in part]))

        if readings:
            budget = devices.token_budget(self.kind, size, model.numbers_a_token, self.place)
            in_parts([n_tokens([reading.sequences]) for reading in readings], budget, self.place, work, lambda: None)
        of = {pair: i for i, pair in enumerate(distinct)}
        return [list(found[of[pair]]) for pair in pairs]

    def compute(self, model: models.LanguageModel, readings: Sequence[Reading]) -> dict[int, list[float]]:
        """The log-probabilities, by the pairs' numbers."""
        states, ends = read(model, [reading.sequences for reading in readings], self.place)
        self.read += len(states)
        sources: list[int] = []
        targets: list[int] = []
        counts: list[tuple[int, int]] = []
        for reading, (end, *after) in zip(readings, ends, strict=True):
            for (number, aimed), stop in zip(reading.aims, after or [end], strict=True):
                own = len(aimed) - reading.shared  # of a continuation the first token follows on the context's last
                sources += [end] * reading.shared
                sources += range(stop - own + 1, stop + 1)
                targets += aimed
                counts.append((number, len(aimed)))
        at = torch.tensor([sources, targets], device=self.place)
        values = lm_loss.log_probs(states.index_select(0, at[0]), model.tables()[0], at[1]).tolist()
        stop = 0
        return {number: values[stop : (stop := stop + count)] for number, count in counts}

    def describe(self) -> dict[str, Any]:
        """What a record says of the computation."""
        return {
            "parameters": sum(parameter.numel() for parameter in self.load().parameters()),
            "device": devices.name(self.place),
            "precision": "bfloat16 autocast" if devices.precision(self.place) == "bfloat16" else "float32",
            "torch": torch.__version__,
        }


def plan(pairs: Sequence[tuple[Ids, Ids]], n_ctx: int) -> tuple[list[Reading], int]:
    """Different pairs of (context, continuation) in ids -> what to read, and how many tokens found no room.

    A pair of which nothing can be predicted is in no reading.
    """
    by_context: dict[tuple[int, ...], list[int]] = {}
    for i, (context, continuation) in enumerate(pairs):
        if continuation:
            by_context.setdefault(tuple(context), []).append(i)
    readings, cut = [], 0
    for context, numbers in by_context.items():
        most = n_ctx - 1 if context else n_ctx
        owns = {i: pairs[i][1][:most] for i in numbers}
        kept = context[max(0, len(context) - n_ctx + max(map(len, owns.values()))) :]
        cut += sum(len(context) - len(kept) + len(pairs[i][1]) - len(own) for i, own in owns.items())
        if kept and len(owns) > 1:
            readings.append(Reading([kept, *(own[:-1] for own in owns.values())], list(owns.items())))
            continue
        for i, own in owns.items():
            aimed = own if kept else own[1:]
            if aimed:
                readings.append(Reading([[*kept, *own[:-1]]], [(i, aimed)]))
    return readings, cut


def checkpoints(run_dir: Path, profile: Profile, device: str) -> list[tuple[int | None, LanguageModel]]:
    """Of a pre-training, by rising updates; of weights without checkpoints one, whose updates are not known.

    They share their texts' ids. Raises ValueError or OSError.
    """
    texts = Texts(run_dir)
    return [
        (updates, LanguageModel(folder, texts, profile, device))
        for updates, folder in weight_files.checkpoints(run_dir)
    ]
