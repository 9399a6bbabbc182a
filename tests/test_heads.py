from __future__ import annotations

import math

import pytest
import torch

from baselines.heads import Head
from harness.tasks.base import Form, choose, classify, score


def head(form: Form, p: float = 0.0, width: int = 4) -> Head:
    made = Head(form, width, p)
    made.initialise(torch.Generator().manual_seed(0))
    return made


def test_classification_of_one_sequence_by_hand() -> None:
    made = head(classify("no", "yes"), width=2)
    with torch.no_grad():
        made.linear.weight.copy_(torch.tensor([[1.0, 0.0], [0.0, 1.0]]))
    logits = made(torch.tensor([[[2.0, 1.0]]]))
    assert logits.tolist() == [[2.0, 1.0]]
    assert made.loss(logits, torch.tensor([1.0])).item() == pytest.approx(math.log(1 + math.e), abs=1e-6)
    assert made.answer(logits).tolist() == [0.0]


def test_two_orders_are_added_over_the_orders_not_the_features() -> None:
    made = head(classify("no", "yes"))
    first, second = torch.randn(3, 1, 4), torch.randn(3, 1, 4)
    both = made(torch.cat([first, second], 1))
    torch.testing.assert_close(both, made(first + second))
    torch.testing.assert_close(both, made(torch.cat([second, first], 1)))


def test_choices_compete_and_share_one_mask() -> None:
    made = head(choose(), p=0.5, width=64)
    torch.manual_seed(0)
    alike = torch.randn(5, 1, 64).expand(5, 4, 64)
    logits = made(alike)
    assert logits.shape == (5, 4)
    torch.testing.assert_close(logits, logits[:, :1].expand(5, 4))  # a mask a choice would tell equals apart
    assert not torch.allclose(logits, made(alike))  # and there is a mask
    assert made.loss(logits, torch.zeros(5)).item() == pytest.approx(5 * math.log(4), abs=1e-5)


def test_a_score_is_split_between_its_neighbours_and_read_as_an_expectation() -> None:
    made = head(score(0, 5))
    assert made.spread(torch.tensor([3.25, 5.0, 0.0])).tolist() == [
        [0, 0, 0, 0.75, 0.25, 0],
        [0, 0, 0, 0, 0, 1],
        [1, 0, 0, 0, 0, 0],
    ]
    logits = torch.tensor([[0.0, 0, 0, math.log(3), 0, 0]])  # three eighths on 3, one eighth on each other
    assert made.answer(logits).item() == pytest.approx((0 + 1 + 2 + 9 + 4 + 5) / 8)
    expected = 0.75 * (math.log(8) - math.log(3)) + 0.25 * math.log(8)
    assert made.loss(logits, torch.tensor([3.25])).item() == pytest.approx(expected, abs=1e-6)


def test_bias_starts_at_zero_and_an_unknown_form_is_refused() -> None:
    assert head(choose()).linear.bias.tolist() == [0.0]
    with pytest.raises(ValueError, match="'rank'; expected classify, choose or score"):
        Head(Form("rank"), 4, 0.0)
