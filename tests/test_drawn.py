"""Which world and which pre-training: in a key only where not the first, shown one at a time, refused without sense."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import Any

import pytest

from baselines import door
from baselines.recipes import PROFILES, RECIPES, at_scale
from harness import record, runner
from harness.command_line import from_records
from harness.data import MiniWorld
from harness.drawn import FIRST, Drawn, asked, of_key
from harness.figure2 import figure_data, figure_runs
from harness.mini_world import VERSION
from harness.preparation import language_model, plan
from harness.record import Record, save
from harness.sources.corpus import MiniCorpus
from harness.storage.sealed import sealed
from harness.tasks import TASKS
from tests.fabricated import record as made
from tests.figure_points import of_layers
from tests.stub_door import FROM_SCRATCH, FULL, MINI, PAPER, SMALL, Door, pretrained, words
from tests.stub_door import text as write_text
from tests.test_main import harness
from tests.test_options import parse
from tests.test_runner import DATA, TOY
from tests.tiny import DOCUMENTS

OTHER = Drawn(world=1, pretraining=2)


def of(which: Drawn, recipe: str = "full", score: float = 60.0, weights: str | None = "w", **more: Any) -> Record:
    key = {**which.key, "baseline": {"weights": weights, "vocabulary": "v"}, **more}
    return made("rte", score=score, recipe=recipe, profile="mini", **key)


def job(which: Drawn, weights: str | None = "w") -> runner.Job:
    return runner.Job(TOY, "full", "mini", 0, {"vocabulary": "v", "weights": weights}, DATA, which)


# In a key


def test_the_first_of_both_leaves_the_key_as_it_was() -> None:
    assert "world_seed" not in job(FIRST).key and "pretrain_seed" not in job(FIRST).key
    bare = {name: value for name, value in job(OTHER).key.items() if name not in ("world_seed", "pretrain_seed")}
    assert bare == job(FIRST).key
    assert of_key(job(OTHER).key) == OTHER and of_key(job(FIRST).key) == FIRST


def test_what_starts_at_random_is_the_same_cell_for_each_pre_training() -> None:
    assert job(OTHER, weights=None).key == job(Drawn(world=1), weights=None).key
    assert job(OTHER).folder(Path()) != job(Drawn(world=1)).folder(Path())


def test_signature_and_summary_say_it_and_those_of_the_first_say_nothing() -> None:
    assert "|profile:mini|world_seed:1|pretrain_seed:2|seeds:0,0,0|" in of(OTHER).signature("validation", "acc")
    assert "|profile:mini|seeds:0,0,0|" in of(FIRST).signature("validation", "acc")
    assert of(OTHER).summary.startswith("rte full seed 0 (world seed 1, pre-training seed 2): validation acc 60.0")
    assert of(Drawn(world=3)).summary.startswith("rte full seed 0 (world seed 3): ")
    assert of(FIRST).summary.startswith("rte full seed 0: ")


# Shown


def test_a_table_shows_one_world_and_one_pre_training(tmp_path: Path) -> None:
    for which, score in ((FIRST, 60.0), (OTHER, 71.0), (Drawn(world=1), 82.0), (Drawn(pretraining=2), 93.0)):
        save(of(which, score=score, finished=f"2026-01-0{1 + which.world}"), tmp_path)
    for asked_for, score in (("", 60.0), ("--world-seed 1 --pretrain-seed 2", 71.0), ("--pretrain-seed 2", 93.0)):
        text = from_records.text_of(2, tmp_path, "mini", "markdown", which=asked(parse(f"table 2 {asked_for}")))
        (row,) = (line for line in text.splitlines() if line.startswith("| full, mini profile"))
        assert row.split("|")[-2].split()[0] == f"{score:.1f}"
        assert ("world seed 1, pre-training seed 2" in text) == ("world" in asked_for)


def test_what_starts_at_random_is_shown_beside_each_pre_training_of_its_world(tmp_path: Path) -> None:
    save(of(Drawn(world=1), "no_pretraining", weights=None), tmp_path)
    for which, n in ((Drawn(1, 0), 1), (Drawn(1, 5), 1), (Drawn(0, 0), 0), (Drawn(2, 5), 0)):
        assert len(list(record.read_of(tmp_path, which))) == n


def zero_shot_files(folder: Path, which: Drawn) -> list[Path]:
    """A checkpoint of each language model, scored on SST-2."""
    (folder / "a").mkdir(parents=True)
    one = {"evaluation": "validation", "split": "validation", "metric": "acc", "score": 60.0, "n": 4, "of": 4}
    found = []
    for model in ("gpt", "lstm"):
        told = {"key": which.key, "profile": "mini", "model": model, "updates": 8, "tokens": 80, "finished": "2026"}
        found.append(folder / "a" / f"{model}.json")
        found[-1].write_text(json.dumps(sealed({**told, "tasks": {"sst2": {**one, "chance": 50.0}}})))
    return found


def test_figures_too(tmp_path: Path) -> None:
    save(of_layers("race", 2), tmp_path)
    assert len(figure_data.rows(figure_data.LEFT, tmp_path, "mini")) == 2
    assert figure_data.rows(figure_data.LEFT, tmp_path, "mini", OTHER) == []
    files = zero_shot_files(tmp_path / "zero_shot", OTHER)
    assert len(figure_data.rows(figure_data.RIGHT, tmp_path, "mini", OTHER)) == len(files) == 2
    assert figure_data.rows(figure_data.RIGHT, tmp_path, "mini") == []
    figure_runs.draw(figure_data.RIGHT, tmp_path, "mini", print, OTHER)
    assert (tmp_path / f"figure2-right{OTHER.suffix}.svg").exists() and not (tmp_path / "figure2-right.svg").exists()
    assert OTHER.suffix == "-world1-pretraining2" and FIRST.suffix == "" and Drawn(3).suffix == "-world3"


# Larger


def test_a_larger_world_has_more_rows_to_score_and_the_first_stays_as_it_was() -> None:
    larger = plan.choose_origin("mini", None, 1, 4)
    assert larger == MiniWorld(1, 4)
    found, _ = runner.load_tasks([TASKS["wnli"], TASKS["rte"]], larger, None, False)
    first, _ = runner.load_tasks([TASKS["wnli"], TASKS["rte"]], MiniWorld(1), None, False)
    for task, n in (("wnli", 100), ("rte", 300)):
        one, many = first[task].evaluations["validation"], found[task].evaluations["validation"]
        assert (one.count.n, many.count.n, many.count.of) == (n, 2 * n, 2 * n)
        assert (
            many.count.origin == f"mini world {VERSION}, seed 1, scale 4"
            and one.count.origin == f"mini world {VERSION}, seed 1"
        )
        assert {row.sequences for row in one.examples} <= {row.sequences for row in many.examples}
        trained = found[task].train.examples
        assert trained == first[task].train.examples  # too few to teach it, as before
        assert not {row.sequences for row in many.examples} & {row.sequences for row in trained}


def test_a_larger_world_has_a_larger_corpus_that_begins_alike(monkeypatch: pytest.MonkeyPatch) -> None:
    one, many = MiniCorpus(1), MiniCorpus(1, 4)
    assert list(islice(one, 50)) == list(islice(many, 50)) and one.hash != many.hash
    asked_for: list[tuple[int, ...]] = []

    def corpus(*told: int) -> Iterator[str]:
        asked_for.append(told)
        return iter(())

    monkeypatch.setattr("harness.mini_world.corpus", corpus)
    assert list(one) == list(many) == [] and asked_for == [(1,), (1, 12_000_000)]


def test_a_larger_scale_is_a_larger_model_of_the_mini_profile_alone() -> None:
    mini, larger = PROFILES["mini"], at_scale(PROFILES["mini"], 4)
    assert at_scale(mini, 1) == mini and at_scale(PROFILES["small"], 4) == PROFILES["small"]
    assert door.parameters(RECIPES["full"], larger) > 4 * door.parameters(RECIPES["full"], mini)
    assert larger.pretraining.tokens == 12_000_000 > mini.pretraining.tokens
    assert (larger.name, larger.finetuning) == (mini.name, mini.finetuning)


def test_the_scale_stands_in_key_words_and_names_where_it_is_not_1() -> None:
    which = Drawn(scale=4)
    assert job(which).key["scale"] == 4 and "scale" not in job(OTHER).key
    assert (which.told, which.suffix) == ("scale 4", "-scale4")
    assert not FIRST.shows(job(which).key) and which.shows(job(which).key) and not which.shows(job(FIRST).key)
    assert asked(parse("run --task rte --scale 4")) == which
    with pytest.raises(SystemExit):
        parse("run --scale 2")
    with pytest.raises(ValueError, match=r"^--scale 4 with the small profile, whose data is real; leave it out"):
        plan.choose_origin("small", None, 0, 4)


# Refused


@pytest.mark.parametrize("line", ["table 2", "run --task rte --dry-run", "pretrain --dry-run", "sample", "show rte"])
def test_a_world_with_real_data_is_refused_in_one_line(line: str, tmp_path: Path) -> None:
    done = harness(*line.split(), "--profile", "small", "--world-seed", "3", "--runs", tmp_path)
    said = "harness: --world-seed 3 with the small profile, whose data is real; leave it out, or give --profile mini"
    assert (done.returncode, done.stderr.strip().splitlines()) == (1, [f"{said}, which generates its own"])


def test_a_pre_training_of_released_weights_is_refused(tmp_path: Path) -> None:
    chosen = words(tmp_path)
    chosen.pretrain_seed = 2
    said = "--pretrain-seed 2 with weights that were not pre-trained here; leave it out"
    with pytest.raises(ValueError, match=f"^{said}$"):
        language_model.find(Door(), PAPER, {"full": FULL}, chosen)


@pytest.mark.parametrize(("facts", "said"), [(None, "not pre-trained here"), ({"seed": 1}, "are of seed 1$")])
def test_given_weights_are_of_the_pre_training_that_is_asked_for(tmp_path: Path, facts: Any, said: str) -> None:
    door: Any = Door()
    door.pretraining_facts = lambda _: facts
    chosen = words(tmp_path, weights=pretrained(tmp_path / "gpt-a", 100))
    chosen.pretrain_seed = 2
    with pytest.raises(ValueError, match=said):
        language_model.find(door, MINI, {"full": FULL}, chosen)
    assert language_model.find(door, MINI, {"any": FROM_SCRATCH}, chosen)  # only its vocabulary
    door.pretraining_facts = lambda _: {"seed": 2}
    assert language_model.find(door, MINI, {"full": FULL}, chosen)["full"].folder == tmp_path / "gpt-a"


# Pre-trainings


def test_each_seed_and_world_has_a_folder_of_its_own(tmp_path: Path) -> None:
    folders = set()
    for world in (0, 1):
        for seed in (0, 1):
            chosen = words(tmp_path)
            chosen.world_seed, chosen.pretrain_seed = world, seed
            found = language_model.Untrained(Door(), MINI, FULL, chosen)
            assert (found.seed, found.tokens.corpus.name) == (seed, f"mini world {VERSION}, seed {world}")
            folders.add((found.folder, found.tokens.folder))
    assert len({one for one, _ in folders}) == 4 and len({tokens for _, tokens in folders}) == 2


def test_of_what_was_pre_trained_before_the_asked_seed_is_taken(tmp_path: Path) -> None:
    folder = tmp_path / "small" / "pretrained"
    for name, seed, time in (("gpt-a", 0, 100), ("gpt-b", 1, 200)):
        (pretrained(folder / name, time) / "pretraining.json").write_text(f'{{"seed": {seed}}}')
    chosen = words(tmp_path)
    assert language_model.there(FULL, SMALL, chosen).folder == folder / "gpt-a"
    chosen.pretrain_seed = 1
    assert language_model.there(FULL, SMALL, chosen).folder == folder / "gpt-b"
    chosen.pretrain_seed = 7
    said = f"no pre-trained gpt of seed 7 in {folder}, but of 0, 1: name that with --pretrain-seed"
    with pytest.raises(FileNotFoundError, match=re.escape(said)):
        language_model.there(FULL, SMALL, chosen)


def test_the_rows_are_of_the_world_that_is_asked_for() -> None:
    assert plan.choose_origin("mini", None, 10) == MiniWorld(10)
    found, _ = runner.load_tasks([TASKS["wnli"]], MiniWorld(10), None, False)
    first, _ = runner.load_tasks([TASKS["wnli"]], MiniWorld(0), None, False)
    assert found["wnli"].train.count.hash != first["wnli"].train.count.hash
    assert found["wnli"].train.count.origin == f"mini world {VERSION}, seed 10"


def test_another_world_and_pre_training_are_run_from_nothing_and_found_done(tmp_path: Path) -> None:
    text = write_text(tmp_path / "books", " ".join(DOCUMENTS))  # the world's own corpus takes a minute to write
    task = ("run", "--profile", "mini", "--task", "wnli", "--seed", "0", "--corpus", text)
    line = (*task, "--ablation", "full", "--ablation", "no_pretraining", "--world-seed", "1")
    one, again, other = (
        harness(*line, "--pretrain-seed", seed, "--runs", tmp_path, *more)
        for seed, more in (("1", ()), ("1", ("--jobs", "2")), ("2", ("--jobs", "2")))
    )
    for done, counts in ((one, "2 done, 0 cached"), (again, "0 done, 2 cached"), (other, "1 done, 1 cached")):
        assert done.returncode == 0, done.stderr
        assert counts in done.stdout
    found = {(each.recipe, of_key(each.key)): each for each in record.read_all(tmp_path / "mini")}
    assert set(found) == {("full", Drawn(1, 1)), ("full", Drawn(1, 2)), ("no_pretraining", Drawn(1, 0))}
    weights = {each.key["baseline"]["weights"] for each in found.values()}
    assert len(weights) == 3 and None in weights
    assert "(world seed 1, pre-training seed 1)" in one.stdout
