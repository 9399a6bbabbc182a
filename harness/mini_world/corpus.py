"""The unlabelled documents: what a language model can learn the miniature world from.

In most of them something is told, and then statements about it follow, each with one word that says how it stands to
what was told: true, false or unknown. That word is what only a model that matched the two can predict. The same is
asked for in easier ways too: questions to be answered from the text, and what follows from it, said in full. The rest
tells of kinds, places, opposites and causes. All words are drawn alike.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from random import Random

from harness.mini_world.grammar import Clause, a, chance, held_out, pick, plural, sentence, shuffled
from harness.mini_world.lexicon import BUILDINGS, CAUSES, KINDS, PEOPLE, STATES, WORLD
from harness.mini_world.questions import QUESTIONS, answers
from harness.mini_world.scenes import SCENES
from harness.mini_world.science import CAUSED, INHERITED
from harness.mini_world.statements import CONTRADICTION, ENTAILMENT, LABELS, NEUTRAL, PLAIN, TOPICS, Told, Topic

TOKEN = re.compile(r"\w+|[^\w\s]")
VERDICTS = {ENTAILMENT: "True.", CONTRADICTION: "False.", NEUTRAL: "Unknown."}


def told(rng: Random, topic: Topic, number: int) -> list[Told]:
    """Statements none of which is held out."""
    while True:
        said = topic.tell(rng, WORLD, shuffled(rng, PEOPLE)[:number])
        if not any(held_out(fact) for one in said for fact in one.facts):
            return said


def asked(
    rng: Random, topic: Topic, said: Sequence[Told], labels: Sequence[str], number: int
) -> Iterator[tuple[Clause, str]]:
    """Different statements about what was told, with their labels, as even as the text allows."""
    seen = set[str]()
    for _ in range(number):
        label = pick(rng, labels)
        for _ in range(12):
            clause = topic.ask(rng, WORLD, said)
            if clause.text not in seen and not held_out(clause.fact) and topic.judge(said, clause) == label:
                seen.add(clause.text)
                yield clause, label
                break


def text_of(rng: Random, said: Sequence[Told]) -> str:
    """One sentence each, or some of them joined."""
    text, rest = said[0].text, said[1:]
    for one in rest:
        text += pick(rng, (". ", ". ", " and ", " while ")) + "\0" + one.text
    parts = text.split(". \0")
    return " ".join(sentence(part.replace("\0", "")) for part in parts)


def exam(
    rng: Random,
    topics: Sequence[Topic] = TOPICS,
    labels: Sequence[str] = LABELS,
    numbers: Sequence[int] = (1, 1, 1, 2),
) -> str:
    topic = pick(rng, topics)
    said = told(rng, topic, pick(rng, numbers))
    mark, explained = pick(rng, ".?"), chance(rng)
    lines = []
    for clause, label in asked(rng, topic, said, labels, 4):
        lines.append(f"{sentence(clause.text, mark)} {VERDICTS[label]}")
        if explained and label != NEUTRAL:
            lines += [f"{sentence(one.text)}" for one in said if topic.judge((one,), clause) == label][:1]
    return " ".join([text_of(rng, said), *lines])


def pictures(rng: Random) -> str:
    return exam(rng, (SCENES,), numbers=(2, 3, 3))


def lesson(rng: Random) -> str:
    return exam(rng, (INHERITED, INHERITED, CAUSED), (ENTAILMENT, NEUTRAL), (1,))


def recall(rng: Random) -> str:
    """Questions answered in full, so that the answer has to be found in the text."""
    topic = pick(rng, QUESTIONS)
    said = told(rng, topic, pick(rng, (2, 3)))
    lines = []
    for question, label in asked(rng, topic, said, (ENTAILMENT, ENTAILMENT, ENTAILMENT, NEUTRAL), 3):
        found = [clause for one in said for clause in one.states if answers(clause, question)]
        answer = sentence(pick(rng, found).text) if label == ENTAILMENT else VERDICTS[NEUTRAL]
        lines.append(f"{sentence(question.text, '?')} {answer}")
    return " ".join([text_of(rng, said), *lines])


def quiz(rng: Random) -> str:
    """A question, and a text that answers it or does not."""
    lines = []
    for _ in range(2):
        topic = pick(rng, QUESTIONS)
        said = told(rng, topic, pick(rng, (1, 1, 1, 2)))
        for question, label in asked(rng, topic, said, (ENTAILMENT, NEUTRAL), 1):
            verdict = "Answered." if label == ENTAILMENT else "Unknown."
            lines.append(f"{sentence(question.text, '?')} {text_of(rng, said)} {verdict}")
    return " ".join(lines)


def follow(rng: Random) -> str:
    """What follows, said in full; or the same once more, in another order."""
    if chance(rng, 0.6):
        said = told(rng, pick(rng, PLAIN), pick(rng, (2, 3, 4)))
        return " ".join([text_of(rng, said), *(f"So {one.text}." for one in shuffled(rng, said))])
    topic = pick(rng, (*TOPICS, SCENES, INHERITED, CAUSED))
    said = told(rng, topic, pick(rng, (2, 3)))
    lines = [f"So {clause.text}." for clause, _ in asked(rng, topic, said, (ENTAILMENT,), 4)]
    return " ".join([text_of(rng, said), *lines])


def words(rng: Random) -> str:
    """Kinds, rooms, opposites, causes."""
    said = []
    for _ in range(4):
        kind, building, state, cause = pick(rng, KINDS), pick(rng, BUILDINGS), pick(rng, STATES), pick(rng, CAUSES)
        one, other = shuffled(rng, state.sides)
        noun = pick(rng, kind.nouns)
        said.append(
            pick(
                rng,
                (
                    f"{sentence(a(noun), '')} is {a(kind.name)}.",
                    f"{sentence(plural(kind.name), '')}: {a(noun)}.",
                    f"The {pick(rng, building.rooms)} is at the {building.name}.",
                    f"What is {one} is not {other}.",
                    f"What is left {cause.where} is {cause.effect}.",
                ),
            )
        )
    return " ".join(said)


# in the order of their shares, of a hundred documents
DOCUMENTS: tuple[tuple[Callable[[Random], str], int], ...] = (
    (exam, 46),
    (follow, 12),
    (pictures, 10),
    (lesson, 12),
    (quiz, 12),
    (recall, 5),
    (words, 3),
)


def corpus(seed: int = 0, tokens: int = 6_000_000) -> Iterator[str]:
    """Documents of some forty tokens (words and punctuation marks), until there are `tokens` of them."""
    rng = Random(f"corpus {seed}")
    deck = [document for document, share in DOCUMENTS for _ in range(share)]
    while True:
        for document in shuffled(rng, deck):
            text = document(rng)
            if not text:
                continue
            yield text
            tokens -= len(TOKEN.findall(text))
            if tokens <= 0:
                return
