"""Cells on a real Slurm of one node, which this starts and stops: interrupted, preempted, killed, and all collected.

usage: python -m tests.slurm_trial, as root on Debian with slurmctld, slurmd and munge; `nox -s slurm` installs them
"""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path

from harness.storage import locks

PATIENCE = 900.0  # seconds for any one thing to happen
CONFIGURATION = """\
ClusterName=trial
SlurmctldHost={host}(127.0.0.1)
CommunicationParameters=NoInAddrAny,NoCtldInAddrAny
SlurmUser=root
AuthType=auth/munge
AuthInfo=socket={folder}/munge.socket,cred_expire=30
SlurmctldPort={port}
SlurmdPort={other}
SlurmctldPidFile={folder}/slurmctld.pid
SlurmdPidFile={folder}/slurmd.pid
SlurmctldLogFile={folder}/slurmctld.log
SlurmdLogFile={folder}/slurmd.log
StateSaveLocation={folder}/state
SlurmdSpoolDir={folder}/spool
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
SelectType=select/cons_tres
SelectTypeParameters=CR_CPU
PreemptType=preempt/partition_prio
PreemptMode=REQUEUE
MpiDefault=none
ReturnToService=2
SwitchType=switch/none
SchedulerParameters=batch_sched_delay=1,sched_interval=5
NodeName={host} NodeAddr=127.0.0.1 CPUs=2 State=UNKNOWN
PartitionName=cells Nodes=ALL Default=YES PriorityTier=1 MaxTime=INFINITE
PartitionName=urgent Nodes=ALL PriorityTier=10 MaxTime=INFINITE
"""
BEGAN = time.monotonic()
STOPS_A_CELL = "log.jsonl"  # a folder of that name, where a file is to be written


def tell(text: str) -> None:
    for line in text.rstrip().splitlines():
        print(f"[{time.monotonic() - BEGAN:5.0f} s] {line}", flush=True)


def shown(*words: str) -> str:
    """Run a command and show it -> what it printed."""
    done = subprocess.run(words, capture_output=True, text=True, timeout=60, check=False)
    tell(f"$ {' '.join(words)}\n{done.stdout}{done.stderr}")
    return done.stdout


@contextmanager
def slurm(folder: Path) -> Iterator[None]:
    """munge, slurmctld and slurmd of our own, on the loopback interface only."""
    key = folder / "munge.key"
    key.write_bytes(os.urandom(128))
    key.chmod(0o600)
    for name in ("state", "spool"):
        (folder / name).mkdir()
    ports = [free_port(), free_port()]
    told = CONFIGURATION.format(host=socket.gethostname().split(".")[0], folder=folder, port=ports[0], other=ports[1])
    (folder / "slurm.conf").write_text(told)
    os.environ["SLURM_CONF"] = str(folder / "slurm.conf")
    names = {"key-file": "munge.key", "socket": "munge.socket", "log-file": "munged.log", "seed-file": "munged.seed"}
    munge = [f"--{name}={folder / file}" for name, file in {**names, "pid-file": "munged.pid"}.items()]
    daemons = []
    try:
        for words in (["munged", "--foreground", "--force", *munge], ["slurmctld", "-D"], ["slurmd", "-D"]):
            daemons.append(subprocess.Popen(words, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL))
            time.sleep(2)
        wait_until("the node is idle", lambda: "idle" in subprocess.getoutput("sinfo -h -o %t"))
        yield
    except BaseException:
        for name in ("slurmctld.log", "slurmd.log"):
            if (folder / name).exists():
                tell(f"{name}:\n" + "\n".join((folder / name).read_text().splitlines()[-15:]))
        raise
    finally:
        for daemon in reversed(daemons):
            daemon.terminate()
        for daemon in daemons:
            daemon.wait(60)


def free_port() -> int:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        return int(taken.getsockname()[1])


def wait_until(what: str, found: Callable[[], bool]) -> None:
    end = time.monotonic() + PATIENCE
    while not found():
        if time.monotonic() > end:
            raise SystemExit(f"not within {PATIENCE:.0f} s: {what}")
        time.sleep(0.2)


def harness(runs: Path, *more: str) -> list[str]:
    cells = ["--ablation", "no_pretraining", "--task", "rte", "--task", "cola", "--seeds", "2"]
    return [sys.executable, "-m", "harness", "run", "--profile", "mini", "--runs", str(runs), *cells, *more]


def cell(runs: Path, name: str) -> Path:
    (found,) = runs.glob(f"mini/no_pretraining/{name}-*")
    return found


def updates(folder: Path) -> list[int]:
    log = folder / "log.jsonl"
    return [json.loads(line)["update"] for line in log.read_text().splitlines()] if log.is_file() else []


def training(runs: Path, beyond: int = 5) -> Path | None:
    """A cell under way, some updates into it."""
    for folder in sorted(runs.glob("mini/no_pretraining/*-seed*")):
        if (folder / locks.HOLDER).exists() and not (folder / "record.json").exists() and len(updates(folder)) > beyond:
            return folder
    return None


def main() -> None:
    with tempfile.TemporaryDirectory(prefix="slurm") as name:
        folder = Path(name)
        folder.chmod(0o755)
        os.environ["OMP_NUM_THREADS"] = "1"
        alone, runs = folder / "alone", folder / "runs"
        tell("four cells in one process, undisturbed")
        subprocess.run(harness(alone), check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        shutil.copytree(alone / "mini" / "corpora", runs / "mini" / "corpora")
        bad = runs / "mini" / "no_pretraining" / cell(alone, "rte-seed1").name / STOPS_A_CELL
        bad.mkdir(parents=True)
        with slurm(folder):
            shown("sinfo")
            interrupt(folder, runs)
        compare(alone, runs)


def interrupt(folder: Path, runs: Path) -> None:
    """The same cells as jobs: one whose time is up, all put out by a more urgent job, one killed, one broken."""
    options = ("--cluster", "slurm", "--cluster-options", "partition=cells", "minutes=60")
    dry = subprocess.run(harness(runs, *options, "--dry-run"), capture_output=True, text=True, check=True)
    tell("--dry-run:\n" + dry.stdout)
    with (folder / "said").open("w") as said:
        process = subprocess.Popen(harness(runs, *options), stdout=said, stderr=subprocess.STDOUT)
        for number, what in enumerate((time_is_up, more_urgent, killed)):
            wait_until("a cell is under way", lambda: training(runs) is not None or process.poll() is not None)
            if (found := training(runs)) is None:
                raise SystemExit(f"every cell was through before {what.__name__}")
            before = len(updates(found))
            tell(f"{number + 1}. {what.__name__.replace('_', ' ')}: {found.name} at update {before}")
            what(found, (folder / "said").read_text())
            shown("squeue", "--array", "--format=%.8i %.9P %.10T %.6M %.40R")
            wait_until("it goes on", partial(goes_on, found, before))
            tell(f"   went on: {found.name}, {len(updates(found))} updates")
        process.wait(PATIENCE)
    tell("what the command said:\n" + (folder / "said").read_text())
    for path in sorted((runs / "mini" / "cluster").glob("*_log.err")):
        lines = [line for line in path.read_text().splitlines() if re.search("signal|requeue|Requeue|checkpoint", line)]
        tell(f"{path.name}:\n" + "\n".join(lines[:8]))
    if process.returncode != 1:
        raise SystemExit(f"exit code {process.returncode}, expected 1: one cell cannot succeed")


def goes_on(found: Path, before: int) -> bool:
    return len(updates(found)) > before + 20 or (found / "record.json").exists()


def job_of(found: Path, said: str) -> str:
    task, seed = found.name.split("-")[:2]
    numbers = re.findall(rf"^{task} no_pretraining seed {seed[4:]}: submitted, job (\S+)$", said, re.MULTILINE)
    return str(numbers[-1])


def time_is_up(found: Path, said: str) -> None:
    """As Slurm does 90 seconds before a job's limit."""
    shown("scancel", "--signal=USR2", job_of(found, said))
    wait_until("it has saved and left", lambda: not locks.is_held(found))


def more_urgent(found: Path, _: str) -> None:
    shown("sbatch", "--partition=urgent", "--exclusive", "--output=/dev/null", "--wrap=sleep 5")
    wait_until("it has saved and left", lambda: not locks.is_held(found))


def killed(found: Path, _: str) -> None:
    """Everything of the job at once, as where memory runs out: the cell, and submitit above it."""
    child = int(json.loads((found / locks.HOLDER).read_text())["pid"])
    parent = int(Path(f"/proc/{child}/stat").read_text().rpartition(")")[2].split()[1])
    for process in (parent, child):
        os.kill(process, signal.SIGKILL)
    wait_until("the lock is free", lambda: not locks.is_held(found))


def compare(alone: Path, runs: Path) -> None:
    """Each cell that was run is, byte for byte, what it is undisturbed. Exits with a line where it is not."""
    for folder in sorted(alone.glob("mini/no_pretraining/*-seed*")):
        other = runs / folder.relative_to(alone)
        if folder.name.startswith("rte-seed1"):
            if (other / "record.json").exists():
                raise SystemExit(f"{folder.name} was to fail")
            continue
        files = [path for path in (folder / "predictions").rglob("*") if path.is_file()]
        equal = all((other / path.relative_to(folder)).read_bytes() == path.read_bytes() for path in files)
        scores = [json.loads((each / "record.json").read_text())["scores"] for each in (folder, other)]
        once = updates(other) == updates(folder) == list(range(1, len(updates(folder)) + 1))
        if not (files and equal and scores[0] == scores[1] and once):
            raise SystemExit(f"{folder.name} differs from the undisturbed: {scores}, updates once: {once}")
        tell(f"{folder.name}: predictions equal byte for byte, {scores[1]}, each of {len(updates(other))} updates once")


if __name__ == "__main__":
    main()
