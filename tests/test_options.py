"""The command line's words: what they become, what each wrong one is answered, and what the help tells."""

from __future__ import annotations

import argparse
from pathlib import Path

import pytest

from harness import __version__
from harness.command_line import options
from harness.tasks import TASKS

RECIPES = ("full", "no_pretraining", "no_aux")
MODELS = ("full", "lstm")
PROFILES = ("paper", "small", "mini")
EVERY_TASK = ", ".join(TASKS)


def parse(line: str) -> argparse.Namespace:
    return options.build(RECIPES, PROFILES, MODELS).parse_args(line.split())


# Right words


def test_what_the_words_of_run_become() -> None:
    chosen = parse(
        "run --table 2 --table 5 --references --submission "
        "--task rte --task mnli --ablation no_aux --ablation full --seed 0 --seed 7 --profile small "
        "--data-dir d --corpus c --weights w --device cuda:1 "
        "--precision float32 --attention math --compile --limit 64 --allow-subset --dry-run --force --runs r "
        "--jobs 4 --cluster slurm --cluster-options partition=gpu account=a=b --world-seed 10 --pretrain-seed 2 --debug"
    )
    assert vars(chosen) == {
        "command": "run",
        "table": [2, 5],
        "references": True,
        "submission": True,
        "task": ["rte", "mnli"],
        "ablation": ["no_aux", "full"],
        "seed": [0, 7],
        "seeds": None,
        "profile": "small",
        "data_dir": Path("d"),
        "corpus": "c",
        "weights": Path("w"),
        "world_seed": 10,
        "pretrain_seed": 2,
        "scale": 1,
        "device": "cuda:1",
        "precision": "float32",
        "attention": "math",
        "compile": True,
        "limit": 64,
        "allow_subset": True,
        "jobs": 4,
        "cluster": "slurm",
        "cluster_options": [("partition", "gpu"), ("account", "a=b")],
        "part": False,
        "beside": False,
        "replace": None,
        "dry_run": True,
        "force": True,
        "runs": Path("r"),
        "debug": True,
        "offline": False,
    }


def test_what_the_words_of_pretrain_become() -> None:
    chosen = parse(
        "pretrain --profile small --ablation lstm --corpus hub:bookcorpus/bookcorpus:plain_text --weights w "
        "--minutes 2.5 --checkpoint-every 500 --seed 3 --device cuda --dry-run --device-tflops 312 --force --runs r"
    )
    assert vars(chosen) == {
        "command": "pretrain",
        "profile": "small",
        "ablation": "lstm",
        "corpus": "hub:bookcorpus/bookcorpus:plain_text",
        "weights": Path("w"),
        "tokens": None,
        "updates": None,
        "minutes": 2.5,
        "checkpoint_every": 500,
        "pretrain_seed": 3,
        "scale": 1,
        "world_seed": 0,
        "device": "cuda",
        "precision": "auto",
        "attention": "auto",
        "compile": False,
        "dry_run": True,
        "device_tflops": 312.0,
        "force": True,
        "runs": Path("r"),
        "debug": False,
        "offline": False,
    }


def test_what_the_words_of_sample_become() -> None:
    chosen = parse(
        "sample --profile mini --ablation lstm --prompt Once --length 9 --greedy --temperature 0.7 --top-k 40 --seed 1 "
        "--weights w --corpus c --device cpu"
    )
    assert vars(chosen) == {
        "command": "sample",
        "profile": "mini",
        "ablation": "lstm",
        "prompt": "Once",
        "length": 9,
        "greedy": True,
        "temperature": 0.7,
        "top_k": 40,
        "seed": 1,
        "weights": Path("w"),
        "corpus": "c",
        "world_seed": 0,
        "pretrain_seed": 0,
        "scale": 1,
        "device": "cpu",
        "runs": Path("runs"),
        "debug": False,
        "offline": False,
    }


def test_what_is_taken_where_nothing_is_said() -> None:
    given = {name: value for name, value in vars(parse("run")).items() if value not in (None, False)}
    assert given == {"command": "run", "runs": Path("runs"), "precision": "auto", "attention": "auto", "scale": 1}
    assert parse("run --seeds 3").seeds == 3
    assert (parse("table 2").number, parse("table 2").format) == (2, "terminal")
    assert (parse("accept 2").number, parse("accept 2").profile) == (2, None)
    given = {name: value for name, value in vars(parse("pretrain")).items() if value not in (None, False)}
    paths = {"precision": "auto", "attention": "auto", "scale": 1}
    assert given == {"command": "pretrain", "ablation": "full", "runs": Path("runs"), **paths}
    assert (parse("pretrain").pretrain_seed, parse("pretrain --tokens 1000").tokens) == (0, 1000)
    assert parse("pretrain --pretrain-seed 4").pretrain_seed == parse("pretrain --seed 4").pretrain_seed == 4
    assert parse("pretrain --updates 20").updates == 20
    sample = parse("sample")
    assert (sample.ablation, sample.prompt, sample.length, sample.seed) == ("full", "", 60, 0)
    assert (sample.greedy, sample.temperature, sample.top_k) == (False, 1.0, None)
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
        ("run --table 9", "run: argument --table: unknown table '9'; There are: 2, 3, 4, 5; see"),
        ("run --table two", "run: argument --table: unknown table 'two'; There are: 2, 3, 4, 5; see"),
        ("run --seeds 0", f"run: argument --seeds: '0'; {WHOLE} 1 up; see"),
        ("run --seeds 1.5", f"run: argument --seeds: '1.5'; {WHOLE} 1 up; see"),
        ("run --seed -1", f"run: argument --seed: '-1'; {WHOLE} 0 to 2147483647; see"),
        ("run --seed=", f"run: argument --seed: ''; {WHOLE} 0 to 2147483647; see"),
        ("run --limit x", f"run: argument --limit: 'x'; {WHOLE} 1 up; see"),
        ("run --limit 0", f"run: argument --limit: '0'; {WHOLE} 1 up; see"),
        ("run --seed 1 --seeds 2", "run: argument --seeds: not allowed with argument --seed; see"),
        ("run --colour red", ": unrecognized arguments: --colour red; see"),
        ("table", "table: the following arguments are required: NUMBER; see"),
        ("table 6", "table: argument NUMBER: unknown table '6'; There are: 2, 3, 4, 5; see"),
        (
            "table 2 --format tex",
            "table: argument --format: unknown format 'tex'; did you mean 'latex'? There are: ",
        ),
        ("score", "score: the following arguments are required: RECORD; see"),
        ("scores", "scores: the following arguments are required: --from; see"),
        ("submit --seed -1", "submit: argument --seed: '-1'; expected a whole number from 0 to 2147483647"),
        ("submit --ablation x", "submit: argument --ablation: unknown ablation 'x'; There are: full, no_pretraining"),
        (
            "table 2 --profile big",
            "table: argument --profile: unknown profile 'big'; There are: paper, small, mini; see",
        ),
        (
            "accept x",
            "accept: argument NUMBER: unknown table or figure 'x'; There are: 2, 3, 4, 5, 2-left, 2-right; see",
        ),
        ("pretrain --tokens 0", f"pretrain: argument --tokens: '0'; {WHOLE} 1 up; see"),
        ("pretrain --seed x", f"pretrain: argument --pretrain-seed/--seed: 'x'; {WHOLE} 0 to 2147483647; see"),
        (
            "pretrain --ablation ltsm",
            "pretrain: argument --ablation: unknown language model 'ltsm'; did you mean 'lstm'? "
            "There are: full, lstm; see",
        ),
        (
            "pretrain --ablation no_aux",
            "pretrain: argument --ablation: unknown language model 'no_aux'; There are: full, lstm; see",
        ),
        ("pretrain --ablation full --ablation", "pretrain: argument --ablation: expected one argument; see"),
        (
            "pretrain --tokens 9 --updates 9",
            "pretrain: argument --updates: not allowed with argument --tokens; see",
        ),
        (
            "pretrain --minutes 9 --tokens 9",
            "pretrain: argument --tokens: not allowed with argument --minutes; see",
        ),
        (
            "pretrain --updates 9 --minutes 9",
            "pretrain: argument --minutes: not allowed with argument --updates; see",
        ),
        ("pretrain --updates 1.5", f"pretrain: argument --updates: '1.5'; {WHOLE} 1 up; see"),
        ("pretrain --checkpoint-every 0", f"pretrain: argument --checkpoint-every: '0'; {WHOLE} 1 up; see"),
        ("pretrain --minutes 0", "pretrain: argument --minutes: '0'; expected a number above 0; see"),
        ("pretrain --minutes soon", "pretrain: argument --minutes: 'soon'; expected a number above 0; see"),
        ("pretrain --minutes nan", "pretrain: argument --minutes: 'nan'; expected a number above 0; see"),
        ("pretrain --device-tflops inf", "pretrain: argument --device-tflops: 'inf'; expected a number above 0; see"),
        ("sample --length 0", f"sample: argument --length: '0'; {WHOLE} 1 up; see"),
        ("sample --top-k 0", f"sample: argument --top-k: '0'; {WHOLE} 1 up; see"),
        ("sample --temperature -1", "sample: argument --temperature: '-1'; expected a number above 0; see"),
        (
            "sample --ablation no_aux",
            "sample: argument --ablation: unknown language model 'no_aux'; There are: full, lstm; see",
        ),
        ("", ": the following arguments are required: COMMAND; see"),
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
        options.build(RECIPES, PROFILES, MODELS).parse_args(["run", "--task", "a\nb\x1b[2J%s"])
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
        (
            "pretrain",
            "--profile --ablation --corpus --weights --tokens --updates --minutes --checkpoint-every --seed --device "
            "--dry-run --device-tflops --force",
        ),
        (
            "sample",
            "--profile --ablation --prompt --length --greedy --temperature --top-k --seed --weights --corpus --device",
        ),
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
    assert "full, no_pretraining, no_aux ('list' explains); may be repeated (default: the table's, or full)" in text
    assert "paper, small, mini (default: paper where there is an NVIDIA GPU, else mini)" in text
    assert "seeds 0..N-1 (default: 3; paper profile: 1 of sets of 10,000 rows and more)" in text
    for command in ("pretrain", "sample"):
        with pytest.raises(SystemExit):
            parse(f"{command} --help")
        assert "whose language model: full, lstm (default: full)" in " ".join(capsys.readouterr().out.split())


def test_the_first_help_tells_the_commands_and_gives_examples_that_parse(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as caught:
        parse("--help")
    assert caught.value.code == 0
    text = capsys.readouterr().out
    described = [line.split()[0] for line in text.splitlines() if line.startswith("  ") and line.split()]
    commands = ("run", "table", "accept", "score", "submit", "scores", "pretrain", "sample", "list")
    assert [word for word in described if word in commands][: len(commands)] == list(commands)
    lines = [line.split("  ")[0].strip() for line in text.split("-m harness ")[2:]]
    assert [parse(line).command for line in lines] == ["run"] * 4 + ["table", "pretrain", "pretrain"]


def test_the_version(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as caught:
        parse("--version")
    assert (caught.value.code, capsys.readouterr().out) == (0, f"gpt1-harness {__version__}\n")
