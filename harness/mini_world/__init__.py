"""A generated miniature of the experiment: one lexicon and one grammar, a corpus to learn them from, and labelled rows.

lexicon (words and their relations) -> grammar (clauses) -> statements, scenes, science, questions (pairs of texts and
how they stand to each other) -> corpus (unlabelled documents) and, a module a kind of task, the labelled rows:
entailment (MNLI, SNLI, SciTail, QNLI, RTE), acceptability (CoLA), sentiment (SST-2), similarity (MRPC, STS-B),
duplicates (QQP), pronouns (WNLI, DPR), reading (RACE), stories (Story Cloze). balance keeps them even and apart;
labelled serves them all, in each task's own columns.
"""

from __future__ import annotations

from harness.mini_world.corpus import corpus
from harness.mini_world.labelled import SIZES, rows, size_of

VERSION: int = 1  # raised whenever the same seed gives other text
TELLERS = ("corpus", "grammar", "lexicon", "questions", "scenes", "science", "statements")  # modules that write it

__all__ = ["SIZES", "TELLERS", "VERSION", "corpus", "rows", "size_of"]
