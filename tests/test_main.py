"""The command line as a person uses it, in processes of its own, on tiny models."""

from __future__ import annotations

import json
import os
import random
import re
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest
import torch

from baselines import vocabulary, weights
from baselines.gpt import GPT
from harness import record
from tests import tiny
from tests.command_line import RELEASED
from tests.stub_hub import StubHub
from tests.test_hub import LABEL, glue

ROOT = Path(__file__).resolve().parents[1]


def command(*words: str | Path) -> list[str]:
    return [sys.executable, "-m", "tests.command_line", *map(str, words)]


def harness(*words: str | Path, **variables: str) -> subprocess.CompletedProcess[str]:
    kept = {name: value for name, value in os.environ.items() if not re.match("(?i)hf_|.*_proxy$", name)}
    return subprocess.run(
        command(*words), cwd=ROOT, env=kept | variables, capture_output=True, text=True, timeout=400, check=False
    )


def write_rte(folder: Path, n_train: int = 2490, n_dev: int = 277) -> Path:
    """RTE as GLUE distributes it: the published counts, of short invented rows."""
    (folder / "RTE").mkdir(parents=True)
    chance = random.Random(0)
    for name, n in (("train", n_train), ("dev", n_dev)):
        lines = ["index\tsentence1\tsentence2\tlabel"]
        for i in range(n):
            label = chance.choice(["entailment", "not_entailment"])
            lines.append(f"{i}\t{chance.choice(tiny.WORDS)} runs\t{chance.choice(tiny.WORDS)} runs\t{label}")
        (folder / "RTE" / f"{name}.tsv").write_text("\n".join(lines) + "\n")
    return folder


@pytest.fixture(scope="module")
def workplace(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Books, a data directory, and a run of RTE with a language model pre-trained on the books."""
    place = tmp_path_factory.mktemp("workplace")
    (place / "books").mkdir()
    for i in range(12):
        (place / "books" / f"{i}.txt").write_text(" ".join(tiny.DOCUMENTS[5 * i : 5 * i + 5]))
    write_rte(place / "data")
    made = harness("pretrain", "--profile", "small", "--corpus", place / "books", "--runs", place / "runs")
    assert made.returncode == 0, made.stderr
    assert "held-out perplexity" in made.stdout
    done = run(place)
    assert done.returncode == 0, done.stderr
    return place


def run(place: Path, *words: str | Path, runs: str = "runs") -> subprocess.CompletedProcess[str]:
    fixed = ("run", "--profile", "small", "--task", "rte", "--data-dir", place / "data", "--runs", place / runs)
    return harness(*fixed, "--seeds", "2", *words)


def records(place: Path, runs: str = "runs") -> list[record.Record]:
    return list(record.read_all(place / runs / "small"))


def test_a_run_leaves_records_of_real_rows(workplace: Path) -> None:
    first, second = records(workplace)
    assert {first.seed, second.seed} == {0, 1}
    for made in (first, second):
        assert (made.train.n, made.evaluations["validation"].n) == (2490, 277)
        assert 30 < made.scores["validation"]["acc"] < 70  # labels are drawn at random
        assert made.baseline["updates"] == 77
        assert made.key["baseline"]["weights"] and made.key["baseline"]["vocabulary"]
    written = json.loads(next((workplace / "runs/small/full").glob("rte-seed0-*/record.json")).read_text())
    assert written["signatures"]["validation acc"].startswith(
        "task:rte@1|split:validation|n:277|metric:acc|recipe:full"
    )
    assert "torch" in written["environment"]["packages"]


def test_a_second_run_finds_its_cells_done(workplace: Path) -> None:
    before = {made.name: made.finished for made in records(workplace)}
    again = run(workplace)
    assert "2 cells: rte (full), seeds 0, 1; 2 are done already" in again.stdout
    assert "nothing is left to compute" in again.stdout and again.stdout.count("(done already)") == 2
    assert {made.name: made.finished for made in records(workplace)} == before


def test_other_settings_are_other_cells_and_force_redoes(workplace: Path) -> None:
    limited = run(workplace, "--limit", "64", runs="limited")
    assert limited.returncode == 1 and "no pre-trained gpt in" in limited.stderr  # another runs folder
    done = run(workplace, "--ablation", "no_aux", "--limit", "64")
    assert "(64 of 277" in done.stdout and "2 cells: rte (no_aux), seeds 0, 1; none are done already" in done.stdout
    forced = run(workplace, "--ablation", "no_aux", "--limit", "64", "--force")
    assert "none are done already" in forced.stdout and "(done already)" not in forced.stdout
    assert len([made for made in records(workplace) if made.recipe == "no_aux"]) == 2


def test_a_dry_run_says_what_it_would_do_and_does_nothing(workplace: Path) -> None:
    before = sorted((workplace / "runs").rglob("*"))
    said = run(workplace, "--ablation", "no_pretraining", "--dry-run")
    assert re.search(r"^in all +\d+ ", said.stdout, re.MULTILINE) and "TFLOP/s as just measured here" in said.stdout
    assert re.search(r"time: about .* \(fine-tuning .*\) for .* TFLOP at the \d+ GFLOP/s", said.stdout)
    assert "2 cells: rte (no_pretraining), seeds 0, 1; none are done already" in said.stdout
    assert sorted((workplace / "runs").rglob("*")) == before


def test_the_table_shows_the_cell_and_why_others_are_empty(workplace: Path) -> None:
    (workplace / "data/MNLI").mkdir(exist_ok=True)
    (workplace / "data/MNLI/dev_matched.tsv").write_text(
        "sentence1\tsentence2\tgold_label\na\tb\tneutral\nc\td\tneutral\n"
    )
    run(workplace)
    said = harness("table", "2", "--profile", "small", "--runs", workplace / "runs").stdout
    assert "MNLI/dev_matched.tsv has 2 of 9815 rows" in said and "snli_1.0_test.jsonl not found" in said
    scores = [made.scores["validation"]["acc"] for made in records(workplace) if made.recipe == "full"]
    assert f"{sum(scores) / 2:.1f} ± " in said
    markdown = harness("table", "2", "--profile", "small", "--runs", workplace / "runs", "--format", "markdown").stdout
    assert "| Finetuned Transformer LM (paper) | 82.1" in markdown


def test_ctrl_c_in_fine_tuning_saves_and_the_same_command_continues(workplace: Path) -> None:
    words = ("run", "--profile", "small", "--task", "rte", "--data-dir", workplace / "data", "--seed", "7")
    one = command(*words, "--runs", workplace / "runs")
    for number, code in ((signal.SIGINT, 130), (signal.SIGTERM, 143)):
        process = subprocess.Popen(one, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        log = wait_for(workplace / "runs/small/full", "rte-seed7-*/log.jsonl", process)
        process.send_signal(number)
        _, errors = process.communicate(timeout=60)
        assert process.returncode == code, errors
        assert "the same command continues" in errors and "Traceback" not in errors
        assert (log.parent / "training.safetensors").exists()
    done = subprocess.run(one, cwd=ROOT, capture_output=True, text=True, timeout=60, check=True)
    assert "rte full seed 7: validation acc" in done.stdout
    updates = [json.loads(line)["update"] for line in log.read_text().splitlines()]
    assert updates == list(range(1, 78))  # none done twice, none left out
    assert not (log.parent / "training.safetensors").exists()


def wait_for(folder: Path, pattern: str, process: subprocess.Popen[str]) -> Path:
    """The file, once a few updates are in it that were not before."""
    before = sum(len(path.read_text().splitlines()) for path in folder.glob(pattern))
    for _ in range(6000):
        for path in folder.glob(pattern):
            if len(path.read_text().splitlines()) > before + 3:
                return path
        if process.poll() is not None:
            break
        time.sleep(0.01)
    raise AssertionError(f"no {pattern}; {process.communicate()}")


WRONG = {
    "no data directory": (("--data-dir", "nowhere"), 1, "no data directory nowhere"),
    "empty data directory": (("--data-dir", "EMPTY"), 1, "is empty"),
    "a fragment": (("--data-dir", "FRAGMENT"), 1, "RTE/train.tsv has 64 of 2490 rows; a fragment gives no number"),
    "a broken row": (("--data-dir", "BROKEN"), 1, "RTE/dev.tsv line 4 has 3 fields, expected 4"),
    "a label outside the set": (("--data-dir", "LABEL"), 1, "RTE/dev.tsv line 4: label 'maybe'"),
    "empty text": (("--data-dir", "BLANK"), 1, "RTE/dev.tsv line 4: sentence1 is ' ', expected text"),
    "a device that is not there": (("--device", "cuda:7"), 1, "cuda:7"),
    "unwritable results": (("--runs", "/dev/null/runs"), 1, "cannot write to /dev/null/runs"),
    "no weights": (("--weights", "EMPTY"), 1, "no vocabulary in"),
    "weights that are none": (("--weights", "FOREIGN"), 1, "is not a whole safetensors file"),
    "an unknown task": (("--task", "rtee"), 2, "unknown task 'rtee'; did you mean 'rte'?"),
    "no seed": (("--seeds", "0"), 2, "expected a whole number from 1 up"),
}


@pytest.fixture(scope="module")
def broken(workplace: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    place = tmp_path_factory.mktemp("broken")
    (place / "EMPTY").mkdir()
    write_rte(place / "FRAGMENT", n_train=64)
    for name, row in (("BROKEN", "a\tb\tc"), ("LABEL", "2\ta\tb\tmaybe"), ("BLANK", "2\t \tb\tentailment")):
        path = write_rte(place / name) / "RTE/dev.tsv"
        lines = path.read_text().splitlines()
        path.write_text("\n".join([*lines[:3], row, *lines[4:]]) + "\n")
    made = next((workplace / "runs/small/pretrained").iterdir())
    (place / "FOREIGN").mkdir()
    vocabulary.write(vocabulary.read(made), place / "FOREIGN")
    (place / "FOREIGN/model.safetensors").write_text("not weights")
    return place


@pytest.mark.parametrize("case", WRONG)
def test_wrong_input_is_one_clear_line_and_loses_nothing(workplace: Path, broken: Path, case: str) -> None:
    words, code, said = WRONG[case]
    before = {made.name: made.finished for made in records(workplace)}
    placed = [str(broken / word) if word.isupper() else word for word in words]
    usual = ("--profile", "small", "--task", "rte", "--data-dir", workplace / "data", "--runs", workplace / "runs")
    done = harness("run", *usual, *placed)
    assert done.returncode == code, done.stdout + done.stderr
    lines = [line for line in (done.stdout + done.stderr).splitlines() if said in line]
    assert len(lines) == 1 or case == "weights that are none", done.stdout + done.stderr
    assert lines, done.stdout + done.stderr
    assert "Traceback" not in done.stderr
    assert {made.name: made.finished for made in records(workplace)} == before


def test_the_miniature_fills_table_2_from_nothing(tmp_path: Path) -> None:
    words = ("run", "--table", "2", "--seeds", "1", "--runs", tmp_path)
    done = harness(*words)
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("profile mini: ") and "no NVIDIA GPU is visible; choose another" in done.stdout
    assert "pre-trained on 3,840 tokens" in done.stdout
    table = (tmp_path / "mini/table2.md").read_text()
    row = next(line for line in table.splitlines() if line.startswith("| full, mini profile (measured)"))
    assert len(re.findall(r"\d+\.\d ± –", row)) == 6
    again = harness(*words)
    assert "5 cells: mnli, snli, scitail, qnli, rte (full), seed 0; 5 are done already" in again.stdout
    assert "± –" in again.stdout


@pytest.fixture(scope="module")
def released(tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    """A repository with weights and vocabulary in the hub's layout, at the tiny size."""
    folder = tiny.weights_folder(tmp_path_factory.mktemp("released"))
    model = GPT(RELEASED.size, len(tiny.VOCABULARY.ids), 0.0)
    model.initialise(torch.Generator().manual_seed(0))
    weights.save(model, folder)
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def test_the_paper_profile_runs_from_the_hub(tmp_path: Path, released: dict[str, bytes]) -> None:
    """Weights, vocabulary and rows come through the real libraries; then once more from their cache, hub off."""
    words = ("run", "--profile", "paper", "--task", "rte", "--seed", "0", "--runs", tmp_path / "runs")
    repositories = {"datasets/nyu-mll/glue": glue(LABEL, 0), "models/openai-community/openai-gpt": released}
    with StubHub(repositories) as stub:
        done = harness(*words, HF_ENDPOINT=stub.endpoint, HF_HOME=str(tmp_path / "home"))
    assert done.returncode == 0, done.stdout + done.stderr
    (made,) = record.read_all(tmp_path / "runs/paper")
    assert made.train.n == 2490 and re.fullmatch(r"hub nyu-mll/glue rte @ [0-9a-f]{40}", made.train.origin)
    assert made.key["baseline"]["weights"]
    cached = harness(*words, HF_HUB_OFFLINE="1", HF_HOME=str(tmp_path / "home"))
    assert "1 is done already" in cached.stdout, cached.stdout + cached.stderr


def test_a_hub_out_of_reach_is_one_line(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))  # and nothing listens
        endpoint = f"http://127.0.0.1:{taken.getsockname()[1]}"
        done = harness("run", "--profile", "paper", "--runs", tmp_path, HF_ENDPOINT=endpoint, HF_HOME=str(tmp_path))
    assert done.returncode == 1
    (line,) = done.stderr.splitlines()
    for part in ("openai-community/openai-gpt", "cannot be reached", "--weights DIR"):
        assert part in line


def test_references_answers_for_the_server_and_the_number_again(tmp_path: Path) -> None:
    """What no model is needed for, from files to the server's zip and back."""
    data = write_rte(tmp_path / "data")
    rows = "".join(f"{i}\tcat runs\tdog runs\n" for i in range(3000))
    (data / "RTE" / "test.tsv").write_text(f"index\tsentence1\tsentence2\n{rows}")
    fixed = ("--profile", "small", "--runs", tmp_path / "runs")
    words = ("run", *fixed, "--task", "rte", "--data-dir", data, "--ablation", "tfidf", "--ablation", "majority")
    done = harness(*words)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "2 cells: rte (tfidf, majority), seeds 0, 1, 2; none are done already" in done.stdout  # no seed changes them
    assert "no language model" in done.stdout
    made = {found.recipe: found for found in record.read_all(tmp_path / "runs/small")}
    assert made.keys() == {"tfidf", "majority"}
    folder = tmp_path / "runs/small/tfidf" / made["tfidf"].name
    assert not (folder / "predictions/test.jsonl").exists()
    answered = harness(*words, "--submission")
    assert "none are done already" in answered.stdout, answered.stdout + answered.stderr
    assert len((folder / "predictions/test.jsonl").read_text().splitlines()) == 3000
    assert "2 are done already" in harness(*words, "--submission").stdout
    again = harness("score", folder)
    assert again.returncode == 0 and "give the same" in again.stdout
    refused = harness("submit", *fixed, "--ablation", "tfidf")
    assert refused.returncode == 1 and refused.stderr.startswith("harness: no answers of tfidf seed 0 for CoLA.tsv, ")
    filled = harness("submit", *fixed, "--ablation", "tfidf", "--fill")
    assert filled.returncode == 0 and "AX.tsv" in filled.stdout and "RTE.tsv" not in filled.stdout
    checked = harness("submit", "--check", tmp_path / "runs/small/submission.zip")
    assert checked.returncode == 0, checked.stdout + checked.stderr
    shown = harness("table", "2", *fixed, "--references", "--format", "csv")
    (cell,) = [line for line in shown.stdout.splitlines() if line.startswith("2,tfidf,measured,rte,")]
    assert f"{made['tfidf'].scores['validation']['acc']}" in cell


def test_a_trial_of_fewer_rows_than_a_batch_is_one_batch(workplace: Path) -> None:
    (weights_dir,) = (workplace / "runs/small/pretrained").glob("gpt-*")
    words = ("run", "--profile", "small", "--task", "rte", "--data-dir", workplace / "data", "--weights", weights_dir)
    done = harness(*words, "--runs", workplace / "trial", "--limit", "8", "--seed", "0")
    assert done.returncode == 0, done.stdout + done.stderr
    (made,) = records(workplace, "trial")
    assert (made.train.n, made.baseline["batch"], made.baseline["updates"]) == (8, 8, 1)
    assert "(8 of 277" in done.stdout
