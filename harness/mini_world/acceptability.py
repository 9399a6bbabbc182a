"""The rows of CoLA: sentences as the corpus has them, and such as nobody says.

The latter are damaged in one place: an article of the wrong form, words in a wrong order, one too many or too few, a
verb's form, a question word. Both are drawn alike, so that words alone show little of it. No damage leaves a sentence
that somebody might say, such as "Tom is at school". Of each sort of sentence as many are sound.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from random import Random
from typing import NamedTuple

from harness.mini_world.balance import Candidate
from harness.mini_world.grammar import AT, NAMES, Fact, a, asks, chance, held_out, pick, plural, sentence, shuffled
from harness.mini_world.lexicon import DEEDS, KINDS, OPPOSITE, PEOPLE, PROPERTIES
from harness.mini_world.questions import QUESTIONS
from harness.mini_world.scenes import SCENES
from harness.mini_world.science import CAUSED, INHERITED, single
from harness.mini_world.scope import Scope
from harness.mini_world.statements import TOPICS, Topic

ACCEPTABLE, UNACCEPTABLE = "acceptable", "unacceptable"
TOLD: tuple[Topic, ...] = (*TOPICS, SCENES, INHERITED, CAUSED)
LONGEST = 20  # words
SOUND = 2 / 3  # of what is drawn

Words = list[str]
OTHER_FORM = {deed.finite: deed.base for deed in DEEDS} | {
    here.split()[0]: there.split()[0] for said in PROPERTIES for here, there in (said, said[::-1])
}
GIVEN = frozenset(said.one.split()[1] for said in PROPERTIES)
KIND_OF = {plural(kind.name): kind.name for kind in KINDS if kind.name != "fruit"}  # "all fruit" is said
KIND_NAMES = frozenset(kind.name for kind in KINDS)
PREPOSITIONS, ARTICLES = frozenset(("in", "at", "by")), frozenset(("a", "an", "the"))
DETERMINERS = ARTICLES | {"no"}
DOUBLED = DETERMINERS - {"no"} | PREPOSITIONS | {"is", "was", "wears", "does", "did", "all", "has", "wants", "or"}
NO_PARTICIPLE = frozenset(("has", "wants", "drew", "wears"))  # but: she is bought a dog
END = frozenset(("and", "while", ""))


def is_verb(words: Words, i: int) -> bool:
    """Said of somebody: "saw" is a tool too."""
    return words[i] in OTHER_FORM and words[i - 1] in PEOPLE


def swapped(words: Words, i: int) -> Words:
    return [*words[:i], words[i + 1], words[i], *words[i + 2 :]]


def put(words: Words, i: int, *instead: str, of: int = 1) -> Words:
    return [*words[:i], *instead, *words[i + of :]]


def moved(words: Words, i: int, by: int) -> Words:
    """The word at i, set behind the next so many."""
    return [*words[:i], *words[i + 1 : i + 1 + by], words[i], *words[i + 1 + by :]]


# Each gives the sentence damaged at one place, or None where that place has nothing for it. The list of words is
# followed by an empty one, so that there always is a next.


def wrong_article(words: Words, i: int) -> Words | None:
    """a apple, an dog"""
    return put(words, i, "an" if words[i] == "a" else "a") if words[i] in ("a", "an") else None


def late_article(words: Words, i: int) -> Words | None:
    """Anna has dog a"""
    return swapped(words, i) if words[i] in DETERMINERS else None


def early_article(words: Words, i: int) -> Words | None:
    """Anna is the in kitchen"""
    return swapped(words, i) if words[i] in PREPOSITIONS else None


def late_preposition(words: Words, i: int) -> Words | None:
    """Anna is the kitchen in; but one may ask who the kitchen is in"""
    return moved(words, i, 2) if words[i] in PREPOSITIONS and words[0] != "who" else None


def late_verb(words: Words, i: int) -> Words | None:
    """Anna a dog has"""
    return moved(words, i, 2) if is_verb(words, i) and words[i + 1] in DETERMINERS else None


def twice(words: Words, i: int) -> Words | None:
    """Anna has has a dog"""
    return put(words, i, words[i], words[i]) if words[i] in DOUBLED else None


def no_verb(words: Words, i: int) -> Words | None:
    """Anna a dog. In the first clause alone: what follows "and" may do without."""
    if not END.isdisjoint(words[:i]) or words[0] == "is":
        return None
    state = words[i] == "is" and (words[i + 1] in OPPOSITE or words[i + 2] in OPPOSITE)
    return put(words, i) if state or (is_verb(words, i) and words[i + 1] in DETERMINERS) else None


def no_noun(words: Words, i: int) -> Words | None:
    """Anna is in the; but not "who is in the", which would be the same of every place"""
    ends = words[0] != "who" and words[i] in ARTICLES and words[i + 2] in END
    return put(words, i + 1) if ends else None


def wrong_form(words: Words, i: int) -> Words | None:
    """Anna have a dog; a gull absorb heat; what does Anna has"""
    if words[0] in ("what", "who") and i == len(words) - 2 and words[1] in ("does", "did"):
        finite = [deed.finite for deed in DEEDS if deed.base == words[i]]
        return put(words, i, *finite) if finite else None
    if is_verb(words, i) or (words[i] in OTHER_FORM and words[i + 1] in GIVEN):
        return put(words, i, OTHER_FORM[words[i]])
    return None


def two_verbs(words: Words, i: int) -> Words | None:
    """Anna is has a dog"""
    return put(words, i, "is", words[i]) if words[i] in NO_PARTICIPLE and words[i - 1] != "who" else None


def singular(words: Words, i: int) -> Words | None:
    """all bird absorb heat"""
    return put(words, i, KIND_OF[words[i]]) if words[i] in KIND_OF else None


def stray_article(words: Words, i: int) -> Words | None:
    """Anna is a happy"""
    if words[i] not in OPPOSITE or words[i - 1] not in ("is", "not") or words[0] == "is":
        return None
    return put(words, i, *a(words[i]).split())


def early_not(words: Words, i: int) -> Words | None:
    """Anna not is happy"""
    return swapped(words, i) if words[i] == "is" and words[i + 1] == "not" else None


def no_with_article(words: Words, i: int) -> Words | None:
    """Anna has a no dog"""
    return put(words, i, "a", "no") if words[i] == "no" else None


def late_auxiliary(words: Words, i: int) -> Words | None:
    """what Anna does have; where Anna is"""
    if i != 1 or words[0] not in ("what", "where"):
        return None
    return moved(words, i, 2 if words[2] == "the" else 1)


def wrong_or(words: Words, i: int) -> Words | None:
    """is Anna or happy sad"""
    return swapped(words, i) if words[i + 1] == "or" else None


def wrong_question(words: Words, i: int) -> Words | None:
    """where has a dog; where does Anna have; but one may ask where she drew"""
    asks = i == 0 and words[0] in ("who", "what") and words[3] not in ("draw", "see")
    return put(words, i, "where") if asks else None


DAMAGES: tuple[Callable[[Words, int], Words | None], ...] = (
    wrong_article,
    late_article,
    early_article,
    late_preposition,
    late_verb,
    twice,
    no_verb,
    no_noun,
    wrong_form,
    two_verbs,
    singular,
    stray_article,
    early_not,
    no_with_article,
    late_auxiliary,
    wrong_or,
    wrong_question,
)


def damaged(rng: Random, text: str) -> str:
    """At any place, in any of the ways that there are."""
    words = [*text.split(), ""]
    for damage in shuffled(rng, DAMAGES):
        for i in shuffled(rng, range(len(words) - 1)):
            made = damage(words, i)
            if made:
                return " ".join(made).strip()
    raise ValueError(f"nothing to damage in {text!r}; expected a sentence of the grammar")


class Natural(NamedTuple):
    """A sentence of the grammar, what it states or asks, and which sort of sentence it is."""

    text: str
    mark: str
    facts: Sequence[Fact]
    sort: str


def question(rng: Random, scope: Scope) -> Natural:
    topic = pick(rng, QUESTIONS)
    asked = topic.ask(rng, scope, topic.tell(rng, scope, shuffled(rng, scope.people)[:2]))
    # "who is at the farm" and "where is the boat" have no word of either half, so training could show them too
    if asked.value in NAMES or (asked.relation == AT and asked.who.removeprefix("the ") in KIND_NAMES):
        return question(rng, scope)
    return Natural(asked.text, "?", (asks(asked.text),), "question")


def rule(rng: Random, scope: Scope) -> Natural:
    said = single(pick(rng, pick(rng, scope.kinds).nouns), pick(rng, scope.properties).one)
    return Natural(said.text, ".", (said.fact,), "rule")


def statement(rng: Random, scope: Scope) -> Natural:
    topic, number = pick(rng, TOLD), pick(rng, (1, 2))
    told = topic.tell(rng, scope, shuffled(rng, scope.people)[:number])
    text = pick(rng, (" and ", " while ")).join(one.text for one in told)
    facts = [fact for one in told for fact in one.facts]
    return Natural(text, ".", facts, f"{type(topic).__name__} {number}")


MAKERS = (question, rule, *(statement,) * 10)


def sentences(rng: Random, _split: str, scope: Scope) -> Iterator[Candidate]:
    while True:
        maker = pick(rng, MAKERS)
        said = maker(rng, scope)
        while not any(map(held_out, said.facts)) or len(said.text.split()) > LONGEST:
            said = maker(rng, scope)
        good = chance(rng, SOUND)
        written = sentence(said.text if good else damaged(rng, said.text), said.mark)
        yield Candidate((written,), ACCEPTABLE if good else UNACCEPTABLE, (said.sort,))
