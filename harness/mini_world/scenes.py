"""Pictures: a described scene, and a statement about one thing in it. Two figures, so that who matters."""

from __future__ import annotations

from collections.abc import Sequence
from random import Random

from harness.mini_world.grammar import Clause, a, chance, pick, shuffled
from harness.mini_world.lexicon import COLOURS, FIGURES, IDLE, Kind, Scope
from harness.mini_world.statements import ENTAILMENT, NEUTRAL, Pair, relatives

GARMENTS = ("coat", "hat", "shirt", "scarf")


def described(figure: str, mood: str, colour: str, garment: str, action: str, room: str) -> Clause:
    """a happy man in a red coat is washing a plate in the kitchen"""
    text = a(f"{mood} {figure}" if mood else figure)
    if garment:
        text += f" in {a(f'{colour} {garment}')}"
    text += f" is {action}"
    if room:
        text += f" in the {room}"
    return Clause(text, (figure, "scene", text))


def activity(rng: Random, verbs: tuple[str, ...], nouns: tuple[str, ...]) -> str:
    return f"{pick(rng, verbs)} {a(pick(rng, nouns))}"


def scene(rng: Random, scope: Scope, _cast: Sequence[str], label: str) -> Pair:
    """The cast has no part in it: figures have no names."""
    p, q = shuffled(rng, FIGURES)[:2]
    kind: Kind = pick(rng, scope.kinds)
    nouns, verbs, posture = pick(rng, kind.nouns), pick(rng, scope.activities), pick(rng, scope.postures)
    moods = pick(rng, scope.of_people())
    building = pick(rng, scope.buildings)
    room, next_door = shuffled(rng, building.rooms)[:2]
    colour, other_colour = shuffled(rng, COLOURS)[:2]
    garment = pick(rng, GARMENTS)
    aspect = pick(rng, ("posture", "activity", "activity", "room", "room", "mood", "colour"))
    negative = chance(rng)
    affirmed = (label == ENTAILMENT) != negative
    known = label != NEUTRAL

    # What the picture shows of each figure. q shows in the asked aspect what p might have shown.
    mood = {p: "", q: ""}
    cloth = {p: "", q: ""}
    dye = {p: colour, q: colour}
    doing = {figure: pick(rng, (posture, activity(rng, verbs, nouns))) for figure in (p, q)}
    where = {figure: pick(rng, ("", room)) if aspect != "room" else "" for figure in (p, q)}
    if aspect == "posture":
        asked = posture
        rest = [other for other in scope.postures if other != posture]
        if known:
            doing[p] = posture if affirmed else pick(rng, rest)
            doing[q] = pick(rng, (activity(rng, verbs, nouns), posture))
        else:
            doing[p], doing[q] = activity(rng, verbs, nouns), pick(rng, scope.postures)
    elif aspect == "activity":
        asked = f"{pick(rng, verbs)} {a(pick(rng, (*relatives(kind), *nouns)))}"
        doing[p] = activity(rng, verbs, nouns) if affirmed else pick(rng, IDLE)
        doing[q] = pick(rng, (posture, activity(rng, verbs, nouns), pick(rng, IDLE)))
        if not known:
            doing[p], doing[q] = posture, pick(rng, (activity(rng, verbs, nouns), pick(rng, IDLE)))
    elif aspect == "room":
        general = chance(rng)
        asked = f"{building.preposition} the {building.name}" if general else f"in the {room}"
        far = pick(rng, pick(rng, [other for other in scope.buildings if other is not building]).rooms)
        if known:
            where[p] = room if affirmed else far if general else pick(rng, (far, next_door))
            where[q] = pick(rng, ("", room, next_door, far))
        else:
            where[q] = pick(rng, (room, room, far))
    elif aspect == "mood":
        asked = pick(rng, moods.sides[0])
        if known:
            mood[p] = pick(rng, moods.sides[0 if affirmed else 1])
            mood[q] = pick(rng, (*moods.sides[0], *moods.sides[1], ""))
        else:
            mood[q] = pick(rng, pick(rng, moods.sides))
    else:
        asked = f"wearing {a(f'{colour} {garment}')}"
        dye[p], dye[q] = colour if affirmed else other_colour, pick(rng, (colour, other_colour))
        if known:
            cloth[p], cloth[q] = garment, pick(rng, (garment, ""))
        else:
            cloth[q] = garment
    said = "is not" if negative else "is"
    return Pair(
        label,
        described(p, mood[p], dye[p], cloth[p], doing[p], where[p]),
        Clause(f"the {p} {said} {asked}", None),
        described(q, mood[q], dye[q], cloth[q], doing[q], where[q]),
        ("scene",),
    )
