"""The labelled rows of each task, in the columns in which the real set is published.

Evaluation rows use words that no training row shows (the other half of the lexicon), and every row rests on a fact that
the corpus holds out. What can be seen without understanding is made even: within each stratum (the kind of statement,
the words that could give it away, such as negation, words in common, length) each label is as frequent as in the whole.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cache
from random import Random
from typing import NamedTuple

from harness.mini_world.grammar import chance, held_out, pick, plural, sentence, shuffled
from harness.mini_world.lexicon import COLOURS, PEOPLE, STATES, Scope, part
from harness.mini_world.questions import about_deed, about_place, about_state
from harness.mini_world.scenes import scene
from harness.mini_world.science import caused, inherited
from harness.mini_world.statements import CONTRADICTION, ENTAILMENT, FAMILIES, NEUTRAL, Family, Pair, state

LAND, OTHER = ("home", "farm", "market"), ("school", "sea")
NOT_ENTAILMENT, NO_GOLD = "not_entailment", "-"


class Layout(NamedTuple):
    """How a task's rows look. shares: rows of each relation in a balanced group; names: what they are called."""

    columns: tuple[str, str, str]
    families: tuple[Family, ...]
    shares: Mapping[str, int]
    names: Mapping[str, str]
    aside: float  # the share of premises with more than the one statement
    style: str = "clauses"
    indexed: bool = True  # whether the hub has a column idx


THREE = {ENTAILMENT: 1, NEUTRAL: 1, CONTRADICTION: 1}
TWO = {ENTAILMENT: ENTAILMENT, NEUTRAL: NOT_ENTAILMENT, CONTRADICTION: NOT_ENTAILMENT}
SAME = {name: name for name in THREE}
PREMISE = ("premise", "hypothesis", "label")
SENTENCES = ("sentence1", "sentence2", "label")
GOLD = ("sentence1", "sentence2", "gold_label")
ASKED = ("question", "sentence", "label")

LAYOUTS = {
    "mnli": Layout(PREMISE, FAMILIES, THREE, SAME, 0.8),
    "snli": Layout(PREMISE, (scene,), THREE, SAME, 0.7, "picture", indexed=False),
    "scitail": Layout(GOLD, (inherited, inherited, caused), {ENTAILMENT: 2, NEUTRAL: 3}, SAME, 0.8, indexed=False),
    "qnli": Layout(
        ASKED, (about_deed, about_deed, about_place, about_state), {ENTAILMENT: 1, NEUTRAL: 1}, TWO, 0.8, "question"
    ),
    "rte": Layout(SENTENCES, FAMILIES, {ENTAILMENT: 2, NEUTRAL: 1, CONTRADICTION: 1}, TWO, 1.0, "sentences"),
}

SIZES: Mapping[str, Mapping[str, int]] = {
    "mnli": {"train": 2000, "validation_matched": 500, "validation_mismatched": 500},
    "snli": {"train": 2000, "test": 500},
    "scitail": {"train": 1000, "test": 400},
    "qnli": {"train": 1500, "validation": 500},
    "rte": {"train": 250, "validation": 200},
}


def scope_of(task: str, split: str) -> Scope:
    if task == "mnli":
        return part(int(split != "train"), OTHER if split == "validation_mismatched" else LAND)
    return part(int(split != "train"))


def strings(value: object) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, tuple):
        for item in value:
            yield from strings(item)


@cache
def fresh_words() -> frozenset[str]:
    """The words of the evaluating half alone. Only ever asked whether it holds a word: a set has no order."""

    def forms(half: int) -> set[str]:
        # phrases ("are not alive") hold words that belong to all
        known = {text for text in strings(part(half)) if " " not in text}
        return known | {plural(word) for word in known}

    return frozenset(forms(1) - forms(0))


def tokens(text: str) -> list[str]:
    return [word.strip(".,?").lower() for word in text.split()]


def premise_text(rng: Random, layout: Layout, pair: Pair, cast: list[str], scope: Scope) -> str:
    clauses = [pair.premise.text]
    if chance(rng, layout.aside):
        clauses = shuffled(rng, [pair.premise.text, pair.aside.text])
    if layout.style == "sentences":
        if chance(rng):
            third = state(rng, scope, cast[2:4], NEUTRAL)
            if not any(topic in pair.topics for topic in third.topics):
                clauses = shuffled(rng, [*clauses, third.premise.text])
        return " ".join(sentence(text) for text in clauses)
    if layout.style == "picture":
        return sentence(" while ".join(clauses))
    return sentence(f"{pick(rng, (' and', ', and', ', but', ' while'))} ".join(clauses))


# Words that some way of making a premise brings with it, grouped where they are exchangeable.
CUES = tuple(
    group.split()
    for group in (
        "not no nobody cannot",
        "somebody man woman",
        "nobody",
        "wants want wishes wish",
        "has have owns own",
        "go",
        "waiting",
        "in on",
        "only",
        "all every",
        "likes like fond",
        "left",
        "sleeping nothing",
        "wearing " + " ".join(COLOURS),
        " ".join(word for state in STATES if state.of == ("person",) for side in state.sides for word in side),
        "who what where which how",
        "what which how",
        "what how",
        "how",
    )
)


def cues(words: list[str]) -> tuple[int, ...]:
    return tuple(sum(word in cue for word in words) for cue in CUES)


def stratum(family: Family, premise: str, hypothesis: str) -> tuple[object, ...]:
    first, second = tokens(premise), tokens(hypothesis)
    shared = sum(word in first for word in second)
    repeated = hypothesis.rstrip(".").lower() in premise.lower()
    return family.__name__, cues(first), cues(second), shared, repeated, premise.count(".") + len(first) // 4


def drawn(rng: Random, task: str, split: str) -> Iterator[tuple[str, str, str, tuple[object, ...]]]:
    """(relation, premise, hypothesis, stratum) without end, not yet even."""
    layout, scope = LAYOUTS[task], scope_of(task, split)
    relations = [relation for relation, share in layout.shares.items() for _ in range(share)]
    while True:
        family, cast, relation = pick(rng, layout.families), shuffled(rng, PEOPLE), pick(rng, relations)
        pair = family(rng, scope, cast, relation)
        if not any(clause.fact and held_out(clause.fact) for clause in (pair.premise, pair.hypothesis)):
            continue
        premise = premise_text(rng, layout, pair, cast, scope)
        hypothesis = sentence(pair.hypothesis.text)
        if layout.style == "question":
            hypothesis = f"{hypothesis[:-1]}?"
        if premise == hypothesis:
            continue
        if split != "train" and not any(word in fresh_words() for word in tokens(f"{premise} {hypothesis}")):
            continue
        yield relation, premise, hypothesis, stratum(family, premise, hypothesis)


def balanced(rng: Random, task: str, split: str) -> Iterator[tuple[str, str, str]]:
    """Complete groups: from one stratum, each relation as often as its share says."""
    shares = LAYOUTS[task].shares
    waiting: dict[tuple[object, ...], dict[str, list[tuple[str, str]]]] = {}
    seen = set[tuple[str, str]]()
    for relation, premise, hypothesis, key in drawn(rng, task, split):
        if (premise, hypothesis) in seen:
            continue
        seen.add((premise, hypothesis))
        stored = waiting.setdefault(key, {name: [] for name in shares})
        stored[relation].append((premise, hypothesis))
        if all(len(stored[name]) >= share for name, share in shares.items()):
            for name, share in shares.items():
                for _ in range(share):
                    yield name, *stored[name].pop()


def rows(task: str, split: str, seed: int = 0) -> list[dict[str, object]]:
    """One split's rows, shuffled; SNLI has some more, on which annotators found no agreement."""
    size = SIZES[task][split]
    layout = LAYOUTS[task]
    rng = Random(f"{task} {split} {seed}")
    one, two, label = layout.columns
    unlabelled = size // 50 if task == "snli" else 0
    stream = balanced(rng, task, split)
    made: list[dict[str, object]] = []
    for i in range(size + unlabelled):
        relation, premise, hypothesis = next(stream)
        first, second = (hypothesis, premise) if layout.style == "question" else (premise, hypothesis)
        name = layout.names[relation] if i < size else NO_GOLD
        made.append({one: first, two: second, label: name})
    made = shuffled(rng, made)
    return [row | {"idx": i} for i, row in enumerate(made)] if layout.indexed else made
