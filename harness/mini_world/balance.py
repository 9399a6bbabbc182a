"""What any labelled rows must be: even in what can be seen without understanding, and in one split alone."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import NamedTuple

PATIENCE = 200_000  # draws without a complete group


class Candidate(NamedTuple):
    """A row that may be taken.

    stratum: what of it can be seen without understanding, and must not tell its label. about: what no other split may
    share; where nothing is given, the texts.
    """

    texts: tuple[str, ...]
    label: str
    stratum: tuple[object, ...] = ()
    about: tuple[str, ...] = ()


def evened(candidates: Iterable[Candidate], shares: Mapping[str, int]) -> Iterator[Candidate]:
    """Different rows in complete groups: from one stratum, each label as often as its share says.

    Raises ValueError where candidates only repeat themselves.
    """
    vain = 0
    waiting: dict[tuple[object, ...], dict[str, list[Candidate]]] = {}
    seen = set[tuple[str, ...]]()
    for row in candidates:
        vain += 1
        if vain > PATIENCE:
            raise ValueError(f"{len(seen)} different rows, and no more in {PATIENCE} draws; ask for fewer")
        if row.texts in seen:
            continue
        seen.add(row.texts)
        stored = waiting.setdefault(row.stratum, {name: [] for name in shares})
        stored[row.label].append(row)
        if all(len(stored[name]) >= share for name, share in shares.items()):
            vain = 0
            for name, share in shares.items():
                for _ in range(share):
                    yield stored[name].pop()
