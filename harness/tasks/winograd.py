"""Which of several things a pronoun means, for the paper's Figure 2: DPR (its DPRD), WSC273 and PDP-60.

Scored as pre-training left the model: each candidate takes the pronoun's place, and the model says how likely it then
finds the rest of the text (paper, section 5). Nothing is trained on them.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence

from harness.tasks.base import HIDDEN, Example, Files, Hub, Part, Row, Source, Task, choose, label_index

POSSESSIVE = ("his", "its", "their")
# what may follow "her" where it is an object; before anything else it is taken for a possessive
OBJECT_BEFORE = """
a about after again an and any as at away back because before but by down for from if in into like not of off on or out
over so some that the through to too up very when where while who why with without
"""
AFTER_OBJECT = frozenset(OBJECT_BEFORE.split())
LOWERED = "a an any each every her his its my our some that the their these this those your"
DETERMINERS = frozenset(LOWERED.split())
SENTENCE_END = re.compile(r"""[.!?]["')\]]*$""")


def substituted(before: str, pronoun: str, rest: str, candidates: Sequence[str], label: int | None) -> Example:
    """A sequence a candidate: what stands before the pronoun and the candidate, and the rest.

    A possessive pronoun gives a possessive candidate. Raises ValueError where nothing follows the pronoun.
    """
    before, rest = before.strip(), rest.strip()
    if not rest:
        raise ValueError(f"nothing stands after the pronoun {pronoun!r}, expected a rest to be scored")
    owns = is_possessive(pronoun, rest)
    placed = (placed_after(before, possessive(name, pronoun) if owns else name) for name in candidates)
    return Example(tuple((f"{before} {name}".strip(), rest) for name in placed), label)


def is_possessive(pronoun: str, rest: str) -> bool:
    """ "her" is both; the word after it decides."""
    if pronoun.lower() == "her":
        following = re.match(r"[\w'-]+", rest)
        return following is not None and following[0].lower() not in AFTER_OBJECT
    return pronoun.lower() in POSSESSIVE


def possessive(name: str, pronoun: str) -> str:
    """The dogs' for "their", else 's: James's."""
    return f"{name}'" if pronoun.lower() == "their" and name.endswith("s") else f"{name}'s"


def placed_after(before: str, name: str) -> str:
    """Capitalised where a sentence begins, else without the capital of a determiner ("The bee")."""
    if not before or SENTENCE_END.search(before):
        return name[:1].upper() + name[1:]
    first, space, others = name.partition(" ")
    return f"{first.lower()}{space}{others}" if first.lower() in DETERMINERS else name


def mention(text: str, words: str, start: int = 0) -> re.Match[str] | None:
    """The first place from `start` on where the words stand as whole words, in any case."""
    return re.compile(rf"(?<!\w){re.escape(words)}(?!\w)", re.IGNORECASE).search(text, start)


def place_of(pronoun: str, sentence: str, candidates: Sequence[str]) -> re.Match[str]:
    """Which of several occurrences is meant: the first after both candidates were named, else the first.

    The set does not say. Of the 37 sentences of the training file that repeat it, read one by one, the given answer
    fits this place in 35; in one of the others it fits an earlier place. Raises ValueError where there is none.
    """
    named = [found.end() for name in candidates if (found := mention(sentence, name))]
    found = (len(named) == len(candidates) and mention(sentence, pronoun, max(named))) or mention(sentence, pronoun)
    if not found:
        raise ValueError(f"the pronoun {pronoun!r} is not in the sentence {sentence!r:.80}")
    return found


def definite(row: Row) -> Example:
    sentence, pronoun, candidates = row["sentence"], row["pronoun"], named(row, "candidates", (2,))
    place = place_of(pronoun, sentence, candidates)
    label = label_index(("0", "1"), row)
    return substituted(sentence[: place.start()], pronoun, sentence[place.end() :], candidates, label)


def schema(sizes: Sequence[int]) -> Callable[[Row], Example]:
    """sizes: how many options a row may have."""

    def example(row: Row) -> Example:
        text, pronoun, start, options = row["text"], row["pronoun"], row["pronoun_loc"], named(row, "options", sizes)
        stop = start + len(pronoun)
        if text[start:stop].lower() != pronoun.lower():
            raise ValueError(f"at {start} stands {text[start:stop]!r}, expected the pronoun {pronoun!r}")
        value = row["label"] if row["label"] is HIDDEN else str(row["label"])
        label = label_index([str(i) for i in range(len(options))], {"label": value})
        return substituted(text[:start], pronoun, text[stop:], options, label)

    return example


def named(row: Row, column: str, sizes: Sequence[int]) -> list[str]:
    """The candidates. Raises ValueError where there are not as many as expected."""
    found = row[column]
    if not isinstance(found, list) or len(found) not in sizes or not all(isinstance(name, str) for name in found):
        raise ValueError(f"{column} {found!r:.80}; expected a list of {' or '.join(map(str, sizes))} texts")
    return found


def dpr(split: str, n: int) -> Source:
    hub = Hub("community-datasets/definite_pronoun_resolution", "plain_text", split)
    return Source(split, n, hub, Files(f"winograd/{split}.c.txt", format="blocks"))


SCHEMA_COLUMNS = ("text", "pronoun", "pronoun_loc", "options", "label")
WSC = Source(
    "test",
    273,
    Hub("lighteval/winograd_wsc", "wsc273", "test"),
    Files("winograd/WSCollection.xml"),
    Part(285, lambda: range(273)),  # the later ones were added after the set had been used
)
PDP = Source("test", 60, Hub("coref-data/davis_pdp_raw", "davis_pdp", "test"), Files("winograd/PDPChallenge2016.xml"))

TASKS = (
    Task(
        name="dpr",
        version=1,
        form=choose(),
        columns=("sentence", "pronoun", "candidates", "label"),
        example=definite,
        train=dpr("train", 1_322),
        evaluations={"test": dpr("test", 564)},
        metrics=("acc",),
    ),
    Task(
        name="wsc273",
        version=1,
        form=choose(),
        columns=SCHEMA_COLUMNS,
        example=schema((2,)),
        train=WSC,  # there is no training split
        evaluations={"test": WSC},
        metrics=("acc",),
    ),
    Task(
        name="pdp60",
        version=1,
        form=choose(),
        columns=SCHEMA_COLUMNS,
        example=schema((2, 3, 4, 5)),
        train=PDP,
        evaluations={"test": PDP},
        metrics=("acc",),
    ),
)
