"""Each gold label of the five tasks of entailment, found again from the text alone, by other code than the generator's.

Sentences are read with regular expressions and compared by rules written here; only the lexicon is shared.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence

import pytest

from harness.mini_world.lexicon import ACTIVITIES, COLOURS, GARMENTS, PEOPLE, POSTURES
from tests.test_mini_world_gold import (
    EFFECTS,
    FIGURED,
    FINITE,
    MANY,
    MEANT,
    NOUNS,
    OPPOSITES,
    ROOMS,
    VERB,
    Statement,
    clauses,
    either,
    every,
)
from tests.test_mini_world_rows import Row

SHADES, STANCES = ({noun: kind.name for kind in kinds for noun in kind.nouns} for kinds in (COLOURS, POSTURES))
WIDER = {**NOUNS, **ROOMS, **FIGURED, **SHADES, **STANCES}
ENTAILED, NEUTRAL, CONTRADICTED = "entailment", "neutral", "contradiction"

SUBJECT = rf"(?:the |an? )?({either((*PEOPLE, *NOUNS, *NOUNS.values(), *FIGURED, *FIGURED.values()))})"
PREDICATES = {
    "at": rf"is (not )?(?:in|at) the ({either((*ROOMS, *ROOMS.values()))})",
    "is": rf"is (not )?({either(MEANT)})",
    "does": rf"is (not )?({either((*STANCES, *STANCES.values()))}|{either(ACTIVITIES)} an? \w+)",
    "wears": rf"wears ()a ((?:\w+ )?{either(GARMENTS)})",
    "property": rf"()({either(MANY.values())})",
}


def read(said: str) -> Statement:
    for relation, predicate in PREDICATES.items():
        if found := re.fullmatch(f"{SUBJECT} {predicate}", said):
            value = re.sub(" an? ", " ", found[3])
            return Statement(found[1], relation, MEANT.get(value, value), bool(found[2]))
    if found := re.fullmatch(rf"{SUBJECT} ({VERB}) (no|an?) (\w+)", said):
        return Statement(found[1], found[2], found[4], found[3] == "no")
    if found := re.fullmatch(rf"{SUBJECT} was left ({either(EFFECTS)})", said):
        return Statement(found[1], "is", EFFECTS[found[2]])
    found = re.fullmatch(rf"all (\w+?)(?:s|es) ({either(MANY)})", said)
    assert found, said
    return Statement(found[1].removesuffix("e") if found[1] == "dishe" else found[1], "all", MANY[found[2]])


def general(value: str) -> set[str]:
    """All that it is a case of, with itself: navy coat, dark coat, coat."""
    *front, last = value.split()
    found = {value, " ".join([*front, WIDER.get(last, last)])}
    if last in GARMENTS and front:
        found |= {last, f"{SHADES.get(front[0], front[0])} {last}"}
    return found


def excludes(told: Statement, value: str) -> bool:
    if value in general(told.value) or told.value in general(value):
        return False
    if told.relation == "is":
        return OPPOSITES[told.value] == value
    if told.relation == "wears":
        return told.value.split()[-1] == value.split()[-1]
    return told.relation in ("at", "does")


def stands(told: Statement, asked: Statement) -> str:
    if told.relation == "all":
        return (
            ENTAILED
            if (asked.relation, told.value, WIDER.get(asked.who))
            == (
                "property",
                asked.value,
                told.who,
            )
            else NEUTRAL
        )
    if told.relation != asked.relation or asked.who not in (told.who, WIDER.get(told.who)):
        return NEUTRAL
    if told.negative:
        there, ruled_out = False, told.value in general(asked.value)
    else:
        there, ruled_out = asked.value in general(told.value), excludes(told, asked.value)
    if not there and not ruled_out:
        return NEUTRAL
    return ENTAILED if there != asked.negative else CONTRADICTED


def together(told: Sequence[Statement], asked: Statement) -> str:
    """Of several statements all but one leave it open, and "the toy" is one of them at most."""
    assert len({one.who for one in told if asked.who in (one.who, WIDER.get(one.who))}) < 2, (told, asked)
    found = {stands(one, asked) for one in told} - {NEUTRAL}
    assert len(found) < 2, (told, asked)
    return found.pop() if found else NEUTRAL


def labels(task: str) -> list[tuple[Row, str]]:
    """Rows and what their labels should be."""
    one, two = ("premise", "hypothesis") if task in ("mnli", "snli") else ("sentence1", "sentence2")
    rows = [row for row in every(task) if row.get("gold_label", row.get("label")) != "-"]
    found = []
    for row in rows:
        (asked,) = clauses(row[two])
        found.append((row, together([read(said) for said in clauses(row[one])], read(asked))))
    return found


@pytest.mark.parametrize("task", ["mnli", "snli", "scitail", "rte"])
def test_the_label_is_how_the_second_text_stands_to_the_first(task: str) -> None:
    two = task == "rte"
    for row, found in labels(task):
        given = row.get("gold_label", row.get("label"))
        assert given == ("not_entailment" if two and found != ENTAILED else found), row


@pytest.mark.parametrize("task", ["mnli", "snli", "scitail", "rte"])
def test_what_was_told_of_is_also_called_by_its_kind_whatever_the_label(task: str) -> None:
    """Else "the boat" for a canoe would give the label away."""
    counts: dict[bool, Counter[str]] = {True: Counter(), False: Counter()}
    for row, label in labels(task):
        second = row["hypothesis" if "hypothesis" in row else "sentence2"]
        kinds = {f"The {kind}" for kind in (*NOUNS.values(), *FIGURED.values())}
        counts[" ".join(second.split()[:2]) in kinds][label] += 1
    for label, of in sum(counts.values(), Counter[str]()).items():
        share, overall = counts[True][label] / of, counts[True].total() / (counts[True] + counts[False]).total()
        assert task == "rte" or abs(share - overall) < 0.02, counts
    assert counts[True]


def answered(question: str, told: Statement) -> bool:
    if told.negative:
        return False
    if found := re.fullmatch(rf"where is {SUBJECT}", question):
        return told.relation == "at" and found[1] in general(told.who)
    if found := re.fullmatch(r"who is (?:in|at) the (\w+)", question):
        return told.relation == "at" and told.who in PEOPLE and found[1] in general(told.value)
    if found := re.fullmatch(rf"what (does|did) {SUBJECT} (\w+)", question):
        return (found[2], FINITE[f"{found[1]} {found[3]}"]) == told[:2]
    if found := re.fullmatch(rf"who ({VERB}) an? (\w+)", question):
        return found[1] == told.relation and found[2] in general(told.value)
    found = re.fullmatch(rf"is {SUBJECT} (\w+) or (\w+)", question)
    assert found, question
    sides = {MEANT[found[2]], MEANT[found[3]]}
    return told.relation == "is" and found[1] in general(told.who) and told.value in sides


def test_a_question_is_answered_where_the_label_says_so() -> None:
    for row in every("qnli"):
        (question,) = clauses(row["question"])
        found = any(answered(question, read(said)) for said in clauses(row["sentence"]))
        assert (row["label"] == ENTAILED) == found, row
