"""Which generated world, at which scale, and which pre-training: in a record's key only where not the first.

So records from before there were such choices keep their keys. A reader shows one world and one pre-training at a time;
what starts at random rests on no pre-training, and belongs to each of its world.
"""

from __future__ import annotations

from argparse import Namespace
from collections.abc import Mapping
from typing import Any, NamedTuple

WORLD, PRETRAINING, SCALE = NAMES = ("world_seed", "pretrain_seed", "scale")  # in a key, and on the command line
SCALES = (1, 4)


class Drawn(NamedTuple):
    """world: seed of the corpus and the rows. pretraining: seed of the initial weights, the windows and the dropout.

    scale: of SCALES; how much larger the world is, and with it the model.
    """

    world: int = 0
    pretraining: int = 0
    scale: int = 1

    @property
    def other(self) -> list[tuple[int, int]]:
        """(place, value) of what is not the first."""
        return [(i, value) for i, value in enumerate(self) if value != FIRST[i]]

    @property
    def key(self) -> dict[str, int]:
        return {NAMES[i]: value for i, value in self.other}

    @property
    def told(self) -> str:
        """ "world seed 1, pre-training seed 2, scale 4"; nothing of what is the first."""
        names = ("world seed", "pre-training seed", "scale")
        return ", ".join(f"{names[i]} {value}" for i, value in self.other)

    @property
    def suffix(self) -> str:
        """ "-world1-pretraining2", for the names of files."""
        return "".join(f"-{self._fields[i]}{value}" for i, value in self.other)

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
    return Drawn(*(key.get(name, first) for name, first in zip(NAMES, FIRST, strict=True)))


def asked(chosen: Namespace) -> Drawn:
    """What the command line asks for; commands that have no such words speak of the first."""
    return Drawn(*(getattr(chosen, name, first) for name, first in zip(NAMES, FIRST, strict=True)))
