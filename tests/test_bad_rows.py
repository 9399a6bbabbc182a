"""Broken rows, through the one `load`: refused with file, line and what was expected, or read by a rule."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests import tiny
from tests.bad_rows import ACCEPTED, KINDS, LONG, REFUSED, Content, changed
from tests.test_finetune import make


@pytest.mark.parametrize(
    ("kind", "what", "content", "said"), REFUSED, ids=[f"{kind}: {what}" for kind, what, *_ in REFUSED]
)
def test_it_is_refused_in_one_line_with_its_place(
    tmp_path: Path, kind: str, what: str, content: Content, said: str
) -> None:
    assert what
    with pytest.raises(ValueError, match=said) as caught:
        KINDS[kind].load(tmp_path, content)
    line = str(caught.value)
    assert "\n" not in line and len(line) < 600
    assert line.isprintable()


@pytest.mark.parametrize("kind", KINDS)
def test_what_is_not_broken_is_read(tmp_path: Path, kind: str) -> None:
    """Else a refusal above would prove nothing."""
    assert KINDS[kind].load(tmp_path, KINDS[kind].good).count.n == 2


def test_how_many_kinds_there_are() -> None:
    assert len({(kind, what) for kind, what, *_ in REFUSED}) == len(REFUSED) >= 70
    assert {kind for kind, *_ in REFUSED} == set(KINDS)


@pytest.mark.parametrize("rule", ACCEPTED)
def test_it_is_read_by_a_rule(tmp_path: Path, rule: str) -> None:
    kind, content, holds = ACCEPTED[rule]
    count, examples = KINDS[kind].load(tmp_path, content)
    assert count.n == 2 and holds(examples[0].sequences[0])


@pytest.mark.parametrize("text", [LONG, "x" * 100_000, "é" * 100_000], ids=["words", "one word", "accents"])
def test_a_text_of_100_000_characters_is_cut_and_counted(tmp_path: Path, text: str) -> None:
    train = tiny.examples(8)
    train[3] = train[3]._replace(sequences=((text, "dog"),))
    facts = make(tmp_path).fit(train).describe()
    tokens = 80_000 if text == LONG else 100_000
    assert (facts["cut_examples"], facts["cut_tokens"]) == (1, tokens - 22)
    assert facts["updates"] == 2


def test_no_message_repeats_a_whole_text(tmp_path: Path) -> None:
    for kind, content in (("stsb", changed("stsb", "1.2", "9" * 100_000)), ("rte", changed("rte", "entailment", LONG))):
        with pytest.raises(ValueError, match=re.escape("line 2" if kind == "rte" else "line 3")) as caught:
            KINDS[kind].load(tmp_path / kind, content)
        assert len(str(caught.value)) < 600
