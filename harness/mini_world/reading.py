"""The rows of RACE: four statements, a question about them, and four answers of which one follows.

A text of the middle level tells of one person, and is questioned in other words than its own. One of the high level
tells of several: who has it, where she is, what got wet, at times with a "not". The answers are all of the sort asked
for.
"""

from __future__ import annotations

from collections.abc import Iterator
from random import Random

from harness.mini_world.balance import Candidate
from harness.mini_world.grammar import Clause, held_out, pick, sentence, shuffled
from harness.mini_world.readers import PORTRAIT, SEVERAL, Asked, Reader, right_answer
from harness.mini_world.retelling import STOP, length, text
from harness.mini_world.scope import Scope
from harness.mini_world.statements import Told

MIDDLE, HIGH = "middle", "high"
LEVELS = {"train": (MIDDLE, HIGH), "test_middle": (MIDDLE,), "test_high": (HIGH,), "validation": (MIDDLE, HIGH)}
LETTERS = "ABCD"
NEGATIVES = {MIDDLE: 0.0, HIGH: 0.1}
LONGEST = 40  # words and marks of article, question and one answer
READERS: dict[str, tuple[Reader, ...]] = {MIDDLE: (PORTRAIT,), HIGH: SEVERAL}


def drawn(rng: Random, scope: Scope, reader: Reader, wanted: str) -> tuple[list[Told], Asked, Clause]:
    """A text and a question, whose one right answer follows, and no other."""
    while True:
        told = reader.tell(rng, scope, len(LETTERS), NEGATIVES[wanted])
        if not any(held_out(fact) for one in told for fact in one.facts):
            continue
        asked = reader.ask(rng, scope, told)
        if len(set(asked.answers)) < len(LETTERS):
            continue
        right = right_answer(told, asked)
        if right:
            return told, asked, right[1]


def questions(rng: Random, split: str, scope: Scope) -> Iterator[Candidate]:
    while True:
        wanted = pick(rng, LEVELS[split])
        reader = pick(rng, READERS[wanted])
        told, asked, right = drawn(rng, scope, reader, wanted)
        answers = shuffled(rng, asked.answers)
        options = [sentence(answer) for answer, _ in answers]
        article, question = text([one.text for one in told], STOP), sentence(asked.question, "?")
        if length(article, question, max(options, key=length)) <= LONGEST:
            label = LETTERS[[said for _, said in answers].index(right)]
            stratum = (wanted, type(reader).__name__, question.split()[0], right.negative)
            yield Candidate((article, question, *options), label, stratum, (article,))
