from __future__ import annotations

import pytest
import torch

from baselines.batches import Encoded, collate, encode, encode_all, group_by_length, layout, windows, within_budget
from baselines.tokenizer import Tokenizer
from harness.tasks.base import answers, both_orders, pair, single
from tests import tiny

TOKENIZER = Tokenizer(tiny.VOCABULARY)
START, DELIMITER, EXTRACT = TOKENIZER.start, TOKENIZER.delimiter, TOKENIZER.extract
A, B, C = (TOKENIZER.encode(letter)[0] for letter in "abc")


def test_the_four_layouts() -> None:
    """The paper's Figure 1."""

    def laid_out(example: object) -> tuple[list[int], ...]:
        return encode(example, TOKENIZER, 48).sequences  # type: ignore[arg-type]

    assert laid_out(single("a", 0)) == ([START, A, EXTRACT],)
    assert laid_out(pair("a", "b", 0)) == ([START, A, DELIMITER, B, EXTRACT],)
    assert laid_out(both_orders("a", "b", 0)) == ([START, A, DELIMITER, B, EXTRACT], [START, B, DELIMITER, A, EXTRACT])
    assert laid_out(answers(("a", "b"), ("c", "a"), 1)) == (
        [START, A, B, DELIMITER, C, EXTRACT],
        [START, A, B, DELIMITER, A, EXTRACT],
    )


@pytest.mark.parametrize(
    ("lengths", "kept"),
    [
        ([30], [22]),  # n_ctx // 2 - 2
        ([30, 30], [22, 22]),
        ([5, 30], [5, 22]),
        ([60, 4, 3], [38, 4, 3]),  # the document takes the room that question and answer leave
        ([60, 30, 30], [1, 22, 22]),
        ([10, 4, 3], [10, 4, 3]),
    ],
)
def test_truncation_keeps_to_n_ctx_and_counts_what_it_cuts(lengths: list[int], kept: list[int]) -> None:
    segments = [[i + 2] * length for i, length in enumerate(lengths)]
    ids, cut = layout(segments, TOKENIZER, 48)
    assert [ids.count(i + 2) for i in range(len(lengths))] == kept
    assert cut == sum(lengths) - sum(kept)
    assert len(ids) <= 48 and ids[0] == START and ids[-1] == EXTRACT


def test_a_batch_is_real_tokens_end_to_end() -> None:
    batch = collate([Encoded(([1, 2],), 0.0, 0), Encoded(([3, 4, 5, 6],), 1.0, 0), Encoded(([7, 8, 9],), 0.0, 0)], 6)
    assert batch.tokens.tolist() == [3, 4, 5, 6, 7, 8, 9, 1, 2]  # longest first
    assert batch.positions.tolist() == [0, 1, 2, 3, 0, 1, 2, 0, 1]
    assert batch.extract.tolist() == [[8], [3], [6]]  # in the examples' order
    assert batch.sources.tolist() == [0, 1, 2, 4, 5, 7]
    assert batch.targets.tolist() == [4, 5, 6, 8, 9, 2]
    assert batch.weights.tolist() == pytest.approx([1 / 18] * 3 + [1 / 12] * 2 + [1 / 6])
    assert float(batch.weights.sum()) == pytest.approx(3 / 6)  # this part's share of six sequences


def test_two_sequences_an_example() -> None:
    batch = collate([Encoded(([1, 2, 3], [4, 5]), 0.0, 0), Encoded(([6, 7], [8, 9, 10]), 0.0, 0)], 4)
    assert batch.tokens[batch.extract].tolist() == [[3, 5], [7, 10]]


def test_windows_predict_every_token_but_the_first() -> None:
    batch = windows(torch.tensor([[1, 2, 3], [4, 5, 6]]))
    assert batch.tokens[batch.sources].tolist() == [1, 2, 4, 5]
    assert batch.targets.tolist() == [2, 3, 5, 6]
    assert batch.weights.tolist() == [0.25] * 4


def test_groups_cover_all_tokens_with_bounded_padding() -> None:
    lengths = sorted([500, 490, 300, 290, 289, 40, 39, 12, 3, 3, 3], reverse=True)
    groups = list(group_by_length(lengths))
    assert [g.start for g in groups[1:]] == [g.stop for g in groups[:-1]]
    assert groups[-1].stop == sum(lengths)
    for group in groups:
        real = group.stop - group.start
        assert group.n * group.length - real <= max(256, 0.15 * group.n * group.length)
        if group.padded is not None and group.real is not None:
            assert len(group.padded) == group.n * group.length and len(group.real) == real
            assert group.padded[group.real].tolist() == list(range(real))
    assert len(groups) < len(lengths)


def test_micro_batches_keep_to_the_budget_and_lose_nobody() -> None:
    n_tokens = [5, 30, 12, 7, 40, 3]
    parts = list(within_budget(n_tokens, 40))
    assert sorted(i for part in parts for i in part) == list(range(6))
    assert [sum(n_tokens[i] for i in part) for part in parts] == [40, 30, 27]
    assert list(within_budget(n_tokens, 1)) == [[4], [1], [2], [3], [0], [5]]


def test_a_batch_needs_one_number_of_sequences() -> None:
    with pytest.raises(ValueError, match=r"\[1, 2\] sequences; expected one number"):
        encode_all([pair("a", "b", 0), both_orders("a", "b", 0)], TOKENIZER, 48)
