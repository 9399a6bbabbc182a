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


WHOLE = [
    ("rte", 2490, 277, 3000),
    ("cola", 8551, 1043, 1063),
    ("sst2", 67349, 872, 1821),
    ("mrpc", 3668, 408, 1725),
    ("stsb", 5749, 1500, 1379),
    ("wnli", 635, 71, 146),
]


@real
@pytest.mark.parametrize(("name", "train", "validation", "test"), WHOLE)
def test_whole_real_sets_load_to_their_published_counts(name: str, train: int, validation: int, test: int) -> None:
    task = TASKS[name]
    for source, n in ((task.train, train), (evaluation(task), validation), (task.hidden["test"], test)):
        count, examples = load(task, source, Directory(REAL))
        assert (count.n, count.of, len(examples), count.split) == (n, n, n, source.split)
        labels = {label for _, label in examples}
        if source.hidden:
            assert labels == {None}
        elif task.form.kind == "classify":
            assert labels == set(range(len(task.form.names)))
        else:
            assert (min(labels), max(labels)) == (0.0, 5.0) and len(labels) > 20  # type: ignore[type-var]
        assert problem(task, source, Directory(REAL)) == ""


@real
def test_whole_real_splits_of_other_sets() -> None:
    qnli, mnli = TASKS["qnli"], TASKS["mnli"]
    assert load(qnli, evaluation(qnli), Directory(REAL)).count.n == 5463
    count, examples = load(mnli, mnli.hidden["ax"], Directory(REAL))
    assert (count.n, {label for _, label in examples}) == (1104, {None})
    assert examples[0].sequences == (("The cat sat on the mat.", "The cat did not sit on the mat."),)


@real
@pytest.mark.parametrize(
    ("task", "name", "n", "of", "said"),
    [
        ("mnli", "", 480, 392_702, "train.tsv has 480"),  # 12 columns
        ("mnli", "matched", 2, 9_815, "dev_matched.tsv has 2"),  # 16 columns
        ("mnli", "mismatched", 2, 9_832, "dev_mismatched.tsv has 2"),
        ("mnli", "test_matched", 1, 9_796, "test_matched.tsv has 1"),  # 10 columns
        ("snli", "test", 1_254, 9_824, "snli_1.0_test.jsonl has 1254"),  # 1277 lines, 23 of them labelled "-"
        ("scitail", "test", 4, 2_126, "scitail_1.0_test.txt has 4"),
        ("qnli", "", 320, 104_743, "train.tsv has 320"),
        ("qqp", "", 6_000, 363_846, "train.tsv has 6000"),
        ("qqp", "test", 1, 390_965, "test.tsv has 1"),
        ("race", "", 1_534, 87_866, "RACE/train has 1534"),
        ("race", "middle", 236, 1_436, "RACE/test/middle has 236"),
        ("race", "high", 207, 3_498, "RACE/test/high has 207"),
        ("race", "validation", 444, 4_887, "RACE/dev has 444"),
        ("story_cloze", "", 7, 1_497, "ALL_val.csv has 7"),  # of eight rows the release validates on one
        ("story_cloze", "test", 4, 1_871, "ALL_test.csv has 4"),
    ],
)
def test_real_fragments_are_refused_unless_a_subset_is_allowed(
    task: str, name: str, n: int, of: int, said: str
) -> None:
    sources = {"": TASKS[task].train, **TASKS[task].evaluations, **TASKS[task].hidden, **TASKS[task].beside}
    with pytest.raises(ValueError, match=f"{said} of {of} rows; a fragment gives no number: .*--allow-subset"):
        load(TASKS[task], sources[name], Directory(REAL))
    count, examples = load(TASKS[task], sources[name], Directory(REAL), allow_subset=True)
    assert (count.n, count.of, len(examples)) == (n, of, n)
    names = range(len(TASKS[task].form.names) or len(examples[0].sequences))
    assert {label for _, label in examples} <= ({None} if sources[name].hidden else set(names))
    assert re.search(r" has \d+ of \d+ rows$", problem(TASKS[task], sources[name], Directory(REAL)))


@real
def test_a_real_race_question_and_a_story() -> None:
    race, cloze = TASKS["race"], TASKS["story_cloze"]
    _, examples = load(race, race.evaluations["middle"], Directory(REAL), allow_subset=True)
    assert {len(example.sequences) for example in examples} == {4}
    passages = {sequences[0][0] for sequences, _ in examples}
    assert len(passages) == len(list((REAL / "RACE/test/middle").iterdir()))
    _, (first, *_) = load(cloze, cloze.evaluations["test"], Directory(REAL), allow_subset=True)
    assert first.sequences[0][1] == "The cat let itself be carried down." and first.label == 0
    assert first.sequences[1][0].startswith("The cat climbed the tall oak. It could not come down again. Mr. Reed")


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
@pytest.mark.parametrize(("task", "name"), [("wnli", "WNLI"), ("mrpc", "MRPC"), ("cola", "CoLA"), ("sst2", "SST-2")])
def test_every_numbered_label_is_its_own_index(task: str, name: str) -> None:
    """In the files as on the hub: WNLI's 1 is an entailment."""
    column = {"wnli": -1, "mrpc": 0, "cola": 1, "sst2": -1}[task]
    lines = (REAL / f"glue_data/{name}/dev.tsv").read_text(encoding="utf-8-sig").rstrip("\n").split("\n")
    _, examples = load(TASKS[task], evaluation(TASKS[task]), Directory(REAL))
    assert [str(label) for _, label in examples] == [line.split("\t")[column] for line in lines[task != "cola" :]]


@real
def test_quotes_are_characters() -> None:
    _, examples = load(TASKS["qnli"], evaluation(TASKS["qnli"]), Directory(REAL))
    assert sum(text.count('"') % 2 for sequences, _ in examples for text in sequences[0]) == 90  # lone ones
