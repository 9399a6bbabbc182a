"""The words of the miniature world and how they are related: kinds, synonyms, opposites, places, deeds, properties.

Tuples only, and every order is fixed, so that a seed draws the same world on every machine. A `Scope` is a part of the
lexicon: the corpus speaks with all of it (`WORLD`), a labelled split with a half of each class of words, so that
evaluation needs words that no labelled training row shows. Neighbours in a tuple go to different halves.
"""

from __future__ import annotations

from typing import NamedTuple

WOMEN = ("Anna", "Mary", "Eve", "Ruth", "Clara", "Nina", "Olga", "Sara", "Julia", "Lucy")
MEN = ("Tom", "Paul", "Ben", "Hugo", "Max", "Peter", "Karl", "Ivan", "Oscar", "Leo")
PEOPLE = tuple(name for couple in zip(WOMEN, MEN, strict=True) for name in couple)
COLOURS = ("red", "blue", "green", "black", "white", "brown")
NUMBERS = ("two", "three", "four", "five")


class Kind(NamedTuple):
    name: str
    domain: str
    nouns: tuple[tuple[str, ...], ...]  # each a thing; its words are synonyms
    parents: tuple[str, ...] = ()


class State(NamedTuple):
    """Two opposite sides, each with its synonyms. exact: there is nothing between them, so that "not a" is "b"."""

    sides: tuple[tuple[str, ...], tuple[str, ...]]
    of: tuple[str, ...]  # the kinds it is said of; "person" for people
    exact: bool = False


class Building(NamedTuple):
    name: str
    preposition: str
    domain: str
    rooms: tuple[str, ...]


class Verb(NamedTuple):
    finite: str
    base: str


class Deed(NamedTuple):
    """What people do to things. verbs: synonyms. auxiliary: how it is asked and denied."""

    name: str
    auxiliary: str
    verbs: tuple[Verb, ...]


class Property(NamedTuple):
    """Said of several kinds, so that the same words can follow from one kind and not from another.

    What is said of animals is said of birds and fish as well: so no legs for animals.
    """

    one: str
    many: str
    of: tuple[str, ...]


class Cause(NamedTuple):
    where: str
    agent: str
    effect: tuple[str, ...]


def things(text: str) -> tuple[tuple[str, ...], ...]:
    return tuple(tuple(thing.split("/")) for thing in text.split())


KINDS = (
    Kind("dish", "home", things("plate bowl cup/mug pan saucer jug")),
    Kind("seat", "home", things("chair sofa/couch stool bench armchair throne")),
    Kind("garment", "home", things("coat/jacket hat shirt skirt scarf dress/gown")),
    Kind("animal", "farm", things("dog/hound cow horse pig/hog goat rabbit/bunny")),
    Kind("tool", "farm", things("spade/shovel rake axe/hatchet hammer saw drill")),
    Kind("fruit", "market", things("apple pear plum lemon peach melon")),
    Kind("vegetable", "market", things("carrot onion potato bean cabbage turnip")),
    Kind("container", "market", things("box bag/sack basket jar bottle barrel/cask")),
    Kind("toy", "school", things("ball doll kite puzzle robot marble")),
    Kind("instrument", "school", things("piano violin/fiddle flute drum guitar trumpet")),
    Kind("boat", "sea", things("canoe ferry yacht raft barge dinghy")),
    Kind("bird", "sea", things("gull duck swan heron puffin pelican"), ("animal",)),
    Kind("fish", "sea", things("shark eel sardine minnow stingray seahorse"), ("animal",)),
)

OBJECTS = tuple(kind.name for kind in KINDS if kind.name not in ("animal", "bird", "fish", "fruit", "vegetable"))
LIVING = ("animal", "bird", "fish")
EATEN = ("fruit", "vegetable")

STATES = (
    State((("happy", "glad"), ("sad", "unhappy")), ("person",)),
    State((("rich", "wealthy"), ("poor",)), ("person",)),
    State((("awake",), ("asleep",)), ("person",), exact=True),
    State((("sick", "ill"), ("healthy",)), ("person",), exact=True),
    State((("brave", "bold"), ("timid",)), ("person",)),
    State((("clever", "smart"), ("foolish", "stupid")), ("person",)),
    State((("tall",), ("short",)), ("person",)),
    State((("angry", "furious"), ("calm",)), ("person",)),
    State((("big", "large"), ("small", "little")), OBJECTS + LIVING + EATEN),
    State((("cheap",), ("expensive", "costly")), OBJECTS + LIVING + EATEN),
    State((("dirty", "filthy"), ("clean",)), OBJECTS + LIVING, exact=True),
    State((("broken", "damaged"), ("intact",)), ("dish", "seat", "tool", "toy", "instrument", "boat"), exact=True),
    State((("wet", "damp"), ("dry",)), (*OBJECTS, "animal", "bird"), exact=True),
    State((("open",), ("shut", "closed")), ("container",), exact=True),
    State((("fresh",), ("rotten", "spoiled")), EATEN, exact=True),
    State((("hot",), ("cold",)), ("dish", "fruit", "vegetable", "tool")),
    State((("fast", "quick"), ("slow",)), (*LIVING, "boat")),
    State((("tame",), ("wild",)), LIVING, exact=True),
    State((("old", "ancient"), ("new",)), OBJECTS),
    State((("heavy",), ("light",)), OBJECTS + EATEN),
)

BUILDINGS = (
    Building("house", "in", "home", ("kitchen", "bedroom", "cellar", "attic", "bathroom", "study")),
    Building("farm", "on", "farm", ("barn", "stable", "orchard", "meadow", "dairy", "mill")),
    Building("town", "in", "market", ("bakery", "bank", "inn", "church", "theatre", "museum")),
    Building("school", "in", "school", ("classroom", "library", "gym", "canteen", "office", "workshop")),
    Building("ship", "on", "sea", ("cabin", "galley", "lounge", "hold", "laundry", "bar")),
)

DEEDS = (
    Deed("have", "does", (Verb("has", "have"), Verb("owns", "own"))),
    Deed("want", "does", (Verb("wants", "want"), Verb("wishes for", "wish for"))),
    Deed("buy", "did", (Verb("bought", "buy"), Verb("purchased", "purchase"))),
    Deed("find", "did", (Verb("found", "find"), Verb("discovered", "discover"))),
    Deed("see", "did", (Verb("saw", "see"), Verb("spotted", "spot"))),
    Deed("hide", "did", (Verb("hid", "hide"), Verb("concealed", "conceal"))),
    Deed("draw", "did", (Verb("drew", "draw"), Verb("sketched", "sketch"))),
    Deed("choose", "did", (Verb("chose", "choose"), Verb("selected", "select"))),
)
HAVE, WANT = DEEDS[0], DEEDS[1]

LIKES = ((Verb("likes", "like"), Verb("is fond of", "")), (Verb("hates", "hate"), Verb("detests", "detest")))

FIGURES = ("man", "woman", "boy", "girl")
POSTURES = ("sitting", "standing", "kneeling", "dancing", "lying", "running")
ACTIVITIES = (("cleaning", "washing"), ("watching", "looking at"), ("painting",), ("carrying",))
IDLE = ("sleeping", "doing nothing")  # excludes every activity

PROPERTIES = (
    Property("lays eggs", "lay eggs", ("bird", "fish")),
    Property("needs food", "need food", ("animal", "bird", "fish")),
    Property("has two eyes", "have two eyes", ("animal", "bird", "fish")),
    Property("is made of wood", "are made of wood", ("seat", "boat")),
    Property("is made of metal", "are made of metal", ("tool", "dish", "instrument")),
    Property("contains sugar", "contain sugar", ("fruit", "vegetable")),
    Property("grows in soil", "grow in soil", ("fruit", "vegetable")),
    Property("has legs", "have legs", ("seat", "bird")),
    Property("makes sounds", "make sounds", ("instrument", "toy", "bird")),
    Property("can hold water", "can hold water", ("container", "dish")),
    Property("is made of cloth", "are made of cloth", ("garment", "container", "toy")),
    Property("can float", "can float", ("boat", "toy", "fruit")),
    Property("cannot talk", "cannot talk", ("animal", "bird", "fish")),
    Property("is not alive", "are not alive", ("tool", "dish", "seat", "boat", "container", "garment")),
    Property("needs no food", "need no food", ("toy", "instrument", "tool", "garment")),
    Property("does not last", "do not last", ("fruit", "vegetable", "toy", "garment")),
)

CAUSES = (
    Cause("in the rain", "rain", ("wet", "damp")),
    Cause("in the mud", "mud", ("dirty", "filthy")),
    Cause("by the fire", "fire", ("hot",)),
    Cause("in the snow", "snow", ("cold",)),
    Cause("in the sun", "sun", ("dry",)),
    Cause("in the soap", "soap", ("clean",)),
)

DOMAINS = tuple(building.domain for building in BUILDINGS)


class Scope(NamedTuple):
    """The words that one text may use. Function words, people's names, colours and numbers belong to all."""

    kinds: tuple[Kind, ...]
    states: tuple[State, ...]
    buildings: tuple[Building, ...]
    deeds: tuple[Deed, ...]
    properties: tuple[Property, ...]
    causes: tuple[Cause, ...]
    postures: tuple[str, ...]
    activities: tuple[tuple[str, ...], ...]

    def of_people(self) -> tuple[State, ...]:
        return tuple(state for state in self.states if "person" in state.of)

    def of(self, kind: Kind) -> tuple[State, ...]:
        return tuple(state for state in self.states if kind.name in state.of)


WORLD = Scope(KINDS, STATES, BUILDINGS, DEEDS, PROPERTIES, CAUSES, POSTURES, ACTIVITIES)


def part(half: int, domains: tuple[str, ...] = DOMAINS) -> Scope:
    """One half (0 trains, 1 evaluates) of the words of some domains.

    Having and wanting belong to both: they are to the other deeds what "is" is to the states.
    """
    return Scope(
        tuple(kind._replace(nouns=kind.nouns[half::2]) for kind in KINDS if kind.domain in domains),
        STATES[half::2],
        tuple(building._replace(rooms=building.rooms[half::2]) for building in BUILDINGS if building.domain in domains),
        (HAVE, WANT, *DEEDS[2 + half :: 2]),
        PROPERTIES[half::2],
        CAUSES[half::2],
        POSTURES[half::2],
        ACTIVITIES[half::2],
    )
