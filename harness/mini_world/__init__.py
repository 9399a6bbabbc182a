"""A generated miniature of the experiment: one lexicon and one grammar, a corpus to learn them from, and labelled rows.

lexicon (words and their relations) -> grammar (clauses) -> statements, scenes, science, questions (pairs of texts and
how they stand to each other) -> corpus (unlabelled documents) and labelled (rows in each task's own columns).
"""

from __future__ import annotations

from harness.mini_world.corpus import corpus
from harness.mini_world.labelled import SIZES, rows

VERSION: int = 1  # raised whenever the same seed gives other text

__all__ = ["SIZES", "VERSION", "corpus", "rows"]
