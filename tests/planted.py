"""Ten faults, of which each must be caught by the regression check or by the unit tests.

`nox -s planted` prints which of them the check catches, and by what, and which the unit tests do. As a plugin of pytest
(`-p tests.planted`) it plants the fault that PLANTED names before the tests are read.

usage: python -m tests.planted [--scores] [FAULT ...]      with --scores the check's trainings too: two minutes a fault
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, NamedTuple

import torch
from torch import Tensor
from torch.nn import functional as F

from baselines import batches, door, dropout, finetune, gpt, heads, network, optimizer, starting_point
from baselines.recipes import PROFILES, RECIPES
from harness import metrics, regression, tasks
from harness.check import drop, expectations
from harness.command_line import check
from harness.preparation import language_model
from harness.regression import Bench, Measured
from harness.tasks import base

ROOT = Path(__file__).resolve().parents[1]
Put = Callable[[Any, str, Any], None]  # setattr, or a monkeypatch's


def everywhere(put: Put, original: Any, other: Any) -> None:
    """In each of our modules that has imported it by name."""
    for module in list(sys.modules.values()):
        if getattr(module, "__name__", "").partition(".")[0] in ("harness", "baselines", "tests"):
            for name, value in list(vars(module).items()):
                if value is original:
                    put(module, name, other)


def loss_summed(put: Put) -> None:
    right = network.Network.losses

    def losses(self: Any, batch: Any, labels: Tensor, n_examples: int) -> tuple[Tensor, Tensor]:
        task, lm = right(self, batch, labels, n_examples)
        return task * n_examples, lm

    put(network.Network, "losses", losses)


def mask_shifted(put: Put) -> None:
    """Of the auxiliary loss: what is left out is each sequence's first token, not its last."""
    right = batches.collate

    def collate(examples: Any, n_sequences: int) -> Any:
        batch = right(examples, n_sequences)
        sources = (batch.positions > 0).nonzero().squeeze(1)
        return replace(batch, sources=sources, targets=batch.tokens.roll(-1)[sources])

    everywhere(put, right, collate)


def dropout_left_on(put: Put) -> None:
    put(network.Network, "eval", lambda self: self.train())


def labels_flipped(put: Put) -> None:
    right = base.label_index

    def label_index(names: Sequence[str], row: Any, column: str = "label") -> int | None:
        return right(names[::-1], row, column)

    everywhere(put, right, label_index)


def one_order_dropped(put: Put) -> None:
    right = heads.Head.forward

    def forward(self: Any, extracted: Tensor) -> Tensor:
        if self.form.kind == "choose":
            return right(self, extracted)
        return F.linear(  # as it stands, of the first order alone
            dropout.dropout(extracted[:, 0], self.p if self.training else 0.0), self.linear.weight, self.linear.bias
        )

    put(heads.Head, "forward", forward)


def not_decaying(put: Put) -> None:
    everywhere(put, optimizer.warmup_linear, lambda x, warmup: min(x / warmup, 1.0))


def transfer_ignored(put: Put) -> None:
    everywhere(put, starting_point.untransferred, lambda lm, transferred: {})  # noqa: ARG005


def decay_on_biases(put: Put) -> None:
    right = optimizer.Adam.__init__

    def init(self: Any, parameters: Any, weight_decay: float, clip: float) -> None:
        right(self, parameters, weight_decay, clip)
        for group in self.torch.param_groups:
            group["decay"] = weight_decay

    put(optimizer.Adam, "__init__", init)


def position_off(put: Put) -> None:
    right = gpt.GPT.forward

    def forward(self: Any, batch: Any, tables: Any = None, past: Any = None, keep: Any = None) -> Tensor:
        last = torch.full_like(batch.positions, self.positions_embed.num_embeddings - 1)
        if past is not None:
            last -= past.offsets  # which are added to the positions
        return right(self, replace(batch, positions=torch.minimum(batch.positions + 1, last)), tables, past, keep)

    put(gpt.GPT, "forward", forward)


def averaged_over_batches(put: Put) -> None:
    right, size = metrics.score, 32

    def score(names: Sequence[str], labels: Sequence[float], predictions: Sequence[float]) -> dict[str, float]:
        parts = [
            right(names, labels[i : i + size], predictions[i : i + size]) for i in range(0, max(1, len(labels)), size)
        ]
        return {name: sum(part[name] for part in parts) / len(parts) for name in names}

    put(metrics, "score", score)


class Fault(NamedTuple):
    """tests: the unit tests that are to catch it. pretrains: whether it acts in the pre-training too."""

    plant: Callable[[Put], None]
    tests: tuple[str, ...]
    pretrains: bool = False


FAULTS = {
    "loss summed": Fault(loss_summed, ("test_finetune.py::test_the_loss_is_task_plus_lm_coef_times_lm",)),
    "mask shifted by one": Fault(mask_shifted, ("test_batches.py::test_a_batch_is_real_tokens_end_to_end",)),
    "dropout left on at prediction": Fault(
        dropout_left_on, ("test_finetune.py::test_predictions_keep_the_order_and_ignore_batching",)
    ),
    "label order flipped": Fault(labels_flipped, ("test_tasks.py::test_the_label_order_trap_of_wnli_and_rte",)),
    "one order dropped in similarity": Fault(
        one_order_dropped, ("test_heads.py::test_two_orders_are_added_over_the_orders_not_the_features",)
    ),
    "schedule not decaying": Fault(not_decaying, ("test_finetune.py::test_the_schedule_is_the_released_one",)),
    "transfer flag ignored": Fault(
        transfer_ignored, ("test_starting_point.py::test_the_embeddings_only_are_more_than_nothing",)
    ),
    "decay on biases": Fault(
        decay_on_biases, ("test_optimizer.py::test_fifty_updates_equal_the_released_rule_in_float64",), pretrains=True
    ),
    "position off by one": Fault(
        position_off, ("test_gpt.py::test_one_block_equals_the_formula_written_out",), pretrains=True
    ),
    # with batches of 32 no small case of the unit tests has two of them: the check's own 250 answers do
    "metric averaged over batches": Fault(averaged_over_batches, ()),
}


def unit_tests(name: str) -> subprocess.CompletedProcess[str]:
    """The fault's own unit tests with it planted, in a process of their own."""
    words = ["-q", "-p", "no:cacheprovider", "-p", "tests.planted", *(f"tests/{test}" for test in FAULTS[name].tests)]
    return subprocess.run(
        [sys.executable, "-m", "pytest", *words],
        cwd=ROOT,
        env={**os.environ, "PLANTED": name, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
    )


def bench(folder: Path, given: dict[int, Path] | None = None) -> Bench:
    return Bench(door, RECIPES, PROFILES["mini"], folder, lambda _: None, given=given or {})


def checked(name: str, folder: Path, given: dict[int, Path], with_scores: bool) -> None:
    """Plant it, check, print how many findings of each group are not as expected. folder: a tokenised corpus in it."""
    FAULTS[name].plant(setattr)
    place, found = bench(folder, {} if FAULTS[name].pretrains else given), Measured()
    loaded = regression.rows(place)
    regression.exact(place, loaded, found)
    for seed in range(drop.NEW) if with_scores else ():
        regression.scores(place, loaded, seed, found)
    findings = check.compare(expectations.read(check.path_of("mini")), found, not with_scores)
    caught = []
    for group in ("facts", "fixed training", "scores"):
        passed = [finding.passed for finding in findings if finding.group == group]
        caught.append(f"{passed.count(False)} of {len(passed)}" if passed else "–")
    unit = "–" if not FAULTS[name].tests else "yes" if unit_tests(name).returncode == 1 else "no"
    told = [f"{f.name} {f.found}" for f in findings if f.group == "scores"]
    print(f"| {name} | {' | '.join(caught)} | {unit} | {'; '.join(told)} |", flush=True)


def main(words: list[str]) -> None:
    """Each fault in a process of its own; the corpus is tokenised once, and what it cannot touch pre-trained once."""
    with_scores, names = "--scores" in words, [word for word in words if word != "--scores"]
    shared = bench(ROOT / "runs" / "check" / "planted" / "shared")
    regression.rows(shared)
    given = []
    for seed in range(drop.NEW) if with_scores else ():
        model = language_model.Untrained(door, shared.short, RECIPES["full"], shared.words(), seed)
        model.prepare("cpu")
        given.append(str(model.folder))
    print(
        "| fault | facts | fixed training | scores | unit tests | mean scores |\n|---|---|---|---|---|---|", flush=True
    )
    for name in names or FAULTS:
        folder = shared.folder.with_name(name.replace(" ", "-"))
        shutil.rmtree(folder, ignore_errors=True)
        shutil.copytree(shared.folder / "mini" / "corpora", folder / "mini" / "corpora")
        inner = [sys.executable, "-m", "tests.planted", "--one", name, str(folder), *given]
        subprocess.run(inner, cwd=ROOT, check=False)


if __name__ == "__main__":
    if sys.argv[1:2] == ["--one"]:
        _, _, fault, at, *pretrained = sys.argv
        checked(fault, Path(at), dict(enumerate(map(Path, pretrained))), bool(pretrained))
    else:
        main(sys.argv[1:])
elif os.environ.get("PLANTED"):
    for _module in (finetune, tasks):
        assert _module  # imported, so that what they hold by name is replaced in them too
    torch.set_num_threads(1)
    FAULTS[os.environ["PLANTED"]].plant(setattr)
