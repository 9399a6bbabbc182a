"""What any learner must beat: the majority class, and TF-IDF with logistic or ridge regression, from scikit-learn.

They fit, predict and describe themselves like any other baseline. No seed changes them: no randomness is in them.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import sklearn
from scipy.sparse import csr_matrix, hstack, vstack
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression, Ridge

from baselines.batches import Example
from baselines.heads import Form

Labels = Sequence[float]


class Majority:
    """Always the most frequent label of the training rows (of equals the first), or the mean of their scores."""

    def __init__(self, form: Form) -> None:
        self.form = form
        self.answer = 0.0
        self.parameters = 1

    def fit(self, train: Sequence[Example], judge: Callable[[Any], float] | None = None) -> Majority:  # noqa: ARG002
        labels = labels_of(train)
        if self.form.kind == "score":
            self.answer = float(np.mean(labels))
        else:
            counts = Counter(labels)
            self.answer = min(counts, key=lambda label: (-counts[label], label))
        return self

    def predict(self, examples: Sequence[Example]) -> list[float]:
        return [self.answer] * len(examples)

    def scores(self, examples: Sequence[Example]) -> list[list[float]]:
        """1 for the majority's name or sequence and 0 for the others, or the mean score."""
        if self.form.kind == "score":
            return [[self.answer] for _ in examples]
        widths = (len(self.form.names) or len(example.sequences) for example in examples)
        return [[float(i == self.answer) for i in range(width)] for width in widths]

    def finished(self) -> None:
        """Nothing was saved to continue from."""

    def describe(self) -> dict[str, Any]:
        return described(self.parameters)


class TfIdf:
    """Words and pairs of words, weighed by how rare they are, and a linear model at scikit-learn's defaults.

    Of a pair of texts the features are those of each, what they share, how they differ, and their cosine; where neither
    comes first, their sum in place of each. Of several answers each is a pair with its context, right or wrong; the
    likeliest is chosen.
    """

    def __init__(self, form: Form) -> None:
        self.form = form
        self.words = TfidfVectorizer(ngram_range=(1, 2), sublinear_tf=True)
        self.model = Ridge() if form.kind == "score" else LogisticRegression(max_iter=2000)

    def fit(self, train: Sequence[Example], judge: Callable[[Any], float] | None = None) -> TfIdf:  # noqa: ARG002
        labels = labels_of(train)
        self.words.fit(segment for example in train for sequence in example.sequences for segment in sequence)
        if self.form.kind == "choose":
            each = range(len(train[0].sequences))
            labels = [float(i == label) for i in each for label in labels]
        self.model.fit(self.rows(train), labels)
        return self

    def rows(self, examples: Sequence[Example]) -> csr_matrix:
        """(n, features), or for `choose` (choices * n, features): the first choice of all examples, then the second."""
        choices = len(examples[0].sequences) if self.form.kind == "choose" else 1
        return vstack([self.features(examples, choice) for choice in range(choices)], format="csr")

    def features(self, examples: Sequence[Example], choice: int) -> csr_matrix:
        pairs = [pair_of(example.sequences[choice]) for example in examples]
        last = self.words.transform([pair[-1] for pair in pairs])
        if len(pairs[0]) == 1:
            return last
        first = self.words.transform([pair[0] for pair in pairs])
        shared = first.multiply(last)
        cosine = csr_matrix(shared.sum(1))  # of vectors of length 1
        each = [first + last] if mirrored(examples[0]) else [first, last]
        return hstack([*each, shared, abs(first - last), cosine], format="csr")

    def predict(self, examples: Sequence[Example]) -> list[float]:
        if self.form.kind == "score":
            found = self.model.predict(self.rows(examples))
            return [float(score) for score in np.clip(found, self.form.low, self.form.high)]
        if self.form.kind == "classify":
            return [float(label) for label in self.model.predict(self.rows(examples))]
        return [float(np.argmax(row)) for row in self.scores(examples)]

    def scores(self, examples: Sequence[Example]) -> list[list[float]]:
        """The probability of each name, of each choice to be right, or the score."""
        if self.form.kind == "score":
            return [[score] for score in self.predict(examples)]
        likely = self.model.predict_proba(self.rows(examples))
        if self.form.kind == "choose":
            rows: list[list[float]] = likely[:, -1].reshape(-1, len(examples)).T.tolist()
            return rows
        found = np.zeros((len(examples), len(self.form.names)))
        found[:, self.model.classes_.astype(int)] = likely
        listed: list[list[float]] = found.tolist()
        return listed

    def finished(self) -> None:
        """Nothing was saved to continue from."""

    def describe(self) -> dict[str, Any]:
        return described(int(self.model.coef_.size + np.size(self.model.intercept_)))


MODELS: dict[str, Callable[[Form], Majority | TfIdf]] = {"majority": Majority, "tfidf": TfIdf}


def labels_of(train: Sequence[Example]) -> list[float]:
    """Raises ValueError where there is nothing to learn from."""
    labels = [example.label for example in train if example.label is not None]
    if len(labels) != len(train) or not labels:
        raise ValueError(f"{len(labels)} labels for {len(train)} training rows; expected one each, and at least one")
    return labels


def pair_of(sequence: Sequence[str]) -> tuple[str, ...]:
    """A sequence's segments: the last one, and before it the others as one text."""
    return (" ".join(sequence[:-1]), sequence[-1]) if len(sequence) > 1 else (sequence[0],)


def mirrored(example: Example) -> bool:
    """Whether it is two orders of one pair."""
    return len(example.sequences) == 2 and example.sequences[1] == example.sequences[0][::-1]


def described(parameters: int) -> dict[str, Any]:
    return {"parameters": parameters, "batch": None, "device": "cpu", "scikit-learn": sklearn.__version__}
