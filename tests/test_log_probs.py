from __future__ import annotations

import random
from pathlib import Path

import pytest
import torch

from baselines import device as devices
from baselines import door, lm_loss, log_probs, models, vocabulary, weights
from baselines.batches import windows
from baselines.log_probs import LanguageModel, Texts, plan
from tests.tiny import PROFILE, VOCABULARY, WORDS, weights_folder

KINDS = ("gpt", "lstm")
N_CTX = PROFILE.size.n_ctx


def text(chance: random.Random, words: int) -> str:
    return " ".join(chance.choices(WORDS, k=words))


def saved(folder: Path, kind: str, seed: int = 0) -> Path:
    model = models.build(kind, PROFILE.size, len(VOCABULARY.ids), 0.1)
    model.initialise(torch.Generator().manual_seed(seed))
    with torch.no_grad():  # far from uniform, so that a wrong order is seen
        model.tokens_embed.weight *= 20
    weights.save(model, folder)
    return folder


@pytest.fixture(params=KINDS)
def model(request: pytest.FixtureRequest, tmp_path: Path) -> LanguageModel:
    saved(weights_folder(tmp_path), request.param)
    ((updates, found),) = log_probs.checkpoints(tmp_path, PROFILE, "cpu")
    assert updates is None
    return found


def naive(model: LanguageModel, context: list[int], continuation: list[int]) -> list[float]:
    """The whole sequence by itself, all logits at once."""
    ids = torch.tensor([context + continuation])
    network = model.load()
    with torch.no_grad():
        logits = network(windows(ids)) @ network.tokens_embed.weight.t()
    every = logits.log_softmax(1)[:-1].gather(1, ids[0, 1:, None])[:, 0].tolist()
    return every[-len(continuation) :] if context else every


def ragged(seed: int = 0) -> list[tuple[str, str]]:
    """Contexts shared by one to five continuations of all lengths, empty contexts, and some pairs twice."""
    chance = random.Random(seed)
    pairs = []
    for _ in range(12):
        context = text(chance, chance.randint(1, 5))
        pairs += [(context, text(chance, chance.randint(1, 3))) for _ in range(chance.randint(1, 5))]
    pairs += [("", text(chance, chance.randint(1, 8))) for _ in range(6)] + [(pairs[0][0], "c"), ("", "cat"), ("", "c")]
    return chance.sample(pairs + pairs[:4], len(pairs) + 4)


@pytest.mark.parametrize("budget", [10**6, 150, 1])
def test_equals_one_sequence_at_a_time(model: LanguageModel, budget: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(devices, "token_budget", lambda *_: budget)
    pairs = ragged()
    found = model.log_probs(pairs)
    assert model.cut == 0
    for (context, continuation), values in zip(pairs, found, strict=True):
        expected = naive(model, model.texts[context], model.texts[continuation])
        assert values == pytest.approx(expected, abs=1e-5)
    assert found[pairs.index(("", "c"))] == []


def test_a_shared_context_is_read_once(model: LanguageModel) -> None:
    """cat dog sun is 9 tokens; three continuations of 3, 3 and 1, whose last tokens are only predicted."""
    pairs = [("cat dog sun", "red"), ("cat dog sun", "sun"), ("cat dog sun", "c"), ("cat dog", "sun")]
    model.log_probs(pairs)
    assert model.read == (9 + 2 + 2 + 0) + (6 + 2)
    before = model.read
    model.log_probs([("", "cat dog"), ("", "cat dog")])
    assert model.read - before == 5


def test_under_bfloat16_autocast_only_the_model_is_rounded(model: LanguageModel) -> None:
    pairs = ragged(5)
    exact = [value for row in model.log_probs(pairs) for value in row]
    with devices.using(precision="bfloat16"):
        rounded = [value for row in model.log_probs(pairs) for value in row]
        assert model.describe()["precision"] == "bfloat16 autocast"
    assert rounded == pytest.approx(exact, abs=0.3)
    assert max(abs(one - other) for one, other in zip(rounded, exact, strict=True)) > 1e-5


@pytest.mark.gpu
@pytest.mark.parametrize("kind", KINDS)
def test_a_gpu_gives_the_same(kind: str, tmp_path: Path) -> None:
    saved(weights_folder(tmp_path), kind)
    pairs = ragged(6)
    with devices.using(precision="float32"):
        one, other = (log_probs.checkpoints(tmp_path, PROFILE, name)[0][1].log_probs(pairs) for name in ("cpu", "cuda"))
    for values, expected in zip(other, one, strict=True):
        assert values == pytest.approx(expected, abs=1e-3)


def test_nothing_to_score(model: LanguageModel) -> None:
    assert model.log_probs([]) == []
    assert model.log_probs([("cat", ""), ("", "")]) == [[], []]


def test_a_context_gives_way_on_its_left_the_same_for_all_that_share_it(model: LanguageModel) -> None:
    chance = random.Random(1)
    context = text(chance, 30)
    pairs = [(context, "cat"), (context, "sits runs dog"), ("dog", text(chance, 30))]
    found = model.log_probs(pairs)
    ids, long = model.texts[context], model.texts[pairs[2][1]]
    room = N_CTX - len(model.texts["sits runs dog"])
    for (_, continuation), values in zip(pairs[:2], found, strict=False):
        assert values == pytest.approx(naive(model, ids[-room:], model.texts[continuation]), abs=1e-5)
    assert found[2] == pytest.approx(naive(model, model.texts["dog"][-1:], long[: N_CTX - 1]), abs=1e-5)
    assert model.cut == 2 * (len(ids) - room) + 2 + len(long) - (N_CTX - 1)


def test_a_long_text_without_context_is_cut_on_its_right(model: LanguageModel) -> None:
    long = text(random.Random(2), 30)
    (values,) = model.log_probs([("", long)])
    assert len(values) == N_CTX - 1
    assert model.cut == len(model.texts[long]) - N_CTX


def test_plan_by_hand() -> None:
    readings, cut = plan([([1, 2, 3], [4]), ([1, 2, 3], [5, 6]), ([7], [8]), ([], [1, 2]), ([], [9]), ([1], [])], 4)
    assert cut == 2  # the 1 of [1, 2, 3], for both
    assert [(list(map(list, r.sequences)), [(i, list(ids)) for i, ids in r.aims]) for r in readings] == [
        ([[2, 3], [], [5]], [(0, [4]), (1, [5, 6])]),
        ([[7]], [(2, [8])]),
        ([[1]], [(3, [2])]),
    ]


def test_blocks_of_logits_give_the_same(model: LanguageModel, monkeypatch: pytest.MonkeyPatch) -> None:
    pairs = ragged(3)
    whole = model.log_probs(pairs)
    monkeypatch.setattr(lm_loss, "LOGITS", 3 * len(VOCABULARY.ids))
    assert [one for row in model.log_probs(pairs) for one in row] == pytest.approx(
        [one for row in whole for one in row], abs=1e-5
    )


@pytest.mark.parametrize("kind", KINDS)
def test_checkpoints_of_a_pretraining(kind: str, tmp_path: Path) -> None:
    weights_folder(tmp_path)
    for seed, updates in enumerate((0, 16, 4)):
        saved(tmp_path / "checkpoints" / f"{updates:07d}", kind, seed)
    saved(tmp_path, kind, 1)
    found = door.checkpoints(tmp_path, PROFILE, "cpu")
    prints = door.checkpoint_fingerprints(tmp_path, PROFILE)
    assert [updates for updates, _ in found] == [updates for updates, _ in prints] == [0, 4, 16]
    assert len({one["weights"] for _, one in prints}) == 3
    assert {(one["model"], one["vocabulary"]) for _, one in prints} == {(kind, VOCABULARY.hash)}
    values = [model.log_probs([("cat", "dog")])[0] for _, model in found]
    assert len({tuple(row) for row in values}) == 3
    found[0][1].release()
    assert found[0][1].log_probs([("cat", "dog")])[0] == pytest.approx(values[0], abs=1e-6)
    assert found[0][1].pieces("cat") == 3
    assert found[0][1].describe()["precision"] == "float32"
    assert door.pretraining_facts(tmp_path) is None


def test_what_is_missing_is_named(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match="no vocabulary in"):
        door.checkpoints(tmp_path, PROFILE, "cpu")
    vocabulary.write(VOCABULARY, tmp_path)
    with pytest.raises(FileNotFoundError, match="no weights in"):
        door.checkpoint_fingerprints(tmp_path, PROFILE)


def test_texts_are_tokenised_once_for_all_checkpoints(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    texts = Texts(weights_folder(tmp_path))
    asked: list[str] = []
    encode = texts.tokenizer.encode

    def counted(text: str) -> list[int]:
        asked.append(text)
        return encode(text)

    monkeypatch.setattr(texts.tokenizer, "encode", counted)
    assert [texts["cat"], texts["cat"], texts["dog"]] == [encode("cat"), encode("cat"), encode("dog")]
    assert asked == ["cat", "dog"]
