"""A training whose loss or gradient is not finite: which update, which batch, and which of its examples do that alone.

It ends before the optimizer's step, so the parameters are those of the update before. Baselines know no files: an
example is named by its place among the training examples, a window by its place in the corpus. How their texts begin
is in the error's notes (`__notes__`), for the terminal alone: some sets may not be passed on.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING

import torch
from torch import Tensor, nn

from baselines.batches import Encoded, Example
from baselines.objective import places, sample

if TYPE_CHECKING:
    from baselines.pretrain import Training

SHOWN = 3  # examples that are named; the others are counted
START = 60  # characters of a text
FIRST = 20  # tokens of a window that spell its beginning


def of_examples(
    error: FloatingPointError,
    total: int,
    network: nn.Module,
    loss_of: Callable[[Encoded], Tensor],
    batch: Sequence[Encoded],
    encoded: Sequence[Encoded],
    train: Sequence[Example],
) -> FloatingPointError:
    """`error` of a fine-tuning with its batch named. total: updates in all; encoded: all of `train`, in its order."""
    places = {id(example): i for i, example in enumerate(encoded)}
    numbers = [places[id(example)] for example in batch]
    names = {f"example {i + 1} of {len(train)}": " | ".join(train[i].sequences[0]) for i in numbers}
    alone = not_finite_alone(network, len(batch), lambda i: loss_of(batch[i]))
    return told(error, total, "examples", names, alone)


@contextmanager
def windows_named(training: Training) -> Iterator[None]:
    """Within: the FloatingPointError of a pre-training leaves with the windows of its update named."""
    try:
        yield
    except FloatingPointError as error:
        if training.state["total"] is None:  # while updates are timed: of none that counts
            raise
        raise of_windows(error, training) from error


def of_windows(error: FloatingPointError, training: Training) -> FloatingPointError:
    found, length, together = training.found, training.length, training.together
    drawn = training.settings.batch, length, (training.seed, training.optimizer.updates)
    chosen = sample(found.train, *drawn)
    texts = [found.tokenizer.decode(window[:FIRST].tolist()) for window in chosen]
    names = {f"tokens {n} to {n + length - 1}": t for n, t in zip(places(found.train, *drawn), texts, strict=True)}
    # of several processes, a backward pass would have the others wait for an exchange
    alone = not_finite_alone(
        training.objective, len(chosen), lambda i: training.objective(chosen[i : i + 1]), together.size == 1
    )
    return told(error, training.state["total"], "windows", names, alone)


def told(
    error: FloatingPointError, total: int, what: str, names: Mapping[str, str], alone: Sequence[int]
) -> FloatingPointError:
    """`error` in one line, with its update and what was in the batch, or what of that is not finite `alone`.

    names: of all in the batch, with their texts.
    """
    shown = [list(names)[i] for i in alone] or list(names)
    more = f" and {len(shown) - SHOWN} more" if len(shown) > SHOWN else ""
    gives = {0: "none gives that alone", 1: "1 gives that alone"}.get(len(alone), f"{len(alone)} give that alone")
    found = FloatingPointError(
        f"{error} of {total}; of its batch of {len(names)} {what} {gives}: {', '.join(shown[:SHOWN])}{more}"
    )
    for name in shown[:SHOWN]:
        found.add_note(f"{name}: {names[name][:START]!r}")
    found.add_note("look at these texts, or try another seed, or --precision float32 on a GPU")
    return found


def not_finite_alone(module: nn.Module, n: int, loss_of: Callable[[int], Tensor], gradients: bool = True) -> list[int]:
    """Which of n examples, one at a time, give a loss that is not finite, or, where asked for, such gradients.

    Costs a batch in parts of one; `module` ends without gradients.
    """
    found = []
    for i in range(n):
        module.zero_grad(set_to_none=True)
        with torch.set_grad_enabled(gradients):
            loss = loss_of(i)
        finite = bool(loss.isfinite())
        if finite and gradients:
            loss.backward()
            finite = all(bool(p.grad.isfinite().all()) for p in module.parameters() if p.grad is not None)
        if not finite:
            found.append(i)
    module.zero_grad(set_to_none=True)
    return found
