"""What a data set gives away to somebody who counts words and understands nothing.

Of each evaluation the most frequent answer, and TF-IDF with logistic regression (of graded scores ridge regression),
learnt on the training rows: once on the last text alone, which says nothing without the others, once on all texts. And
of no word at all, but of how many words two texts have in common: that somebody else is spoken of, say.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.pipeline import make_pipeline

from harness import metrics
from harness.tasks.base import Example, Form

Texts = tuple[str, ...]
NEGATIONS = frozenset(("no", "not", "n't", "nobody", "never"))


class Shortcuts(NamedTuple):
    """In percent: accuracy, or of graded scores Pearson's correlation. last: None where there is but one text."""

    majority: float
    last: float | None
    every: float
    common: float | None  # None where there is but one text


def words(text: str) -> list[str]:
    return re.findall(r"\w+", text.lower())


def bag(*parts: str) -> str:
    """The words of all parts, told apart."""
    return " ".join(f"{i}:{word}" for i, part in enumerate(parts) for word in words(part))


def last(texts: Texts) -> Texts:
    """The hypothesis, the second sentence, the answer."""
    return texts[-1:]


def every(texts: Texts) -> Texts:
    return texts


def common(texts: Texts) -> Texts:
    """As one word: how many words of the last text the others have, how many not, and the negations of either."""
    before, after = words(" ".join(texts[:-1])), words(texts[-1])
    shared = sum(word in before for word in after)
    nots = (sum(word in NEGATIONS for word in text) for text in (before, after))
    return ("_".join(map(str, (shared, len(after) - shared, *nots))),)


def measured(train: Sequence[Example], test: Sequence[Example], form: Form) -> Shortcuts:
    single = len(test[0].sequences[0]) == 1
    alone, shared = (None if single else counting(train, test, form, shown) for shown in (last, common))
    return Shortcuts(majority(train, test, form), alone, counting(train, test, form, every), shared)


def majority(train: Sequence[Example], test: Sequence[Example], form: Form) -> float:
    """Of the answer that is most frequent in training; a graded score that is always the same correlates with none."""
    if form.kind == "score":
        return 0.0
    ((frequent, _),) = Counter(example.label for example in train).most_common(1)
    return 100.0 * sum(example.label == frequent for example in test) / len(test)


def counting(
    train: Sequence[Example], test: Sequence[Example], form: Form, shown: Callable[[Texts], Texts] = every
) -> float:
    """shown: which of a sequence's texts are seen.

    Of several answers each is a bag with its context, right or wrong, and the likeliest is taken. Of two orders of one
    pair the first is read.
    """
    model = make_pipeline(
        TfidfVectorizer(token_pattern=r"\S+"), Ridge() if form.kind == "score" else LogisticRegression(max_iter=500)
    )
    labels = [example.label for example in test]
    if form.kind != "choose":
        model.fit([bags(one, shown)[0] for one in train], [example.label for example in train])
        return scored(form, labels, model.predict([bags(one, shown)[0] for one in test]).tolist())
    model.fit(
        [one for example in train for one in bags(example, shown)],
        [i == example.label for example in train for i in range(len(example.sequences))],
    )
    likely = model.predict_proba([one for example in test for one in bags(example, shown)])[:, 1]
    return scored(form, labels, likely.reshape(len(test), -1).argmax(axis=1).tolist())


def scored(form: Form, labels: Sequence[float | None], answers: Sequence[float]) -> float:
    metric = "pc" if form.kind == "score" else "acc"
    return metrics.score((metric,), [label for label in labels if label is not None], answers)[metric]


def bags(example: Example, shown: Callable[[Texts], Texts]) -> list[str]:
    """A sequence each; what stands before an answer is one part."""

    def of(sequence: Any) -> str:
        several = len(example.sequences) > 1 and len(sequence) > 2
        return bag(*shown((" ".join(sequence[:-1]), sequence[-1]) if several else sequence))

    return [of(sequence) for sequence in example.sequences]
