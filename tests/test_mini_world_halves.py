"""Half of the words that bear meaning stand in training rows, the others are only evaluated, and nothing crosses."""

from __future__ import annotations

from functools import cache
from itertools import combinations

import pytest

from harness.mini_world import SIZES, corpus, rows
from harness.mini_world.entailment import LAND, MATCHED, MISMATCHED, OTHER
from harness.mini_world.lexicon import EFFECT
from harness.mini_world.scope import FRESH, SHOWN, WORLD, Scope, halves
from tests.test_mini_world_rows import EVERY, said_in, words

SEEDS = range(6)
CAUSING = ("scitail", "race", "story_cloze")  # what was left in the mud is dirty: each effect is of both halves


def content(scope: Scope) -> dict[str, set[str]]:
    """Its words that bear meaning; of a cause and a property the last word, which no other one has."""
    return {
        "nouns": {noun for kind in scope.kinds for noun in kind.nouns},
        "rooms": {room for building in scope.buildings for room in building.rooms},
        "states": {word for state in scope.states for word in state.words},
        "good": set(scope.opinion.good),
        "bad": set(scope.opinion.bad),
        "causes": {cause.where.split()[-1] for cause in scope.causes},
        "properties": {said.one.split()[-1] for said in scope.properties},
        "postures": {noun for kind in scope.postures for noun in kind.nouns},
        "deeds": {deed.finite for deed in scope.deeds},
        "people": {name.lower() for name in scope.people},
        "figures": {noun for kind in scope.figures for noun in kind.nouns},
        "colours": {noun for kind in scope.colours for noun in kind.nouns},
    }


def every(scope: Scope) -> set[str]:
    return set[str]().union(*content(scope).values())


def test_each_word_stands_in_one_class() -> None:
    assert sum(map(len, content(WORLD).values())) == len(every(WORLD))
    assert all(len(found) % 2 == 0 for found in content(WORLD).values())


@pytest.mark.parametrize("seed", SEEDS)
def test_the_halves_share_no_word_and_are_all_of_them(seed: int) -> None:
    shown, fresh = content(halves(seed)[SHOWN]), content(halves(seed)[FRESH])
    for name, words_of_world in content(WORLD).items():
        assert not shown[name] & fresh[name]
        assert shown[name] | fresh[name] == words_of_world
        assert len(shown[name]) == len(fresh[name])


@pytest.mark.parametrize("seed", SEEDS)
def test_of_each_kind_building_and_sort_of_state_either_half_has_as_many(seed: int) -> None:
    shown, fresh = halves(seed)[SHOWN], halves(seed)[FRESH]
    for half in (shown, fresh):
        assert [(kind.name, kind.domain) for kind in half.kinds] == [(k.name, k.domain) for k in WORLD.kinds]
        assert all(len(kind.nouns) == 3 for kind in half.kinds)
        assert all(len(kind.nouns) == 2 for kind in (*half.figures, *half.colours, *half.postures))
        assert all(len(building.rooms) == 3 for building in half.buildings)
        assert {cause.effect for cause in half.causes} == {cause.effect for cause in WORLD.causes}
        for kind in ("person", *(kind.name for kind in WORLD.kinds)):
            assert 2 * len(half.states_of(kind)) == len(WORLD.states_of(kind)) > 0
        assert half.activities == WORLD.activities


def test_each_seed_draws_other_halves_and_one_seed_the_same() -> None:
    drawn = [halves(seed)[SHOWN] for seed in range(20)]
    for one, other in combinations(drawn, 2):
        assert 0.2 < len(every(one) & every(other)) / len(every(one)) < 0.8
    for seed, one in enumerate(drawn):
        assert halves.__wrapped__(seed)[SHOWN] == one


@cache
def used(task: str, split: str, seed: int) -> frozenset[str]:
    return frozenset(word for row in rows(task, split, seed) for text in said_in(row) for word in words(text))


def common(task: str) -> set[str]:
    """Words of both halves' rows: of effects, and of "was found with", which says nothing of "it"."""
    return set(EFFECT.values()) if task in CAUSING else {"found"} if task in ("wnli", "dpr") else set()


@pytest.mark.parametrize("seed", [0, 10])
@pytest.mark.parametrize(("task", "split"), EVERY)
def test_no_row_uses_a_word_of_the_other_half(task: str, split: str, seed: int) -> None:
    half = halves(seed)
    own, other = (SHOWN, FRESH) if split == "train" else (FRESH, SHOWN)
    assert used(task, split, seed) & every(half[other]) <= common(task)
    assert used(task, split, seed) & every(half[own])


@pytest.mark.parametrize("task", SIZES)
def test_what_is_evaluated_cannot_be_learnt_from_training(task: str) -> None:
    """Of the words that bear meaning those of the evaluation are new, whatever the class of words."""
    known = used(task, "train", 0)
    for split in SIZES[task]:
        if split != "train":
            found = used(task, split, 0) & every(WORLD)
            assert len(found - common(task)) >= 8 and found & known <= common(task)


def test_mnli_speaks_of_other_domains_where_it_is_mismatched() -> None:
    for split, domains in (("train", LAND), (MATCHED, LAND), (MISMATCHED, OTHER)):
        places = content(WORLD.of_domains(domains))
        wanted = places["nouns"] | places["rooms"]
        found = used("mnli", split, 0) & (content(WORLD)["nouns"] | content(WORLD)["rooms"])
        assert found <= wanted and found
    assert not set(LAND) & set(OTHER)


def test_the_corpus_speaks_with_both_halves_alike() -> None:
    """A word of one half as often as one of the other, whatever the seed."""
    said = [word for document in corpus(tokens=200_000) for word in words(document)]
    for seed in SEEDS:
        shown, fresh = (every(halves(seed)[half]) for half in (SHOWN, FRESH))
        assert shown | fresh <= set(said)
        ratio = sum(word in fresh for word in said) / sum(word in shown for word in said)
        assert 0.8 < ratio < 1.25, seed
