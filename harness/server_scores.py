"""The GLUE server's answer, typed in by whoever sent the submission: test scores, kept apart from validation.

The server has the test labels and nobody else, so these are the only scores that stand in the paper's own columns. They
live in `server/<recipe>.json` beside the runs, are no records, and are never averaged with what we measured.
"""

from __future__ import annotations

import difflib
import json
import re
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path

from harness.metrics import GLUE, mean_over_tasks
from harness.storage.files import write_atomic

Scores = dict[str, dict[str, float]]  # task -> metric -> percent, as `mean_over_tasks` takes them

SCHEMA = 1
SPLIT = "test server"  # the tables' word for it
TOTAL = "Score"  # the leaderboard's name for the mean over tasks
ROUNDING = 0.1  # percent: its columns and its mean are printed with one decimal
COLUMNS: dict[str, tuple[str, tuple[str, ...]]] = {  # a leaderboard column -> task, and its metrics in that order
    "CoLA": ("cola", ("mc",)),
    "SST-2": ("sst2", ("acc",)),
    "MRPC": ("mrpc", ("f1", "acc")),
    "STS-B": ("stsb", ("pc", "sc")),
    "QQP": ("qqp", ("f1", "acc")),
    "MNLI-m": ("mnli", ("matched",)),
    "MNLI-mm": ("mnli", ("mismatched",)),
    "QNLI": ("qnli", ("acc",)),
    "RTE": ("rte", ("acc",)),
    "WNLI": ("wnli", ("acc",)),
    "AX": ("ax", ("mc",)),  # MNLI's model on GLUE's diagnostic set; in no mean
}
BELOW_ZERO = {"mc", "pc", "sc"}  # correlations; the others are shares
KNOWN = {(task, metric) for task, metrics in COLUMNS.values() for metric in metrics}


def parse(text: str, name: str) -> Scores:
    """A line a leaderboard column ("MRPC 82.3/75.7", F1 before accuracy, Pearson before Spearman) -> its scores.

    Name and scores are parted by spaces, a tab, a colon or a comma; "#" begins a comment. Any columns may be left out;
    where all nine tasks are there, "glue" holds their score, computed here, and a stated "Score" must agree with it to
    0.1. Percent throughout. Raises ValueError, naming file (`name`), line, and what was expected.
    """
    scores: Scores = {}
    seen: dict[str, int] = {}
    stated: float | None = None
    for number, line in enumerate(text.removeprefix("\ufeff").splitlines(), 1):
        words = line.partition("#")[0].strip()
        if not words:
            continue
        where = f"{name} line {number}"
        column, _, values = re.sub(r"[\s:,]+", " ", words, count=1).partition(" ")
        column = column_name(column, where)
        if column in seen:
            raise ValueError(f"{where} gives {column} again, first on line {seen[column]}; keep one")
        seen[column] = number
        if column == TOTAL:
            (stated,) = percents(values, column, ("score",), where)
            continue
        task, metrics = COLUMNS[column]
        scores.setdefault(task, {}).update(zip(metrics, percents(values, column, metrics, where), strict=True))
    given = [value for of_task in scores.values() for value in of_task.values()]
    if not given:
        raise ValueError(f"{name} has no scores; expected a line for each leaderboard column, such as 'CoLA 45.4'")
    if any(given) and all(abs(value) <= 1 for value in given):
        raise ValueError(f"{name} has no score above {max(map(abs, given)):g}, expected percent; write 0.454 as 45.4")
    found = with_glue(scores)
    if "glue" in found and stated is not None and abs(stated - found["glue"]["score"]) > ROUNDING:
        computed = found["glue"]["score"]
        raise ValueError(
            f"{name} line {seen[TOTAL]} states {TOTAL} {stated:g}, but the mean over its nine tasks is {computed:.2f}; "
            "look for a score that was mistyped"
        )
    return found


def column_name(word: str, where: str) -> str:
    """As the leaderboard spells it."""
    names = {name.casefold(): name for name in (*COLUMNS, TOTAL)}
    if word.casefold() in names:
        return names[word.casefold()]
    near = difflib.get_close_matches(word.casefold(), names, 1)
    hint = f"did you mean {names[near[0]]}? " if near else ""
    raise ValueError(f"{where} has {word[:40]!r}; {hint}expected one of {', '.join(names.values())}")


def percents(text: str, column: str, metrics: tuple[str, ...], where: str) -> list[float]:
    """The scores of one line, one a metric."""
    words = [word.strip() for word in text.split("/")]
    if len(words) != len(metrics):
        wanted = " / ".join(metrics) if len(metrics) > 1 else "one score"
        raise ValueError(f"{where} has {text[:40]!r} for {column}, expected {wanted}, in percent")
    values = []
    for word, metric in zip(words, metrics, strict=True):
        low = -100 if metric in BELOW_ZERO else 0
        if not re.fullmatch(r"[+-]?[0-9]{1,9}(\.[0-9]{0,20})?", word):
            raise ValueError(
                f"{where} has {word[:40]!r} for {column}, expected a number such as 45.4; leave out what was not scored"
            )
        if not low <= float(word) <= 100:
            raise ValueError(f"{where} has {word} for {column}, expected percent, from {low} to 100")
        values.append(float(word))
    return values


def with_glue(scores: Mapping[str, Mapping[str, float]]) -> Scores:
    """With the GLUE score where all its nine tasks are there: a mean over fewer is another number."""
    found = {task: dict(values) for task, values in scores.items() if task != "glue"}
    if all(metric in found.get(task, {}) for task, metrics in GLUE.items() for metric in metrics):
        found["glue"] = {"score": mean_over_tasks(GLUE, found)}
    return found


def save(folder: Path, recipe: str, scores: Mapping[str, Mapping[str, float]], source: str) -> Path:
    """Write `folder/server/<recipe>.json`, whole or not at all, in place of an older answer. source: the file that
    `scores` were parsed from. Raises OSError.
    """
    path = folder / "server" / f"{recipe}.json"
    answer = {
        "schema": SCHEMA,
        "recipe": recipe,
        "split": SPLIT,
        "source": source,
        "entered": datetime.now(UTC).isoformat(timespec="seconds"),
        "scores": with_glue(scores),
    }
    write_atomic(path, json.dumps(answer, indent=1) + "\n")
    return path


def read(folder: Path) -> dict[str, Scores]:
    """Recipe -> its test scores in percent, for each file of `folder/server`. Raises ValueError, naming the file, for
    one that `save` did not write.
    """
    return {path.stem: read_one(path) for path in sorted((folder / "server").glob("*.json"))}


def read_one(path: Path) -> Scores:
    try:
        answer = json.loads(path.read_text(encoding="utf-8"))
        expected = {"schema": SCHEMA, "recipe": path.stem, "split": SPLIT}
        for name, value in expected.items():
            if answer[name] != value:
                raise ValueError(f"{name} {answer[name]!r}, expected {value!r}")
        scores = {task: values for task, values in answer["scores"].items() if task != "glue"}
        for task, values in scores.items():
            for metric, value in values.items():
                if (task, metric) not in KNOWN or type(value) not in (int, float) or not -100 <= value <= 100:
                    raise ValueError(f"{task} {metric} {value!r}, expected a GLUE score in percent")
        return with_glue(scores)
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError) as error:
        raise ValueError(
            f"{path} holds no scores of the GLUE server ({error!s:.300}); move it away and enter them again"
        ) from error
