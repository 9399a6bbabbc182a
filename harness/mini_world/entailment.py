"""The rows of the five tasks of entailment: MNLI, SNLI, SciTail, QNLI and RTE.

Every row rests on a fact that the corpus holds out, and MNLI's mismatched rows use words of domains that its training
rows never show. Strata are the kind of statement, the words that could give a label away (such as negation), length,
and the number of words in common: where nothing is decided, something of another kind is spoken of, as often as the
same is by its kind.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from random import Random
from typing import NamedTuple

from harness.mini_world.balance import Candidate, evened
from harness.mini_world.grammar import AT, chance, held_out, pick, sentence, shuffled
from harness.mini_world.lexicon import GARMENTS, GENERAL
from harness.mini_world.questions import QUESTIONS
from harness.mini_world.scenes import SCENES
from harness.mini_world.science import CAUSED, INHERITED
from harness.mini_world.scope import FRESH, SHOWN, Scope, halves
from harness.mini_world.statements import CONTRADICTION, ENTAILMENT, NEUTRAL, TOPICS, Places, States, Told, Topic

LAND, OTHER = ("home", "farm", "market"), ("school", "sea")
MATCHED, MISMATCHED = "validation_matched", "validation_mismatched"
NOT_ENTAILMENT, NO_GOLD = "not_entailment", "-"


class Layout(NamedTuple):
    """How a task's rows look. shares: rows of each label in a balanced group; names: the label of each relation."""

    columns: tuple[str, str, str]
    topics: tuple[Topic, ...]
    shares: Mapping[str, int]
    names: Mapping[str, str]
    told: tuple[int, ...]  # clauses in the text
    joints: tuple[str, ...]  # what stands between two of them
    asks: bool = False  # whether the hypothesis is a question, which then comes first
    indexed: bool = True  # whether the hub has a column idx


EXCLUSIVE: tuple[Topic, ...] = (States(), Places(things=1.0))  # where what is told rules something else out
THREE = {ENTAILMENT: 1, NEUTRAL: 1, CONTRADICTION: 1}
TWO = {ENTAILMENT: ENTAILMENT, NEUTRAL: NOT_ENTAILMENT, CONTRADICTION: NOT_ENTAILMENT}
SAME = {name: name for name in THREE}
PREMISE = ("premise", "hypothesis", "label")
SENTENCES = ("sentence1", "sentence2", "label")
GOLD = ("sentence1", "sentence2", "gold_label")
ASKED = ("question", "sentence", "label")

LAYOUTS = {
    "mnli": Layout(PREMISE, EXCLUSIVE, THREE, SAME, (1,), (" and ",)),
    "snli": Layout(PREMISE, (SCENES,), THREE, SAME, (1,), (" and ",), indexed=False),
    "scitail": Layout(
        GOLD,
        (INHERITED, INHERITED, CAUSED),
        {ENTAILMENT: 2, NEUTRAL: 3},
        SAME,
        (1, 1, 1, 2),
        (" and ",),
        indexed=False,
    ),
    "qnli": Layout(ASKED, QUESTIONS, {ENTAILMENT: 1, NOT_ENTAILMENT: 1}, TWO, (1,), (" and ",), asks=True),
    "rte": Layout(SENTENCES, TOPICS, {ENTAILMENT: 1, NOT_ENTAILMENT: 1}, TWO, (1, 1, 1, 2), (". ",)),
}

SIZES: Mapping[str, Mapping[str, int]] = {
    "mnli": {"train": 900, "validation_matched": 300, "validation_mismatched": 300},
    "snli": {"train": 1000, "test": 500},
    "scitail": {"train": 600, "test": 300},
    "qnli": {"train": 1000, "validation": 300},
    "rte": {"train": 300, "validation": 300},
}


def scope_of(task: str, split: str, seed: int) -> Scope:
    """MNLI's training and matched rows speak of some domains, its mismatched rows of the others."""
    scope = halves(seed)[SHOWN if split == "train" else FRESH]
    return scope.of_domains(OTHER if split == MISMATCHED else LAND) if task == "mnli" else scope


def tokens(text: str) -> list[str]:
    return text.lower().replace(".", "").replace("?", "").split()


NEGATIONS = frozenset(("no", "not"))
RULES = frozenset(("in", "at", "wears", "or", "what", "where", "who"))  # they tell ways of asking apart
WIDE = frozenset((*GENERAL.values(), *GARMENTS))  # the boat, not the canoe; a coat, not a red coat


def joined(rng: Random, told: list[Told], joints: tuple[str, ...]) -> str:
    joint = pick(rng, joints)
    if joint == ". ":
        return " ".join(sentence(one.text) for one in told)
    return sentence(joint.join(one.text for one in told))


def drawn(rng: Random, task: str, scope: Scope) -> Iterator[Candidate]:
    """Rows without end, not yet even: several about each text."""
    layout = LAYOUTS[task]
    while True:
        topic = pick(rng, layout.topics)
        told = topic.tell(rng, scope, shuffled(rng, scope.people)[: pick(rng, layout.told)])
        kept = any(held_out(fact) for one in told for fact in one.facts)
        if layout.asks and not kept:  # a question states nothing
            continue
        text = joined(rng, told, layout.joints)
        first = tokens(text)
        for _ in range(4):
            clause = topic.ask(rng, scope, told)
            relation = topic.judge(told, clause)
            if relation is None or layout.names[relation] not in layout.shares:
                continue
            if not kept and not held_out(clause.fact):
                continue
            second = tokens(clause.text)
            stratum = (
                type(topic).__name__,
                sum(word in NEGATIONS for word in first),
                sum(word in NEGATIONS for word in second),
                *(word for word in second if word in RULES),
                second[-1] in WIDE,
                sum(said.relation == AT for one in told for said in one.states),
                clause.who.removeprefix("the ") in WIDE,
                sum(word in first for word in second),
                len(second),
                len(told),
            )
            asked = sentence(clause.text, "?" if layout.asks else ".")
            if layout.asks or not {*second} <= {*first, "the"}:  # a copy would be told by its words alone
                yield Candidate((text, asked), layout.names[relation], stratum)
            if chance(rng):
                break


def rows(task: str, split: str, seed: int = 0, size: int | None = None) -> list[dict[str, object]]:
    """One split's rows, shuffled; SNLI has some more, on which annotators found no agreement."""
    size, layout = size or SIZES[task][split], LAYOUTS[task]
    rng = Random(f"{task} {split} {seed}")
    one, two, label = layout.columns
    unlabelled = size // 50 if task == "snli" else 0
    stream = evened(drawn(rng, task, scope_of(task, split, seed)), layout.shares)
    made: list[dict[str, object]] = []
    for i in range(size + unlabelled):
        row = next(stream)
        first, second = row.texts[::-1] if layout.asks else row.texts
        made.append({one: first, two: second, label: row.label if i < size else NO_GOLD})
    made = shuffled(rng, made)
    return [row | {"idx": i} for i, row in enumerate(made)] if layout.indexed else made
