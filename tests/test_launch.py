"""Where cells are placed, and what becomes of a cell whose process fails, is killed, or asks for too much."""

from __future__ import annotations

import sys
from argparse import Namespace
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import torch

from baselines import door
from baselines.recipes import PROFILES
from harness import launch, runner
from harness.command_line import options
from harness.figure2 import figure_runs
from harness.many_cells import cell_runs, cell_words
from harness.many_cells.cell_words import Asked, Cell, reason, words
from harness.many_cells.in_turn import Waiting
from harness.many_cells.tally import Tally
from harness.preparation import hardware
from harness.preparation.hardware import Memory
from tests.test_runner import ANSWERS, JOB, Answers, made

# A worker that trains nothing: its words say what it does, the last but two where
STUB = """
import os, sys
from pathlib import Path
from harness.many_cells import worker

def main(words):
    what, place, name, _, device = words
    place = Path(place)
    times = place / f"{name}.times"
    times.open("a").write(f"{os.getpid()} {device} {os.environ['OMP_NUM_THREADS']}\\n")
    print("a line that no reply may be taken for")
    if what == "die" or (what == "die once" and len(times.read_text().splitlines()) == 1):
        os.kill(os.getpid(), 9)
    if what == "raise":
        raise RuntimeError("a fault of ours")
    if what == "fail":
        print("harness: the loss is nan", file=sys.stderr)
        return 1
    (place / name / "record.json").write_bytes((place / "record.json").read_bytes())
    return 0

sys.exit(worker.serve(main))
"""


@pytest.mark.parametrize(
    ("jobs", "device", "gpus", "found"),
    [
        (0, "cuda", 4, ["cuda:0", "cuda:1", "cuda:2", "cuda:3"]),
        (2, "cuda", 4, ["cuda:0", "cuda:1"]),
        (4, "cuda", 4, ["cuda:0", "cuda:1", "cuda:2", "cuda:3"]),
        (1, "cuda:3", 4, ["cuda:3"]),
        (0, "cuda:3", 4, ["cuda:3"]),
        (0, "cpu", 4, ["cpu"] * 6),
        (3, "cpu", 0, ["cpu"] * 3),
        (9, "cpu", 0, ["cpu"] * 9),
    ],
)
def test_one_cell_a_gpu(jobs: int, device: str, gpus: int, found: list[str]) -> None:
    assert launch.placement(jobs, device, gpus, cpu=6) == found


@pytest.mark.parametrize(("jobs", "device", "said"), [(5, "cuda", "there are 4 GPUs"), (2, "cuda:1", "on cuda:1")])
def test_more_than_one_cell_a_gpu_is_refused(jobs: int, device: str, said: str) -> None:
    with pytest.raises(ValueError, match=said):
        launch.placement(jobs, device, 4, cpu=6)


@pytest.mark.parametrize(
    ("profile", "gigabytes", "expected"),
    [("mini", 24, 6), ("mini", 2, 3), ("paper", 24, 5), ("paper", 3, 1), ("paper", None, 6)],
)
def test_no_more_cells_than_cores_or_than_fit_into_memory(
    profile: str, gigabytes: int | None, expected: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = Memory(64e9, gigabytes * 1e9) if gigabytes else None
    monkeypatch.setattr(hardware, "memory", lambda: found)
    monkeypatch.setattr(launch, "cores", lambda: 6)
    place = SimpleNamespace(device="cpu", door=door, profile=PROFILES[profile], chosen=Namespace(jobs=0))
    assert launch.slots(place) == ["cpu"] * expected


def test_the_gpus_that_torch_sees_are_placed_on(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 3)
    place = SimpleNamespace(device="cuda", door=door, chosen=Namespace(jobs=0))
    assert launch.slots(place) == ["cuda:0", "cuda:1", "cuda:2"]


@pytest.mark.parametrize(
    ("device", "jobs", "cluster", "expected"),
    [
        ("cpu", None, None, (1, None)),
        ("cpu", 3, None, (3, 2)),
        ("cpu", 6, None, (4, 1)),
        ("cuda", 2, None, (2, None)),
        ("cpu", 3, "slurm", (1, None)),
    ],
)
def test_how_many_share_four_cells_and_with_how_many_threads(
    device: str,
    jobs: int | None,
    cluster: str | None,
    expected: tuple[int, int | None],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 3)
    monkeypatch.setattr(launch, "cores", lambda: 6)
    place: Any = SimpleNamespace(device=device, door=door, chosen=Namespace(jobs=jobs, cluster=cluster))
    assert cell_runs.sharing(place, 4) == expected


class Place(SimpleNamespace):
    chosen: Namespace
    said: list[str]


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Place:
    monkeypatch.setattr(cell_words, "PROGRAM", [sys.executable, "-c", STUB])
    monkeypatch.setattr(launch, "cores", lambda: 6)
    monkeypatch.delenv("OMP_NUM_THREADS", raising=False)
    said: list[str] = []
    chosen = Namespace(jobs=2, runs=tmp_path / "runs", force=False)
    runner.run(JOB, made(Answers(ANSWERS)), chosen.runs)
    (tmp_path / "record.json").write_bytes(JOB.path(chosen.runs).read_bytes())
    return Place(device="cpu", door=door, chosen=chosen, said=said, say=said.append)


def go(place: Place, tmp_path: Path, *does: str) -> Tally:
    cells = []
    for seed, what in enumerate(does, 10):
        job = replace(JOB, seed=seed)
        told = [what, str(tmp_path), str(job.folder(place.chosen.runs))]
        cells.append(Waiting(job, door.make, told, None, flops=float(seed)))
        job.folder(place.chosen.runs).mkdir(parents=True)
    tally = Tally()
    launch.run(place, cells, tally)
    return tally


def times(place: Place, seed: int) -> list[list[str]]:
    path = Path(f"{replace(JOB, seed=seed).folder(place.chosen.runs)}.times")
    return [line.split() for line in path.read_text().splitlines()]


def test_a_killed_cell_is_given_out_again_and_a_bad_one_stops_no_other(
    place: Place, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    tally = go(place, tmp_path, "die once", "fail", "do", "die", "raise", "do")
    assert (tally.done, tally.cached) == (3, 0)
    assert tally.failures == {
        "toy full seed 11": "the loss is nan",
        "toy full seed 13": "its process was ended by SIGKILL (out of memory?), 3 times",
        "toy full seed 14": "RuntimeError: a fault of ours",
    }
    assert [len(times(place, seed)) for seed in range(10, 16)] == [2, 1, 1, 3, 1, 1]
    every = [line for seed in range(10, 16) for line in times(place, seed)]
    assert {device for _, device, _ in every} == {"cpu"}
    assert {threads for *_, threads in every} == {"3"}  # of six cores, by two
    assert len({process for process, *_ in every}) <= 6  # two, and one more for each that died
    told = capfd.readouterr()
    assert told.err.count("toy full seed 13 failed: ") == 1 and told.out == ""
    said: list[str] = []
    tally.tell(said.append, {"cola": "no rows"})
    assert said[0] == "6 cells: 3 done, 0 cached, 3 failed"
    assert said[1] == "  toy full seed 11 failed: the loss is nan" and said[-1] == "  cola was not begun: no rows"


def test_the_first_seed_comes_first_and_of_a_seed_the_longest(place: Place) -> None:
    def cell(seed: int, flops: float) -> Waiting:
        return Waiting(replace(JOB, seed=seed), door.make, [], None, flops)

    given = [cell(3, 1.0), cell(3, 5.0), cell(1, 2.0), cell(1, 9.0), cell(3, 2.0)]
    cells = launch.Cells(place, given, Tally())
    order = [(cell.job.seed, cell.flops) for cell in iter(cells.take, None) if cell is not None]
    assert order == [(3, 5.0), (3, 2.0), (3, 1.0), (1, 9.0), (1, 2.0)]


def test_the_words_of_a_cell_keep_what_was_asked() -> None:
    chosen = Namespace(
        data_dir=Path("d"), limit=64, runs=Path("r"), precision="float32", attention="auto", allow_subset=True,
        compile=False, offline=True, debug=False, weights=Path("unused"), corpus="unused",
    )  # fmt: skip
    found = words(chosen, "small", Cell(2, "no_aux", "rte"), Path("w"), Asked(hidden=True, beside=False), 17)
    assert " ".join(found) == (
        "run --task rte --ablation no_aux --seed 2 --profile small --weights w --data-dir d --limit 64 --runs r "
        "--precision float32 --allow-subset --offline --submission --replace 17 --part"
    )
    of_world = Namespace(**{**vars(chosen), "world_seed": 10, "pretrain_seed": 2})
    found = words(of_world, "mini", Cell(2, "no_aux", "rte"), Path("w"), Asked(hidden=False, beside=False), None)
    assert "--world-seed 10 --pretrain-seed 2" in " ".join(found)
    bare = Namespace(**{**vars(chosen), "data_dir": None, "limit": None, "precision": "auto"})
    bare.allow_subset = bare.offline = False
    found = words(bare, "mini", Cell(0, "majority", "rte"), Path(), Asked(hidden=False, beside=True), None)
    assert " ".join(found) == "run --task rte --ablation majority --seed 0 --profile mini --runs r --beside --part"


@pytest.mark.parametrize(
    ("said", "why"),
    [
        (
            "  rte full seed 0: update 3\nrte full seed 0 failed: a\nrte full seed 0 failed: loss: nan\nmore",
            "loss: nan",
        ),
        ("rte cannot be run: no file\n", "no file"),
        ("harness: no weights\n", "no weights"),
        ("Traceback\n  a line\nMemoryError\n\n", "MemoryError"),
        ("", "it said nothing"),
    ],
)
def test_the_reason_is_found_in_what_was_said(said: str, why: str) -> None:
    assert reason(said, "rte full seed 0") == why


def test_a_record_that_is_replaced_does_not_count(tmp_path: Path) -> None:
    assert JOB.made(tmp_path) is None and not JOB.is_done(tmp_path)
    runner.run(JOB, made(Answers(ANSWERS)), tmp_path)
    old = JOB.made(tmp_path)
    assert old is not None and JOB.is_done(tmp_path) and not JOB.is_done(tmp_path, old)
    runner.run(JOB, made(Answers(ANSWERS)), tmp_path)
    assert JOB.is_done(tmp_path, old)


def parse(line: str) -> Namespace:
    return options.build(("full",), ("mini",), ("full",)).parse_args(line.split())


def test_how_many_at_a_time_is_asked_for(capsys: pytest.CaptureFixture[str]) -> None:
    lines = ("run", "run --jobs", "run --jobs 3", "figure 2-left --jobs 2")
    assert [parse(line).jobs for line in lines] == [None, 0, 3, 2]
    for line, said in (
        ("run --jobs 0", "argument --jobs: '0'; expected a whole number from 1 up"),
        ("run --cluster-options partition", "'partition'; expected KEY=VALUE, partition=gpu say"),
        ("run --cluster slrum", "unknown cluster 'slrum'; did you mean 'slurm'? There are: slurm, local"),
    ):
        with pytest.raises(SystemExit):
            parse(line)
        assert said in capsys.readouterr().err


@pytest.mark.parametrize("more", ["--jobs 2", "--jobs", "--cluster local"])
def test_what_is_one_process_cannot_be_many(more: str) -> None:
    place: Any = SimpleNamespace(chosen=parse(f"figure 2-right {more}"), say=print)
    with pytest.raises(ValueError, match=r"^--jobs and --cluster go with figure 2-left; 2-right is one process$"):
        figure_runs.zero_shot(place)
