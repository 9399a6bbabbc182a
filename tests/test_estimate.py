"""The price of a run, from published sizes alone."""

from __future__ import annotations

from pathlib import Path

import pytest

from baselines import door, vocabulary
from baselines.batches import encode
from baselines.recipes import PROFILES, RECIPES
from baselines.tokenizer import Tokenizer
from harness.data import Directory, load
from harness.preparation import estimate, plan
from harness.preparation.estimate import Fit, Price
from harness.preparation.lengths import LENGTHS
from harness.preparation.plan import Load
from harness.tables import TABLES
from harness.tasks import TASKS
from tests.test_real_files import REAL, real

PAPER = PROFILES["paper"]


def flops(recipe: str, load: Load) -> float:
    return door.flops(RECIPES[recipe], PAPER, *load)


def prices(*numbers: int) -> list[Price]:
    cells = plan.choose_cells([TABLES[number] for number in numbers], None, None)
    return estimate.prices(cells, 32, 3, flops)


def test_the_updates_of_table_2() -> None:
    found = {price.task: price.updates for price in prices(2)}
    assert found == {"mnli": 36_813, "snli": 51_501, "scitail": 2_211, "qnli": 9_819, "rte": 231}
    assert sum(found.values()) == 100_575  # partial batches dropped


def test_what_a_cell_costs_is_six_operations_a_parameter_and_token() -> None:
    """The rule of thumb: the LM loss's products count, attention and scoring add a little."""
    for price in prices(2):
        assert price.flops / (6 * 116.1e6 * price.tokens) == pytest.approx(1.0, abs=0.04), price.task
    (race,) = [price for price in prices(3) if price.task == "race"]
    assert race.tokens == pytest.approx(3 * 87_866 * 4 * 299.5)
    assert 1.0 < race.flops / (6 * 116.1e6 * race.tokens) < 1.1


def test_ablations_cost_what_they_leave_out() -> None:
    by_recipe = {(price.recipe, price.task): price for price in prices(5)}
    full, no_aux, random = (by_recipe[recipe, "cola"].flops for recipe in ("full", "no_aux", "no_pretraining"))
    assert no_aux < 0.8 * full and random == full


def test_the_text_has_a_row_a_cell_and_their_sum() -> None:
    found = [Price("full", "rte", 231, 1e6, 3e15), Price("no_aux", "rte", 100, 2e6, 1e15)]
    lines = estimate.text(found, 2, 1e12, "as given").splitlines()
    assert lines[2].split() == ["rte", "full", "231", "1.0", "3.0", "50", "min"]
    assert [line.split() for line in lines[5:7]] == [
        ["a", "seed", "331", "3.0", "4.0", "67", "min"],
        ["2", "seeds", "662", "6.0", "8.0", "2.2", "h"],
    ]
    assert "Time at 1 TFLOP/s as given" in lines[8]
    assert not any("shorter" in line or "Roughly" in line for line in lines)


def test_on_a_gpu_small_steps_are_counted_as_steps() -> None:
    text = estimate.text([Price("full", "scitail", 2000, 1e6, 1e15)], 1, 1e15, "as given")
    assert "30 s" in text  # not one
    assert "No update counted shorter than 15 ms" in text and "Roughly, since" in text


def test_what_a_gpu_holds_stands_beside_the_time() -> None:
    cells = {"full": ["race", "cola"], "lstm": ["cola"], "tfidf": ["cola"]}

    def fits(recipe: str, tokens: float, length: float) -> Fit | None:
        return None if recipe == "tfidf" else Fit(*door.memory_of(RECIPES[recipe], PAPER, tokens, length, 12e9))

    found = estimate.prices(cells, 32, 3, lambda *_: 1e15, fits)
    race, cola, lstm, tfidf = (price.fit for price in found)
    assert race and cola and lstm and tfidf is None
    assert race.parts == 2 and cola.parts == lstm.parts == 1 and race.bytes > cola.bytes > lstm.bytes
    lines = estimate.text(found, 1, 1e14, "as given").splitlines()
    assert lines[0].split()[-2:] == ["GB", "parts"] and lines[2].split()[-2:] == [f"{race.bytes / 1e9:.1f}", "2"]
    assert any(
        line.startswith("a seed") and line.endswith(f"{race.bytes / 1e9:.1f}") for line in map(str.rstrip, lines)
    )
    assert any(line.startswith("GB: the most") for line in lines)


def test_what_nobody_released_is_priced_too() -> None:
    cells = {"full": ["cola"], "lstm": ["cola"], "no_pretraining": ["cola"]}
    (line,) = estimate.unreleased(door, PAPER, RECIPES, cells, 1e14)
    flops = door.pretraining_flops(RECIPES["lstm"], PAPER)
    assert line.startswith("Not counted: pre-training the lstm first, 100,000,000,000 tokens")
    assert f"{flops / 1e15:,.0f} PFLOP" in line and 3.2e19 < flops < 3.5e19
    assert len(estimate.unreleased(door, PROFILES["small"], RECIPES, cells, 1e14)) == 2


def test_every_task_has_a_length() -> None:
    assert LENGTHS.keys() == TASKS.keys()
    for name, length in LENGTHS.items():
        assert 5 < length.tokens < 512 and length.rows <= max(TASKS[name].train.n, 6_123), name


@real
@pytest.mark.parametrize("name", ["cola", "rte", "wnli", "mrpc"])
def test_the_lengths_are_those_of_the_real_files(name: str) -> None:
    examples = load(TASKS[name], TASKS[name].train, Directory(REAL)).examples
    tokenizer = Tokenizer(vocabulary.read(Path(REAL) / "gpt1_vocab"))
    some = [encode(example, tokenizer, 512) for example in examples[::10]]
    lengths = [len(sequence) for example in some for sequence in example.sequences]
    assert sum(lengths) / len(lengths) == pytest.approx(LENGTHS[name].tokens, rel=0.05)
    assert {len(example.sequences) for example in some} == {LENGTHS[name].sequences}


def test_what_a_run_has_left_is_told_at_its_start() -> None:
    """Of the data as it was read; three seeds of one cell are a row."""
    loads = {"rte": Load(1e6, 1e5, 50.0), "cola": Load(2e6, 1e5, 10.0)}
    left = [("full", "rte"), ("full", "cola"), ("full", "rte"), ("majority", "rte"), ("full", "rte")]

    def one(recipe: str, load: Load) -> float:
        return 0.0 if recipe == "majority" else load.training * 1e9

    lines = estimate.of_left(left, {"rte": 2490, "cola": 8551}, loads, PAPER.finetuning, one, 1e12).splitlines()
    assert lines[2].split() == ["rte", "full", "×", "3", "693", "9.0", "3.0", "50", "min"]
    assert lines[3].split() == ["cola", "full", "801", "6.0", "2.0", "33", "min"]
    assert lines[5].split() == ["in", "all", "1,494", "15.0", "5.0", "83", "min"]
    assert not any("Download" in line for line in lines) and "as just measured here" in lines[-1]
    assert estimate.of_left(left[3:4], {"rte": 1}, loads, PAPER.finetuning, one, 1e12) == ""
