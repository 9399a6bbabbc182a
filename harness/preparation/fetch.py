"""The command `fetch`: gather what chosen tables need into a bundle, or check one.

What is there already, with the right sum and from the commit that the hub gives now, is kept, so that a fetch that was
stopped goes on where it was: each file is whole or not there, and the manifest is written after each.
"""

from __future__ import annotations

import hashlib
import json
import shutil
from argparse import Namespace
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import NamedTuple

from harness.data import Directory, load
from harness.preparation import bundle, estimate, plan
from harness.preparation.bundle import Bundle, Entry, Manifest
from harness.preparation.lengths import LENGTHS
from harness.sources import hub
from harness.storage.files import write_atomic
from harness.tasks import TASKS, ZERO_SHOT
from harness.tasks.base import ByRequest, Hub, Source, Task

MB = 1e6
OVERHEAD = 1.5  # bytes of JSON lines to one of text; RACE's passages, repeated with each question, are in its length
Say = Callable[[str], None]


class Wanted(NamedTuple):
    """A file of a bundle and what reads it: several tasks or parts may read the same."""

    name: str
    users: list[tuple[Task, Source]]

    @property
    def hub(self) -> Hub | ByRequest:
        return self.users[0][1].hub


def run(chosen: Namespace, say: Say) -> int:
    """-> the exit code: 1 where something is missing. Raises ValueError, OSError."""
    if chosen.check:
        return check(chosen.check, say)
    tasks = tasks_of(chosen)
    weights = chosen.profile == "paper" and not chosen.no_weights
    code = gather(chosen.bundle, files_of(tasks, chosen.submission), weights, chosen.data_dir, say)
    if bundle.manifest(chosen.bundle).files:
        words = f"--profile {chosen.profile} --data-dir {chosen.bundle.name} --offline"
        say(f"next, on the machine without a network: python -m harness doctor {words}")
    return code


def tasks_of(chosen: Namespace) -> list[Task]:
    """Those of the tables or named; without a choice all, and what Figure 2 scores besides."""
    if not chosen.table and not chosen.task:
        return [*TASKS.values(), *ZERO_SHOT.values()]
    cells = plan.choose_cells(plan.choose_tables(chosen.table, chosen.task, None), chosen.task, None)
    return [TASKS[name] for name in dict.fromkeys(name for names in cells.values() for name in names)]


def files_of(tasks: Iterable[Task], hidden: bool) -> list[Wanted]:
    """hidden: also the splits that only the GLUE server scores."""
    found: dict[str, Wanted] = {}
    for task in tasks:
        for source in (task.train, *task.evaluations.values(), *task.beside.values(), *hidden_of(task, hidden)):
            name = bundle.name_of(source)
            found.setdefault(name, Wanted(name, [])).users.append((task, source))
    return list(found.values())


def hidden_of(task: Task, wanted: bool) -> Iterable[Source]:
    return task.hidden.values() if wanted else ()


def gather(folder: Path, wanted: Sequence[Wanted], weights: bool, data_dir: Path | None, say: Say) -> int:
    """Fill a bundle -> 1 where anything is missing from it or is not as published. Raises ValueError, OSError."""
    files = begun(folder)
    # what has changed since, or was cut, is fetched anew; what was fetched for other tables stays
    whole = {name for name, entry in files.items() if not bundle.fault_of(folder / name, name, entry)}
    require_room(folder, wanted, whole, weights)
    commit_of = cache(lambda repo, kind, revision: hub.resolve(repo, kind, revision)[0])

    def keep(name: str, content: bytes, source: str, rows: int | None = None) -> None:
        write(folder, name, content)
        files[name] = Entry(hashlib.sha256(content).hexdigest(), len(content), source, rows)
        Manifest(files).write(folder)

    def have(one: Wanted) -> bool:
        """Make sure of a split -> whether it was there already."""
        there = one.name in whole
        if isinstance(one.hub, ByRequest):
            if data_dir or not there:
                keep(one.name, given(one, one.hub, data_dir).read_bytes(), "the set as it is distributed")
            return there and not data_dir
        commit = commit_of(one.hub.id, "dataset", one.hub.revision)
        if there and commit in ("", files[one.name].commit):
            return True
        keep(one.name, *lines_of(one.hub, commit))
        return False

    missing = []
    for number, one in enumerate(wanted, 1):
        label = f"[{number}/{len(wanted)}]"
        try:
            kept = " (kept)" if have(one) else ""
            for task, source in one.users:  # columns, labels, counts: now, while there is a network
                load(task, source, Bundle(folder))
            say(f"{label} {told(one.name, files[one.name])}{kept}")
        except (ValueError, OSError) as error:
            missing.append(one.name)
            say(f"{label} {one.name} IS NOT WHOLE: {error}")
    if weights:
        try:
            say(weights_into(whole, files, keep, commit_of(hub.WEIGHTS, "model", "main")))
        except (ValueError, OSError) as error:
            missing.append(bundle.WEIGHTS)
            say(f"weights ARE NOT THERE: {error}")
    say(summary(folder, Manifest(files)))
    if missing:
        say(f"NOT in it or not whole: {', '.join(missing)}; the reasons are above, the same command tries again")
    return 1 if missing else 0


def begun(folder: Path) -> dict[str, Entry]:
    """What an earlier fetch left in the folder, which now exists. Raises ValueError where others' files are in it."""
    if bundle.is_one(folder):
        return dict(bundle.manifest(folder).files)
    if folder.is_dir() and any(folder.iterdir()):
        raise ValueError(f"{folder} holds other files and is no bundle; give a new or empty folder with --bundle DIR")
    try:
        Manifest().write(folder)
    except OSError as error:
        raise OSError(
            f"cannot write to {folder}: {error.strerror or error}; give another folder with --bundle DIR"
        ) from error
    return {}


def write(folder: Path, name: str, content: bytes) -> None:
    """Raises OSError, as for a full disk, naming the file; ValueError where a link stands in its way."""
    try:
        write_atomic(bundle.place(folder, name), content)
    except OSError as error:
        raise OSError(f"cannot write {folder / name}: {error.strerror or error}; make room and run again") from error


def require_room(folder: Path, wanted: Sequence[Wanted], there: Collection[str], weights: bool) -> None:
    """Raises OSError where the disk has less room than what is still to come takes, estimated from published sizes."""
    needed = sum(bytes_of(one) for one in wanted if one.name not in there)
    if weights and f"{bundle.WEIGHTS}/{hub.WEIGHT_FILES[0]}" not in there:
        needed += estimate.WEIGHTS
    free = shutil.disk_usage(folder).free
    if free < needed:
        raise OSError(
            f"{folder} has {free / MB:,.0f} MB of disk free, and about {needed / MB:,.0f} MB are still to come; "
            "make room, give another folder with --bundle DIR, or fewer tables with --table N"
        )


def bytes_of(one: Wanted) -> float:
    """About, of a split."""
    task, source = one.users[0]
    tokens = LENGTHS[task.name].tokens if task.name in LENGTHS else 50.0  # the Winograd sets: small
    return source.n * tokens * estimate.BYTES_A_TOKEN * OVERHEAD


def lines_of(split: Hub, commit: str) -> tuple[bytes, str, int]:
    """-> (a split's rows as JSON lines, where it is from, how many). Raises OSError, ValueError."""
    found = hub.load_rows(replace(split, revision=commit or split.revision))
    try:
        lines = [json.dumps(row) + "\n" for row in found.rows]
    except TypeError as error:
        raise ValueError(
            f"{split.id} {split.config} {split.split} has a value that is no text, number or list: {error}"
        ) from error
    return "".join(lines).encode(), f"hub {split.id} {split.config} @ {found.commit}", len(lines)


def given(one: Wanted, by_request: ByRequest, data_dir: Path | None) -> Path:
    """One's own copy of a set that is on no hub. Raises FileNotFoundError, with how to get it."""
    if data_dir is None:
        raise FileNotFoundError(f"{by_request.how}, and give the directory that holds them with --data-dir")
    return Directory(data_dir).find(one.users[0][1])


def weights_into(
    whole: Collection[str], files: Mapping[str, Entry], keep: Callable[[str, bytes, str], None], commit: str
) -> str:
    """Copy the released weights and vocabulary -> what to say. Raises OSError."""
    names = {f"{bundle.WEIGHTS}/{name}": name for name in hub.WEIGHT_FILES}
    if all(name in whole and commit in ("", files[name].commit) for name in names):
        return f"weights: {files[next(iter(names))].source} (kept)"
    there = hub.weights_folder(revision=commit or "main")
    for name, own in names.items():
        keep(name, (there / own).read_bytes(), f"hub {hub.WEIGHTS} @ {there.name}")
    return f"weights: {hub.WEIGHTS} @ {there.name}, {sum(files[name].bytes for name in names) / MB:,.1f} MB"


def check(folder: Path, say: Say) -> int:
    """Compare every file with its sum; say what the bundle holds -> 1 where one is missing or has changed."""
    known = bundle.manifest(folder)
    faults = 0
    for name, entry in sorted(known.files.items()):
        fault = bundle.fault_of(bundle.place(folder, name), name, entry)
        say(f"CHANGED {fault}" if fault else f"ok {told(name, entry)}")
        faults += bool(fault)
    say(summary(folder, known))
    if faults:
        say(f"{faults} of {len(known.files)} files are not as they were made; {bundle.AGAIN.format(folder)}")
    return 1 if faults else 0


def told(name: str, entry: Entry) -> str:
    """ "hub/nyu-mll/glue/rte/train.jsonl: 2,490 rows, 0.9 MB, hub nyu-mll/glue rte @ bcdcba79d07b" """
    rows = "" if entry.rows is None else f"{entry.rows:,} rows, "
    source, at, commit = entry.source.rpartition(" @ ")
    return f"{name}: {rows}{entry.bytes / MB:,.1f} MB, {source}{at}{commit[:12] if at else commit}"


def summary(folder: Path, known: Manifest) -> str:
    splits = sum(entry.rows is not None for entry in known.files.values())
    size = sum(entry.bytes for entry in known.files.values()) / MB
    has = "with" if f"{bundle.WEIGHTS}/{hub.WEIGHT_FILES[0]}" in known.files else "without"
    return f"bundle {folder}: {len(known.files)} files, {splits} splits of the hub's, {size:,.1f} MB, {has} weights"
