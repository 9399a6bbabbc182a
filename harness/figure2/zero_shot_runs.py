"""The paper's Figure 2, right: every checkpoint of a pre-training on every set that needs no training of its own.

One JSON file a checkpoint, `<runs>/<profile>/zero_shot/<model>-<key>/<updates>.json`, written again after each set, so
that what is done is never done again and a stop loses one set at most.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from harness import metrics, record, zero_shot
from harness.data import Origin
from harness.drawn import FIRST, Drawn, of_key
from harness.figure2.zero_shot_sets import Set, load_sets
from harness.monitoring.progress import duration
from harness.storage.files import write_atomic
from harness.storage.sealed import sealed, unsealed
from harness.tabular import paper

Door = Any  # the module baselines.door, handed in by the command line: harness does not import it

FIGURE = "2-right"
VERSION = 1  # of heuristics and file, raised whenever older scores can no longer be compared
WHOLE = "weights"  # a file's name where the updates are not known


def run(
    door: Door,
    profile: Any,
    device: str,
    folders: Mapping[str, Path],
    origin: Origin,
    runs: Path,
    say: Callable[[str], None],
    limit: int | None = None,
    allow_subset: bool = False,
    which: Drawn = FIRST,
) -> list[Path]:
    """Score what is not scored yet -> the folders that hold all of it.

    folders: "gpt" and "lstm" -> weights or a pre-training with its checkpoints. which: their world and seed. Raises
    ValueError or OSError where no set can be read, or weights or a vocabulary are missing.
    """
    sets, problems = load_sets(origin, limit, allow_subset)
    for name, problem in problems.items():
        say(f"{name} is left out: {problem.partition(';')[0]}")
    if not sets:
        raise ValueError("no data set could be read, see above")
    data = {name: one.key for name, one in sets.items()}
    filled = []
    for model, folder in folders.items():
        prints = door.checkpoint_fingerprints(folder, profile)
        if other := next((one["model"] for _, one in prints if one["model"] != model), None):
            raise ValueError(f"the weights in {folder} are of a {other}, expected those of a {model}")
        key = {"version": VERSION, "profile": profile.name, "data": data, **which.key}
        target = runs / profile.name / "zero_shot" / f"{model}-{record.key_hash({**key, 'models': prints})}"
        waiting = []
        for number, (updates, of_model) in enumerate(prints):
            path = target / f"{WHOLE if updates is None else updates}.json"
            started = begun(path, {**key, "model": of_model})
            if missing := [name for name in sets if name not in started["tasks"]]:
                waiting.append((number, path, started, missing))
        say(f"{model}: {len(prints)} checkpoints, {len(prints) - len(waiting)} of them scored already, in {target}")
        if waiting:
            facts = door.pretraining_facts(folder) or {}
            checkpoints = door.checkpoints(folder, profile, device)
            for number, path, started, missing in waiting:
                updates, language_model = checkpoints[number]
                started |= {"profile": profile.name, "model": model, **moment(updates, facts)}
                score(language_model, {name: sets[name] for name in missing}, started, path)
                say(summary(started))
        filled.append(target)
    return filled


def begun(path: Path, key: Mapping[str, Any]) -> dict[str, Any]:
    """What is there of a checkpoint's file, if it is of this key."""
    try:
        found = unsealed(json.loads(path.read_text(encoding="utf-8")))
        if found["key"] == json.loads(json.dumps(key)) and isinstance(found["tasks"], dict):
            return dict(found)
    except (OSError, ValueError, TypeError, KeyError, RecursionError):
        pass
    return {"figure": FIGURE, "key": key, "tasks": {}, "seconds": 0.0}


def moment(updates: int | None, facts: Mapping[str, Any]) -> dict[str, Any]:
    """Where in its pre-training a checkpoint stands, as far as that is known."""
    curve = {at: (tokens, perplexity) for at, tokens, perplexity in facts.get("held_out_curve") or []}
    tokens, perplexity = curve.get(updates, (None, None))
    if updates is None:
        tokens = facts.get("tokens")
    told = {name: value for name, value in facts.items() if name != "held_out_curve"} or None
    return {"updates": updates, "tokens": tokens, "sampled_perplexity": perplexity, "pretraining": told}


def score(language_model: Any, sets: Mapping[str, Set], started: dict[str, Any], path: Path) -> None:
    """Each set, the file written after each."""
    made_by = {"code": record.code_hash(), "environment": record.environment()}
    try:
        for name, one in sets.items():
            began = time.monotonic()
            started["tasks"][name] = score_set(language_model, one)
            started["baseline"] = language_model.describe()
            started["seconds"] = round(started["seconds"] + time.monotonic() - began, 2)
            started |= {**made_by, "finished": datetime.now(UTC).isoformat(timespec="seconds")}
            write_atomic(path, json.dumps(sealed(started), indent=1) + "\n")
    finally:
        language_model.release()


def score_set(language_model: Any, one: Set) -> dict[str, Any]:
    """Score and all that it rests on; labels and predictions a character an example, in the data's order."""
    before = language_model.cut
    answers, chosen = answer(language_model, one)
    metric = one.task.metrics[0]
    scored = [count for name, count in one.parts.items() if name != "threshold"]
    return {
        "evaluation": one.evaluation,
        "split": one.split,
        "metric": metric,
        "score": metrics.score((metric,), one.labels, answers.predictions)[metric],
        "n": len(one.examples),
        "of": sum(count.of for count in scored),
        "chance": one.chance,
        "ties": answers.ties,
        "cut_tokens": language_model.cut - before,
        **chosen,
        "labels": "".join(str(int(label)) for label in one.labels),
        "predictions": "".join(map(str, answers.predictions)),
        "version": one.task.version,
        "data": {name: asdict(count) for name, count in one.parts.items()},
    }


def answer(language_model: Any, one: Set) -> tuple[zero_shot.Answers, dict[str, Any]]:
    """-> answers, and what was chosen or counted on the way."""
    log_probs = language_model.log_probs
    if one.task.name == "cola":
        # on training rows, and fixed before a scored row is looked at
        means = zero_shot.acceptability(log_probs, one.chosen_on)
        threshold = zero_shot.best_threshold(means, one.chosen_labels)
        there = metrics.matthews(one.chosen_labels, zero_shot.accepted(means, threshold))
        chosen = {"threshold": threshold, "threshold_rows": len(means), "threshold_mc": there}
        return zero_shot.Answers(
            zero_shot.accepted(zero_shot.acceptability(log_probs, one.examples), threshold), 0
        ), chosen
    if one.task.name == "sst2":
        words = (zero_shot.NEGATIVE, zero_shot.POSITIVE)
        return zero_shot.sentiment(log_probs, one.examples), {"pieces": {w: language_model.pieces(w) for w in words}}
    return zero_shot.most_likely_end(log_probs, one.examples), {}


def summary(of: Mapping[str, Any]) -> str:
    """ "gpt update 128: cola mc 3.1, sst2 acc 51.0 (2 s)" """
    scores = ", ".join(f"{name} {one['metric']} {one['score']:.1f}" for name, one in of["tasks"].items())
    at = "" if of["updates"] is None else f" update {of['updates']}"
    return f"{of['model']}{at}: {scores} ({duration(of['seconds'])})"


def points(folder: Path, which: Drawn = FIRST) -> list[dict[str, Any]]:
    """A row a score of the files in `folder`, or in the folders in it, of one world and pre-training: of each model the
    folder to show: whole data goes before a fragment, then what was finished last.

    score, chance and best are in percent; scaled is 0 at chance and 1 at the then best single model
    (`results/paper.json`), None where the paper gives none and on generated data. Raises ValueError,
    naming it, for a file that is not ours.
    """
    by_model: dict[str, dict[Path, list[dict[str, Any]]]] = {}
    for path in sorted([*folder.glob("*.json"), *folder.glob("*/*.json")]):
        try:
            found = unsealed(json.loads(path.read_text(encoding="utf-8")))
            if of_key(found.get("key", {})) != which:
                continue
            rows = [row_of(found, name, one) for name, one in found["tasks"].items()]
            numbers = [row[name] for row in rows for name in ("score", "chance", "n", "of")]
            if not all(type(number) in (int, float) for number in (*numbers, found["updates"] or 0)):
                raise TypeError("a score, count or update is not a number")
            whole = {**found, "rows": rows, "finished": str(found["finished"])}
            by_model.setdefault(str(found["model"]), {}).setdefault(path.parent, []).append(whole)
        except (ValueError, TypeError, KeyError, AttributeError, RecursionError) as error:
            raise ValueError(f"{path} holds no zero-shot scores ({error!r:.80}); move it away") from error
    rows = []
    for of_model in by_model.values():
        latest = max(of_model.values(), key=lambda found: (is_whole(found), max(one["finished"] for one in found)))
        for one in sorted(latest, key=lambda one: (one["updates"] is None, one["updates"] or 0)):
            rows += one["rows"]
    return rows


def is_whole(found: Sequence[Mapping[str, Any]]) -> bool:
    return all(row["n"] == row["of"] for one in found for row in one["rows"])


def row_of(found: Mapping[str, Any], task: str, one: Mapping[str, Any]) -> dict[str, Any]:
    # on generated rows nobody has measured one
    best = None if found["profile"] == "mini" else paper.best_single_model(task)
    score, chance = one["score"], one["chance"]
    return {
        "figure": FIGURE,
        **{name: found[name] for name in ("profile", "model", "updates", "tokens")},
        "task": task,
        **{name: one[name] for name in ("evaluation", "split", "metric")},
        "score": score,
        "n": one["n"],
        "of": one["of"],
        "chance": chance,
        "best": best,
        "scaled": None if best is None else (score - chance) / (best - chance),
    }
