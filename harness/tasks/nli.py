"""Natural language inference, the paper's Table 2: MNLI, SNLI, SciTail, QNLI and RTE.

MNLI, QNLI and RTE are scored on GLUE's validation splits, since GLUE hides its test labels; SNLI and SciTail on their
public test splits, as in the paper.
"""

from __future__ import annotations

from collections.abc import Callable
from types import MappingProxyType

from harness.tasks.base import Example, Files, Form, Hub, Row, Source, Task, classify, label_index, pair
from harness.tasks.glue import glue, hidden

THREE_WAY = classify("entailment", "neutral", "contradiction")
TWO_WAY = classify("entailment", "not_entailment")


def reader(form: Form, premise: str, hypothesis: str, label: str = "label") -> Callable[[Row], Example]:
    """Row -> Example for a set whose columns have these names."""

    def example(row: Row) -> Example:
        return pair(row[premise], row[hypothesis], label_index(form.names, row, label))

    return example


MNLI = Files("", {"sentence1": "premise", "sentence2": "hypothesis", "gold_label": "label"})


def mnli(split: str, n: int, file: str) -> Source:
    return glue("mnli", split, n, f"MNLI/{file}", MNLI)


def snli(split: str, n: int, file: str) -> Source:
    columns = {"sentence1": "premise", "sentence2": "hypothesis", "gold_label": "label"}
    return Source(
        split,
        n,
        Hub("stanfordnlp/snli", "plain_text", split),
        Files(f"snli_1.0/snli_1.0_{file}.jsonl", MappingProxyType(columns)),
    )


def scitail(split: str, n: int, file: str) -> Source:
    # snli_format, not tsv_format: quoting lost 499 training rows of the latter on the hub
    return Source(
        split,
        n,
        Hub("allenai/scitail", "snli_format", split),
        Files(f"SciTailV1.1/snli_format/scitail_1.0_{file}.txt"),
    )


SCITAIL = classify("entailment", "neutral")

TASKS = (
    Task(
        name="mnli",
        version=1,
        form=THREE_WAY,
        columns=("premise", "hypothesis", "label"),
        example=reader(THREE_WAY, "premise", "hypothesis"),
        train=mnli("train", 392_702, "train.tsv"),
        evaluations={
            "matched": mnli("validation_matched", 9_815, "dev_matched.tsv"),
            "mismatched": mnli("validation_mismatched", 9_832, "dev_mismatched.tsv"),
        },
        metrics=("acc",),
        hidden={
            "test_matched": hidden(mnli("test_matched", 9_796, "test_matched.tsv")),
            "test_mismatched": hidden(mnli("test_mismatched", 9_847, "test_mismatched.tsv")),
            # GLUE's diagnostic set, which MNLI's model answers
            "ax": hidden(glue("ax", "test", 1_104, "diagnostic/diagnostic.tsv", MNLI)),
        },
    ),
    Task(
        name="snli",
        version=1,
        form=THREE_WAY,
        columns=("premise", "hypothesis", "label"),
        example=reader(THREE_WAY, "premise", "hypothesis"),
        train=snli("train", 549_367, "train"),
        evaluations={"test": snli("test", 9_824, "test")},
        metrics=("acc",),
        unlabelled=("-", "-1"),  # no majority among the five annotators; -1 on the hub
    ),
    Task(
        name="scitail",
        version=1,
        form=SCITAIL,
        columns=("sentence1", "sentence2", "gold_label"),
        example=reader(SCITAIL, "sentence1", "sentence2", "gold_label"),
        train=scitail("train", 23_596, "train"),
        evaluations={"test": scitail("test", 2_126, "test")},
        metrics=("acc",),
    ),
    Task(
        name="qnli",
        version=1,
        form=TWO_WAY,
        columns=("question", "sentence", "label"),
        example=reader(TWO_WAY, "question", "sentence"),
        train=glue("qnli", "train", 104_743, "QNLI/train.tsv"),
        evaluations={"validation": glue("qnli", "validation", 5_463, "QNLI/dev.tsv")},
        metrics=("acc",),
        hidden={"test": hidden(glue("qnli", "test", 5_463, "QNLI/test.tsv"))},
        note="QNLI v2; the paper used v1 (108,436 training rows), which can no longer be had",
    ),
    Task(
        name="rte",
        version=1,
        form=TWO_WAY,
        columns=("sentence1", "sentence2", "label"),
        example=reader(TWO_WAY, "sentence1", "sentence2"),
        train=glue("rte", "train", 2_490, "RTE/train.tsv"),
        evaluations={"validation": glue("rte", "validation", 277, "RTE/dev.tsv")},
        metrics=("acc",),
        hidden={"test": hidden(glue("rte", "test", 3_000, "RTE/test.tsv"))},
    ),
)
