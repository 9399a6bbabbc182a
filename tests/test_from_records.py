"""Commands that read what runs have left: a number computed again, the GLUE server's zip, and its answer."""

from __future__ import annotations

import json
import zipfile
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from baselines.recipes import LANGUAGE_MODELS, PROFILES, RECIPES
from harness import record, runner, submission
from harness.command_line import from_records, options
from harness.storage import predictions
from harness.tasks import TASKS
from harness.tasks.base import single
from tests.fabricated import rewrite
from tests.test_record import made
from tests.test_runner import ANSWERS, JOB, Answers
from tests.test_runner import made as making


def command(words: str) -> int:
    chosen = options.build(RECIPES, PROFILES, LANGUAGE_MODELS).parse_args(words.split())
    commands = {"score": from_records.score, "submit": from_records.submit, "scores": from_records.scores}
    return commands[chosen.command](chosen)


# A number, again


@pytest.fixture
def run(tmp_path: Path) -> Path:
    runner.run(JOB, making(Answers(ANSWERS)), tmp_path)
    return JOB.folder(tmp_path)


def test_a_records_numbers_follow_from_its_predictions(run: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for path in (run, run / "record.json"):
        assert command(f"score {path}") == 0
        assert "validation_one acc 75.0 (4 of 4)" in capsys.readouterr().out


def edit(run: Path, old: str, new: str) -> None:
    """As if the record had been made with these."""
    rewrite(run / "record.json", predictions=...)
    path = predictions.path_of(run, "one")
    path.write_text(path.read_text().replace(old, new, 1))


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ('"prediction": 0.0', '"prediction": 1.0', r"one acc is 50\.0000, recorded is 75\.0000"),
        ('"label": 0', '"label": 1', r"one acc is 50\.0000, recorded is 75\.0000"),
        ('"label": 0', '"label": null', "4 predictions for 3 labels"),
    ],
)
def test_what_does_not_follow_is_said(run: Path, old: str, new: str, said: str) -> None:
    edit(run, old, new)
    with pytest.raises(ValueError, match=said):
        command(f"score {run}")


def test_predictions_that_are_missing_or_cut_are_said(run: Path) -> None:
    path = predictions.path_of(run, "one")
    path.write_text("".join(path.read_text().splitlines(keepends=True)[:3]))
    with pytest.raises(ValueError, match=r"one.jsonl is not what its record was made with; run the cell again"):
        command(f"score {run}")
    rewrite(run / "record.json", predictions=...)
    with pytest.raises(ValueError, match="one has 3 predictions, recorded are 4; run the cell again"):
        command(f"score {run}")
    path.unlink()
    with pytest.raises(FileNotFoundError, match=r"no predictions in .*one\.jsonl"):
        command(f"score {run}")
    with pytest.raises(FileNotFoundError, match=r"^no record in .*record\.json; give a record\.json below runs/"):
        command(f"score {run.parent}")


# The GLUE server's zip


@pytest.fixture
def small_server(monkeypatch: pytest.MonkeyPatch) -> None:
    """A server whose files have two rows each."""
    files = tuple(file._replace(rows=2) for file in submission.FILES)
    monkeypatch.setattr(submission, "FILES", files)
    monkeypatch.setattr(submission, "PLACES", {(file.task, file.split): file for file in files})


def answered(runs: Path, tasks: Sequence[str], seed: int = 0, answer: float = 1.0) -> None:
    """Runs of these tasks that have answered their hidden splits."""
    for task in tasks:
        found = made(task, seed, profile="paper")
        record.save(found, runs)
        for split in TASKS[task].hidden:
            predictions.save(runs / "full" / found.name, split, [single("a", None), single("b", None)], [answer, 0.0])


GLUE = ("cola", "sst2", "mrpc", "stsb", "mnli", "qnli", "qqp", "rte", "wnli")


@pytest.mark.usefixtures("small_server")
def test_the_zip_is_of_the_hidden_splits_answers(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    answered(tmp_path / "paper", GLUE)
    answered(tmp_path / "paper", GLUE, seed=3, answer=0.0)
    out = tmp_path / "s.zip"
    assert command(f"submit --profile paper --runs {tmp_path} --out {out}") == 0
    with zipfile.ZipFile(out) as members:
        assert members.read("WNLI.tsv") == b"index\tprediction\n0\t1\n1\t0\n"
        assert members.read("RTE.tsv") == b"index\tprediction\n0\tnot_entailment\n1\tentailment\n"
        assert members.read("STS-B.tsv") == b"index\tprediction\n0\t1.000\n1\t0.000\n"
        assert members.read("AX.tsv") == b"index\tprediction\n0\tneutral\n1\tentailment\n"
    assert command(f"submit --check {out}") == 0
    assert "constant answers" not in capsys.readouterr().out
    assert command(f"submit --profile paper --runs {tmp_path} --seed 3 --out {out}") == 0
    with zipfile.ZipFile(out) as members:
        assert members.read("WNLI.tsv") == b"index\tprediction\n0\t0\n1\t0\n"


@pytest.mark.usefixtures("small_server")
def test_missing_answers_are_named_with_the_command_that_makes_them(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    answered(tmp_path / "paper", ("cola", "rte"))
    with pytest.raises(ValueError) as caught:
        command(f"submit --profile paper --runs {tmp_path}")
    said = str(caught.value)
    assert said.startswith("no answers of full seed 0 for SST-2.tsv, MRPC.tsv, STS-B.tsv, MNLI-m.tsv, MNLI-mm.tsv, ")
    assert "run --submission --profile paper --ablation full --seed 0 --task sst2 --task mrpc --task stsb" in said
    assert command(f"submit --profile paper --runs {tmp_path} --fill") == 0
    assert "constant answers, which score nothing: SST-2.tsv, MRPC.tsv" in capsys.readouterr().out
    with zipfile.ZipFile(tmp_path / "paper" / "submission.zip") as members:
        assert members.read("SST-2.tsv") == b"index\tprediction\n0\t0\n1\t0\n"
        assert members.read("CoLA.tsv") == b"index\tprediction\n0\t1\n1\t0\n"


def test_answers_to_a_part_of_the_rows_make_no_zip(tmp_path: Path) -> None:
    answered(tmp_path / "paper", GLUE)
    with pytest.raises(ValueError, match=r"CoLA\.tsv has 2 predictions, expected 1063"):
        command(f"submit --profile paper --runs {tmp_path}")
    assert not (tmp_path / "paper" / "submission.zip").exists()


def test_nothing_run_is_not_filled_up(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="no answers of full seed 0 for CoLA"):
        command(f"submit --profile paper --runs {tmp_path} --fill")


def test_a_faulty_zip_is_told_what_is_wrong(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "other.zip"
    path.write_text("no zip")
    with pytest.raises(ValueError, match=r"other\.zip has the fault above"):
        command(f"submit --check {path}")
    assert "other.zip is not a zip that can be read" in capsys.readouterr().out


@pytest.mark.parametrize("words", ["submit", "scores --from x.txt"])
def test_the_miniature_is_nothing_for_the_server(tmp_path: Path, words: str) -> None:
    with pytest.raises(ValueError, match="the mini profile's rows are generated"):
        command(f"{words} --profile mini --runs {tmp_path}")


# Its answer


def test_an_answer_that_is_not_there_or_not_text_is_said(tmp_path: Path) -> None:
    path = tmp_path / "answer.txt"
    with pytest.raises(FileNotFoundError, match=r"^no file .*answer\.txt; write the server's scores into one"):
        command(f"scores --profile paper --runs {tmp_path} --from {path}")
    path.write_bytes(b"CoLA 45.4\n\xff\xfe 3\n")
    with pytest.raises(ValueError, match="line 2 has"):
        command(f"scores --profile paper --runs {tmp_path} --from {path}")


def test_the_answer_is_kept_beside_the_runs(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "answer.txt").write_text("CoLA 45.4\nMRPC 82.3/75.7\n")
    assert command(f"scores --profile paper --runs {tmp_path} --from {tmp_path / 'answer.txt'} --ablation no_aux") == 0
    assert "tables 4, 5 show it" in capsys.readouterr().out
    kept = json.loads((tmp_path / "paper" / "server" / "no_aux.json").read_text())
    assert kept["scores"] == {"cola": {"mc": 45.4}, "mrpc": {"f1": 82.3, "acc": 75.7}}
    assert from_records.server_of(tmp_path / "paper") == {"no_aux": kept["scores"]}
    text = from_records.text_of(4, tmp_path / "paper", "paper", "markdown")
    assert "no_aux, paper profile (GLUE server)" in text and "no_aux, paper profile (measured)" not in text
    assert list(record.read_all(tmp_path / "paper")) == []  # it is no record
    other = replace(made("cola"), profile="paper", recipe="no_aux", scores={"validation": {"mc": 20.0}})
    record.save(other, tmp_path / "paper")
    text = from_records.text_of(4, tmp_path / "paper", "paper", "markdown")
    assert "no_aux, paper profile (measured)" in text and "no_aux, paper profile (GLUE server)" in text
