"""CoLA's gold labels of the miniature, found again by a grammar of its own; only the lexicon is shared."""

from __future__ import annotations

import re

from harness.mini_world.lexicon import ACTIVITIES, COLOURS, DEEDS, GARMENTS, KINDS, PEOPLE, POSTURES
from tests.test_mini_world_gold import EFFECTS, FIGURED, MANY, MEANT, NOUNS, ROOMS, VERB, WIDER, either, every, lower

SHADES, STANCES = ([noun for kind in kinds for noun in kind.nouns] for kinds in (COLOURS, POSTURES))
DRESS = f"a {either(SHADES)} {either(GARMENTS)}"
THING = either(f"{'an' if noun[0] in 'aeiou' else 'a'} {noun}" for noun in (*WIDER, *NOUNS.values()))
FIGURE = either(f"a {figure}" for figure in FIGURED)
INSIDE = either([*(f"in the {room}" for room in ROOMS), *(f"at the {name}" for name in set(ROOMS.values()))])
SUBJECT = either([*PEOPLE, *(f"the {noun}" for noun in NOUNS)])
SOMETHING = either([SUBJECT, *(f"the {name}" for name in NOUNS.values())])
PLURAL = either(f"{kind.name}{'es' if kind.name == 'dish' else 's'}" for kind in KINDS)
CLAUSE = either(
    [
        rf"{SUBJECT} is (?:not )?(?:{INSIDE}|{either(MEANT)})",
        rf"{either(PEOPLE)} {VERB} (?:{THING}|no {either((*NOUNS, *NOUNS.values()))})",
        rf"{FIGURE} (?:wears {DRESS}|is {either(STANCES)}|is {either(ACTIVITIES)} {THING})",
        rf"the {either(NOUNS)} was left {either(EFFECTS)}",
        rf"all {PLURAL} {either(MANY)}",
        rf"{THING} {either(MANY.values())}",
    ]
)
QUESTION = either(
    [
        rf"where is {SUBJECT}",
        rf"who is {INSIDE}",
        rf"who {VERB} {THING}",
        rf"what (?:does|did) {either(PEOPLE)} {either(deed.base for deed in DEEDS)}",
        rf"is {SOMETHING} {either(MEANT)} or {either(MEANT)}",
    ]
)
GRAMMAR = re.compile(rf"{CLAUSE}(?: (?:and|while) {CLAUSE})?\.|{QUESTION}\?")


def test_acceptable_is_what_the_grammar_says() -> None:
    for row in every("cola"):
        assert bool(GRAMMAR.fullmatch(lower(row["sentence"]))) == (row["label"] == "acceptable"), row


def test_damages_are_of_many_sorts() -> None:
    bad = [row["sentence"] for row in every("cola") if row["label"] == "unacceptable"]
    sorts = (
        r"\b[Aa] [aeiou]",
        r"\b[Aa]n [^aeiou]",
        r"\b(\w+) \1\b",
        r" (the|a|an)[.]",
        r" the (in|at) ",
    )
    for sort in sorts:
        assert sum(bool(re.search(sort, text)) for text in bad) >= 5, sort
