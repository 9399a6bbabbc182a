"""The command line's words: what they become, what each wrong one is answered, and what the help tells."""

from __future__ import annotations

import argparse
from pathlib import Path

import pytest

from harness import __version__, options
from harness.tasks import TASKS

RECIPES = ("full", "no_pretraining", "no_aux")
PROFILES = ("paper", "small", "mini")
EVERY_TASK = ", ".join(TASKS)


def parse(line: str) -> argparse.Namespace:
    return options.build(RECIPES, PROFILES).parse_args(line.split())


# Right words


def test_what_the_words_of_run_become() -> None:
    chosen = parse(
        "run --table 2 --task rte --task mnli --ablation no_aux --ablation full --seed 0 --seed 7 --profile small "
        "--data-dir d --corpus c --weights w --device cuda:1 --limit 64 --allow-subset --dry-run --force --runs r "
        "--debug"
    )
    assert vars(chosen) == {
        "command": "run",
        "table": 2,
        "task": ["rte", "mnli"],
        "ablation": ["no_aux", "full"],
        "seed": [0, 7],
        "seeds": None,
        "profile": "small",
        "data_dir": Path("d"),
        "corpus": Path("c"),
        "weights": Path("w"),
        "device": "cuda:1",
        "limit": 64,
        "allow_subset": True,
        "dry_run": True,
        "force": True,
        "runs": Path("r"),
        "debug": True,
    }


def test_what_is_taken_where_nothing_is_said() -> None:
    given = {name: value for name, value in vars(parse("run")).items() if value not in (None, False)}
    assert given == {"command": "run", "runs": Path("runs")}
    assert parse("run --seeds 3").seeds == 3
    assert (parse("table 2").number, parse("table 2").format) == (2, "terminal")
    assert (parse("accept 2").number, parse("accept 2").profile) == (2, None)
    assert (parse("pretrain").seed, parse("pretrain --tokens 1000").tokens) == (0, 1000)
    assert parse("list").command == "list"


# Wrong words

TASK = f"There are: {EVERY_TASK}"
WHOLE = "expected a whole number from"


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("run --task rtee", f"run: argument --task: unknown task 'rtee'; did you mean 'rte'? {TASK}; see"),
        ("run --task MNLI-m", f"run: argument --task: unknown task 'MNLI-m'; {TASK}; see"),
        ("run --task rte --task zzz", f"run: argument --task: unknown task 'zzz'; {TASK}; see"),
        ("run --task", "run: argument --task: expected one argument; see"),
        (
            "run --ablation no-aux",
            "run: argument --ablation: unknown ablation 'no-aux'; did you mean 'no_aux'? "
            "There are: full, no_pretraining, no_aux; see",
        ),
        (
            "run --profile papre",
            "run: argument --profile: unknown profile 'papre'; did you mean 'paper'? "
            "There are: paper, small, mini; see",
        ),
        ("run --table 9", "run: argument --table: unknown table '9'; There are: 2; see"),
        ("run --table two", "run: argument --table: unknown table 'two'; There are: 2; see"),
        ("run --seeds 0", f"run: argument --seeds: '0'; {WHOLE} 1 up; see"),
        ("run --seeds 1.5", f"run: argument --seeds: '1.5'; {WHOLE} 1 up; see"),
        ("run --seed -1", f"run: argument --seed: '-1'; {WHOLE} 0 to 2147483647; see"),
        ("run --seed=", f"run: argument --seed: ''; {WHOLE} 0 to 2147483647; see"),
        ("run --limit x", f"run: argument --limit: 'x'; {WHOLE} 1 up; see"),
        ("run --limit 0", f"run: argument --limit: '0'; {WHOLE} 1 up; see"),
        ("run --seed 1 --seeds 2", "run: argument --seeds: not allowed with argument --seed; see"),
        ("run --colour red", ": unrecognized arguments: --colour red; see"),
        ("table", "table: the following arguments are required: NUMBER; see"),
        ("table 3", "table: argument NUMBER: unknown table '3'; There are: 2; see"),
        ("table 2 --format latex", "table: argument --format: invalid choice: 'latex'"),
        (
            "table 2 --profile big",
            "table: argument --profile: unknown profile 'big'; There are: paper, small, mini; see",
        ),
        ("accept x", "accept: argument NUMBER: unknown table 'x'; There are: 2; see"),
        ("pretrain --tokens 0", f"pretrain: argument --tokens: '0'; {WHOLE} 1 up; see"),
        ("pretrain --seed x", f"pretrain: argument --seed: 'x'; {WHOLE} 0 to 2147483647; see"),
        ("", ": the following arguments are required: run | table | accept | pretrain | list; see"),
        ("rum", "invalid choice: 'rum'"),
    ],
)
def test_a_wrong_word_gets_one_line_and_exit_code_2(line: str, said: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as caught:
        parse(line)
    assert caught.value.code == 2
    found = capsys.readouterr()
    assert found.out == ""
    assert said in found.err
    assert found.err.startswith("python -m harness")
    assert found.err.endswith(" --help\n") and found.err.count("\n") == 1


def test_a_hostile_word_stays_on_the_line(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        options.build(RECIPES, PROFILES).parse_args(["run", "--task", "a\nb\x1b[2J%s"])
    found = capsys.readouterr().err
    assert r"unknown task 'a\nb\x1b[2J%s'" in found and found.count("\n") == 1


# The help

COMMON = ("--runs", "--debug", "--help")


@pytest.mark.parametrize(
    ("command", "words"),
    [
        (
            "run",
            "--table --task --ablation --seed --seeds --profile --data-dir --corpus --weights --device --limit "
            "--allow-subset --dry-run --force",
        ),
        ("table", "NUMBER --profile --format terminal markdown"),
        ("accept", "NUMBER --profile"),
        ("pretrain", "--profile --corpus --weights --tokens --seed --device --dry-run --force"),
        ("list", ""),
    ],
)
def test_each_commands_help_tells_its_options(command: str, words: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as caught:
        parse(f"{command} --help")
    assert caught.value.code == 0
    listed = capsys.readouterr().out.partition("\noptions:" if "NUMBER" not in words else "\npositional arguments:")[2]
    assert [word for word in (*words.split(), *COMMON) if word not in listed] == []


def test_the_help_tells_the_names_and_defaults(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        parse("run --help")
    text = " ".join(capsys.readouterr().out.split())
    assert "full, no_pretraining, no_aux; may be repeated (default: full)" in text
    assert "paper, small, mini (default: paper where there is an NVIDIA GPU, else mini)" in text
    assert "seeds 0..N-1 (default: 3; paper profile: 1)" in text


def test_the_first_help_tells_the_commands_and_gives_examples_that_parse(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as caught:
        parse("--help")
    assert caught.value.code == 0
    text = capsys.readouterr().out
    described = [line.split()[0] for line in text.splitlines() if line.startswith("  ") and line.split()]
    assert {"run", "table", "pretrain", "list", "accept"} <= set(described)
    lines = [line.split("  ")[0] for line in text.split("python -m harness ")[2:]]
    assert len(lines) == 4
    for line in lines:
        assert parse(line.strip()).command in ("run", "table")


def test_the_version(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as caught:
        parse("--version")
    assert (caught.value.code, capsys.readouterr().out) == (0, f"gpt1-harness {__version__}\n")
