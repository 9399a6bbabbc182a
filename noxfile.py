"""Every command of the project; `nox -l` lists them. What follows `--` reaches the command line."""

from __future__ import annotations

import hashlib
import os
import shutil
from pathlib import Path

import nox

nox.needs_version = ">=2024.10"
nox.options.sessions = ["lint", "tests"]
nox.options.error_on_missing_interpreters = True

HERE = Path(__file__).parent
INSTALLED = ("pyproject.toml", "constraints.txt")  # what decides the environment's content
# A process a core, or a GPU: so the miniature's Tables 2 to 5 take two cores 20 minutes, not 40
SIDE_BY_SIDE = ("--jobs",)
PATIENCE = 20.0  # seconds that a stopped training may take to save its state


@nox.session(reuse_venv=True, default=False)
def environment(session: nox.Session) -> None:
    """Install the project and its tools, once for all sessions; afterwards no network is needed."""
    stamp = Path(session.virtualenv.location) / "installed"
    wanted = hashlib.sha256(b"".join((HERE / name).read_bytes() for name in INSTALLED)).hexdigest()
    if stamp.exists() and stamp.read_text() == wanted:
        session.log("the environment is there already")
        return
    session.install("-c", "constraints.txt", "-e", ".[dev]")
    stamp.write_text(wanted)


def python(session: nox.Session, *arguments: str) -> None:
    """Run the environment's Python: torch is installed once, not once a session."""
    folder = "Scripts" if os.name == "nt" else "bin"
    program = Path(session.cache_dir).parent / "environment" / folder / "python"
    session.run(str(program), *arguments, external=True, interrupt_timeout=PATIENCE, terminate_timeout=PATIENCE)


@nox.session(venv_backend="none", requires=["environment"], default=False)
def reproduce_table2(session: nox.Session) -> None:
    """Table 2, natural language inference: run what is missing, print paper and measured. -- --profile paper ..."""
    python(session, "-m", "harness", "run", "--table", "2", *SIDE_BY_SIDE, *session.posargs)


@nox.session(venv_backend="none", requires=["environment"], default=False)
def reproduce_table3(session: nox.Session) -> None:
    """Table 3, question answering: RACE and Story Cloze."""
    python(session, "-m", "harness", "run", "--table", "3", *SIDE_BY_SIDE, *session.posargs)


@nox.session(venv_backend="none", requires=["environment"], default=False)
def reproduce_table4(session: nox.Session) -> None:
    """Table 4, similarity and classification, and the GLUE score over nine tasks."""
    python(session, "-m", "harness", "run", "--table", "4", *SIDE_BY_SIDE, *session.posargs)


@nox.session(venv_backend="none", requires=["environment"], default=False)
def reproduce_table5(session: nox.Session) -> None:
    """Table 5, the ablations: four recipes on eight tasks."""
    python(session, "-m", "harness", "run", "--table", "5", *SIDE_BY_SIDE, *session.posargs)


@nox.session(venv_backend="none", requires=["environment"], default=False)
def reproduce_figure2(session: nox.Session) -> None:
    """Figure 2, layers transferred and zero-shot: run what is missing, write data and drawings of both halves."""
    for half in ("2-left", "2-right"):
        python(session, "-m", "harness", "figure", half, *session.posargs)


@nox.session(venv_backend="none", requires=["environment"], default=False)
def reproduce_all(session: nox.Session) -> None:
    """Tables 2 to 5 in one run; what stands in several is trained once."""
    each = [word for number in "2345" for word in ("--table", number)]
    python(session, "-m", "harness", "run", *each, *SIDE_BY_SIDE, *session.posargs)


@nox.session(venv_backend="none", requires=["environment"], default=False)
def study(session: nox.Session) -> None:
    """Generated worlds, pre-trainings and seeds: do the paper's findings show? Hours. -- --jobs, --report ..."""
    python(session, "-m", "harness", "study", *session.posargs)


@nox.session(venv_backend="none", requires=["environment"], default=False)
def report(session: nox.Session) -> None:
    """One HTML page of all that was measured: tables, verdicts, figures, claims, curves, predictions."""
    python(session, "-m", "harness", "report", *session.posargs)


@nox.session(venv_backend="none", requires=["environment"])
def tests(session: nox.Session) -> None:
    """The tests, on every core. -- --slow adds those at full width; any other words go to pytest."""
    python(session, "-m", "pytest", "-n", "auto", *session.posargs)


@nox.session(venv_backend="none", requires=["environment"])
def lint(session: nox.Session) -> None:
    """Style, format and types."""
    python(session, "-m", "ruff", "check", ".")
    python(session, "-m", "ruff", "format", "--check", ".")
    python(session, "-m", "mypy")


@nox.session(venv_backend="none", requires=["environment"], default=False)
def parity(session: nox.Session) -> None:
    """How far we are from transformers' GPT-1 and from the released optimizer, in numbers."""
    python(session, "-m", "tests.parity")


@nox.session(venv_backend="none", requires=["environment"], default=False)
def calibration(session: nox.Session) -> None:
    """How often intervals hold the truth and tests reject without a difference, by simulation. -- TRIALS"""
    python(session, "-m", "tests.calibration", *session.posargs)


@nox.session(venv_backend="none", requires=["environment"], default=False)
def regression(session: nox.Session) -> None:
    """Has the code regressed? A short run against results/mini/expected.json, minutes. -- --exact, --update ..."""
    python(session, "-m", "harness", "check", *session.posargs)


@nox.session(venv_backend="none", requires=["environment"], default=False)
def regression_power(session: nox.Session) -> None:
    """How often the regression check fails without a fault, and which drop it finds. -- RESAMPLINGS"""
    python(session, "-m", "tests.regression_power", *session.posargs)


@nox.session(venv_backend="none", requires=["environment"], default=False)
def planted(session: nox.Session) -> None:
    """Ten planted faults: which the regression check catches, which the unit tests. -- --scores FAULT ..."""
    python(session, "-m", "tests.planted", *session.posargs)


@nox.session(venv_backend="none", requires=["environment"], default=False)
def gpu_check(session: nox.Session) -> None:
    """Two minutes on a GPU before hours: its arithmetic, its speed, what each table will take."""
    python(session, "-m", "harness", "doctor", "--gpu", "--profile", "paper", *session.posargs)


@nox.session(venv_backend="none", requires=["environment"], default=False)
def slurm(session: nox.Session) -> None:
    """Cells on a real Slurm of one node: installs Debian's, starts it, interrupts its jobs, stops it. Needs root."""
    if not Path("/etc/debian_version").exists() or os.geteuid() != 0:
        session.skip("installs slurmctld, slurmd and munge: needs Debian or Ubuntu, and root")
    missing = [name for name in ("slurmctld", "slurmd", "munged") if shutil.which(name) is None]
    if missing:
        session.run("apt-get", "update", "-qq", external=True)
        packages = ("slurmctld", "slurmd", "slurm-client", "munge")
        session.run("apt-get", "install", "-y", "-qq", "--no-install-recommends", *packages, external=True)
    python(session, "-m", "tests.slurm_trial", *session.posargs)


@nox.session(venv_backend="none", requires=["environment"], default=False)
def bench(session: nox.Session) -> None:
    """The tokenizer's speed beside its peers', and on whole sets. -- --data-dir DIR --vocabulary DIR"""
    python(session, "-m", "benchmarks.tokenizer", *session.posargs)
    python(session, "-m", "benchmarks.labelled_sets", *session.posargs)


@nox.session(venv_backend="none", requires=["environment"], default=False)
def bench_answers(session: nox.Session) -> None:
    """Seconds to score RACE and Story Cloze, a context computed once or for each answer. -- --data-dir DIR ..."""
    python(session, "-m", "benchmarks.answers", *session.posargs)


@nox.session(venv_backend="none", requires=["environment"], default=False)
def bench_step(session: nox.Session) -> None:
    """Seconds a fine-tuning step beside transformers', on real text. -- --data-dir DIR --vocabulary DIR"""
    python(session, "-m", "benchmarks.step", *session.posargs)


@nox.session(venv_backend="none", requires=["environment"], default=False)
def bench_growth(session: nox.Session) -> None:
    """How a full-size step grows with length and batch, and where its time goes. -- --threads 2 ..."""
    python(session, "-m", "benchmarks.growth", *session.posargs)


@nox.session(venv_backend="none", requires=["environment"], default=False)
def bench_pretraining(session: nox.Session) -> None:
    """Seconds a pre-training step beside nanoGPT's and transformers', at small sizes. -- --device cuda ..."""
    python(session, "-m", "benchmarks.pretraining", *session.posargs)


@nox.session(venv_backend="none", requires=["environment"], default=False)
def bench_lstm(session: nox.Session) -> None:
    """Seconds of the full-size LSTM with our loss and with a plain softmax. -- --device cuda ..."""
    python(session, "-m", "benchmarks.lstm", *session.posargs)


@nox.session(venv_backend="none", requires=["environment"], default=False)
def results(session: nox.Session) -> None:
    """Render results/ anew from the records accepted there."""
    python(session, "-m", "harness.results")
