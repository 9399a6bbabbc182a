"""What a language model that was only pre-trained answers: the heuristics of the paper's section 5, on log_probs alone.

No example is ever answered by where it or its choices stand: of choices that are equally likely one is taken by a hash
of the example's text, and they are counted.
"""

from __future__ import annotations

import hashlib
import json
import math
import statistics
from collections.abc import Callable, Sequence
from typing import NamedTuple

from harness.tasks.base import Example

# [(context, continuation)] -> for each the natural-log probability of each token of the continuation
LogProbs = Callable[[Sequence[tuple[str, str]]], list[list[float]]]

APPENDED = "very"
NEGATIVE, POSITIVE = "negative", "positive"  # in the order of SST-2's labels


class Answers(NamedTuple):
    predictions: list[int]
    ties: int  # examples with several choices alike


def most_likely_end(log_probs: LogProbs, examples: Sequence[Example]) -> Answers:
    """RACE, DPR, WSC273, PDP: the sequence whose last segment has the highest mean token log-probability.

    RACE: the answer, given document and question; the others: what stands after the pronoun, given what stands before
    it and the candidate in its place. A segment without a token to score is never taken before another.
    """
    pairs = [(" ".join(context), last) for example in examples for *context, last in example.sequences]
    found = iter(log_probs(pairs))
    return choose(examples, [[mean(next(found), -math.inf) for _ in example.sequences] for example in examples])


def sentiment(log_probs: LogProbs, examples: Sequence[Example]) -> Answers:
    """SST-2: the sentence and "very"; is "positive" the likelier next word, or "negative"?

    A word of several pieces has the sum over them.
    """
    contexts = [f"{example.sequences[0][0].strip()} {APPENDED}" for example in examples]
    found = iter(log_probs([(context, word) for context in contexts for word in (NEGATIVE, POSITIVE)]))
    return choose(examples, [[math.fsum(next(found)), math.fsum(next(found))] for _ in contexts])


def acceptability(log_probs: LogProbs, examples: Sequence[Example]) -> list[float]:
    """CoLA: each sentence's mean token log-probability, its first token not scored; 0 where there is no other."""
    return [mean(found, 0.0) for found in log_probs([("", example.sequences[0][0]) for example in examples])]


def accepted(means: Sequence[float], threshold: float) -> list[int]:
    """1, acceptable, from the threshold on."""
    return [int(value >= threshold) for value in means]


def best_threshold(means: Sequence[float], labels: Sequence[float]) -> float:
    """The one with the highest Matthews correlation, halfway between two values, or the lowest value: all acceptable.

    labels: 1 acceptable, 0 not. Of several the one that accepts most nearly as many as are acceptable, then the lowest.
    Raises ValueError where there is no row.
    """
    if not means:
        raise ValueError("no row to choose a threshold on; expected at least one")
    ranked = sorted(zip(means, labels, strict=True), reverse=True)
    n, good = len(ranked), sum(labels)
    best: tuple[float, float, float] | None = None
    right = 0.0
    for count, (value, label) in enumerate(ranked, 1):
        right += label
        below = ranked[count][0] if count < n else value
        if below == value and count < n:
            continue  # no threshold lies between equal values
        spread = count * (n - count) * good * (n - good)
        correlation = (n * right - count * good) / math.sqrt(spread) if spread else 0.0
        found = (round(correlation, 12), -abs(count - good), -(value + below) / 2)
        best = max(best, found) if best else found
    assert best is not None
    return -best[2]


def choose(examples: Sequence[Example], values: Sequence[Sequence[float]]) -> Answers:
    """The highest of each row. Raises ValueError for a value that is not a number."""
    predictions, ties = [], 0
    for example, row in zip(examples, values, strict=True):
        if any(value != value for value in row):
            raise ValueError("a log-probability is not a number; the weights are damaged or the precision too low")
        likeliest = [i for i, value in enumerate(row) if value == max(row)]
        ties += len(likeliest) > 1
        predictions.append(likeliest[draw(example, len(likeliest))])
    return Answers(predictions, ties)


def draw(example: Example, n: int) -> int:
    """Below n, by the example's text."""
    if n == 1:
        return 0
    digest = hashlib.sha256(json.dumps(example.sequences).encode()).digest()
    return int.from_bytes(digest[:8], "big") % n


def mean(values: Sequence[float], of_nothing: float) -> float:
    return statistics.fmean(values) if values else of_nothing
