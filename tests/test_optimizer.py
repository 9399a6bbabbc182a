from __future__ import annotations

import math

import pytest
import torch
from torch import Tensor, nn

from baselines.optimizer import Adam, warmup_cosine, warmup_linear


def released(parameters: list[Tensor], gradients: list[list[Tensor]], rates: list[float], decay: float) -> list[Tensor]:
    """The release's update written out: global clipping at 1, epsilon on the uncorrected root, decay on matrices."""
    parameters = [p.clone() for p in parameters]
    m, v = [torch.zeros_like(p) for p in parameters], [torch.zeros_like(p) for p in parameters]
    for t, (step, rate) in enumerate(zip(gradients, rates, strict=True), start=1):
        norm = math.sqrt(sum(float((g**2).sum()) for g in step))
        corrected = rate * math.sqrt(1 - 0.999**t) / (1 - 0.9**t)
        for i, p in enumerate(parameters):
            g = step[i] / max(norm, 1.0)
            m[i] = 0.9 * m[i] + 0.1 * g
            v[i] = 0.999 * v[i] + 0.001 * g * g
            update = m[i] / (v[i].sqrt() + 1e-8)
            if p.dim() > 1:
                update = update + decay * p
            parameters[i] = p - corrected * update
    return parameters


SIZES = (1e-10, 1e-8, 1e-6, 1e-3, 10.0)


def fifty_updates(size: float) -> tuple[list[Tensor], list[Tensor]]:
    """Parameters after fifty updates with gradients of this size in float64: ours, and by the rule written out."""
    generator = torch.Generator().manual_seed(0)

    def noise(*shape: int) -> Tensor:
        return torch.randn(*shape, dtype=torch.float64, generator=generator)

    start = [noise(5, 3), noise(7), noise(2, 2)]
    gradients = [[noise(*p.shape) * size for p in start] for _ in range(50)]
    rates = [6.25e-3 * warmup_linear(i / 50, 0.1) for i in range(50)]
    parameters = [nn.Parameter(p.clone()) for p in start]
    optimizer = Adam({str(i): p for i, p in enumerate(parameters)}.items(), weight_decay=0.01, clip=1.0)
    for step, rate in zip(gradients, rates, strict=True):
        for parameter, gradient in zip(parameters, step, strict=True):
            parameter.grad = gradient.clone()
        optimizer.step(rate)
    return [p.detach() for p in parameters], released(start, gradients, rates, 0.01)


@pytest.mark.parametrize("size", SIZES)
def test_fifty_updates_equal_the_released_rule_in_float64(size: float) -> None:
    for ours, theirs in zip(*fifty_updates(size), strict=True):
        torch.testing.assert_close(ours, theirs, rtol=0, atol=1e-9)
        torch.testing.assert_close(ours, theirs, rtol=1e-9, atol=1e-12)


def test_clipping_is_by_the_norm_of_all_tensors_together() -> None:
    parameters = {"a": nn.Parameter(torch.zeros(1, 1)), "b": nn.Parameter(torch.zeros(1))}
    optimizer = Adam(parameters.items(), weight_decay=0.0, clip=1.0)
    parameters["a"].grad, parameters["b"].grad = torch.tensor([[3.0]]), torch.tensor([4.0])
    assert optimizer.step(0.1) == pytest.approx(5.0)
    moments = optimizer.state()
    assert moments["exp_avg.a"].item() == pytest.approx(0.1 * 0.6)
    assert moments["exp_avg.b"].item() == pytest.approx(0.1 * 0.8)


@pytest.mark.parametrize("bad", [math.nan, math.inf])
def test_a_gradient_that_is_not_finite_stops_before_the_update(bad: float) -> None:
    parameter = nn.Parameter(torch.ones(2))
    optimizer = Adam([("a", parameter)], 0.0, 1.0)
    parameter.grad = torch.tensor([1.0, bad])
    with pytest.raises(FloatingPointError, match="at update 1"):
        optimizer.step(0.1)
    assert parameter.tolist() == [1.0, 1.0]


def test_schedules() -> None:
    assert [warmup_linear(x, 0.002) for x in (0.0, 0.001, 0.002, 0.5, 1.0)] == pytest.approx(
        [0.0, 0.5 * 0.999, 0.998, 0.5, 0.0]
    )
    assert [warmup_cosine(u, 10, 110) for u in (0, 5, 10, 60, 110)] == pytest.approx([0.0, 0.5, 1.0, 0.5, 0.0])
