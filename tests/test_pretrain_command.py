"""`pretrain` and `sample` as a person uses them, in processes of their own, on tiny models."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from harness import record
from tests import tiny
from tests.test_main import ROOT, command, harness, write_rte

TINY = ("--profile", "small")


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Books, and both language models pre-trained on them."""
    made = tmp_path_factory.mktemp("place")
    (made / "books").mkdir()
    for i in range(12):
        (made / "books" / f"{i}.txt").write_text(" ".join(tiny.DOCUMENTS[5 * i : 5 * i + 5]))
    for kind in ("full", "lstm"):
        done = pretrain(made, "--ablation", kind)
        assert done.returncode == 0, done.stderr
        assert re.search(r"pre-trained on 3,840 tokens in .*, held-out perplexity \d+\.\d\d a token: ", done.stdout)
    return made


def pretrain(place: Path, *words: str | Path) -> subprocess.CompletedProcess[str]:
    return harness("pretrain", *TINY, "--corpus", place / "books", "--runs", place / "runs", *words)


def folders(place: Path, kind: str) -> list[Path]:
    return sorted((place / "runs/small/pretrained").glob(f"{kind}-*"))


def test_both_models_share_one_tokenised_corpus(place: Path) -> None:
    (tokens,) = (place / "runs/small/corpora").iterdir()
    assert {path.name for path in tokens.iterdir()} - {".lock"} == {
        "train.tokens",
        "held_out.tokens",
        "tokens.json",
        "vocab.json",
        "merges.txt",
    }
    for kind in ("gpt", "lstm"):
        (folder,) = folders(place, kind)
        said = json.loads((folder / "pretraining.json").read_text())
        assert said["model"] == kind and said["updates"] == 20
        assert [point[0] for point in said["held_out_curve"]] == [0, 1, 2, 4, 8, 16, 20]
        assert (folder / "vocab.json").read_bytes() == (tokens / "vocab.json").read_bytes()
        assert list((folder / "tensorboard").iterdir())
        logged = [json.loads(line) for line in (folder / "log.jsonl").read_text().splitlines()]
        assert len([event for event in logged if event["event"] == "pre-training"]) == 20


def test_done_is_done_and_force_redoes(place: Path) -> None:
    (folder,) = folders(place, "lstm")
    before = (folder / "model.safetensors").read_bytes(), (folder / "model.safetensors").stat().st_mtime_ns
    again = pretrain(place, "--ablation", "lstm")
    assert "pre-training: done" in again.stdout and "nothing is left to compute" in again.stdout
    assert (folder / "model.safetensors").stat().st_mtime_ns == before[1]
    forced = pretrain(place, "--ablation", "lstm", "--force")
    assert "pre-training first: 3,840 tokens" in forced.stdout
    assert (folder / "model.safetensors").read_bytes() == before[0]
    assert (folder / "model.safetensors").stat().st_mtime_ns > before[1]


def test_a_dry_run_prints_parameters_tokens_flops_and_time(place: Path) -> None:
    before = sorted((place / "runs").rglob("*"))
    said = pretrain(place, "--updates", "1000", "--dry-run", "--device-tflops", "0.001").stdout
    assert "1,000 updates of 4 windows of 48 tokens: 192,000 tokens" in said and re.search(r"gpt, [\d,]+ param", said)
    assert re.search(r"time: about \d+ s .* TFLOP at the 1 GFLOP/s given", said)
    assert sorted((place / "runs").rglob("*")) == before


def test_the_paper_profile_is_the_papers(tmp_path: Path, place: Path) -> None:
    """With the real sizes: 100 epochs of a billion tokens are three million updates, six days at 150 TFLOP/s."""
    vocabulary = tiny.weights_folder(tmp_path / "vocabulary")
    words = ("pretrain", "--profile", "paper", "--corpus", place / "books", "--weights", vocabulary, "--dry-run")
    line = [sys.executable, "-m", "harness", *map(str, words), "--device-tflops", "150", "--runs", str(tmp_path)]
    said = subprocess.run(line, cwd=ROOT, capture_output=True, text=True, check=True, timeout=60).stdout
    assert "gpt, 116,534,784 parameters; 3,051,757 updates of 64 windows of 512 tokens: 99,999,973,376 tokens" in said
    assert "time: about 6 days" in said and "75,276,748.8 TFLOP at the 150,000 GFLOP/s given" in said


@pytest.mark.parametrize("kind", ["full", "lstm"])
def test_a_sample_continues_the_prompt(place: Path, kind: str) -> None:
    words = ("sample", *TINY, "--runs", place / "runs", "--ablation", kind, "--prompt", "cat", "--length", "9")
    ways = (("--greedy",), ("--greedy", "--seed", "4"), ("--seed", "1"), ("--seed", "2"))
    greedy, again, drawn, other = (harness(*words, *more) for more in ways)
    assert greedy.returncode == 0, greedy.stderr
    assert greedy.stdout.startswith("cat") and greedy.stdout == again.stdout
    assert drawn.stdout != other.stdout


def test_the_lstm_recipe_fine_tunes_its_own_weights(place: Path) -> None:
    write_rte(place / "data")
    words = ("run", *TINY, "--task", "rte", "--data-dir", place / "data", "--runs", place / "runs", "--seed", "0")
    done = harness(*words, "--ablation", "full", "--ablation", "lstm", "--limit", "64")
    assert done.returncode == 0, done.stderr
    made = {one.recipe: one for one in record.read_all(place / "runs/small")}
    assert set(made) == {"full", "lstm"}
    assert len({one.key["baseline"]["weights"] for one in made.values()}) == 2
    assert len({one.key["baseline"]["vocabulary"] for one in made.values()}) == 1
    assert made["lstm"].baseline["unknown_rate"]["training"] >= 0
    (gpt, *_), elsewhere = folders(place, "gpt"), place / "elsewhere"
    foreign = harness(*words, "--ablation", "lstm", "--weights", gpt, "--runs", elsewhere)
    assert foreign.returncode == 1
    assert "no pre-trained lstm in" in foreign.stderr and "--ablation lstm --corpus DIR" in foreign.stderr


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143), (signal.SIGKILL, -9)])
def test_a_stopped_pretraining_continues(place: Path, number: int, code: int) -> None:
    words = ("pretrain", *TINY, "--corpus", place / "books", "--updates", "400", "--seed", str(5 + number))
    one = command(*words, "--runs", place / "runs")
    before = set(folders(place, "gpt"))
    with subprocess.Popen(one, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        log = first_updates(place, before, process)
        process.send_signal(number)
        _, errors = process.communicate(timeout=60)
    assert process.returncode == code, errors
    assert "Traceback" not in errors
    assert (log.parent / "training.safetensors").exists()
    subprocess.run(one, cwd=ROOT, capture_output=True, timeout=120, check=True)
    events = [json.loads(line) for line in log.read_text().splitlines()]
    assert [e["update"] for e in events if e["event"] == "pre-training"] == list(range(1, 401))
    assert not (log.parent / "training.safetensors").exists()


def first_updates(place: Path, before: set[Path], process: subprocess.Popen[str]) -> Path:
    """The log of a training whose folder was not there before, once a few updates are in it."""
    while process.poll() is None:
        for folder in set(folders(place, "gpt")) - before:
            log = folder / "log.jsonl"
            if log.exists() and len(log.read_text().splitlines()) > 9:
                return log
        time.sleep(0.01)
    raise AssertionError(process.communicate())


WRONG = {
    "no text": (("pretrain", *TINY), 1, "pre-training at the small profile needs text"),
    "two budgets": (("pretrain", *TINY, "--tokens", "5", "--minutes", "1"), 2, "not allowed with argument"),
    "no language model": (("pretrain", *TINY, "--ablation", "no_aux"), 2, "unknown language model 'no_aux'; "),
    "no folder": (("pretrain", *TINY, "--corpus", "nowhere"), 1, "no folder nowhere; --corpus takes a folder of .txt"),
    "nothing pre-trained": (("sample", *TINY, "--runs", "RUNS"), 1, "no pre-trained gpt in"),
    "nothing in the miniature": (("sample", "--profile", "mini", "--runs", "RUNS"), 1, "nothing is pre-trained in"),
    "no temperature": (("sample", "--temperature", "0"), 2, "'0'; expected a number above 0"),
}


@pytest.mark.parametrize("case", WRONG)
def test_wrong_words_are_one_clear_line(tmp_path: Path, case: str) -> None:
    words, code, said = WRONG[case]
    done = harness(*(str(tmp_path) if word == "RUNS" else word for word in words))
    assert done.returncode == code, done.stdout + done.stderr
    assert [line for line in done.stderr.splitlines() if said in line], done.stderr
    assert len(done.stderr.splitlines()) == 1


def test_torchrun_is_for_pretraining_alone(tmp_path: Path) -> None:
    done = harness("run", "--task", "rte", "--runs", tmp_path, WORLD_SIZE="2", RANK="0")
    assert done.returncode == 1
    assert done.stderr == "harness: torchrun shares a pre-training among processes; run 'run' without it\n"


def test_two_processes_of_the_command_line_are_one_training(place: Path, tmp_path: Path) -> None:
    """The first speaks and writes; the corpus is tokenised once."""
    _, *words = command("pretrain", *TINY, "--corpus", place / "books", "--runs", tmp_path)
    line = [*command()[:1], "-m", "torch.distributed.run", "--standalone", "--nproc_per_node=2", *words]
    one_thread = os.environ | {"OMP_NUM_THREADS": "1"}
    done = subprocess.run(line, cwd=ROOT, capture_output=True, text=True, timeout=120, env=one_thread, check=False)
    assert done.returncode == 0, done.stderr
    assert done.stdout.count("profile small") == done.stdout.count("pre-trained on 3,840 tokens") == 1
    assert "shared by 2 processes" in done.stdout
    (folder,) = (tmp_path / "small/pretrained").iterdir()
    assert json.loads((folder / "pretraining.json").read_text())["processes"] == 2
