"""The words of the miniature world and how they are related: kinds, opposites, synonyms, places, deeds, causes.

Tuples only, and every order is fixed, so that a seed draws the same world on every machine.
"""

from __future__ import annotations

from typing import NamedTuple

PEOPLE = (
    *("Anna", "Tom", "Mary", "Paul", "Eve", "Ben", "Jane", "Max"),
    *("Rosa", "Leo", "Nora", "Carl", "Kate", "Hugo", "Vera", "Otto"),
)
GARMENTS = ("coat", "hat")


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

# What pictures show.
FIGURES = (
    Kind("child", "pictures", ("boy", "girl", "toddler", "pupil")),
    Kind("worker", "pictures", ("nurse", "cook", "miner", "tailor")),
    Kind("monarch", "pictures", ("king", "queen", "sultan", "pharaoh")),
)
COLOURS = (
    Kind("dark", "pictures", ("black", "brown", "navy", "maroon")),
    Kind("bright", "pictures", ("white", "yellow", "pink", "golden")),
)
POSTURES = (
    Kind("moving", "pictures", ("dancing", "running", "swimming", "jumping")),
    Kind("resting", "pictures", ("sleeping", "sitting", "napping", "relaxing")),
)
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
GENERAL = {noun: kind.name for kind in (*KINDS, *FIGURES, *COLOURS, *POSTURES) for noun in kind.nouns} | {
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
