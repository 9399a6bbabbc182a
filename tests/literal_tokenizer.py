"""The released tokenizer as it is described, word by word and merge by merge: slow, without a cache, for comparison."""

from __future__ import annotations

import re
from itertools import pairwise

import ftfy
import spacy

from baselines.tokenizer import NEWLINE
from baselines.vocabulary import Vocabulary

SPACY = spacy.blank("en")
SPACY.max_length = 10**9  # only its tokenizer is asked


def encode(text: str, known: Vocabulary, rank: dict[tuple[str, str], int]) -> list[int]:
    """Fix, standardise, split into words, lower-case, merge the lowest-ranked pair first."""
    text = ftfy.fix_text(text)
    for old, new in (("—", "-"), ("–", "-"), ("―", "-"), ("…", "..."), ("´", "'")):
        text = text.replace(old, new)
    text = re.sub(r"(-+|~+|!+|\"+|;+|\?+|\++|,+|\)+|\(+|\\+|\/+|\*+|\[+|\]+|}+|{+|\|+|_+)", r" \1 ", text)
    text = re.sub(r"\s*\n\s*", " \n ", text)
    text = re.sub(r"[^\S\n]+", " ", text).strip()
    ids = []
    for token in SPACY(text):
        ids += [known.ids.get(piece, 0) for piece in merged(token.text.lower(), rank)]
    return ids


def ranks(known: Vocabulary) -> dict[tuple[str, str], int]:
    return {pair: rank for rank, pair in enumerate(known.merges)}


def merged(word: str, rank: dict[tuple[str, str], int]) -> list[str]:
    pieces = [*word[:-1], word[-1] + "</w>"]
    while len(pieces) > 1:
        best = min(pairwise(pieces), key=lambda pair: rank.get(pair, len(rank)))
        if best not in rank:
            break
        joined, i = [], 0
        while i < len(pieces):
            if tuple(pieces[i : i + 2]) == best:
                joined.append(pieces[i] + pieces[i + 1])
                i += 2
            else:
                joined.append(pieces[i])
                i += 1
        pieces = joined
    return [NEWLINE] if "".join(pieces).strip(" ").replace(" ", "") == NEWLINE else pieces
