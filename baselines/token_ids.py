"""What a model reads of examples: token ids, for who checks that they stay the same, and spelt out, for people."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from baselines import vocabulary
from baselines.recipes import Profile

if TYPE_CHECKING:
    from baselines.batches import Example


def token_ids(examples: Sequence[Example], profile: Profile, folder: Path) -> list[list[list[int]]]:
    """The ids of each sequence of each example, laid out, special tokens in place. folder: with the vocabulary.

    Raises FileNotFoundError or ValueError where there is none, ValueError for examples of different formats.
    """
    from baselines.batches import encode_all
    from baselines.tokenizer import Tokenizer

    encoded = encode_all(examples, Tokenizer(vocabulary.read(folder)), profile.size.n_ctx)
    return [list(example.sequences) for example in encoded]


def layout(profile: Profile, folder: Path) -> Callable[[Example], list[str]]:
    """How examples are laid out in tokens; see `baselines.batches.shown`. folder: with the vocabulary."""
    from functools import partial

    from baselines.batches import shown
    from baselines.tokenizer import Tokenizer

    return partial(shown, tokenizer=Tokenizer(vocabulary.read(folder)), n_ctx=profile.size.n_ctx)
