"""The words of the miniature world and how they are related: kinds, opposites, synonyms, places, deeds, causes.

Tuples only, and every order is fixed, so that a seed draws the same world on every machine. A `Scope` is a part of the
lexicon: the corpus speaks with all of it (`WORLD`), labelled training rows with one half of the words that bear
meaning, evaluation rows with the other (`halves`): what those mean can only be learnt from the corpus.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from random import Random
from typing import NamedTuple

PEOPLE = (
    *("Anna", "Tom", "Mary", "Paul", "Eve", "Ben", "Jane", "Max"),
    *("Rosa", "Leo", "Nora", "Carl", "Kate", "Hugo", "Vera", "Otto"),
)
COLOURS = ("red", "blue", "green", "black", "white", "yellow", "pink", "brown")
GARMENTS = ("coat", "hat")
FIGURES = ("man", "woman", "boy", "girl", "king", "queen", "nurse", "clown")


class Kind(NamedTuple):
    name: str
    domain: str
    nouns: tuple[str, ...]


class State(NamedTuple):
    """Two opposites, of which nobody and nothing is both; each in two words that mean the same."""

    sides: tuple[str, str]
    again: tuple[str, str]
    of: tuple[str, ...]  # the kinds it is said of; "person" for people

    @property
    def words(self) -> tuple[str, ...]:
        return (*self.sides, *self.again)


class Building(NamedTuple):
    name: str
    domain: str
    rooms: tuple[str, ...]


class Deed(NamedTuple):
    """What people do to things; auxiliary and base: how it is asked."""

    finite: str
    auxiliary: str
    base: str


class Property(NamedTuple):
    """Such that it could be said of every kind: whether it holds is only known from what is said."""

    one: str
    many: str


class Cause(NamedTuple):
    where: str
    effect: str


class Opinion(NamedTuple):
    """What is thought of books and films."""

    good: tuple[str, ...]
    bad: tuple[str, ...]


KINDS = (
    Kind("dish", "home", ("plate", "bowl", "cup", "pan", "jug", "saucer")),
    Kind("seat", "home", ("chair", "couch", "stool", "bench", "throne", "armchair")),
    Kind("tool", "farm", ("spade", "rake", "axe", "hammer", "drill", "shovel")),
    Kind("mammal", "farm", ("dog", "cow", "horse", "pig", "goat", "rabbit")),
    Kind("fruit", "market", ("apple", "pear", "plum", "lemon", "peach", "melon")),
    Kind("toy", "school", ("ball", "doll", "kite", "puzzle", "robot", "marble")),
    Kind("boat", "sea", ("canoe", "ferry", "yacht", "raft", "barge", "dinghy")),
    Kind("bird", "sea", ("gull", "duck", "swan", "heron", "puffin", "pelican")),
)
OBJECTS = ("dish", "seat", "tool", "toy", "boat")
ALIVE = ("mammal", "bird")
THINGS = (*OBJECTS, *ALIVE, "fruit")

STATES = (
    State(("happy", "sad"), ("glad", "gloomy"), ("person",)),
    State(("rich", "poor"), ("wealthy", "needy"), ("person",)),
    State(("healthy", "sick"), ("fit", "ill"), ("person",)),
    State(("clever", "stupid"), ("smart", "foolish"), ("person",)),
    State(("big", "small"), ("large", "little"), THINGS),
    State(("wet", "dry"), ("damp", "arid"), THINGS),
    State(("clean", "dirty"), ("spotless", "filthy"), THINGS),
    State(("hot", "cold"), ("boiling", "icy"), THINGS),
    State(("awake", "asleep"), ("alert", "dozing"), ALIVE),
    State(("tame", "wild"), ("gentle", "savage"), ALIVE),
    State(("broken", "whole"), ("cracked", "intact"), OBJECTS),
    State(("costly", "cheap"), ("expensive", "inexpensive"), OBJECTS),
)

BUILDINGS = (
    Building("house", "home", ("kitchen", "bedroom", "cellar", "attic", "hall", "nursery")),
    Building("farm", "farm", ("barn", "stable", "orchard", "meadow", "dairy", "granary")),
    Building("market", "market", ("bakery", "bank", "inn", "museum", "cinema", "chapel")),
    Building("school", "school", ("classroom", "library", "gym", "canteen", "office", "workshop")),
    Building("harbour", "sea", ("cabin", "galley", "lounge", "laundry", "lighthouse", "shipyard")),
)

DEEDS = (
    Deed("has", "does", "have"),
    Deed("wants", "does", "want"),
    Deed("bought", "did", "buy"),
    Deed("found", "did", "find"),
    Deed("saw", "did", "see"),
    Deed("drew", "did", "draw"),
    Deed("sold", "did", "sell"),
    Deed("lost", "did", "lose"),
)

POSTURES = ("dancing", "running", "sleeping", "singing", "swimming", "reading")
ACTIVITIES = ("washing", "painting", "carrying")

PROPERTIES = (
    Property("absorbs heat", "absorb heat"),
    Property("reflects light", "reflect light"),
    Property("contains water", "contain water"),
    Property("attracts dust", "attract dust"),
    Property("loses energy", "lose energy"),
    Property("contains carbon", "contain carbon"),
    Property("scatters sound", "scatter sound"),
    Property("needs care", "need care"),
    Property("holds air", "hold air"),
    Property("resists pressure", "resist pressure"),
)

CAUSES = (
    Cause("in the rain", "wet"),
    Cause("in the river", "wet"),
    Cause("in the mud", "dirty"),
    Cause("in the soot", "dirty"),
    Cause("by the fire", "hot"),
    Cause("in the oven", "hot"),
    Cause("in the fridge", "cold"),
    Cause("in the freezer", "cold"),
    Cause("in the dryer", "dry"),
    Cause("in the wind", "dry"),
    Cause("with the maid", "clean"),
    Cause("with the janitor", "clean"),
)

OPINION = Opinion(
    ("great", "lovely", "superb", "charming", "brilliant", "funny", "delightful", "splendid", "witty", "elegant"),
    ("awful", "dull", "terrible", "boring", "clumsy", "tedious", "silly", "bland", "ugly", "lame"),
)
WORKS = ("film", "book", "play", "song", "novel", "show")
PARTS = ("plot", "cast", "ending", "music", "acting", "style")
PLAIN_SAID = ("long", "short", "recent", "foreign")  # neither good nor bad


# Each word belongs to one thing: what it is a case of, what means the same, and what it excludes.
GENERAL = {noun: kind.name for kind in KINDS for noun in kind.nouns} | {
    room: building.name for building in BUILDINGS for room in building.rooms
}
SYNONYM = {
    one: other
    for state in STATES
    for pair in zip(state.sides, state.again, strict=True)
    for one, other in (pair, pair[::-1])
}
OPPOSITE = {one: other for state in STATES for pair in (state.sides, state.again) for one, other in (pair, pair[::-1])}
EFFECT = {cause.where: cause.effect for cause in CAUSES}


class Scope(NamedTuple):
    """The words that one text may use. Function words and garments belong to all."""

    people: tuple[str, ...]
    figures: tuple[str, ...]
    colours: tuple[str, ...]
    kinds: tuple[Kind, ...]
    states: tuple[State, ...]
    buildings: tuple[Building, ...]
    deeds: tuple[Deed, ...]
    properties: tuple[Property, ...]
    causes: tuple[Cause, ...]
    postures: tuple[str, ...]
    activities: tuple[str, ...]
    opinion: Opinion

    def states_of(self, kind: str) -> tuple[State, ...]:
        return tuple(state for state in self.states if kind in state.of)

    def of_domains(self, domains: tuple[str, ...]) -> Scope:
        """Its words of some domains: their kinds and buildings. What can be said of things belongs to all."""
        return self._replace(
            kinds=tuple(kind for kind in self.kinds if kind.domain in domains),
            buildings=tuple(building for building in self.buildings if building.domain in domains),
        )


WORLD = Scope(
    PEOPLE, FIGURES, COLOURS, KINDS, STATES, BUILDINGS, DEEDS, PROPERTIES, CAUSES, POSTURES, ACTIVITIES, OPINION
)


SHOWN, FRESH = "shown", "fresh"


@cache
def halves(seed: int) -> dict[str, Scope]:
    """The words that labelled training rows may use, and those that they never show. Kinds and buildings are in
    both; of the words of each kind, and so on, half is in either, by the seed.
    """
    rng = Random(f"halves {seed}")

    def parted(words: Sequence[str]) -> dict[str, tuple[str, ...]]:
        drawn = [word for _, word in sorted((rng.random(), word) for word in words)]
        chosen = {SHOWN: set(drawn[: len(drawn) // 2]), FRESH: set(drawn[len(drawn) // 2 :])}
        return {half: tuple(word for word in words if word in chosen[half]) for half in chosen}

    nouns = {kind.name: parted(kind.nouns) for kind in KINDS}
    rooms = {building.name: parted(building.rooms) for building in BUILDINGS}
    states = {of: parted([state.sides[0] for state in STATES if state.of == of]) for of in {s.of: 0 for s in STATES}}
    causes = {
        effect: parted([c.where for c in CAUSES if c.effect == effect]) for effect in dict.fromkeys(EFFECT.values())
    }
    properties = parted([said.one for said in PROPERTIES])
    people, figures, colours = parted(PEOPLE), parted(FIGURES), parted(COLOURS)
    deeds = parted([deed.finite for deed in DEEDS])
    postures, good, bad = parted(POSTURES), parted(OPINION.good), parted(OPINION.bad)
    return {
        half: Scope(
            people[half],
            figures[half],
            colours[half],
            tuple(kind._replace(nouns=nouns[kind.name][half]) for kind in KINDS),
            tuple(state for state in STATES if state.sides[0] in states[state.of][half]),
            tuple(building._replace(rooms=rooms[building.name][half]) for building in BUILDINGS),
            tuple(deed for deed in DEEDS if deed.finite in deeds[half]),
            tuple(said for said in PROPERTIES if said.one in properties[half]),
            tuple(cause for cause in CAUSES if cause.where in causes[cause.effect][half]),
            postures[half],
            ACTIVITIES,
            Opinion(good[half], bad[half]),
        )
        for half in (SHOWN, FRESH)
    }
