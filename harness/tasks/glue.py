"""GLUE's single sentences and similar pairs, the paper's Table 4: CoLA, SST-2, MRPC, STS-B, QQP; and WNLI.

All are scored on the validation split: the labels of the test splits are the GLUE server's. WNLI is in none of the
paper's tables, but in its GLUE score.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from harness.tasks.base import (
    HIDDEN,
    Example,
    Files,
    Form,
    Hub,
    Row,
    Source,
    Task,
    both_orders,
    classify,
    label_index,
    pair,
    score,
    single,
)

PLAIN = Files("")  # columns and labels as on the hub


def glue(config: str, split: str, n: int, path: str, layout: Files = PLAIN) -> Source:
    """A split of GLUE; layout: what sets the file apart from the hub, its path left open."""
    return Source(split, n, Hub("nyu-mll/glue", config, split), replace(layout, path=f"glue_data/{path}"))


def hidden(source: Source) -> Source:
    return replace(source, hidden=True)


def numbered(form: Form) -> dict[str, str]:
    """GLUE's files write most labels as numbers, in the hub's order."""
    return {str(number): name for number, name in enumerate(form.names)}


def sentence(form: Form) -> Callable[[Row], Example]:
    def example(row: Row) -> Example:
        return single(row["sentence"], label_index(form.names, row))

    return example


def similar(form: Form, first: str, second: str) -> Callable[[Row], Example]:
    """Two texts, of which neither comes first."""

    def example(row: Row) -> Example:
        return both_orders(row[first], row[second], label_index(form.names, row))

    return example


def entailed(row: Row) -> Example:
    return pair(row["sentence1"], row["sentence2"], label_index(WNLI.names, row))


def graded(row: Row) -> Example:
    """Raises ValueError for a score outside 0..5. The hub's are float32, so 3.8 is 3.7999999523 there."""
    value = row["label"]
    if value is HIDDEN:
        return both_orders(row["sentence1"], row["sentence2"], None)
    try:
        number = round(float(value), 3)
    except (TypeError, ValueError):
        number = -1.0
    if not STSB.low <= number <= STSB.high:
        raise ValueError(f"label {value!r} in column 'label'; expected a number from {STSB.low:g} to {STSB.high:g}")
    return both_orders(row["sentence1"], row["sentence2"], number)


COLA = classify("unacceptable", "acceptable")
SST2 = classify("negative", "positive")
MRPC = classify("not_equivalent", "equivalent")
QQP = classify("not_duplicate", "duplicate")
WNLI = classify("not_entailment", "entailment")  # the reverse of RTE and QNLI
STSB = score(0.0, 5.0)

COLA_FILE = Files("", labels=numbered(COLA), header=("source", "label", "mark", "sentence"))  # its test has a header
SST2_FILE = Files("", labels=numbered(SST2))
MRPC_COLUMNS = {"#1 String": "sentence1", "#2 String": "sentence2", "Quality": "label"}
MRPC_FILE = Files("", MRPC_COLUMNS, numbered(MRPC))
STSB_FILE = Files("", {"score": "label"})
QQP_FILE = Files("", {"is_duplicate": "label"}, numbered(QQP), ragged=True)
WNLI_FILE = Files("", labels=numbered(WNLI))

TASKS = (
    Task(
        name="cola",
        version=1,
        form=COLA,
        columns=("sentence", "label"),
        example=sentence(COLA),
        train=glue("cola", "train", 8_551, "CoLA/train.tsv", COLA_FILE),
        evaluations={"validation": glue("cola", "validation", 1_043, "CoLA/dev.tsv", COLA_FILE)},
        metrics=("mc", "acc"),
        hidden={"test": hidden(glue("cola", "test", 1_063, "CoLA/test.tsv"))},
    ),
    Task(
        name="sst2",
        version=1,
        form=SST2,
        columns=("sentence", "label"),
        example=sentence(SST2),
        train=glue("sst2", "train", 67_349, "SST-2/train.tsv", SST2_FILE),
        evaluations={"validation": glue("sst2", "validation", 872, "SST-2/dev.tsv", SST2_FILE)},
        metrics=("acc",),
        hidden={"test": hidden(glue("sst2", "test", 1_821, "SST-2/test.tsv"))},
    ),
    Task(
        name="mrpc",
        version=1,
        form=MRPC,
        columns=("sentence1", "sentence2", "label"),
        example=similar(MRPC, "sentence1", "sentence2"),
        train=glue("mrpc", "train", 3_668, "MRPC/train.tsv", MRPC_FILE),
        evaluations={"validation": glue("mrpc", "validation", 408, "MRPC/dev.tsv", MRPC_FILE)},
        metrics=("f1", "acc"),
        hidden={"test": hidden(glue("mrpc", "test", 1_725, "MRPC/test.tsv", MRPC_FILE))},
    ),
    Task(
        name="stsb",
        version=1,
        form=STSB,
        columns=("sentence1", "sentence2", "label"),
        example=graded,
        train=glue("stsb", "train", 5_749, "STS-B/train.tsv", STSB_FILE),
        evaluations={"validation": glue("stsb", "validation", 1_500, "STS-B/dev.tsv", STSB_FILE)},
        metrics=("pc", "sc"),
        hidden={"test": hidden(glue("stsb", "test", 1_379, "STS-B/test.tsv"))},
    ),
    Task(
        name="qqp",
        version=1,
        form=QQP,
        columns=("question1", "question2", "label"),
        example=similar(QQP, "question1", "question2"),
        train=glue("qqp", "train", 363_846, "QQP/train.tsv", QQP_FILE),
        evaluations={"validation": glue("qqp", "validation", 40_430, "QQP/dev.tsv", QQP_FILE)},
        metrics=("f1", "acc"),
        hidden={"test": hidden(glue("qqp", "test", 390_965, "QQP/test.tsv"))},
        may_be_empty=True,
    ),
    Task(
        name="wnli",
        version=1,
        form=WNLI,
        columns=("sentence1", "sentence2", "label"),
        example=entailed,
        train=glue("wnli", "train", 635, "WNLI/train.tsv", WNLI_FILE),
        evaluations={"validation": glue("wnli", "validation", 71, "WNLI/dev.tsv", WNLI_FILE)},
        metrics=("acc",),
        hidden={"test": hidden(glue("wnli", "test", 146, "WNLI/test.tsv"))},
    ),
)
