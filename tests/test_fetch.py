"""A bundle fetched from a stub of the hub, stopped and resumed, damaged and checked, and run from without a socket."""

from __future__ import annotations

import hashlib
import json
import os
import re
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

import pytest
import torch

from baselines import weights
from baselines.gpt import GPT
from harness import record
from harness.preparation import bundle, estimate, fetch
from harness.tasks import TASKS
from tests import tiny
from tests.command_line import RELEASED
from tests.stub_hub import StubHub, commit_of
from tests.test_hub import LABEL, glue
from tests.test_main import ROOT, harness

SPLITS = [f"hub/nyu-mll/glue/rte/{split}.jsonl" for split in ("train", "validation")]


def with_hub(variables: Mapping[str, str]) -> dict[str, str]:
    """The environment, with nothing that it says of hubs and ways to them but these."""
    kept = {name: value for name, value in os.environ.items() if not re.match("(?i)hf_|.*_proxy$", name)}
    return {**kept, **variables}


def fetched(*words: str | Path, **variables: str) -> subprocess.CompletedProcess[str]:
    """`fetch` needs no model, so it is the command line as it is, without torch."""
    program = [sys.executable, "-m", "harness", "fetch", *map(str, words)]
    return subprocess.run(
        program, cwd=ROOT, env=with_hub(variables), capture_output=True, text=True, timeout=400, check=False
    )


def without_sockets(*words: str | Path, **variables: str) -> subprocess.CompletedProcess[str]:
    program = [sys.executable, "-m", "tests.no_socket", *map(str, words)]
    return subprocess.run(
        program, cwd=ROOT, env=with_hub(variables), capture_output=True, text=True, timeout=400, check=False
    )


def run_words(place: Path, runs: str) -> tuple[str | Path, ...]:
    return ("run", "--profile", "paper", "--task", "rte", "--seed", "0", "--runs", place / runs)


class Made(NamedTuple):
    place: Path  # holds "bundle", and "runs" with the run from the hub itself
    repositories: dict[str, dict[str, bytes]]
    done: subprocess.CompletedProcess[str]

    @property
    def bundle(self) -> Path:
        return self.place / "bundle"


@pytest.fixture(scope="module")
def repositories(tmp_path_factory: pytest.TempPathFactory) -> dict[str, dict[str, bytes]]:
    """RTE with the published counts, and weights of the tiny size."""
    folder = tiny.weights_folder(tmp_path_factory.mktemp("released"))
    model = GPT(RELEASED.size, len(tiny.VOCABULARY.ids), 0.0)
    model.initialise(torch.Generator().manual_seed(0))
    weights.save(model, folder)
    files = {path.name: path.read_bytes() for path in folder.iterdir()}
    return {"datasets/nyu-mll/glue": glue(LABEL, 0), "models/openai-community/openai-gpt": files}


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory, repositories: dict[str, dict[str, bytes]]) -> Made:
    place = tmp_path_factory.mktemp("place")
    with StubHub(repositories) as stub:
        variables = {"HF_ENDPOINT": stub.endpoint, "HF_HOME": str(place / "home")}
        done = fetched("--bundle", place / "bundle", "--task", "rte", **variables)
        ran = harness(*run_words(place, "runs"), **variables)
    assert ran.returncode == 0, ran.stdout + ran.stderr
    return Made(place, repositories, done)


@pytest.fixture
def copied(made: Made, tmp_path: Path) -> Path:
    shutil.copytree(made.bundle, tmp_path / "bundle")
    return tmp_path / "bundle"


def files_of(folder: Path) -> dict[str, dict[str, Any]]:
    found: dict[str, dict[str, Any]] = json.loads((folder / "manifest.json").read_text())["files"]
    return found


def test_a_bundle_holds_what_the_hub_gave(made: Made) -> None:
    assert made.done.returncode == 0, made.done.stdout + made.done.stderr
    data, model = (commit_of(files) for files in made.repositories.values())
    listed = files_of(made.bundle)
    assert {name: listed[name]["rows"] for name in SPLITS} == dict(zip(SPLITS, (2490, 277), strict=True))
    assert {listed[name]["source"] for name in SPLITS} == {f"hub nyu-mll/glue rte @ {data}"}
    released = made.repositories["models/openai-community/openai-gpt"]
    assert listed.keys() == {*SPLITS, *(f"weights/{name}" for name in released)}
    for name, content in released.items():
        assert (made.bundle / "weights" / name).read_bytes() == content
        assert listed[f"weights/{name}"]["source"] == f"hub openai-community/openai-gpt @ {model}"
    for name, told in listed.items():
        content = (made.bundle / name).read_bytes()
        assert (told["sha256"], told["bytes"]) == (hashlib.sha256(content).hexdigest(), len(content))
    there = {path.relative_to(made.bundle).as_posix() for path in made.bundle.rglob("*") if path.is_file()}
    assert there == {*listed, "manifest.json"}  # nothing half-written
    assert "[1/2] hub/nyu-mll/glue/rte/train.jsonl: 2,490 rows" in made.done.stdout
    assert made.done.stdout.splitlines()[-1].endswith("doctor --profile paper --data-dir bundle --offline")


def test_without_a_socket_a_bundle_gives_the_very_record_that_the_hub_gave(made: Made, tmp_path: Path) -> None:
    nowhere = {"HF_HOME": str(tmp_path / "empty")}
    done = without_sockets(*run_words(tmp_path, "runs"), "--data-dir", made.bundle, "--offline", **nowhere)
    assert done.returncode == 0, done.stdout + done.stderr
    (here,), (hub,) = (list(record.read_all(place / "runs/paper")) for place in (tmp_path, made.place))
    assert (here.key, here.scores, here.name) == (hub.key, hub.scores, hub.name)
    assert here.key["baseline"]["weights"] and here.key["train"][0] == 2490
    assert here.train.origin == f"bundle of {hub.train.origin}"
    answers = [
        place / "runs/paper/full" / here.name / "predictions/validation.jsonl" for place in (tmp_path, made.place)
    ]
    assert answers[0].read_bytes() == answers[1].read_bytes()
    doctor = without_sockets("doctor", "--profile", "paper", "--data-dir", made.bundle, "--offline", **nowhere)
    assert doctor.returncode == 0, doctor.stderr
    assert "whole: train 2,490, validation 277" in doctor.stdout and "Table 2 " in doctor.stdout
    assert doctor.stdout.splitlines()[-1].endswith(f"--data-dir {made.bundle} --offline --task rte --dry-run")


@pytest.mark.parametrize("words", [["run", "--task", "rte"], ["doctor"], ["fetch", "--bundle"]], ids=lambda w: w[0])
def test_offline_opens_no_socket_where_the_same_without_it_does(words: list[str], tmp_path: Path, dead: str) -> None:
    words += [str(tmp_path / "bundle")] if words[0] == "fetch" else []
    words = [*words, "--profile", "paper", "--runs", str(tmp_path / "runs")]
    nowhere = {"HF_ENDPOINT": dead, "HF_HOME": str(tmp_path / "empty")}
    online = without_sockets(*words, **nowhere)
    assert (online.returncode, online.stderr[:8]) == (99, "a socket")
    offline = without_sockets(*words, "--offline", **nowhere)
    assert offline.returncode == (0 if words[0] == "doctor" else 1)
    assert "--offline was given" in offline.stdout + offline.stderr


# Stopped and resumed


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGKILL, -signal.SIGKILL)])
def test_a_fetch_that_was_stopped_goes_on_where_it_was(
    number: signal.Signals, code: int, repositories: dict[str, dict[str, bytes]], tmp_path: Path
) -> None:
    words = ("--bundle", tmp_path / "bundle", "--task", "rte")
    with StubHub(repositories) as stub:
        stub.held.add("merges.txt")
        variables = {"HF_ENDPOINT": stub.endpoint, "HF_HOME": str(tmp_path / "home")}
        with subprocess.Popen(
            [sys.executable, "-m", "harness", "fetch", *map(str, words)],
            cwd=ROOT,
            env=with_hub(variables),
            text=True,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            # Ctrl-C is ignored by what a shell has started in the background, and by all that this starts
            preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
        ) as started:
            assert stub.waiting.wait(120)
            started.send_signal(number)
            stub.over.set()
            _, errors = started.communicate(timeout=120)
    assert started.returncode == code, errors
    assert files_of(tmp_path / "bundle").keys() == set(SPLITS)
    assert fetched("--check", tmp_path / "bundle").returncode == 0
    with StubHub(repositories) as stub:
        again = fetched(*words, HF_ENDPOINT=stub.endpoint, HF_HOME=str(tmp_path / "home"))
    assert again.returncode == 0, again.stdout + again.stderr
    assert again.stdout.count(" (kept)") == 2
    assert not any(".parquet" in request for request in stub.requests)
    assert len(files_of(tmp_path / "bundle")) == 6


def test_a_download_that_breaks_off_is_continued_at_its_byte(
    repositories: dict[str, dict[str, bytes]], tmp_path: Path
) -> None:
    released = {**repositories["models/openai-community/openai-gpt"], "config.json": b" " * 30_000_000 + b"{}"}
    with StubHub({**repositories, "models/openai-community/openai-gpt": released}) as stub:
        stub.cut.add("config.json")
        variables = {"HF_ENDPOINT": stub.endpoint, "HF_HOME": str(tmp_path / "home")}
        done = fetched("--bundle", tmp_path / "bundle", "--task", "rte", **variables)
    assert done.returncode == 0, done.stdout + done.stderr
    assert (tmp_path / "bundle/weights/config.json").read_bytes() == released["config.json"]
    (asked,) = stub.ranges  # once, for what was lacking
    assert not stub.cut and 1_000_000 < int(asked.removeprefix("bytes=").removesuffix("-")) <= 15_000_001


def test_what_the_hub_has_anew_is_fetched_anew(copied: Path, made: Made, tmp_path: Path) -> None:
    newer = {**made.repositories["datasets/nyu-mll/glue"], "NEW.md": b"one more file"}
    with StubHub({**made.repositories, "datasets/nyu-mll/glue": newer}) as stub:
        again = fetched("--bundle", copied, "--task", "rte", HF_ENDPOINT=stub.endpoint, HF_HOME=str(tmp_path / "home"))
    assert again.returncode == 0, again.stdout + again.stderr
    assert {files_of(copied)[name]["source"] for name in SPLITS} == {f"hub nyu-mll/glue rte @ {commit_of(newer)}"}
    assert again.stdout.count(" (kept)") == 1  # the weights


def test_what_the_hub_does_not_give_is_named_and_the_rest_kept(copied: Path, dead: str, tmp_path: Path) -> None:
    words = ("--bundle", copied, "--table", "3", "--task", "story_cloze")
    done = fetched(*words, HF_ENDPOINT=dead, HF_HOME=str(tmp_path / "home"))
    assert done.returncode == 1
    assert done.stdout.count("IS NOT WHOLE: Story Cloze is handed out by its authors") == 2
    assert "weights: hub openai-community/openai-gpt" in done.stdout and "(kept)" in done.stdout
    assert len(files_of(copied)) == 6
    none = fetched("--bundle", tmp_path / "b", "--task", "rte", HF_ENDPOINT=dead, HF_HOME=str(tmp_path / "home"))
    assert none.returncode == 1 and "0 files" in none.stdout and "next, on the machine" not in none.stdout


def test_a_set_by_request_is_copied(copied: Path, dead: str, tmp_path: Path) -> None:
    task = TASKS["story_cloze"]
    header = ["InputStoryid", *(f"InputSentence{i}" for i in range(1, 5))]
    header += ["RandomFifthSentenceQuiz1", "RandomFifthSentenceQuiz2", "AnswerRightEnding"]
    for source in (task.train, *task.evaluations.values()):
        lines = [",".join(header), *(f"{i},a {i}.,b.,c.,d.,e.,f.,{1 + i % 2}" for i in range(1871))]
        path = tmp_path / "own" / source.files.path
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("\n".join(lines) + "\n")
    words = ("--bundle", copied, "--task", "story_cloze", "--data-dir", tmp_path / "own")
    done = fetched(*words, HF_ENDPOINT=dead, HF_HOME=str(tmp_path / "home"))
    assert done.returncode == 0, done.stdout + done.stderr
    assert len(files_of(copied)) == 8
    found = bundle.Bundle(copied).open(task, task.train)
    assert found.origin.startswith("bundle of directory ") and len(list(found.rows)) == 1497


# Damaged


def test_a_flipped_byte_and_a_missing_file_are_named_and_fetched_again(
    copied: Path, made: Made, tmp_path: Path
) -> None:
    path = copied / SPLITS[0]
    content = bytearray(path.read_bytes())
    content[1000] ^= 1
    path.write_bytes(content)
    (copied / "weights/merges.txt").unlink()
    checked = fetched("--check", copied)
    assert checked.returncode == 1
    assert f"CHANGED {SPLITS[0]} has SHA-256" in checked.stdout and f"ok {SPLITS[1]}: 277 rows" in checked.stdout
    assert "CHANGED weights/merges.txt is missing" in checked.stdout
    assert "2 of 6 files are not as they were made" in checked.stdout
    words = (*run_words(tmp_path, "runs"), "--data-dir", copied, "--offline")
    refused = harness(*words)
    assert (refused.returncode, refused.stderr.count("\n")) == (1, 1)
    assert "weights/merges.txt is missing; copy it or fetch it again" in refused.stderr
    shutil.copy(made.bundle / "weights/merges.txt", copied / "weights")
    refused = harness(*words)
    assert refused.returncode == 1 and f"{SPLITS[0]} has SHA-256" in refused.stdout
    with StubHub(made.repositories) as stub:
        variables = {"HF_ENDPOINT": stub.endpoint, "HF_HOME": str(tmp_path / "home")}
        again = fetched("--bundle", copied, "--task", "rte", **variables)
    assert again.returncode == 0 and again.stdout.count(" (kept)") == 2
    assert path.read_bytes() == (made.bundle / SPLITS[0]).read_bytes()


# Before anything is fetched


def test_a_folder_of_others_is_not_written_to(tmp_path: Path) -> None:
    (tmp_path / "thesis.tex").write_text("")
    with pytest.raises(
        ValueError, match=r"holds other files and is no bundle; give a new or empty folder with --bundle"
    ):
        fetch.begun(tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["thesis.tex"]
    (tmp_path / "file").write_text("")
    with pytest.raises(OSError, match=r"cannot write to .*; give another folder with --bundle DIR"):
        fetch.begun(tmp_path / "file" / "below")


def test_room_on_the_disk_is_looked_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    wanted = fetch.files_of([TASKS["mnli"], TASKS["race"]], hidden=False)
    free = [0.0]
    monkeypatch.setattr(shutil, "disk_usage", lambda _: shutil._ntuple_diskusage(0, 0, int(free[0])))
    needed = sum(fetch.bytes_of(one) for one in wanted)
    assert 100e6 < needed < 1e9
    free[0] = needed + 1
    fetch.require_room(tmp_path, wanted, (), weights=False)
    with pytest.raises(OSError, match=r"MB of disk free, and about [\d,]+ MB are still to come; make room"):
        fetch.require_room(tmp_path, wanted, (), weights=True)
    there = {"weights/model.safetensors", *(one.name for one in wanted)}
    free[0] = 0
    fetch.require_room(tmp_path, wanted, there, weights=True)
    assert estimate.WEIGHTS > 4e8


def test_what_is_fetched_for_a_table() -> None:
    def names(**hidden: bool) -> Iterator[str]:
        return (one.name for one in fetch.files_of([TASKS["cola"], TASKS["race"]], **hidden))

    cola, race = "hub/nyu-mll/glue/cola", "hub/ehovy/race"
    expected = [f"{cola}/train.jsonl", f"{cola}/validation.jsonl", f"{race}/all/train.jsonl"]
    expected += [f"{race}/{part}.jsonl" for part in ("middle/test", "high/test", "all/validation")]
    assert list(names(hidden=False)) == expected
    assert set(names(hidden=True)) == {*expected, f"{cola}/test.jsonl"}
