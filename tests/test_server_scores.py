"""The GLUE server's answer: what is read of a text, what is refused, and that it comes back as test scores."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness import metrics, server_scores
from harness.server_scores import COLUMNS, parse, read, save
from harness.tabular import paper

PAPER = """
# the paper's model, as MT-DNN prints it (arXiv 1901.11504, Table 2); QNLI from the paper
CoLA 45.4
SST-2 91.3
MRPC 82.3/75.7   # F1, accuracy
STS-B 82.0/80.0
QQP 70.3/88.5
MNLI-m 82.1
MNLI-mm 81.4
QNLI 88.1
RTE 56.0
WNLI 53.4
AX 45.4
Score 72.8
"""
SCORES = {
    "cola": {"mc": 45.4},
    "sst2": {"acc": 91.3},
    "mrpc": {"f1": 82.3, "acc": 75.7},
    "stsb": {"pc": 82.0, "sc": 80.0},
    "qqp": {"f1": 70.3, "acc": 88.5},
    "mnli": {"matched": 82.1, "mismatched": 81.4},
    "qnli": {"acc": 88.1},
    "rte": {"acc": 56.0},
    "wnli": {"acc": 53.4},
    "ax": {"mc": 45.4},
}
WHOLE: dict[str, Any] = SCORES | {"glue": {"score": pytest.approx(655.35 / 9)}}


def refused(text: str) -> str:
    with pytest.raises(ValueError) as caught:
        parse(text, "answer.txt")
    assert str(caught.value).isprintable()
    return str(caught.value)


def test_the_papers_row_gives_its_glue_score() -> None:
    found = parse(PAPER, "answer.txt")
    assert found == WHOLE
    assert found["glue"]["score"] == metrics.mean_over_tasks(metrics.GLUE, found)
    assert round(found["glue"]["score"], 2) == 72.82
    assert round(found["glue"]["score"], 1) == paper.rows(4)["Finetuned Transformer LM (ours)"]["glue"]


def test_the_published_components_in_this_format() -> None:
    """results/paper.json holds the same row: each column of the leaderboard from it, and its score comes out."""
    published = json.loads(paper.PATH.read_text(encoding="utf-8"))["table4"]["glue_components"]
    published["mnli"] = {"matched": published["mnli"]["acc_m"], "mismatched": published["mnli"]["acc_mm"]}
    lines = [
        f"{column}\t{'/'.join(str(published[task][metric]) for metric in names)}"
        for column, (task, names) in COLUMNS.items()
        if task in published
    ]
    found = parse("\n".join([*lines, f"Score\t{published['mean_over_nine_tasks']}"]), "paper")
    assert found == {task: scores for task, scores in WHOLE.items() if task != "ax"}


def test_names_are_those_that_the_means_and_metrics_know() -> None:
    named = {(task, metric) for task, names in COLUMNS.values() for metric in names}
    assert {(task, metric) for task, names in metrics.GLUE.items() for metric in names} == named - {("ax", "mc")}
    assert {metric for _, metric in named} - {"matched", "mismatched"} == metrics.METRICS.keys()


@pytest.mark.parametrize(
    "line", ["MRPC 82.3/75.7", "mrpc\t82.3/75.7", "MRPC: 82.3 / 75.7", "MRPC,82.3/75.7 # F1 first"]
)
@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_a_line_may_be_typed_in_several_ways(line: str, end: str) -> None:
    assert parse(f"\ufeff{end}{line}{end} {end}", "a") == {"mrpc": {"f1": 82.3, "acc": 75.7}}


def test_part_of_the_columns_has_no_glue_score_and_correlations_may_be_negative() -> None:
    assert parse("MNLI-mm 81\nAX -0.9\nSTS-B +3/-100\nScore 72.8", "a") == {
        "mnli": {"mismatched": 81.0},
        "ax": {"mc": -0.9},
        "stsb": {"pc": 3.0, "sc": -100.0},
    }
    assert parse("CoLA 0.0\nAX 0", "a") == {"cola": {"mc": 0.0}, "ax": {"mc": 0.0}}  # all predictions alike


NUMBER = "for RTE, expected a number such as 45.4; leave out what was not scored"
ALL = "CoLA, SST-2, MRPC, STS-B, QQP, MNLI-m, MNLI-mm, QNLI, RTE, WNLI, AX, Score"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("CoLa 45\nMNLI 82.1", f"answer.txt line 2 has 'MNLI'; did you mean MNLI-m? expected one of {ALL}"),
        ("\nSTSB 1/2", f"answer.txt line 2 has 'STSB'; did you mean STS-B? expected one of {ALL}"),
        ("<html>", f"answer.txt line 1 has '<html>'; expected one of {ALL}"),
        ("RTE", f"answer.txt line 1 has '' {NUMBER}"),
        ("RTE -", f"answer.txt line 1 has '-' {NUMBER}"),
        ("RTE nan", f"answer.txt line 1 has 'nan' {NUMBER}"),
        ("RTE 5,6", f"answer.txt line 1 has '5,6' {NUMBER}"),
        ("RTE 560", "answer.txt line 1 has 560 for RTE, expected percent, from 0 to 100"),
        ("RTE -5.6", "answer.txt line 1 has -5.6 for RTE, expected percent, from 0 to 100"),
        ("AX -100.1", "answer.txt line 1 has -100.1 for AX, expected percent, from -100 to 100"),
        ("RTE 1\nWNLI 2\nrte 3", "answer.txt line 3 gives RTE again, first on line 1; keep one"),
        ("Score 1\nScore 1", "answer.txt line 2 gives Score again, first on line 1; keep one"),
        ("MRPC 82.3", "answer.txt line 1 has '82.3' for MRPC, expected f1 / acc, in percent"),
        ("STS-B 1/2/3", "answer.txt line 1 has '1/2/3' for STS-B, expected pc / sc, in percent"),
        ("MNLI-m 82.1/81.4", "answer.txt line 1 has '82.1/81.4' for MNLI-m, expected one score, in percent"),
        (
            "RTE 0.56\nCoLA -0.1\nMRPC 0.823/0.757",
            "answer.txt has no score above 0.823, expected percent; write 0.454 as 45.4",
        ),
        (
            "# nothing\nScore 72.8",
            "answer.txt has no scores; expected a line for each leaderboard column, such as 'CoLA 45.4'",
        ),
        (
            PAPER.replace("Score 72.8", "Score 72.71"),
            "answer.txt line 14 states Score 72.71, but the mean over its nine tasks is 72.82; "
            "look for a score that was mistyped",
        ),
        (
            PAPER.replace("53.4", "35.4"),
            "answer.txt line 14 states Score 72.8, but the mean over its nine tasks is 70.82; "
            "look for a score that was mistyped",
        ),
    ],
)
def test_what_is_refused(text: str, said: str) -> None:
    assert refused(text) == said


@pytest.mark.parametrize("score", ["72.72", "72.9"])
def test_a_stated_score_may_be_rounded(score: str) -> None:
    assert parse(PAPER.replace("Score 72.8", f"Score {score}"), "a") == WHOLE


@given(st.text())
def test_any_text_is_read_or_refused_with_its_name(text: str) -> None:
    said = ""
    try:
        parse(text, "answer.txt")
    except ValueError as error:
        said = str(error)
    assert not said or re.match(r"answer\.txt (line \d+ )?(has|gives|states) ", said)


# The file


def test_what_is_saved_comes_back_and_says_where_it_is_from(tmp_path: Path) -> None:
    before = datetime.now(UTC).replace(microsecond=0)
    assert read(tmp_path) == {}
    path = save(tmp_path, "full", parse(PAPER, "answer.txt"), "answer.txt")
    save(tmp_path, "lstm", {"rte": {"acc": 1}}, "old.txt")
    save(tmp_path, "lstm", {"rte": {"acc": 56}, "ax": {"mc": -3.5}}, "other.txt")
    assert path == tmp_path / "server" / "full.json"
    assert read(tmp_path) == {"full": WHOLE, "lstm": {"rte": {"acc": 56}, "ax": {"mc": -3.5}}}
    answer = json.loads(path.read_text())
    assert list(answer) == ["schema", "recipe", "split", "source", "entered", "scores"]
    assert (answer["schema"], answer["recipe"], answer["source"]) == (1, "full", "answer.txt")
    assert answer["split"] == "test server"
    assert before <= datetime.fromisoformat(answer["entered"]) <= datetime.now(UTC)
    assert sorted(path.name for path in (tmp_path / "server").iterdir()) == ["full.json", "lstm.json"]


def test_the_glue_score_is_ours_alone(tmp_path: Path) -> None:
    """Neither a mean over fewer tasks nor a number written into the file is taken for it."""
    save(tmp_path, "full", {"rte": {"acc": 56.0}, "glue": {"score": 99.0}}, "a")
    assert read(tmp_path) == {"full": {"rte": {"acc": 56.0}}}
    path = save(tmp_path, "full", SCORES | {"glue": {"score": 99.0}}, "a")
    path.write_text(path.read_text().replace(str(server_scores.with_glue(SCORES)["glue"]["score"]), "99.0"))
    assert '"score": 99.0' in path.read_text()
    assert read(tmp_path) == {"full": WHOLE}


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"schema": 2}, "schema 2, expected 1"),
        ({"recipe": "lstm"}, "recipe 'lstm', expected 'full'"),
        ({"split": "validation"}, "split 'validation', expected 'test server'"),
        ({"scores": {"rte": {"mc": 1.0}}}, "rte mc 1.0, expected a GLUE score in percent"),
        ({"scores": {"rte": {"acc": "56"}}}, "rte acc '56', expected a GLUE score in percent"),
        ({"scores": {"rte": {"acc": float("nan")}}}, "rte acc nan, expected a GLUE score in percent"),
        ({"scores": {"rte": {"acc": 100.5}}}, "rte acc 100.5, expected a GLUE score in percent"),
    ],
)
def test_a_file_that_is_none_is_named(change: dict[str, object], said: str, tmp_path: Path) -> None:
    path = save(tmp_path, "full", SCORES, "answer.txt")
    path.write_text(json.dumps(json.loads(path.read_text()) | change))
    with pytest.raises(ValueError) as caught:
        read(tmp_path)
    assert str(caught.value) == f"{path} holds no scores of the GLUE server ({said}); move it away and enter them again"


@pytest.mark.parametrize(
    "content",
    [b"", b"[]", b"{}", b"\xff", b"null", b'{"schema": 1}', b"[" * 100_000, b'{"schema": 1, "recipe": "full"'],
)
def test_a_file_of_anything_is_named(content: bytes, tmp_path: Path) -> None:
    path = tmp_path / "server" / "full.json"
    path.parent.mkdir()
    path.write_bytes(content)
    with pytest.raises(ValueError, match=r"full\.json holds no scores of the GLUE server"):
        read(tmp_path)
