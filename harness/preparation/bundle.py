"""A bundle: one folder with all that a machine without a network needs, and a manifest of the SHA-256 of each file.

    DIR/manifest.json                                    what is here, where it is from
    DIR/hub/nyu-mll/glue/rte/train.jsonl                 a split, JSON lines in the hub's columns, labels as names
    DIR/story_cloze/...csv                               a set that is on no hub, as it is distributed
    DIR/weights/{model.safetensors,vocab.json,...}       the released weights

`python -m harness fetch` makes it, `--data-dir DIR` reads it: the rows are the hub's, so records have the same key. A
file is compared with its sum each time that it is opened. What the manifest names is inside the folder and no link.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from pathlib import Path, PurePosixPath
from typing import Any

from harness import __version__, data
from harness.data import Directory, Opened, Origin, part_of, require_columns
from harness.sources import hub
from harness.sources.readers import json_lines
from harness.storage.files import write_atomic
from harness.tasks.base import ByRequest, Files, Hub, Row, Source, Task

MANIFEST = "manifest.json"
KIND = "gpt1-harness bundle"  # tells our manifest from those of others
SCHEMA = 1
WEIGHTS = "weights"  # the folder
AGAIN = "fetch it again with 'python -m harness fetch --bundle {}'"
SHA = re.compile("[0-9a-f]{64}")


@dataclass(frozen=True)
class Entry:
    """One file: its sum and size; its rows if it is a split; where it is from, "hub nyu-mll/glue rte @ 1f3c..."."""

    sha256: str
    bytes: int
    source: str
    rows: int | None = None

    @property
    def commit(self) -> str:
        return self.source.rpartition(" @ ")[2]


@dataclass(frozen=True)
class Manifest:
    """What is in a bundle: path below its folder, with forward slashes -> Entry."""

    files: Mapping[str, Entry] = field(default_factory=dict)

    def write(self, folder: Path) -> None:
        """Raises OSError."""
        listed = {name: asdict(self.files[name]) for name in sorted(self.files)}
        made = datetime.now(UTC).isoformat(timespec="seconds")
        head = {"kind": KIND, "schema": SCHEMA, "made": made, "harness": __version__}
        write_atomic(folder / MANIFEST, json.dumps({**head, "files": listed}, indent=1) + "\n")


def is_one(folder: Path) -> bool:
    """Whether there is a bundle's manifest, even one that is damaged after its first words."""
    try:
        with (folder / MANIFEST).open("rb") as file:
            return KIND.encode() in file.read(100)
    except OSError:
        return False


def manifest(folder: Path) -> Manifest:
    """Raises OSError where there is none, ValueError for one that is damaged, newer, or names what is not inside."""
    path = folder / MANIFEST
    again = AGAIN.format(folder)
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        raise FileNotFoundError(f"no bundle in {folder}: it has no {MANIFEST}; {again}") from error
    except (ValueError, RecursionError) as error:
        raise ValueError(f"{path} is cut or damaged ({str(error)[:80]}); {again}") from error
    if not isinstance(found, dict) or found.get("kind") != KIND or not isinstance(found.get("files"), dict):
        raise ValueError(f"{path} is not the manifest of a bundle; {again}")
    if found.get("schema") != SCHEMA:
        raise ValueError(f"{path} has schema {found.get('schema')!r:.20}, expected {SCHEMA}; {again}, by this version")
    return Manifest({name: entry_of(told, name, folder) for name, told in found["files"].items()})


def entry_of(told: Any, name: str, folder: Path) -> Entry:
    place(folder, name)
    try:
        entry = Entry(**told)
        sound = SHA.fullmatch(entry.sha256) and entry.bytes >= 0 and isinstance(entry.source, str)
        sound = sound and (entry.rows is None or isinstance(entry.rows, int))
    except TypeError:
        sound = None
    if not sound:
        raise ValueError(f"{folder / MANIFEST} says of {name!r:.80} {told!r:.80}; {AGAIN.format(folder)}")
    return entry


def place(folder: Path, name: str) -> Path:
    """Where a file of the manifest is. Raises ValueError for what leads out of the folder: "..", a root, a link."""
    pure = PurePosixPath(name)
    leaves = pure.is_absolute() or ".." in pure.parts or not pure.parts or re.search(r"[\\:\0]", name)
    path = folder / pure
    if leaves or path.resolve() != folder.resolve() / pure:
        raise ValueError(
            f"{folder / MANIFEST} names {name!r:.80}, which leads out of the folder or is a link; "
            "do not use this bundle unless you know who made it, and have it made again"
        )
    return path


def checked(folder: Path, name: str) -> tuple[Path, Entry]:
    """A file that is as it was made. Raises FileNotFoundError where it is missing, ValueError where it has changed."""
    entry, path = manifest(folder).files.get(name), place(folder, name)
    again = AGAIN.format(folder)
    if entry is None:
        raise FileNotFoundError(f"bundle {folder} does not hold {name}; {again}, for the task that needs it")
    if fault := fault_of(path, name, entry):
        kind = ValueError if path.is_file() else FileNotFoundError
        raise kind(f"bundle {folder}: {fault}; copy it or {again}")
    return path, entry


def fault_of(path: Path, name: str, entry: Entry) -> str:
    """What is wrong with a file, in a few words, or "". Reads all of it."""
    if not path.is_file():
        return f"{name} is missing"
    if (size := path.stat().st_size) != entry.bytes:
        return f"{name} has {size:,} bytes, expected {entry.bytes:,}"
    with path.open("rb") as file:
        found = hashlib.file_digest(file, "sha256").hexdigest()
    return "" if found == entry.sha256 else f"{name} has SHA-256 {found[:16]}, expected {entry.sha256[:16]}"


def name_of(source: Source) -> str:
    """A split's file in a bundle; of a set by request, as it is distributed."""
    if isinstance(source.hub, ByRequest):
        return source.files.path
    return split_name(source.hub)


def split_name(split: Hub) -> str:
    return f"hub/{split.id}/{split.config}/{split.split}.jsonl"


@dataclass(frozen=True)
class Bundle:
    """An origin as those of `harness.data`: the hub's rows, without the hub."""

    path: Path

    def open(self, task: Task, source: Source) -> Opened:
        name = name_of(source)
        try:
            path, entry = checked(self.path, name)
        except FileNotFoundError as error:
            by_request = f". {source.hub.how}" if isinstance(source.hub, ByRequest) else ""
            raise FileNotFoundError(f"{error}{by_request}") from error
        if isinstance(source.hub, ByRequest):
            opened = Directory(self.path).open(task, source)
            return opened._replace(origin=f"bundle of {opened.origin}")
        rows = ((where, self.complete(task, source, row, where)) for where, row in json_lines(path, name, Files(name)))
        return Opened(name, f"bundle of {entry.source}", source.n, part_of(rows, source.part, name))

    def complete(self, task: Task, source: Source, row: Row, where: str) -> Row:
        require_columns(row, task.reads(source), where)
        return row

    def problem(self, task: Task, source: Source) -> str:
        """Why a split cannot be read, or ""; by the manifest and the file's size, since sums take a while."""
        name = name_of(source)
        try:
            entry = manifest(self.path).files.get(name)
        except (ValueError, OSError) as error:
            return str(error)
        path, short = self.path / name, "/".join(name.split("/")[-2:])
        if entry is None or not path.is_file():
            asked = f"; {source.hub.how}" if isinstance(source.hub, ByRequest) else ""
            return f"{short} is not in the bundle{asked}"
        if (size := path.stat().st_size) != entry.bytes:
            return f"{short} has {size:,} bytes, expected {entry.bytes:,}"
        if entry.rows is None:
            return data.problem(task, source, Directory(self.path))
        of = source.part.of if source.part else source.n
        return f"{short} has {entry.rows} of {of} rows" if entry.rows < of else ""


def problem(task: Task, source: Source, origin: Origin) -> str:
    """`data.problem`, for a bundle too."""
    return origin.problem(task, source) if isinstance(origin, Bundle) else data.problem(task, source, origin)


def weights_in(folder: Path | None, files: tuple[str, ...] = hub.WEIGHT_FILES) -> tuple[Path, str] | None:
    """A bundle's weights and where they are from, or None where it is no bundle or has none.

    Raises ValueError or FileNotFoundError where one of the files has changed or is missing.
    """
    if folder is None or not is_one(folder):
        return None
    names = [f"{WEIGHTS}/{name}" for name in files]
    if not any(name in manifest(folder).files for name in names):
        return None
    entries = [checked(folder, name)[1] for name in names]
    return folder / WEIGHTS, f"bundle of {entries[0].source}"
