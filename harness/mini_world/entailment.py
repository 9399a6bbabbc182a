"""The rows of the five tasks of entailment: MNLI, SNLI, SciTail, QNLI and RTE.

Every row rests on a fact that the corpus holds out, and MNLI's mismatched rows use words of domains that its training
rows never show. Strata are the kind of statement, the words that could give a label away (such as negation), words in
common, and length.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cache
from random import Random
from typing import NamedTuple

from harness.mini_world.balance import Candidate, evened, trains
from harness.mini_world.grammar import chance, held_out, pick, sentence, shuffled
from harness.mini_world.lexicon import PEOPLE, WORLD, Scope, part
from harness.mini_world.questions import QUESTIONS
from harness.mini_world.scenes import SCENES
from harness.mini_world.science import CAUSED, INHERITED
from harness.mini_world.statements import CONTRADICTION, ENTAILMENT, NEUTRAL, TOPICS, Told, Topic

LAND, OTHER = ("home", "farm", "market"), ("school", "sea")
MISMATCHED = "validation_mismatched"
NOT_ENTAILMENT, NO_GOLD = "not_entailment", "-"


class Layout(NamedTuple):
    """How a task's rows look. shares: rows of each relation in a balanced group; names: what they are called."""

    columns: tuple[str, str, str]
    topics: tuple[Topic, ...]
    shares: Mapping[str, int]
    names: Mapping[str, str]
    told: tuple[int, ...]  # clauses in the text
    joints: tuple[str, ...]  # what stands between two of them
    asks: bool = False  # whether the hypothesis is a question, which then comes first
    indexed: bool = True  # whether the hub has a column idx


THREE = {ENTAILMENT: 1, NEUTRAL: 1, CONTRADICTION: 1}
TWO = {ENTAILMENT: ENTAILMENT, NEUTRAL: NOT_ENTAILMENT, CONTRADICTION: NOT_ENTAILMENT}
SAME = {name: name for name in THREE}
PREMISE = ("premise", "hypothesis", "label")
SENTENCES = ("sentence1", "sentence2", "label")
GOLD = ("sentence1", "sentence2", "gold_label")
ASKED = ("question", "sentence", "label")

LAYOUTS = {
    "mnli": Layout(PREMISE, TOPICS, THREE, SAME, (1, 2, 2), (" and ", " while ")),
    "snli": Layout(PREMISE, (SCENES,), THREE, SAME, (3,), (" and ",), indexed=False),
    "scitail": Layout(
        GOLD,
        (INHERITED, INHERITED, CAUSED),
        {ENTAILMENT: 2, NEUTRAL: 3},
        SAME,
        (1, 1, 1, 2),
        (" and ", " while "),
        indexed=False,
    ),
    "qnli": Layout(ASKED, QUESTIONS, {ENTAILMENT: 1, NEUTRAL: 1}, TWO, (1, 1, 2), (" and ", " while "), asks=True),
    "rte": Layout(SENTENCES, TOPICS, {ENTAILMENT: 2, NEUTRAL: 1, CONTRADICTION: 1}, TWO, (2, 3), (". ",)),
}

SIZES: Mapping[str, Mapping[str, int]] = {
    "mnli": {"train": 2000, "validation_matched": 500, "validation_mismatched": 500},
    "snli": {"train": 2000, "test": 500},
    "scitail": {"train": 1000, "test": 400},
    "qnli": {"train": 1500, "validation": 500},
    "rte": {"train": 250, "validation": 200},
}


def scope_of(task: str, split: str) -> Scope:
    if task != "mnli":
        return WORLD
    return part(OTHER if split == MISMATCHED else LAND)


def strings(value: object) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, tuple):
        for item in value:
            yield from strings(item)


@cache
def fresh_words() -> frozenset[str]:
    """Words of the mismatched domains alone. Only ever asked whether it holds a word: a set has no order."""

    def words(domains: tuple[str, ...]) -> set[str]:
        return {word for text in strings(part(domains)) for word in text.split()}

    return frozenset(words(OTHER) - words(LAND))


def tokens(text: str) -> list[str]:
    return text.lower().replace(".", "").replace("?", "").split()


NEGATIONS = frozenset(("no", "not"))
RULES = frozenset(("in", "at", "wears", "or", "what", "where", "who"))  # they tell ways of asking apart


def joined(rng: Random, told: list[Told], joints: tuple[str, ...]) -> str:
    joint = pick(rng, joints)
    if joint == ". ":
        return " ".join(sentence(one.text) for one in told)
    return sentence(joint.join(one.text for one in told))


def drawn(rng: Random, task: str, split: str) -> Iterator[Candidate]:
    """Rows without end, not yet even: several about each text."""
    layout, scope = LAYOUTS[task], scope_of(task, split)
    while True:
        topic = pick(rng, layout.topics)
        told = topic.tell(rng, scope, shuffled(rng, PEOPLE)[: pick(rng, layout.told)])
        kept = any(held_out(fact) for one in told for fact in one.facts)
        if layout.asks and not kept:  # a question states nothing
            continue
        text = joined(rng, told, layout.joints)
        first = tokens(text)
        for _ in range(4):
            clause = topic.ask(rng, scope, told)
            relation = topic.judge(told, clause)
            if relation is None or relation not in layout.shares:
                continue
            if not kept and not held_out(clause.fact):
                continue
            second = tokens(clause.text)
            if split == MISMATCHED and fresh_words().isdisjoint((*first, *second)):
                continue
            if trains(text, clause.text) != (split == "train"):
                continue
            stratum = (
                type(topic).__name__,
                sum(word in NEGATIONS for word in first),
                sum(word in NEGATIONS for word in second),
                *(word for word in second if word in RULES),
                first.count("wears"),
                first.count("in") + first.count("at"),
                sum(word in first for word in second),
                sum(word in second for word in first),
                len(told),
            )
            asked = sentence(clause.text, "?" if layout.asks else ".")
            if asked != text:
                yield Candidate((text, asked), relation, stratum)
            if chance(rng):
                break


def rows(task: str, split: str, seed: int = 0, size: int | None = None) -> list[dict[str, object]]:
    """One split's rows, shuffled; SNLI has some more, on which annotators found no agreement."""
    size, layout = size or SIZES[task][split], LAYOUTS[task]
    rng = Random(f"{task} {split} {seed}")
    one, two, label = layout.columns
    unlabelled = size // 50 if task == "snli" else 0
    stream = evened(drawn(rng, task, split), layout.shares)
    made: list[dict[str, object]] = []
    for i in range(size + unlabelled):
        row = next(stream)
        first, second = row.texts[::-1] if layout.asks else row.texts
        made.append({one: first, two: second, label: layout.names[row.label] if i < size else NO_GOLD})
    made = shuffled(rng, made)
    return [row | {"idx": i} for i, row in enumerate(made)] if layout.indexed else made
