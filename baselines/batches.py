"""Examples -> token sequences -> batches of real tokens laid end to end, without padding.

Legend: B examples of C sequences each, S = B * C sequences, T tokens in all, N targets of the language model.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, NamedTuple, Protocol

import torch
from torch import Tensor

from baselines.tokenizer import Tokenizer


class Example(Protocol):
    """What crosses the door: sequences of text segments, and a label where there is one."""

    @property
    def sequences(self) -> tuple[tuple[str, ...], ...]: ...
    @property
    def label(self) -> float | None: ...


class Encoded(NamedTuple):
    """An example in tokens. `cut`: tokens that did not fit."""

    sequences: tuple[list[int], ...]
    label: float | None
    cut: int

    @property
    def n_tokens(self) -> int:
        return sum(len(sequence) for sequence in self.sequences)


def encode(example: Example, tokenizer: Tokenizer, n_ctx: int, known: Mapping[str, list[int]] | None = None) -> Encoded:
    """Tokenise and lay out each sequence (paper, Figure 1). known: the ids of all its texts, if they are at hand."""
    ids = known.__getitem__ if known is not None else tokenizer.encode
    laid_out = [layout([ids(segment) for segment in sequence], tokenizer, n_ctx) for sequence in example.sequences]
    return Encoded(tuple(ids for ids, _ in laid_out), example.label, sum(cut for _, cut in laid_out))


def layout(segments: list[list[int]], tokenizer: Tokenizer, n_ctx: int) -> tuple[list[int], int]:
    """start, segments with a delimiter before the last one, extract -> (ids, how many tokens were cut).

    Each segment is cut on the right to n_ctx // 2 - 2, as in the release. Of three (document, question, answer) the
    document takes what room the others leave instead; the paper and the release are silent there.
    """
    most = n_ctx // 2 - 2
    kept = [segment[:most] for segment in segments]
    if len(segments) > 2:
        kept[0] = segments[0][: max(0, n_ctx - 3 - sum(len(segment) for segment in kept[1:]))]
    cut = sum(map(len, segments)) - sum(map(len, kept))
    *context, last = kept
    before = [token for segment in context for token in segment]
    delimiter = [tokenizer.delimiter] if context else []
    return [tokenizer.start, *before, *delimiter, *last, tokenizer.extract], cut


def shown(example: Example, tokenizer: Tokenizer, n_ctx: int) -> list[str]:
    """A line a sequence: its pieces, those of one word joined by a dot, and how many there are."""
    encoded = encode(example, tokenizer, n_ctx)
    lines = [f"{tokenizer.spell(ids)} ({len(ids)} tokens)" for ids in encoded.sequences]
    return [*lines, f"{encoded.cut} tokens were cut"] if encoded.cut else lines


class Group(NamedTuple):
    """Neighbouring sequences of like length, attended together; only here does padding exist.

    start, stop: their tokens in the flat batch; n x length is the padded shape. padded: for each padded place the
    token to put there (from `start`), real: the padded places that hold real tokens; both None where nothing is padded.
    """

    start: int
    stop: int
    n: int
    length: int
    padded: Tensor | None
    real: Tensor | None


@dataclass(frozen=True)
class Batch:
    """B examples of C sequences, real tokens end to end, longest sequence first."""

    tokens: Tensor  # (T,) ids
    positions: Tensor  # (T,) from 0 in each sequence
    groups: tuple[Group, ...]
    extract: Tensor  # (B, C) where each sequence's last token stands in `tokens`
    sources: Tensor  # (N,) places whose next token is a target of the language model
    targets: Tensor  # (N,) those tokens
    weights: Tensor  # (N,) 1 / (targets of the sequence * sequences in the whole batch): so that losses of parts add up

    def to(self, device: torch.device) -> Batch:
        def move(tensor: Tensor | None) -> Tensor | None:
            return None if tensor is None else tensor.to(device, non_blocking=True)

        names = ("tokens", "positions", "extract", "sources", "targets", "weights")
        moved: dict[str, Any] = {name: move(getattr(self, name)) for name in names}
        groups = tuple(group._replace(padded=move(group.padded), real=move(group.real)) for group in self.groups)
        return replace(self, groups=groups, **moved)


def collate(examples: Sequence[Encoded], n_sequences: int) -> Batch:
    """Examples with the same number of sequences -> Batch.

    n_sequences: how many the effective batch holds, of which these examples may be a part.
    """
    sequences = [sequence for example in examples for sequence in example.sequences]
    order = sorted(range(len(sequences)), key=lambda i: -len(sequences[i]))
    lengths = torch.tensor([len(sequences[i]) for i in order])
    stops = lengths.cumsum(0)
    starts = stops - lengths
    tokens = torch.tensor([token for i in order for token in sequences[i]])
    positions = torch.arange(len(tokens)) - starts.repeat_interleave(lengths)
    extract = torch.empty(len(sequences), dtype=torch.long)
    extract[torch.tensor(order)] = stops - 1
    is_source = torch.ones(len(tokens), dtype=torch.bool)
    is_source[stops - 1] = False  # nothing follows the extract token
    sources = is_source.nonzero().squeeze(1)
    weights = (1.0 / ((lengths - 1) * n_sequences)).repeat_interleave(lengths - 1)
    return Batch(
        tokens,
        positions,
        tuple(group_by_length(lengths.tolist())),
        extract.view(len(examples), -1),
        sources,
        tokens[sources + 1],
        weights,
    )


def windows(tokens: Tensor) -> Batch:
    """(S, L) windows of running text -> Batch, for pre-training: every token but the first is a target."""
    count, length = tokens.shape
    flat = tokens.reshape(-1)
    sources = torch.arange(count * length).view(count, length)[:, :-1].reshape(-1)
    return Batch(
        flat,
        torch.arange(length).repeat(count),
        (Group(0, count * length, count, length, None, None),),
        torch.arange(1, count + 1).view(count, 1) * length - 1,
        sources,
        flat[sources + 1],
        torch.full((len(sources),), 1.0 / max(1, len(sources))),
    )


def group_by_length(lengths: list[int], waste: float = 0.15, spare: int = 256) -> Iterator[Group]:
    """Cut descending lengths into groups so that attention sees little padding.

    A group is closed when its padding passes `waste` of its tokens, but never for fewer than `spare` padded tokens,
    which cost less than another group's kernels.
    """
    start, first = 0, 0
    while first < len(lengths):
        longest, real, last = lengths[first], 0, first
        while last < len(lengths):
            padded = longest * (last + 1 - first)
            if padded - (real + lengths[last]) > max(spare, waste * padded):
                break
            real += lengths[last]
            last += 1
        yield make_group(start, lengths[first:last])
        start, first = start + real, last


def make_group(start: int, lengths: list[int]) -> Group:
    count, longest, real = len(lengths), lengths[0], sum(lengths)
    if count * longest == real:
        return Group(start, start + real, count, longest, None, None)
    each = torch.tensor(lengths)
    places = torch.arange(longest).expand(count, longest)
    is_real = places < each[:, None]
    firsts = (each.cumsum(0) - each)[:, None]
    padded = torch.where(is_real, places + firsts, firsts).reshape(-1)  # any real token will do: nothing looks right
    return Group(start, start + real, count, longest, padded, is_real.reshape(-1).nonzero().squeeze(1))


def within_budget(n_tokens: Sequence[int], budget: int) -> Iterator[list[int]]:
    """Indices of examples by falling number of tokens, cut into runs of at most `budget` (one example at least)."""
    run: list[int] = []
    used = 0
    for i in sorted(range(len(n_tokens)), key=lambda i: -n_tokens[i]):
        if run and used + n_tokens[i] > budget:
            yield run
            run, used = [], 0
        run.append(i)
        used += n_tokens[i]
    if run:
        yield run


def encode_all(
    examples: Iterable[Example], tokenizer: Tokenizer, n_ctx: int, known: Mapping[str, list[int]] | None = None
) -> list[Encoded]:
    """Raises ValueError where examples differ in their number of sequences, since a batch is (B, C)."""
    encoded = [encode(example, tokenizer, n_ctx, known) for example in examples]
    counts = sorted({len(example.sequences) for example in encoded})
    if len(counts) > 1:
        raise ValueError(f"examples of one task have {counts} sequences; expected one number")
    return encoded


def unknown_rate(examples: Sequence[Encoded]) -> float:
    """The share of tokens, special ones counted, that the vocabulary does not know: id 0, as in the release."""
    pieces = [piece for example in examples for sequence in example.sequences for piece in sequence]
    return round(pieces.count(0) / max(1, len(pieces)), 6)
