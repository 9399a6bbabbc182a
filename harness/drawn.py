"""Which generated world, and which pre-training: two seeds that stand in a record's key only where they are not 0.

So records from before there were such seeds keep their keys. A reader shows one world and one pre-training at a time;
what starts at random rests on no pre-training, and belongs to each of its world.
"""

from __future__ import annotations

from argparse import Namespace
from collections.abc import Mapping
from typing import Any, NamedTuple

WORLD, PRETRAINING = "world_seed", "pretrain_seed"  # in a key, and on the command line


class Drawn(NamedTuple):
    """world: of the corpus and the rows. pretraining: of the initial weights, the windows and the dropout."""

    world: int = 0
    pretraining: int = 0

    @property
    def key(self) -> dict[str, int]:
        return {name: seed for name, seed in zip((WORLD, PRETRAINING), self, strict=True) if seed}

    @property
    def told(self) -> str:
        """ "world seed 1, pre-training seed 2"; nothing of what is 0."""
        parts = zip(("world", "pre-training"), self, strict=True)
        return ", ".join(f"{name} seed {seed}" for name, seed in parts if seed)

    @property
    def suffix(self) -> str:
        """ "-world1-pretraining2", for the names of files."""
        return "".join(f"-{name}{seed}" for name, seed in zip(self._fields, self, strict=True) if seed)

    def of(self, fingerprint: Mapping[str, Any]) -> Drawn:
        """The same of a baseline (`Baseline.fingerprint`): without weights there is no pre-training."""
        return self if fingerprint.get("weights") else self._replace(pretraining=0)

    def shows(self, key: Mapping[str, Any]) -> bool:
        """Whether a record with this key is of this world and this pre-training, or of none."""
        baseline = key.get("baseline", {})
        random = "weights" in baseline and baseline["weights"] is None
        return self in (found := of_key(key), found._replace(pretraining=self.pretraining) if random else found)


FIRST = Drawn()


def of_key(key: Mapping[str, Any]) -> Drawn:
    return Drawn(key.get(WORLD, 0), key.get(PRETRAINING, 0))


def asked(chosen: Namespace) -> Drawn:
    """What the command line asks for; commands that have no such words speak of the first."""
    return Drawn(getattr(chosen, WORLD, 0), getattr(chosen, PRETRAINING, 0))
