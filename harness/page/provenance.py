"""Where the numbers of a page come from: code, versions, devices, data, signatures, time."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from harness import record
from harness.record import Record


class Listing(NamedTuple):
    """A small table."""

    caption: str
    headings: Sequence[str]
    rows: Sequence[Sequence[str]]


def listings(records: Sequence[Record]) -> list[Listing]:
    return [
        Listing("Code", ("commit", "code's hash", "records", "finished", "seconds"), code(records)),
        Listing("Versions", ("of", "version", "records"), versions(records)),
        Listing("Devices", ("device", "records"), counted(str(r.baseline.get("device") or "unknown") for r in records)),
        Listing("Data", ("task and split", "rows", "sha256", "origin", "records"), data(records)),
    ]


def code(records: Iterable[Record]) -> list[list[str]]:
    groups: dict[tuple[str, str], list[Record]] = {}
    for made in records:
        commit = str(made.environment.get("commit") or "unknown")[:12]
        dirty = ", changed since" if made.environment.get("dirty") else ""
        present = ", as it is now" if made.code == record.code_hash() else ""
        groups.setdefault((commit + dirty, made.code[:12] + present), []).append(made)
    rows = []
    for (commit, digest), group in groups.items():
        dates = sorted(made.finished[:16].replace("T", " ") for made in group)
        when = dates[0] if dates[0] == dates[-1] else f"{dates[0]} to {dates[-1]}"
        rows.append([commit, digest, str(len(group)), when, f"{sum(made.seconds for made in group):,.0f}"])
    return rows


def versions(records: Iterable[Record]) -> list[list[str]]:
    found: Counter[tuple[str, str]] = Counter()
    for made in records:
        packages = made.environment.get("packages") or {}
        own = {name: made.environment.get(name) for name in ("python", "platform")}
        found.update((str(name), str(version)) for name, version in {**own, **packages}.items() if version)
    return [[name, version, str(n)] for (name, version), n in sorted(found.items())]


def counted(names: Iterable[str]) -> list[list[str]]:
    return [[name, str(n)] for name, n in sorted(Counter(names).items())]


def data(records: Iterable[Record]) -> list[list[str]]:
    found = Counter(
        (f"{made.task} {count.split}", f"{count.n} of {count.of}", count.hash[:16], count.origin)
        for made in records
        for count in (made.train, *made.evaluations.values())
    )
    return [[*told, str(n)] for told, n in sorted(found.items())]


def signatures(records: Iterable[Record]) -> list[str]:
    return [made.signature(name, metric) for made in records for name, of in made.scores.items() for metric in of]
