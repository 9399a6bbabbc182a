"""A generated miniature of the experiment: one lexicon and one grammar, a corpus to learn them from, and labelled rows.

lexicon (words and their relations) -> scope (the words that a text may use) -> grammar (clauses) -> statements, scenes,
science, questions, readers, reviews (what is told, what is asked, and how they stand to each other) -> corpus, glossary
(unlabelled documents) and, a module a kind of task, the labelled rows: entailment (MNLI, SNLI, SciTail, QNLI, RTE),
acceptability (CoLA), sentiment (SST-2), similarity (MRPC, STS-B), duplicates (QQP), pronouns (WNLI, DPR), reading
(RACE), stories (Story Cloze). balance keeps them even and apart; labelled serves them all, in each task's own columns.

Training rows show half of the words that bear meaning, evaluation rows use the other half, by the seed: what those mean
only the corpus tells.
"""

from __future__ import annotations

from harness.mini_world.corpus import corpus
from harness.mini_world.labelled import SIZES, rows, size_of

VERSION: int = 3  # raised whenever the same seed gives other text

__all__ = ["SIZES", "VERSION", "corpus", "rows", "size_of"]
