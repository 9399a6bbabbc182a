"""The words of the miniature world and how they are related: kinds, opposites, places, deeds, properties, causes.

Tuples only, and every order is fixed, so that a seed draws the same world on every machine. A `Scope` is a part of the
lexicon: the corpus speaks with all of it (`WORLD`), MNLI's splits with some domains each.
"""

from __future__ import annotations

from typing import NamedTuple

PEOPLE = ("Anna", "Tom", "Mary", "Paul", "Eve", "Ben")
COLOURS = ("red", "blue", "green", "black")
GARMENTS = ("coat", "hat")
FIGURES = ("man", "woman", "boy", "girl")


class Kind(NamedTuple):
    name: str
    domain: str
    nouns: tuple[str, ...]


class State(NamedTuple):
    """Two opposites, of which nobody and nothing is both."""

    sides: tuple[str, str]
    of: tuple[str, ...]  # the kinds it is said of; "person" for people


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


KINDS = (
    Kind("dish", "home", ("plate", "bowl", "cup", "pan", "jug", "saucer")),
    Kind("seat", "home", ("chair", "couch", "stool", "bench", "throne", "armchair")),
    Kind("tool", "farm", ("spade", "rake", "axe", "hammer", "saw", "drill")),
    Kind("animal", "farm", ("dog", "cow", "horse", "pig", "goat", "rabbit")),
    Kind("fruit", "market", ("apple", "pear", "plum", "lemon", "peach", "melon")),
    Kind("container", "market", ("box", "bag", "basket", "jar", "bottle", "barrel")),
    Kind("toy", "school", ("ball", "doll", "kite", "puzzle", "robot", "marble")),
    Kind("instrument", "school", ("piano", "violin", "flute", "drum", "guitar", "trumpet")),
    Kind("boat", "sea", ("canoe", "ferry", "yacht", "raft", "barge", "dinghy")),
    Kind("bird", "sea", ("gull", "duck", "swan", "heron", "puffin", "pelican")),
)
OBJECTS = ("dish", "seat", "tool", "container", "toy", "instrument", "boat")
ALIVE = ("animal", "bird")

STATES = (
    State(("happy", "sad"), ("person",)),
    State(("rich", "poor"), ("person",)),
    State(("awake", "asleep"), ("person",)),
    State(("sick", "healthy"), ("person",)),
    State(("brave", "timid"), ("person",)),
    State(("tall", "short"), ("person",)),
    State(("big", "small"), (*OBJECTS, *ALIVE, "fruit")),
    State(("wet", "dry"), (*OBJECTS, *ALIVE, "fruit")),
    State(("clean", "dirty"), (*OBJECTS, *ALIVE, "fruit")),
    State(("old", "new"), OBJECTS),
    State(("fast", "slow"), (*ALIVE, "boat")),
    State(("hot", "cold"), (*OBJECTS, "fruit")),
)

BUILDINGS = (
    Building("house", "home", ("kitchen", "bedroom", "cellar", "attic")),
    Building("farm", "farm", ("barn", "stable", "orchard", "meadow")),
    Building("market", "market", ("bakery", "bank", "inn", "museum")),
    Building("school", "school", ("classroom", "library", "gym", "canteen")),
    Building("harbour", "sea", ("cabin", "galley", "lounge", "laundry")),
)

DEEDS = (
    Deed("has", "does", "have"),
    Deed("wants", "does", "want"),
    Deed("bought", "did", "buy"),
    Deed("found", "did", "find"),
    Deed("saw", "did", "see"),
    Deed("drew", "did", "draw"),
)

POSTURES = ("dancing", "running", "sleeping", "singing", "swimming", "reading")
ACTIVITIES = ("washing", "painting", "watching", "carrying")

PROPERTIES = (
    Property("absorbs heat", "absorb heat"),
    Property("reflects light", "reflect light"),
    Property("contains water", "contain water"),
    Property("attracts dust", "attract dust"),
    Property("loses energy", "lose energy"),
    Property("contains carbon", "contain carbon"),
    Property("scatters sound", "scatter sound"),
    Property("needs care", "need care"),
)

CAUSES = (
    Cause("in the rain", "wet"),
    Cause("in the mud", "dirty"),
    Cause("by the fire", "hot"),
    Cause("in the snow", "cold"),
    Cause("in the sun", "dry"),
    Cause("in the soap", "clean"),
)

DOMAINS = tuple(building.domain for building in BUILDINGS)

# Each word belongs to one thing: what it is a case of, and what it excludes.
GENERAL = {noun: kind.name for kind in KINDS for noun in kind.nouns} | {
    room: building.name for building in BUILDINGS for room in building.rooms
}
OPPOSITE = {side: other for state in STATES for side, other in (state.sides, state.sides[::-1])}
EFFECT = {cause.where: cause.effect for cause in CAUSES}


class Scope(NamedTuple):
    """The words that one text may use. Function words, people's names, garments and colours belong to all."""

    kinds: tuple[Kind, ...]
    states: tuple[State, ...]
    buildings: tuple[Building, ...]
    deeds: tuple[Deed, ...]
    properties: tuple[Property, ...]
    causes: tuple[Cause, ...]
    postures: tuple[str, ...]
    activities: tuple[str, ...]

    def states_of(self, kind: str) -> tuple[State, ...]:
        return tuple(state for state in self.states if kind in state.of)


WORLD = Scope(KINDS, STATES, BUILDINGS, DEEDS, PROPERTIES, CAUSES, POSTURES, ACTIVITIES)


def part(domains: tuple[str, ...]) -> Scope:
    """The words of some domains: their kinds and buildings. What can be said of things belongs to all."""
    return WORLD._replace(
        kinds=tuple(kind for kind in KINDS if kind.domain in domains),
        buildings=tuple(building for building in BUILDINGS if building.domain in domains),
    )
