"""The unlabelled documents: what a language model can learn the miniature world from.

In most of them statements meet: one is said, another one follows, contradicts it or leaves it open, and a few verdict
words at the end say which. The verdict is what only a model that matched the two statements can predict, at once in an
argument, many sentences later in a story. The rest tells of kinds, words and opinions. All words are drawn alike.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from random import Random

from harness.mini_world.grammar import a, chance, held_out, pick, plural, sentence, shuffled
from harness.mini_world.lexicon import BUILDINGS, DEEDS, KINDS, LIKES, PEOPLE, PROPERTIES, STATES, WOMEN, WORLD
from harness.mini_world.questions import about_deed, about_place, about_state
from harness.mini_world.scenes import scene
from harness.mini_world.science import caused, inherited
from harness.mini_world.statements import CONTRADICTION, ENTAILMENT, FAMILIES, LABELS, NEUTRAL, Family, Pair

TOKEN = re.compile(r"\w+|[^\w\s]")
QUESTIONS: tuple[Family, ...] = (about_deed, about_deed, about_place, about_state)

ANSWER = {ENTAILMENT: "Yes.", CONTRADICTION: "No.", NEUTRAL: "Nobody knows."}
TRUTH = {ENTAILMENT: "That is true.", CONTRADICTION: "That is false.", NEUTRAL: "That is not known."}
ACCORD = {ENTAILMENT: "They agreed.", CONTRADICTION: "They did not agree.", NEUTRAL: "They spoke of different things."}


def drawn(rng: Random, families: Sequence[Family], cast: Sequence[str], labels: Sequence[str], met: set[str]) -> Pair:
    """A pair that states nothing held out, and is about nobody and nothing met before in the document."""
    label = pick(rng, labels)
    while True:
        pair = pick(rng, families)(rng, WORLD, cast, label)
        if any(clause.fact and held_out(clause.fact) for clause in (pair.premise, pair.hypothesis, pair.aside)):
            continue
        if not any(topic in met for topic in pair.topics):
            met.update(pair.topics)
            return pair


def told(rng: Random, pair: Pair, joined: bool) -> str:
    """The premise, alone or with the aside before or after it."""
    if not joined:
        return sentence(pair.premise.text)
    first, second = shuffled(rng, (pair.premise.text, pair.aside.text))
    if chance(rng):
        return f"{sentence(first)} {sentence(second)}"
    return sentence(f"{first}{pick(rng, (' and', ' while', ', but'))} {second}")


def concluded(rng: Random, pair: Pair) -> str:
    """The hypothesis with its verdict, after it or (the statement then is what is to be predicted) before it."""
    text, label = pair.hypothesis.text, pair.label
    way = rng.random()
    if way < 0.4:
        return f"Is it true that {text}? {ANSWER[label]}"
    if way < 0.8:
        return f"{sentence(text)} {TRUTH[label]}"
    if label == ENTAILMENT:
        return f"So {text}."
    return f"So it is false that {text}." if label == CONTRADICTION else f"It is not known whether {text}."


def argument(rng: Random) -> str:
    cast, met, said = shuffled(rng, PEOPLE), set[str](), []
    for i in range(4):
        joined = chance(rng)
        pair = drawn(rng, FAMILIES, cast[4 * i : 4 * i + 2], LABELS, met)
        if chance(rng, 0.3):
            one, other = cast[4 * i + 2], cast[4 * i + 3]
            said.append(f"{one} said that {pair.premise.text}.")
            said.append(f"{other} said that {pair.hypothesis.text}. {ACCORD[pair.label]}")
        else:
            said.append(f"{told(rng, pair, joined)} {concluded(rng, pair)}")
    return " ".join(said)


def story(rng: Random) -> str:
    """Everything is told first, in any order; everything is asked at the end."""
    cast, met = shuffled(rng, PEOPLE), {"somebody"}
    pairs = [drawn(rng, FAMILIES, cast[2 * i : 2 * i + 2], LABELS, met) for i in range(4)]
    clauses = shuffled(rng, [clause.text for pair in pairs for clause in (pair.premise, pair.aside)])
    opening = f"It was {pick(rng, ('morning', 'evening', 'Monday', 'Sunday'))}."
    told_all = [sentence(text) for text in clauses]
    return " ".join([opening, *told_all, *(concluded(rng, pair) for pair in shuffled(rng, pairs))])


def quiz(rng: Random) -> str:
    cast, met, said = shuffled(rng, PEOPLE), set[str](), []
    for i in range(5):
        pair = drawn(rng, QUESTIONS, cast[2 * i : 2 * i + 2], (ENTAILMENT, NEUTRAL), met)
        verdict = "That answers the question." if pair.label == ENTAILMENT else "That does not answer the question."
        question = f"{pair.hypothesis.text[0].upper()}{pair.hypothesis.text[1:]}?"
        said.append(f"{question} {told(rng, pair, chance(rng))} {verdict}")
    return " ".join(said)


def recall(rng: Random) -> str:
    """A story whose questions are answered in full, so that the answer has to be found in it."""
    cast, met = shuffled(rng, PEOPLE), set[str]()
    pairs = [drawn(rng, QUESTIONS, cast[2 * i : 2 * i + 2], (ENTAILMENT, ENTAILMENT, NEUTRAL), met) for i in range(4)]
    clauses = shuffled(rng, [clause.text for pair in pairs for clause in (pair.premise, pair.aside)])
    said = [sentence(text) for text in clauses]
    for pair in shuffled(rng, pairs):
        answer = sentence(pair.premise.text) if pair.label == ENTAILMENT else "Nobody knows."
        said.append(f"{pair.hypothesis.text[0].upper()}{pair.hypothesis.text[1:]}? {answer}")
    return " ".join(said)


def pictures(rng: Random) -> str:
    said = []
    for _ in range(4):
        pair = drawn(rng, (scene,), (), LABELS, set())
        said.append(f"Look at the picture. {told(rng, pair, chance(rng, 0.7))} {concluded(rng, pair)}")
    return " ".join(said)


def lesson(rng: Random) -> str:
    """Properties and causes."""
    said, met = [], set[str]()
    for _ in range(5):
        pair = drawn(rng, (inherited, caused), (), (ENTAILMENT, NEUTRAL), met)
        met -= {topic for topic in met if not topic.startswith("the ")}
        end = (
            f"So {pair.hypothesis.text}."
            if pair.label == ENTAILMENT
            else f"Whether {pair.hypothesis.text} is not said."
        )
        if chance(rng, 0.6):
            end = f"Does it follow that {pair.hypothesis.text}? {'Yes.' if pair.label == ENTAILMENT else 'No.'}"
        said.append(f"{told(rng, pair, chance(rng))} {end}")
    return " ".join(said)


def kinds(rng: Random) -> str:
    said = []
    for kind in shuffled(rng, KINDS)[:3]:
        for thing in shuffled(rng, kind.nouns)[:3]:
            x = pick(rng, thing)
            wrong = pick(rng, [other.name for other in KINDS if other != kind and other.name not in kind.parents])
            said.append(f"{sentence(a(x))[:-1]} is {a(pick(rng, (kind.name, *kind.parents)))}.")
            if thing[1:]:
                said.append(f"{sentence(a(thing[1]))[:-1]} is the same as {a(thing[0])}.")
            said.append(
                pick(
                    rng,
                    (
                        f"{sentence(a(x))[:-1]} is not {a(wrong)}.",
                        f"Is {a(x)} {a(wrong)}? No.",
                        f"Is {a(x)} {a(kind.name)}? Yes.",
                        f"All {plural(x)} are {plural(kind.name)}.",
                    ),
                )
            )
        known = [said_of for said_of in PROPERTIES if kind.name in said_of.of]
        said.append(sentence(f"{plural(kind.name)} {pick(rng, known).many}"))
    return " ".join(said)


def words(rng: Random) -> str:
    said = []
    for _ in range(4):
        one, other = shuffled(rng, pick(rng, STATES).sides)
        said.append(f"{sentence(pick(rng, one))[:-1]} is the opposite of {pick(rng, other)}.")
        said += [f"{sentence(side[0])[:-1]} means the same as {side[1]}." for side in (one, other) if side[1:]]
        said.append(f"What is {pick(rng, one)} is not {pick(rng, other)}.")
        first, second = shuffled(rng, pick(rng, DEEDS).verbs)
        said.append(f"If somebody {first.finite} a thing, then somebody {second.finite} it.")
        building = pick(rng, BUILDINGS)
        said.append(f"The {pick(rng, building.rooms)} is {building.preposition} the {building.name}.")
        name = pick(rng, PEOPLE)
        said.append(f"{name} is a {'woman' if name in WOMEN else 'man'}.")
    return " ".join(said)


def review(rng: Random) -> str:
    """Opinions: two qualities and a verdict that fits both."""
    said = []
    for _ in range(3):
        kind = pick(rng, KINDS)
        noun = pick(rng, pick(rng, kind.nouns))
        good = chance(rng)
        first, second = shuffled(
            rng, ("good", "lovely", "great", "useful") if good else ("bad", "awful", "ugly", "useless")
        )[:2]
        opinion = pick(rng, LIKES[0 if good else 1]).finite
        said.append(f"{pick(rng, PEOPLE)} {pick(rng, ('bought', 'purchased'))} {a(noun)}.")
        said.append(f"This {noun} is {first} and {second}.")
        said.append(f"Everybody {opinion} it. It was {'worth' if good else 'not worth'} the money.")
    return " ".join(said)


# in the order of their shares, of a hundred documents
DOCUMENTS: tuple[tuple[Callable[[Random], str], int], ...] = (
    (argument, 30),
    (story, 20),
    (quiz, 12),
    (pictures, 12),
    (lesson, 9),
    (recall, 5),
    (kinds, 5),
    (words, 4),
    (review, 3),
)


def corpus(seed: int = 0, tokens: int = 4_500_000) -> Iterator[str]:
    """Documents of about a hundred tokens (words and punctuation marks), until there are `tokens` of them."""
    rng = Random(f"corpus {seed}")
    deck = [document for document, share in DOCUMENTS for _ in range(share)]
    while True:
        for document in shuffled(rng, deck):
            text = document(rng)
            yield text
            tokens -= len(TOKEN.findall(text))
            if tokens <= 0:
                return
