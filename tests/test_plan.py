"""What a run says before it starts: which profile, rows and cells, and what is done."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from harness.data import Directory, MiniWorld, Split, TheHub
from harness.preparation import plan
from harness.record import SplitCount
from harness.runner import Data
from harness.tables import TABLES
from harness.tasks import TASKS
from harness.tasks.base import Example, both_orders, pair, single

# Which profile, which rows, which tasks

SMALLER = "choose another with --profile mini or --profile small"
LARGER = "choose another with --profile small or --profile paper"


@pytest.mark.parametrize(
    ("asked", "device", "gpu", "profile", "why"),
    [
        (None, None, True, "paper", f"an NVIDIA GPU is visible; {SMALLER}"),
        (None, None, False, "mini", f"no NVIDIA GPU is visible; {LARGER}"),
        (None, "cpu", True, "mini", f"--device cpu; {LARGER}"),
        (None, "cpu", False, "mini", f"--device cpu; {LARGER}"),
        (None, "cuda", True, "paper", f"an NVIDIA GPU is visible; {SMALLER}"),
        (None, "cuda:1", False, "mini", f"no NVIDIA GPU is visible; {LARGER}"),
        ("small", None, True, "small", "as asked"),
        ("paper", "cpu", False, "paper", "as asked"),
        ("mini", "cuda", True, "mini", "as asked"),
    ],
)
def test_the_profile_and_why_it_is_that_one(
    monkeypatch: pytest.MonkeyPatch, asked: str | None, device: str | None, gpu: bool, profile: str, why: str
) -> None:
    monkeypatch.setattr("harness.preparation.hardware.has_nvidia", lambda: gpu)
    assert plan.choose_profile(asked, device) == (profile, why)


def test_where_rows_come_from(tmp_path: Path) -> None:
    assert plan.choose_origin("mini", None) == MiniWorld(0)
    for profile in ("small", "paper"):
        assert plan.choose_origin(profile, tmp_path) == Directory(tmp_path)
        assert plan.choose_origin(profile, None) == TheHub()


def test_real_data_does_not_go_with_the_mini_profile(tmp_path: Path) -> None:
    said = "the mini profile generates its data; --data-dir goes with --profile small or paper"
    with pytest.raises(ValueError, match=f"^{said}$"):
        plan.choose_origin("mini", tmp_path)


def test_the_named_tables_or_for_an_ablation_alone_the_papers() -> None:
    assert plan.choose_tables([3, 2, 3], None, None) == [TABLES[3], TABLES[2]]
    assert plan.choose_tables(None, None, None) == []
    assert plan.choose_tables(None, None, ["no_aux"]) == [TABLES[5]]
    assert plan.choose_tables(None, ["rte"], ["no_aux"]) == []


TABLE_5 = ["cola", "sst2", "mrpc", "stsb", "qqp", "mnli", "qnli", "rte"]


def test_the_named_tasks_or_the_tables_or_all() -> None:
    small = replace(TABLES[2], number=7, columns=TABLES[2].columns[:3])
    assert plan.choose_cells([], None, None) == {"full": list(TASKS)}
    assert plan.choose_cells([TABLES[2]], None, None) == {"full": ["mnli", "snli", "scitail", "qnli", "rte"]}
    assert plan.choose_cells([small], None, None) == {"full": ["mnli", "snli"]}  # once, though in two columns
    assert plan.choose_cells([small], ["snli"], ["lstm", "lstm"]) == {"lstm": ["snli"]}
    assert plan.choose_cells([], ["rte", "qnli", "rte"], None) == {"full": ["rte", "qnli"]}
    with pytest.raises(ValueError, match=r"^task 'rte' is not in Table 7; it has mnli, snli$"):
        plan.choose_cells([small], ["snli", "rte"], None)
    with pytest.raises(ValueError, match=r"^task 'wnli' is not in Table 2 and Table 3; it has mnli, "):
        plan.choose_cells([TABLES[2], TABLES[3]], ["wnli"], None)


def test_a_table_asks_for_the_recipes_of_its_rows() -> None:
    four = ("full", "no_pretraining", "no_aux", "lstm")
    assert plan.choose_cells([TABLES[5]], None, None) == dict.fromkeys(four, TABLE_5)
    assert plan.choose_cells([TABLES[5]], None, ["no_aux"]) == {"no_aux": TABLE_5}
    assert plan.choose_cells([TABLES[4]], None, None) == {"full": [*TABLE_5, "wnli"]}  # for the GLUE score
    assert plan.choose_cells([TABLES[3]], None, None, ("majority",)) == {
        "full": ["story_cloze", "race"],
        "majority": ["story_cloze", "race"],
    }


def test_of_several_tables_each_cell_is_run_once_and_ablations_where_the_paper_has_them() -> None:
    cells = plan.choose_cells([TABLES[number] for number in (2, 3, 4, 5)], None, None)
    assert sorted(cells["full"]) == sorted(TASKS) and len(cells["full"]) == 13
    assert all(cells[recipe] == TABLE_5 for recipe in ("no_pretraining", "no_aux", "lstm"))
    assert plan.choose_cells([TABLES[2], TABLES[5]], ["snli"], None) == {"full": ["snli"]}


# How much there is to compute


def split(*examples: Example) -> Split:
    return Split(SplitCount("any", len(examples), len(examples), "", ""), list(examples))


def test_a_load_by_hand() -> None:
    # a word makes 1.3 tokens, a segment one more, a sequence another: 3.9 + 1 + 1.3 + 1 + 1 and 1.3 + 1 + 1.3 + 1 + 1
    train = split(pair("a b c", "d", 0), pair("a", "b", 1))
    evaluations = {
        "similar": split(both_orders("a", "b", 1)),  # two sequences of 5.6
        "single": split(single("a", 0), single("b", 0), single("c", 0)),  # three of 3.3
    }
    found = plan.load_of(Data(train, evaluations))
    assert found.training == pytest.approx(8.2 + 5.6)
    assert found.scoring == pytest.approx(2 * 5.6 + 3 * 3.3)
    assert found.length == pytest.approx(6.9)


def test_of_a_large_set_only_some_examples_are_read() -> None:
    long = single("word " * 999, 0)
    train = split(*(single("a", 0) if i % 2 == 0 else long for i in range(1001)))
    found = plan.load_of(Data(train, {}))
    assert found.training == pytest.approx(1001 * 3.3)
    assert found.length == pytest.approx(3.3)


# Why cells are empty

RTE_DEV = TASKS["rte"].evaluations["validation"].files.path


def write(folder: Path, path: str, rows: int) -> None:
    (folder / path).parent.mkdir(parents=True, exist_ok=True)
    (folder / path).write_text("index\tsentence1\tsentence2\tlabel\n" + "0\ta\tb\tentailment\n" * rows)


def test_sets_that_were_not_asked_for_are_looked_at_too(tmp_path: Path) -> None:
    write(tmp_path, RTE_DEV, 277)
    write(tmp_path, TASKS["qnli"].train.files.path, 5)
    others = [name for name in TASKS if name not in ("scitail", "qnli", "rte")]
    found = plan.unattempted(Directory(tmp_path), others)
    assert found == {
        "scitail": "snli_format/scitail_1.0_train.txt not found",
        "scitail/test": "snli_format/scitail_1.0_test.txt not found",
        "qnli": "QNLI/train.tsv has 5 of 104743 rows",
        "qnli/validation": "QNLI/dev.tsv not found",
        "rte": "RTE/train.tsv not found",  # and nothing of its evaluation, which is whole
    }
    assert plan.unattempted(Directory(tmp_path), TASKS) == {}


def test_only_a_directory_can_lack_a_set_beforehand() -> None:
    assert plan.unattempted(TheHub(), []) == {}
    assert plan.unattempted(MiniWorld(0), []) == {}


def test_what_is_tried_now_replaces_what_was_known(tmp_path: Path) -> None:
    folder = tmp_path / "small"
    assert plan.remembered(folder) == {}
    first = {"rte": "no train.tsv", "mnli/matched": "2 of 9815 rows", "mnli": "no train.tsv", "snli": "no é"}
    plan.remember(folder, first, ["rte", "snli"])
    assert plan.remembered(folder) == first
    plan.remember(folder, {}, ["mnli"])  # found whole: also what was known of its evaluations is void
    assert plan.remembered(folder) == {"rte": "no train.tsv", "snli": "no é"}
    plan.remember(folder, {"rte/validation": "3 of 277 rows"}, ["rte"])
    assert plan.remembered(folder) == {"rte/validation": "3 of 277 rows", "snli": "no é"}
    plan.remember(folder, {"snli": "another reason"}, [])  # not tried, but told anew
    assert plan.remembered(folder)["snli"] == "another reason"
    assert [path.name for path in folder.iterdir()] == ["problems.json"]


@pytest.mark.parametrize("content", ["", '{"rte": ', "\0"])
def test_what_cannot_be_read_is_not_remembered(tmp_path: Path, content: str) -> None:
    (tmp_path / "problems.json").write_text(content)
    assert plan.remembered(tmp_path) == {}
    plan.remember(tmp_path, {"rte": "gone"}, ["rte"])
    assert json.loads((tmp_path / "problems.json").read_text()) == {"rte": "gone"}


# In words


@pytest.mark.parametrize(
    ("cells", "seeds", "n", "done", "said"),
    [
        ({"full": ["rte"]}, [0], 1, 0, "1 cell: rte (full), seed 0; none are done already"),
        ({"full": ["rte"]}, [0], 1, 1, "1 cell: rte (full), seed 0; 1 is done already"),
        ({"full": ["rte"]}, [0, 1, 2], 3, 1, "3 cells: rte (full), seeds 0, 1, 2; 1 is done already"),
        (
            {"full": ["mnli", "rte"], "no_aux": ["mnli", "rte"]},
            [0, 3],
            8,
            3,
            "8 cells: mnli, rte (full, no_aux), seeds 0, 3; 3 are done already",
        ),
        (
            {"full": ["snli", "rte"], "no_aux": ["rte"], "lstm": ["rte"]},
            [4],
            4,
            0,
            "4 cells: snli, rte (full); rte (no_aux, lstm), seed 4; none are done already",
        ),
    ],
)
def test_the_cells_in_words(cells: dict[str, list[str]], seeds: list[int], n: int, done: int, said: str) -> None:
    assert plan.describe_cells(cells, seeds, n, done) == said


def test_at_full_size_small_sets_have_more_seeds_than_large_ones() -> None:
    once = [name for name, task in TASKS.items() if plan.usual_seeds("paper", task) == 1]
    assert once == ["mnli", "snli", "scitail", "qnli", "race", "sst2", "qqp"]
    assert all(plan.usual_seeds(profile, task) == 3 for profile in ("small", "mini") for task in TASKS.values())
    said = plan.describe_cells({"full": ["snli", "rte"]}, [0, 1, 2], 4, 0, ["snli"])
    assert said == "4 cells: snli, rte (full), seeds 0, 1, 2 (of snli: 0); none are done already"
