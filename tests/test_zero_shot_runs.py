"""Scores along a pre-training: what is kept of them, what is not done twice, and the points of the figure."""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from baselines import door
from harness import metrics
from harness.data import Directory, MiniWorld
from harness.figure2 import zero_shot_runs
from harness.figure2.zero_shot_runs import points, run
from harness.figure2.zero_shot_sets import evenly, load_sets
from harness.tabular import paper
from tests.fabricated import rewrite
from tests.tiny import DOCUMENTS, PROFILE, quiet

MINI = SimpleNamespace(name="mini")
COLUMNS = """
figure profile model updates tokens task evaluation split metric score n of chance best scaled
"""
FACTS = {"corpus": "some text", "tokens": 64, "held_out_curve": [[0, 0, 90.0], [4, 64, 12.5]]}


@pytest.fixture(autouse=True)
def sets_are_generated_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(zero_shot_runs, "load_sets", once)


@cache
def once(*arguments: Any) -> Any:
    return load_sets(*arguments)


class Stub:
    """A language model that likes long words, and, the more updates it has, the word "the"."""

    def __init__(self, updates: int | None) -> None:
        self.updates = updates or 0
        self.cut = 0
        self.asked: list[tuple[str, str]] = []
        self.released = 0

    def log_probs(self, pairs: Sequence[tuple[str, str]]) -> list[list[float]]:
        self.asked += pairs
        self.cut += 1
        return [[-1.0 / len(word) + 0.1 * self.updates * (word == "the") for word in text.split()] for _, text in pairs]

    def pieces(self, text: str) -> int:
        return len(text)

    def release(self) -> None:
        self.released += 1

    def describe(self) -> dict[str, Any]:
        return {"device": "none"}


class Door:
    def __init__(self, updates: Sequence[int | None] = (0, 4)) -> None:
        self.updates = updates
        self.made: list[Stub] = []

    def checkpoint_fingerprints(self, folder: Path, profile: Any) -> list[tuple[int | None, dict[str, Any]]]:
        return [(n, {"model": folder.name, "weights": f"w{n}", "size": profile.name}) for n in self.updates]

    def checkpoints(self, folder: Path, profile: Any, device: str) -> list[tuple[int | None, Stub]]:  # noqa: ARG002
        made = [Stub(n) for n in self.updates]
        self.made += made
        return list(zip(self.updates, made, strict=True))

    def pretraining_facts(self, folder: Path) -> dict[str, Any] | None:  # noqa: ARG002
        return FACTS


def scored(runs: Path, stub: Any = None, models: Sequence[str] = ("gpt",), limit: int | None = None) -> list[Path]:
    folders = {name: Path(name) for name in models}
    return run(stub or Door(), MINI, "cpu", folders, MiniWorld(), runs, quiet, limit)


def test_what_is_kept_of_a_checkpoint(tmp_path: Path) -> None:
    (folder,) = scored(tmp_path)
    assert folder.parent == tmp_path / "mini" / "zero_shot" and folder.name.startswith("gpt-")
    assert sorted(path.name for path in folder.iterdir()) == ["0.json", "4.json"]
    kept = json.loads((folder / "4.json").read_text())
    assert list(kept["tasks"]) == ["cola", "sst2", "race", "dpr"]  # the mini world has no wsc273, no pdp60
    facts = ("figure", "profile", "model", "updates", "tokens", "sampled_perplexity", "baseline", "pretraining")
    told = {"corpus": "some text", "tokens": 64}
    assert [kept[name] for name in facts] == ["2-right", "mini", "gpt", 4, 64, 12.5, {"device": "none"}, told]
    assert len(kept["code"]) == 64 and "packages" in kept["environment"] and kept["finished"]
    n = {"cola": 400, "sst2": 400, "race": 400, "dpr": 400}
    chance = {"cola": 0.0, "sst2": 50.0, "race": 25.0, "dpr": 50.0}
    for name, one in kept["tasks"].items():
        labels, predictions = ([int(digit) for digit in one[column]] for column in ("labels", "predictions"))
        assert (one["n"], one["of"], len(labels), one["chance"]) == (n[name], n[name], n[name], chance[name])
        assert one["score"] == metrics.score((one["metric"],), labels, predictions)[one["metric"]]
    assert [kept["tasks"][name]["split"] for name in n] == ["validation", "validation", "test", "test"]
    assert [kept["tasks"][name]["cut_tokens"] for name in n] == [2, 1, 1, 1]  # the stub's, one a call
    assert kept["tasks"]["race"]["evaluation"] == "all" and set(kept["tasks"]["race"]["data"]) == {"middle", "high"}
    assert kept["tasks"]["sst2"]["pieces"] == {"negative": 8, "positive": 8}
    assert kept["tasks"]["sst2"]["ties"] == 400
    assert kept["tasks"]["cola"]["threshold_rows"] == 800


def test_the_threshold_is_chosen_on_training_rows_alone(tmp_path: Path) -> None:
    (folder,) = scored(tmp_path)
    kept = json.loads((folder / "4.json").read_text())["tasks"]["cola"]
    cola = load_sets(MiniWorld())[0]["cola"]
    means = [
        math.fsum(found) / len(found) for found in Stub(4).log_probs([("", e.sequences[0][0]) for e in cola.chosen_on])
    ]
    others = [metrics.matthews(cola.chosen_labels, [mean >= t for mean in means]) for t in means[::50]]
    assert kept["threshold_mc"] >= max(others)
    validated = [e.sequences[0][0] for e in cola.examples]
    expected = [
        int(math.fsum(found) / len(found) >= kept["threshold"])
        for found in Stub(4).log_probs([("", t) for t in validated])
    ]
    assert kept["predictions"] == "".join(map(str, expected))
    assert not set(validated) & {e.sequences[0][0] for e in cola.chosen_on}


def test_a_second_run_computes_nothing(tmp_path: Path) -> None:
    first = scored(tmp_path)
    before = {path: path.read_bytes() for path in first[0].iterdir()}
    again = Door()
    assert scored(tmp_path, again) == first
    assert again.made == []
    assert {path: path.read_bytes() for path in first[0].iterdir()} == before


def test_a_stop_loses_one_set(tmp_path: Path) -> None:
    class Stopped(Door):
        def checkpoints(self, folder: Path, profile: Any, device: str) -> list[tuple[int | None, Stub]]:
            made = super().checkpoints(folder, profile, device)
            plain = made[1][1].log_probs

            def stops(pairs: Sequence[tuple[str, str]]) -> list[list[float]]:
                if pairs[0][1] == "negative":
                    raise KeyboardInterrupt
                return plain(pairs)

            made[1][1].log_probs = stops  # type: ignore[method-assign]
            return made

    stopped, after = Stopped(), Door()
    with pytest.raises(KeyboardInterrupt):
        scored(tmp_path, stopped)
    assert [one.released for one in stopped.made] == [1, 1]
    scored(tmp_path, after)
    whole = scored(tmp_path / "other", whole_door := Door())
    assert [len(one.asked) for one in after.made] == [0, len(whole_door.made[1].asked) - 1200]  # CoLA's were kept
    found, expected = (
        [json.loads((folder / "4.json").read_text())["tasks"] for folder in folders]
        for folders in (scored(tmp_path), whole)
    )
    assert found == expected


def test_other_data_other_weights_or_a_damaged_file_are_done_anew(tmp_path: Path) -> None:
    (whole,) = scored(tmp_path)
    (trial,) = scored(tmp_path, limit=20)
    (longer,) = scored(tmp_path, Door((0, 4, 8)))
    assert len({whole, trial, longer}) == 3
    assert json.loads((trial / "0.json").read_text())["tasks"]["sst2"]["n"] == 20
    (whole / "0.json").write_text("{")
    again = Door()
    scored(tmp_path, again)
    assert [bool(one.asked) for one in again.made] == [True, False]


def test_a_trial_made_later_does_not_take_the_place_of_whole_data(tmp_path: Path) -> None:
    scored(tmp_path)
    scored(tmp_path, limit=20)
    for path in tmp_path.glob("mini/zero_shot/*/*.json"):
        day = 1 if json.loads(path.read_text())["tasks"]["sst2"]["n"] > 20 else 2
        rewrite(path, finished=f"2026-01-0{day}T00:00:00+00:00")
    rows = points(tmp_path / "mini" / "zero_shot")
    assert rows and all(row["n"] == row["of"] for row in rows)


def test_points(tmp_path: Path) -> None:
    scored(tmp_path, models=("gpt", "lstm"))
    rows = points(tmp_path / "mini" / "zero_shot")
    assert [(row["model"], row["updates"], row["task"]) for row in rows] == [
        (model, updates, task)
        for model in ("gpt", "lstm")
        for updates in (0, 4)
        for task in ("cola", "sst2", "race", "dpr")
    ]
    assert [list(row) for row in rows] == [COLUMNS.split()] * 16
    # nobody measured a best model on generated data
    assert {(row["best"], row["scaled"]) for row in rows} == {(None, None)}
    for path in tmp_path.glob("mini/zero_shot/*/*.json"):
        rewrite(path, profile="small")
    rows = points(tmp_path / "mini" / "zero_shot")
    assert [row["best"] for row in rows[:4]] == [35.0, 93.2, None, None]
    cola, sst2, race, _ = rows[4:8]
    assert cola["scaled"] == pytest.approx(cola["score"] / 35.0)
    assert sst2["scaled"] == pytest.approx((sst2["score"] - 50) / 43.2)
    assert race["scaled"] is None and race["tokens"] == 64


def test_of_a_models_folders_the_last_is_shown(tmp_path: Path) -> None:
    (old,), (new,) = scored(tmp_path), scored(tmp_path, limit=20)
    for folder, day in ((old, "2026-01-02"), (new, "2026-01-01")):
        for path in folder.iterdir():
            rewrite(path, finished=day)
    assert {row["n"] for row in points(tmp_path / "mini" / "zero_shot")} == {400}
    assert {row["n"] for row in points(new)} == {20, 40}  # RACE has two splits
    (new / "0.json").write_text("[]")
    with pytest.raises(ValueError, match=r"0\.json holds no zero-shot scores .*; move it away"):
        points(new)
    assert points(tmp_path / "nothing") == []


def test_weights_without_checkpoints(tmp_path: Path) -> None:
    (folder,) = scored(tmp_path, Door((None,)))
    assert [path.name for path in folder.iterdir()] == ["weights.json"]
    assert {(row["updates"], row["tokens"]) for row in points(folder)} == {(None, 64)}


def test_what_cannot_be(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="the weights in lstm are of a lstm, expected those of a gpt"):
        run(Door(), MINI, "cpu", {"gpt": Path("lstm")}, MiniWorld(), tmp_path, quiet)
    said: list[str] = []
    with pytest.raises(ValueError, match="no data set could be read"):
        run(Door(), MINI, "cpu", {"gpt": Path("gpt")}, Directory(tmp_path), tmp_path, said.append)
    assert len(said) == 6 and said[0].startswith("cola is left out: ")


def test_real_sets(shared_data: Path) -> None:
    """DPR's test file is not there, so its training file is scored, under its own name; of CoLA 2,000 rows choose."""
    sets, problems = load_sets(Directory(shared_data), allow_subset=True)
    assert problems == {}
    found = {name: (one.evaluation, one.split, len(one.examples)) for name, one in sets.items()}
    assert found == {
        "cola": ("validation", "validation", 1043),
        "sst2": ("validation", "validation", 872),
        "race": ("all", "test", 443),
        "dpr": ("train", "train", 1322),
        "wsc273": ("test", "test", 273),
        "pdp60": ("test", "test", 60),
    }
    assert len(sets["cola"].chosen_on) == 2000
    assert sets["pdp60"].chance == pytest.approx(100 * (45 / 2 + 12 / 3 + 1 / 4 + 2 / 5) / 60)


def test_rows_at_even_distances() -> None:
    assert evenly(list(range(10)), 4) == [0, 2, 5, 7]  # type: ignore[arg-type,comparison-overlap]
    assert evenly(list(range(3)), 4) == [0, 1, 2]  # type: ignore[arg-type,comparison-overlap]


def test_the_papers_references() -> None:
    assert [paper.best_single_model(task) for task in ("cola", "sst2", "race", "dpr", "wsc273")] == [
        35.0,
        93.2,
        None,
        None,
        None,
    ]


@pytest.mark.parametrize("kind", ["full", "lstm"])
def test_a_real_pretraining_from_end_to_end(kind: str, tmp_path: Path) -> None:
    from baselines.recipes import RECIPES

    folder = tmp_path / "pretrained"
    door.pretrain(DOCUMENTS, RECIPES[kind], PROFILE, folder, quiet)
    model = door.model_of(folder)
    (made,) = run(door, PROFILE, "cpu", {model: folder}, MiniWorld(), tmp_path, quiet, 12)
    rows = points(made)
    assert [row["updates"] for row in rows[::4]] == [0, 1, 2, 4, 8, 16, 20]
    assert rows[-1]["tokens"] == 20 * PROFILE.pretraining.batch * PROFILE.size.n_ctx
    assert {row["n"] for row in rows} == {12, 24}  # RACE has two splits
    last = json.loads((made / "20.json").read_text())
    assert last["pretraining"]["model"] == model and last["baseline"]["precision"] == "float32"
    assert last["sampled_perplexity"] > 1
