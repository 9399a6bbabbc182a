"""The unlabelled documents: what a language model can learn the miniature world from.

In most of them something is told, and then statements about it follow, each with one word that says how it stands to
what was told: true, false or unknown. That word is what only a model that matched the two can predict. The same is
asked for in easier ways too: questions to be answered from the text, what follows from it, which of two things "it" is,
whether two texts come to the same. Reviews end with their verdict. The rest tells of kinds, places, opposites and
causes. All words are drawn alike.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from itertools import islice
from random import Random

from harness.mini_world import duplicates, pronouns, similarity, stories
from harness.mini_world.consequences import follows
from harness.mini_world.glossary import words
from harness.mini_world.grammar import CORPUS, Clause, asks, chance, held_out, pick, sentence, shuffled
from harness.mini_world.questions import QUESTIONS
from harness.mini_world.readers import PORTRAIT, SEVERAL, right_answer
from harness.mini_world.retelling import states
from harness.mini_world.reviews import review
from harness.mini_world.scenes import SCENES
from harness.mini_world.science import CAUSED, INHERITED
from harness.mini_world.scope import WORLD
from harness.mini_world.statements import CONTRADICTION, ENTAILMENT, LABELS, NEUTRAL, TOPICS, States, Told, Topic

STATED: tuple[Topic, ...] = (States(),)  # the hardest to learn, so told of twice as often
ANEW = 0.8  # of statements about a text: none that stands in it
TRIES = 36  # draws in search of a statement that stands to a text as wanted
TOKEN = re.compile(r"\w+|[^\w\s]")
VERDICTS = {ENTAILMENT: "True.", CONTRADICTION: "False.", NEUTRAL: "Unknown."}
PARTLY = {0.0: "Nothing the same.", 5.0: "All the same."}


def told(rng: Random, topic: Topic, number: int) -> list[Told]:
    """Statements none of which is held out."""
    while True:
        said = topic.tell(rng, WORLD, shuffled(rng, WORLD.people)[:number])
        if not hidden(said):
            return said


def hidden(said: Sequence[Told]) -> bool:
    return any(held_out(fact) for one in said for fact in one.facts)


def asked(
    rng: Random, topic: Topic, said: Sequence[Told], labels: Sequence[str], number: int
) -> Iterator[tuple[Clause, str]]:
    """Different statements about what was told, with their labels, as even as the text allows."""
    copies = {one.text for one in said} if chance(rng, ANEW) else set[str]()
    seen = set(copies)
    for _ in range(number):
        wanted = shuffled(rng, labels)
        for place in range(TRIES):
            clause, label = topic.ask(rng, WORLD, said), wanted[place * len(wanted) // TRIES]
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
    topics: Sequence[Topic] = (*TOPICS, *STATED),
    labels: Sequence[str] = LABELS,
    numbers: Sequence[int] = (1, 1, 1, 2),
    each: Sequence[int] = (3, 4),
) -> str:
    """A text and a statement or two about it, with how they stand to it; then another one of the same topic."""
    topic, lines = pick(rng, topics), list[str]()
    for _ in range(2):
        said = told(rng, topic, pick(rng, numbers))
        lines.append(text_of(rng, said))
        for one, label in asked(rng, topic, said, labels, pick(rng, each)):
            lines.append(f"{sentence(one.text)} {VERDICTS[label]}")
    return " ".join(lines)


def pictures(rng: Random) -> str:
    return exam(rng, (SCENES,), numbers=(1, 1, 1, 2))


def lesson(rng: Random) -> str:
    return exam(rng, (INHERITED, INHERITED, CAUSED), (ENTAILMENT, NEUTRAL))


def recall(rng: Random) -> str:
    """Questions answered in the words of the text, or in other words."""
    reader = PORTRAIT if chance(rng, 0.7) else pick(rng, SEVERAL)
    while hidden(said := reader.tell(rng, WORLD, pick(rng, (2, 3, 4)), 0.05)):
        pass
    lines = []
    for _ in range(4):
        question = reader.ask(rng, WORLD, said)
        if held_out(asks(question.question)):
            continue
        if (right := right_answer(said, question)) and not held_out(right[1].fact):
            lines.append(f"{sentence(question.question, '?')} {sentence(right[0])}")
    return " ".join([text_of(rng, said), *dict.fromkeys(lines)])


def quiz(rng: Random) -> str:
    """A question, and a text that answers it or does not."""
    lines = []
    for _ in range(3):
        topic = pick(rng, QUESTIONS)
        said = told(rng, topic, pick(rng, (1, 1, 1, 2)))
        for question, label in asked(rng, topic, said, (ENTAILMENT, NEUTRAL), 1):
            if held_out(asks(question.text)):
                continue
            found = "Answered." if label == ENTAILMENT else "Unknown."
            lines.append(f"{sentence(question.text, '?')} {text_of(rng, said)} {found}")
    return " ".join(lines)


def portrait(rng: Random) -> list[Told]:
    """Of one person, nothing held out."""
    while hidden(said := PORTRAIT.tell(rng, WORLD, pick(rng, (2, 3, 4)), 0.0)):
        pass
    return said


def follow(rng: Random) -> str:
    """What follows, said in full."""
    if chance(rng):
        said = portrait(rng)
        ends = [stories.concluded(rng, one) for one in shuffled(rng, states(said))]
    else:
        topic = pick(rng, (*TOPICS, *STATED, SCENES, INHERITED, CAUSED))
        said = told(rng, topic, pick(rng, (1, 1, 2)))
        ends = [clause for clause, _ in asked(rng, topic, said, (ENTAILMENT,), 4)]
    return " ".join([text_of(rng, said), *(sentence(f"so {one.text}") for one in ends if not held_out(one.fact))])


def marked(rng: Random) -> str:
    """Answers to questions, or what might follow: right ones and wrong ones, and which they are."""
    said, answered, lines = portrait(rng), chance(rng), list[str]()
    for _ in range(4):
        right_one = chance(rng)
        if answered:
            question = PORTRAIT.ask(rng, WORLD, said)
            if held_out(asks(question.question)) or not (right := right_answer(said, question)):
                continue
            text, end = right if right_one else pick(rng, [one for one in question.answers if one != right])
            line = f"{sentence(question.question, '?')} {sentence(text)}"
        else:
            end = stories.concluded(rng, pick(rng, states(said)))
            end = end if right_one else stories.another(rng, WORLD, end)
            line = sentence(f"so {end.text}")
        label = follows(said, end)
        if label and not held_out(end.fact):
            lines.append(f"{line} {'True.' if label == ENTAILMENT else 'False.'}")
    return " ".join([text_of(rng, said), *dict.fromkeys(lines)])


def reviewed(rng: Random) -> str:
    """Reviews with what they come to."""
    lines: list[str] = []
    while len(lines) < 4:
        one = review(rng, WORLD)
        if not any(map(held_out, one.facts)):
            lines.append(f"{sentence(one.text)} Very {one.feeling}.")
    return " ".join(lines)


def it(rng: Random) -> str:
    """Which of two things "it" is."""
    lines = []
    for one in islice(pronouns.drawn(rng, CORPUS, WORLD), 3):
        lines.append(f"{one.text} {sentence(one.of_it.text)}")
    return " ".join(lines)


def compared(rng: Random) -> str:
    """Two texts or two questions, and whether they come to the same."""
    made = pick(rng, (similarity.paraphrases, similarity.graded, duplicates.pairs))
    lines = []
    for row in islice(made(rng, CORPUS, WORLD), 2):
        if made is similarity.graded:
            found = PARTLY.get(float(row.label), "Partly the same.")
        else:
            found = "The same." if row.label in (similarity.EQUIVALENT, duplicates.DUPLICATE) else "Not the same."
        lines.append(f"{' '.join(row.texts)} {found}")
    return " ".join(lines)


# in the order of their shares
DOCUMENTS: tuple[tuple[Callable[[Random], str], int], ...] = (
    (exam, 36),
    (marked, 9),
    (recall, 9),
    (lesson, 12),
    (quiz, 8),
    (words, 10),
    (pictures, 12),
    (follow, 6),
    (reviewed, 6),
    (it, 5),
    (compared, 5),
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
