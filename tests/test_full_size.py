"""The paper profile from nothing at full size: data, vocabulary and 116 M weights through the real libraries."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest
import torch

from baselines import vocabulary, weights
from baselines.gpt import GPT
from baselines.recipes import PROFILES
from harness import record
from tests.stub_hub import StubHub
from tests.test_hub import LABEL, THREE, Columns, repository
from tests.test_main import ROOT
from tests.test_real_files import REAL, real

N = 40  # rows of each fabricated split

# the weights are random, so the check that they read English is told to let them pass
PROGRAM = """
import sys
from baselines import passage
from harness.__main__ import main
passage.NONSENSE = float("inf")
sys.exit(main())
"""


def texts(first: str, second: str, label: str, names: Sequence[object]) -> Columns:
    """Rows whose texts differ in length."""
    return {
        first: [f"It rained on day {i}, " * (1 + i % 4) for i in range(N)],
        second: [f"It was wet on day {i}." for i in range(N)],
        label: [names[i % len(names)] for i in range(N)],
    }


def hub() -> dict[str, dict[str, bytes]]:
    """Table 2's sets in the hub's form, a few rows of each."""
    glue: dict[str, bytes] = {}
    for config, first, second, feature, splits, labels in (
        ("mnli", "premise", "hypothesis", THREE, ("train", "validation_matched", "validation_mismatched"), [0, 1, 2]),
        ("qnli", "question", "sentence", LABEL, ("train", "validation"), [0, 1]),
        ("rte", "sentence1", "sentence2", LABEL, ("train", "validation"), [0, 1]),
    ):
        features = {first: "string", second: "string", "label": feature, "idx": "int32"}
        rows = {**texts(first, second, "label", labels), "idx": range(N)}
        made = repository(config, features, **dict.fromkeys(splits, rows))
        glue |= {name: content for name, content in made.items() if name != "README.md"}
        glue["README.md"] = joined(glue.get("README.md"), made["README.md"])
    snli = texts("premise", "hypothesis", "label", [2, 0, 1])
    scitail = texts("sentence1", "sentence2", "gold_label", ["neutral", "entailment"])
    strings = {"premise": "string", "hypothesis": "string", "label": THREE}
    return {
        "datasets/nyu-mll/glue": glue,
        "datasets/stanfordnlp/snli": repository("plain_text", strings, train=snli, test=snli),
        "datasets/allenai/scitail": repository(
            "snli_format", dict.fromkeys(scitail, "string"), train=scitail, test=scitail
        ),
    }


def joined(one: bytes | None, other: bytes) -> bytes:
    """Two data set cards as one: the lists in their heads put together."""
    if one is None:
        return other
    heads = [json.loads(card.split(b"---\n")[1]) for card in (one, other)]
    return b"---\n" + json.dumps({key: heads[0][key] + heads[1][key] for key in heads[0]}).encode() + b"\n---\n"


@real
@pytest.mark.slow
def test_table_2_from_nothing_at_full_size(tmp_path: Path) -> None:
    """`--limit 8`: a trial that passes every step of the real thing."""
    released = tmp_path / "released"
    released.mkdir()
    vocabulary.write(vocabulary.read(REAL / "gpt1_vocab"), released)
    model = GPT(PROFILES["paper"].size, 40_478, 0.0)
    model.initialise(torch.Generator().manual_seed(0))
    weights.save(model, released)
    files = {path.name: path.read_bytes() for path in released.iterdir()}
    assert len(files["model.safetensors"]) > 466_000_000
    words = ["run", "--table", "2", "--profile", "paper", "--limit", "8", "--runs", str(tmp_path / "runs")]
    kept = {name: value for name, value in os.environ.items() if not re.match("(?i)hf_|.*_proxy$", name)}
    with StubHub({**hub(), "models/openai-community/openai-gpt": files}) as stub:
        done = subprocess.run(
            [sys.executable, "-c", PROGRAM, *words],
            cwd=ROOT,
            env=kept | {"HF_ENDPOINT": stub.endpoint, "HF_HOME": str(tmp_path / "home")},
            capture_output=True,
            text=True,
            check=False,
        )
    assert done.returncode == 0, done.stdout + done.stderr
    made = {found.task: found for found in record.read_all(tmp_path / "runs/paper")}
    assert made.keys() == {"mnli", "snli", "scitail", "qnli", "rte"}
    for found in made.values():
        assert (found.train.n, found.baseline["batch"], found.baseline["updates"]) == (8, 8, 3)
        assert found.baseline["parameters"] == 116_534_784 + 3 * 768
        assert re.match(r"hub \S+ \S+ @ [0-9a-f]{40}$", found.train.origin)
    assert "Measured on a fragment of the data" in done.stdout
