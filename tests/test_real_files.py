"""The real files beside the checkout: counts, quotes, labels. Skipped where they are absent."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from harness.data import Directory, load, problem
from harness.tasks import TASKS
from tests.test_data import RTE, evaluation

REAL = Path(__file__).parents[2] / "shared" / "data"
real = pytest.mark.skipif(not REAL.is_dir(), reason=f"needs the real data sets in {REAL}")

# The real files


@real
@pytest.mark.parametrize(("task", "split", "n"), [("rte", "train", 2490), ("rte", "", 277), ("qnli", "", 5463)])
def test_whole_real_sets_load_to_their_published_counts(task: str, split: str, n: int) -> None:
    source = TASKS[task].train if split else evaluation(TASKS[task])
    count, examples = load(TASKS[task], source, Directory(REAL))
    assert (count.n, count.of, len(examples), count.split) == (n, n, n, source.split)
    assert {label for _, label in examples} == {0, 1}
    assert problem(TASKS[task], source, Directory(REAL)) == ""


@real
@pytest.mark.parametrize(
    ("task", "evaluation_name", "n", "of"),
    [
        ("mnli", "", 480, 392_702),  # 12 columns
        ("mnli", "matched", 2, 9_815),  # 16 columns
        ("mnli", "mismatched", 2, 9_832),
        ("snli", "test", 1_254, 9_824),  # 1277 lines, 23 of them labelled "-"
        ("scitail", "test", 4, 2_126),
        ("qnli", "", 320, 104_743),
    ],
)
def test_real_fragments_are_refused_unless_a_subset_is_allowed(
    task: str, evaluation_name: str, n: int, of: int
) -> None:
    source = evaluation(TASKS[task], evaluation_name) if evaluation_name else TASKS[task].train
    with pytest.raises(ValueError, match=f"has {n} of {of} rows; a fragment gives no number: .*--allow-subset"):
        load(TASKS[task], source, Directory(REAL))
    count, examples = load(TASKS[task], source, Directory(REAL), allow_subset=True)
    assert (count.n, count.of, len(examples)) == (n, of, n)
    assert {label for _, label in examples} <= set(range(len(TASKS[task].form.names)))
    assert re.fullmatch(r"\S+ has \d+ of \d+ rows", problem(TASKS[task], source, Directory(REAL)))


@real
def test_every_real_label_agrees_with_its_name() -> None:
    lines = (REAL / "glue_data/RTE/dev.tsv").read_text().splitlines()[1:]
    _, examples = load(RTE, evaluation(RTE), Directory(REAL))
    names = [RTE.form.names[int(label)] for _, label in examples if label is not None]
    assert names == [line.split("\t")[-1] for line in lines]


@real
def test_a_directory_may_be_the_folder_itself() -> None:
    source = evaluation(RTE)
    assert load(RTE, source, Directory(REAL / "glue_data")) == load(RTE, source, Directory(REAL))


@real
def test_quotes_are_characters() -> None:
    _, examples = load(TASKS["qnli"], evaluation(TASKS["qnli"]), Directory(REAL))
    assert sum(text.count('"') % 2 for sequences, _ in examples for text in sequences[0]) == 90  # lone ones
