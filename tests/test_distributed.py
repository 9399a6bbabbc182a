"""Pre-training shared by processes that torchrun starts: the same curve, the same files, one end for all."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import time
from itertools import chain
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import load_file

from baselines.distributed import Team
from tests import tiny

ROOT = Path(__file__).resolve().parents[1]
UPDATES = 50
PROGRAM = f"""
import sys
import time

from dataclasses import replace
from itertools import chain
from pathlib import Path
import torch
from baselines import torchrun
from baselines.pretrain import pretrain
from baselines.recipes import RECIPES
from tests import tiny

if __name__ == "__main__":
    folder, kind, dropout, pause, stop = sys.argv[1:]
    torch.set_num_threads(1)
    settings = replace(tiny.PROFILE.pretraining, tokens=4 * 48 * {UPDATES}, dropout=float(dropout))
    first = torchrun.rank() == 0

    def tell(event):
        if first:
            print(event["event"], event.get("update"), event.get("loss"), sep="|", flush=True)
        if event.get("update") == int(stop) and torchrun.rank() == torchrun.processes() - 1:
            raise KeyboardInterrupt  # as if this process alone had been asked to
        time.sleep(float(pause))

    profile = replace(tiny.PROFILE, pretraining=settings)
    try:
        pretrain(tiny.DOCUMENTS, RECIPES[kind], profile, Path(folder), tell, every=10)
    except KeyboardInterrupt:
        sys.exit(130)
    except OSError as error:
        sys.exit(f"harness: {{error}}")
"""


def command(program: Path, processes: int) -> list[str]:
    if processes == 1:
        return [sys.executable, str(program)]
    words = ["--standalone", f"--nproc_per_node={processes}", "--no_python", sys.executable]
    return [sys.executable, "-m", "torch.distributed.run", *words, str(program)]


class Place:
    """Where the program stands and runs."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.program = folder / "program.py"
        self.program.write_text(PROGRAM)
        self.variables = os.environ | {"PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1"}

    def start(self, name: str, processes: int, **how: Any) -> subprocess.Popen[str]:
        told = {"kind": "full", "dropout": 0.0, "pause": 0.0, "stop": -1} | how
        words = [*command(self.program, processes), str(self.folder / name), *(str(value) for value in told.values())]
        return subprocess.Popen(
            words, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=self.variables, cwd=self.folder
        )

    def train(self, name: str, processes: int, code: int = 0, **how: Any) -> dict[int, float]:
        """Run to its end -> the loss of each update that was made."""
        process = self.start(name, processes, **how)
        output, errors = process.communicate(timeout=120)
        assert (process.returncode == 0) is (code == 0), errors
        lines = [line.split("|") for line in output.splitlines() if line.startswith("pre-training|")]
        return {int(update): float(loss) for _, update, loss in lines}

    def tensors(self, name: str) -> dict[str, torch.Tensor]:
        return load_file(self.folder / name / "model.safetensors")


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Place:
    return Place(tmp_path_factory.mktemp("distributed"))


@pytest.fixture(scope="module", params=["full", "lstm"])
def alone(place: Place, request: pytest.FixtureRequest) -> tuple[str, dict[int, float]]:
    return request.param, place.train(f"alone-{request.param}", 1, kind=request.param)


def test_two_processes_follow_the_curve_of_one(place: Place, alone: tuple[str, dict[int, float]]) -> None:
    kind, one = alone
    two = place.train(f"two-{kind}", 2, kind=kind)
    assert list(one) == list(two) == list(range(1, UPDATES + 1))
    assert two == pytest.approx(one, abs=1e-5)
    assert one[UPDATES] < one[1] - 0.3
    said = json.loads((place.folder / f"two-{kind}" / "pretraining.json").read_text())
    assert said["processes"] == 2 and said["tokens"] == 4 * 48 * UPDATES
    for name, tensor in place.tensors(f"alone-{kind}").items():
        torch.testing.assert_close(place.tensors(f"two-{kind}")[name], tensor, rtol=0, atol=1e-4)


@pytest.mark.parametrize(("first", "then"), [(2, 1), (1, 2)])
def test_a_checkpoint_of_either_is_continued_by_the_other(
    place: Place, alone: tuple[str, dict[int, float]], first: int, then: int
) -> None:
    """Only the last process is asked to stop: all stop after the same update."""
    kind, one = alone
    if kind == "lstm":
        pytest.skip("the Transformer shows it")
    name = f"{first}-then-{then}"
    begun = place.train(name, first, code=130, stop=23)
    assert list(begun) == list(range(1, 24))
    ended = place.train(name, then)
    assert list(ended) == list(range(24, UPDATES + 1))
    assert begun | ended == pytest.approx(one, abs=1e-5)


def test_with_dropout_a_stopped_team_ends_with_the_bytes_of_an_unbroken_one(place: Place) -> None:
    """The noise depends on seed, update and process alone."""
    place.train("unbroken", 2, dropout=0.1)
    place.train("stopped", 2, code=130, dropout=0.1, stop=31)
    place.train("stopped", 2, dropout=0.1)
    unbroken, stopped = (place.folder / name / "model.safetensors" for name in ("unbroken", "stopped"))
    assert unbroken.read_bytes() == stopped.read_bytes()


def test_a_killed_process_ends_all_with_a_clear_line(place: Place) -> None:
    """Of the command line, whose message must come before torchrun ends the process that has it."""
    books = place.folder / "books"
    books.mkdir()
    for i in range(12):
        (books / f"{i}.txt").write_text(" ".join(tiny.DOCUMENTS[5 * i : 5 * i + 5]))
    words = ["--standalone", "--nproc_per_node=2", "-m", "tests.command_line", "pretrain", "--profile", "small"]
    words += ["--corpus", str(books), "--runs", str(place.folder / "runs"), "--updates", "100000"]
    line = [sys.executable, "-m", "torch.distributed.run", *words]
    with subprocess.Popen(line, stderr=subprocess.PIPE, text=True, env=place.variables, cwd=ROOT) as process:
        while not (logs := list(place.folder.glob("runs/small/pretrained/*/log.jsonl"))) or lines(logs[0]) < 30:
            assert process.poll() is None
            time.sleep(0.05)
        (victim,) = workers(process.pid, rank="1")
        os.kill(victim, signal.SIGKILL)
        _, errors = process.communicate(timeout=60)
    assert process.returncode != 0
    assert re.search(r"harness: process 0 of 2 lost the others \(.*\); .*continues from the last checkpoint", errors)
    assert (logs[0].parent / "training.safetensors").exists()


def lines(log: Path) -> int:
    return len(log.read_text().splitlines())


def workers(parent: int, rank: str) -> list[int]:
    """Processes below `parent` whose RANK it is."""
    found = []
    for entry in Path("/proc").glob("[0-9]*"):
        try:
            variables = (entry / "environ").read_bytes().split(b"\0")
            is_child = int((entry / "stat").read_text().rpartition(")")[2].split()[1]) == parent
        except OSError:
            continue
        if is_child and f"RANK={rank}".encode() in variables:
            found.append(int(entry.name))
    return found


def test_more_processes_than_windows_are_refused(place: Place) -> None:
    from baselines import pretrain, token_file
    from baselines.recipes import FULL

    made = token_file.prepare(tiny.DOCUMENTS, tiny.PROFILE.size.n_vocab, place.folder / "tokens", tiny.quiet)
    crowd = Team(0, 5, torch.device("cpu"))
    with pytest.raises(ValueError, match="5 processes for a batch of 4 windows; start at most 4"):
        pretrain.Training(made, FULL, tiny.PROFILE, place.folder, tiny.quiet, crowd, 0, None)


def test_a_batch_is_shared_whole() -> None:
    rows = torch.arange(7)
    parts = [Team(rank, 3, torch.device("cpu")).share(rows).tolist() for rank in range(3)]
    assert sorted(chain(*parts)) == rows.tolist() and max(map(len, parts)) - min(map(len, parts)) <= 1


@pytest.mark.gpu
def test_a_gpu_pretrains_to_the_loss_of_a_cpu(tmp_path: Path) -> None:
    """bfloat16 products over float32 weights: the curve stays within 2 %."""
    from baselines.pretrain import pretrain
    from baselines.recipes import FULL

    curves: dict[str, list[float]] = {"cpu": [], "cuda": []}
    for device, losses in curves.items():
        tell = lambda e, losses=losses: losses.append(e["loss"]) if "loss" in e else None  # noqa: E731
        pretrain(tiny.DOCUMENTS, FULL, tiny.PROFILE, tmp_path / device, tell, device=device)
    assert curves["cuda"] == pytest.approx(curves["cpu"], rel=0.02)
