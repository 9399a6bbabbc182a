"""A record: one JSON file a cell, with everything needed to say what its number is a number of.

`key` holds all that could change the number: task, recipe and profile, seeds, limits, hashes of data, vocabulary and
weights. A cell is done when a record with the same key exists, not when a file exists. The code is not in the key: a
record made by other code is still shown, with a mark (`Record.code` against `code_hash()`), and can be redone.
"""

from __future__ import annotations

import hashlib
import importlib.metadata
import json
import math
import platform
import subprocess
from collections.abc import Callable, Iterator, Mapping
from dataclasses import asdict, dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

from harness import __version__, drawn
from harness.drawn import FIRST, Drawn
from harness.storage.files import write_atomic
from harness.storage.sealed import DamageError, sealed, unsealed

SCHEMA = 1
ROOT = Path(__file__).resolve().parent.parent
PACKAGES = ("torch", "datasets", "scikit-learn", "scipy", "tokenizers", "spacy", "ftfy", "safetensors", "numpy")


@dataclass(frozen=True)
class SplitCount:
    """What was read of one split: `n` rows used, `of` published (in the mini profile: generated)."""

    split: str
    n: int
    of: int
    hash: str  # sha256 of the examples
    origin: str


@dataclass(frozen=True)
class Beside:
    """What a figure shows of a cell and no table does: scores, in percent, on other rows than a table's."""

    count: SplitCount
    scores: Mapping[str, float]
    status: str  # as in `Record.status`


@dataclass(frozen=True)
class Record:
    """One cell's result. `scores` maps an evaluation's name ("matched", "test") to metrics in percent."""

    task: str
    recipe: str
    profile: str
    seed: int
    seeds: Mapping[str, int]  # initialisation, order, dropout
    key: Mapping[str, Any]
    train: SplitCount
    evaluations: Mapping[str, SplitCount]
    scores: Mapping[str, Mapping[str, float]]
    status: Mapping[str, str]  # an evaluation's name -> "done", "degenerate" (all predictions alike) or "diverged"
    baseline: Mapping[str, Any]  # what Baseline.describe() says: hashes, batches, device, truncated, peak memory
    seconds: float
    code: str
    environment: Mapping[str, Any] = field(default_factory=dict)
    finished: str = ""  # UTC, ISO 8601
    answers: Mapping[str, Mapping[str, str]] = field(default_factory=dict)  # of an accepted one; `predictions.in_lines`
    schema: int = SCHEMA
    # not in the key, so there or not without being another cell: "validation" (RACE), "train" (some training rows)
    beside: Mapping[str, Beside] = field(default_factory=dict)
    # why the training diverged, with update and examples; then there are no scores, no answers and nothing beside
    fault: str = ""
    predictions: Mapping[str, str] = field(default_factory=dict)  # split -> sha256 of its file; older records have none

    @property
    def transferred(self) -> int | None:
        """How many pre-trained blocks were kept where not all were: a point of Figure 2, in no table."""
        found: int | None = self.key.get("baseline", {}).get("recipe", {}).get("transferred")
        return found

    @property
    def name(self) -> str:
        return folder_name(self.task, self.seed, self.key)

    @property
    def summary(self) -> str:
        """ "rte full seed 0: validation acc 61.3 (277 of 277)"; of one that diverged its fault."""
        which = f" ({told})" if (told := drawn.of_key(self.key).told) else ""
        label = f"{self.task} {self.recipe} seed {self.seed}{which}"
        if self.fault:
            return f"{label}: diverged, {self.fault}"
        parts = []
        for evaluation, scores in self.scores.items():
            split = self.evaluations[evaluation]
            values = ", ".join(f"{metric} {value:.1f}" for metric, value in scores.items())
            alike = ", all predictions alike" if self.status[evaluation] == "degenerate" else ""
            parts.append(f"{split.split} {values} ({split.n} of {split.of}{alike})")
        return f"{label}: {'; '.join(parts)}"

    def signature(self, evaluation: str, metric: str) -> str:
        """One line in sacreBLEU's manner that says of what a number is a number."""
        split = self.evaluations[evaluation] if evaluation in self.evaluations else self.beside[evaluation].count
        parts = {
            "task": f"{self.task}@{self.key['task_version']}",
            "split": split.split,
            "n": split.n if split.n == split.of else f"{split.n}/{split.of}",
            "metric": metric,
            "recipe": self.recipe,
            "profile": self.profile,
            **drawn.of_key(self.key).key,
            "seeds": ",".join(str(seed) for seed in self.seeds.values()),
            "data": split.hash[:8],
            "vocab": str(self.key["baseline"]["vocabulary"] or "none")[:8],
            "weights": str(self.key["baseline"]["weights"] or "none")[:8],
            "batch": self.baseline.get("batch"),
            "code": self.code[:8],
            "version": __version__,
        }
        return "|".join(f"{name}:{value}" for name, value in parts.items())


def folder_name(task: str, seed: int, key: Mapping[str, Any]) -> str:
    """`rte-seed0-1a2b3c4d`: the short hash keeps, say, a limited trial from replacing the full run."""
    return f"{task}-seed{seed}-{key_hash(key)}"


def key_hash(key: Mapping[str, Any]) -> str:
    return hashlib.sha256(json.dumps(key, sort_keys=True).encode()).hexdigest()[:8]


def save(record: Record, folder: Path) -> Path:
    """Write `folder/<recipe>/<name>/record.json`, whole or not at all. Raises OSError."""
    path = folder / record.recipe / record.name / "record.json"
    write_atomic(path, to_json(record))
    return path


def to_json(record: Record) -> str:
    """With each score's signature beside it, for a reader without this code, and a checksum."""
    every = {**record.scores, **{name: other.scores for name, other in record.beside.items()}}
    signatures = {f"{name} {m}": record.signature(name, m) for name, scores in every.items() for m in scores}
    return json.dumps(sealed({**asdict(record), "signatures": signatures}), indent=1) + "\n"


def find(path: Path) -> Path:
    """A record.json, or the folder that holds it -> the file. Raises FileNotFoundError."""
    file = path / "record.json" if path.is_dir() else path
    if not file.is_file():
        raise FileNotFoundError(f"no record in {file}; give a record.json below runs/, or its folder")
    return file


def read(path: Path) -> Record:
    """Raises ValueError, naming the file, if it is no record of this schema, DamageError if it is damaged."""
    try:
        try:
            fields = unsealed(json.loads(path.read_text()))
        except (ValueError, RecursionError) as error:
            raise DamageError(error) from error
        if fields["schema"] != SCHEMA:
            raise ValueError(f"schema {fields['schema']}, expected {SCHEMA}")
        del fields["signatures"]  # they follow from the rest
        fields["train"] = SplitCount(**fields["train"])
        fields["evaluations"] = {name: SplitCount(**split) for name, split in fields["evaluations"].items()}
        beside = fields.get("beside", {}).items()  # records from before there was this field have none
        fields["beside"] = {name: Beside(**{**one, "count": SplitCount(**one["count"])}) for name, one in beside}
        require_kinds(made := Record(**fields))
        return made
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError) as error:
        kind = DamageError if isinstance(error, DamageError) else ValueError
        raise kind(f"{path} is not a record of this harness ({error!s:.300}); move it away") from error


def require_kinds(made: Record) -> None:
    """Raises ValueError where a field that tables and pages rest on is not what it should be."""
    numbers = [value for scores in made.scores.values() for value in scores.values()]
    numbers += [value for one in made.beside.values() for value in one.scores.values()]
    counts = [made.train, *made.evaluations.values(), *(one.count for one in made.beside.values())]
    texts = [made.task, made.recipe, made.profile, made.code, made.finished, made.fault, *made.status.values()]
    texts += [text for count in counts for text in (count.split, count.hash, count.origin)]
    whole = [made.seed, *made.seeds.values(), *(n for count in counts for n in (count.n, count.of))]
    if not all(type(number) in (int, float) and math.isfinite(number) for number in (*numbers, made.seconds)):
        raise ValueError("a score or its time is not a number")
    if not all(isinstance(text, str) for text in texts) or not all(type(number) is int for number in whole):
        raise ValueError("a name is not a text, or a count or seed not a whole number")
    mappings = (made.key, made.baseline, made.environment, made.answers)
    if not all(isinstance(each, dict) for each in mappings) or not made.scores.keys() <= made.evaluations.keys():
        raise ValueError("key, baseline or environment are not as they were written, or scores are of no evaluation")
    if not made.scores and not made.fault:
        raise ValueError("there are no scores")


def read_all(folder: Path) -> Iterator[Record]:
    """Every record below `folder` (one profile's runs or accepted results), in a fixed order."""
    for path in sorted(folder.glob("*/*/record.json")) + sorted(folder.glob("*/*-seed*.json")):
        yield read(path)


def read_of(folder: Path, which: Drawn = FIRST) -> Iterator[Record]:
    """Those of one world and one pre-training: what a table, a figure or a claim may put side by side."""
    return (made for made in read_all(folder) if which.shows(made.key))


def set_aside_damaged(folder: Path, say: Callable[[str], None]) -> None:
    """So that their cells are run again: each damaged record below one profile's runs is named, and kept beside."""
    for path in sorted(folder.glob("*/*/record.json")):
        try:
            read(path)
        except DamageError as error:
            kept = path.with_name(f"{path.name}.damaged")
            path.replace(kept)
            say(f"{path} is damaged ({error.__cause__}); it is kept as {kept.name}, and its cell is not done")


@cache
def code_hash() -> str:
    """sha256 of the Python files of both packages: tells whether a record was made by the code as it stands."""
    digest = hashlib.sha256()
    for package in ("harness", "baselines"):
        for path in sorted((ROOT / package).rglob("*.py")):
            digest.update(path.relative_to(ROOT).as_posix().encode() + b"\0" + path.read_bytes())
    return digest.hexdigest()


def environment() -> dict[str, Any]:
    """Git commit and dirty flag (None outside a checkout), package versions, platform."""
    return {
        "commit": git("rev-parse", "HEAD"),
        "dirty": bool(status) if (status := git("status", "--porcelain")) is not None else None,
        "python": platform.python_version(),
        "platform": platform.platform(),
        "packages": {name: version(name) for name in PACKAGES},
    }


def git(*arguments: str) -> str | None:
    if not (ROOT / ".git").exists():
        return None  # installed: a checkout somewhere above is somebody else's
    try:
        found = subprocess.run(["git", *arguments], cwd=ROOT, capture_output=True, text=True, timeout=10, check=True)
    except (OSError, subprocess.SubprocessError):
        return None
    return found.stdout.strip()


def version(package: str) -> str | None:
    try:
        return importlib.metadata.version(package)
    except importlib.metadata.PackageNotFoundError:
        return None
