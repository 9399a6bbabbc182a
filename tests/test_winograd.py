"""Pronouns: which occurrence is meant, what takes its place, and the files in which the sets are distributed."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from harness.data import Directory, MiniWorld, Split, load, problem
from harness.mini_world import rows
from harness.mini_world.lexicon import KINDS, STATES
from harness.tasks import TASKS, ZERO_SHOT
from harness.tasks.base import HIDDEN, Example, Part, Source
from harness.tasks.winograd import is_possessive, place_of, placed_after, possessive

DPR, WSC, PDP = (ZERO_SHOT[name] for name in ("dpr", "wsc273", "pdp60"))


def definite(sentence: str, pronoun: str, candidates: list[str], label: str = "0") -> Example:
    return DPR.example({"sentence": sentence, "pronoun": pronoun, "candidates": candidates, "label": label})


def test_a_candidate_takes_the_pronouns_place() -> None:
    found = definite("The bee landed on the flower because it had pollen.", "it", ["The bee", "the flower"], "1")
    start, rest = "The bee landed on the flower because", "had pollen."
    assert found == Example(((f"{start} the bee", rest), (f"{start} the flower", rest)), 1)


@pytest.mark.parametrize(
    ("sentence", "pronoun", "candidates", "before"),
    [
        # the first after both are named, of two
        (
            "The sword was stuck in the tree because it grew up around it.",
            "it",
            ["The sword", "the tree"],
            "The sword was stuck in the tree because ",
        ),
        (
            "Parents send their children to bed, and they have to listen to authority since they are dependents.",
            "they",
            ["Parents", "their children"],
            "Parents send their children to bed, and ",
        ),
        # of two, the first before the second candidate is named
        (
            "The assembly line workers were told they had been fired by the company, because they could cut costs.",
            "they",
            ["The assembly line workers", "the company"],
            "The assembly line workers were told they had been fired by the company, because ",
        ),
        # inside other words: the, either, writes
        ("The writer has either white paper or it.", "it", ["The writer", "white paper"], None),
        # before one candidate is named, and with one that is not named
        ("Before he fell, Tom saw Bill.", "he", ["Tom", "Bill"], "Before "),
        ("Tom said that he fell.", "he", ["Tom", "William"], "Tom said that "),
        # a candidate holds the pronoun
        ("Ann's dog bit her neighbour because her leash tore.", "her", ["Ann's dog", "her neighbour"], None),
    ],
)
def test_which_occurrence_is_meant(sentence: str, pronoun: str, candidates: list[str], before: str | None) -> None:
    found = place_of(pronoun, sentence, candidates)
    assert sentence[: found.start()] == (sentence[: sentence.rindex(pronoun)] if before is None else before)
    assert found[0] == pronoun


def test_a_capital_pronoun_is_found_and_its_candidate_gets_the_capital() -> None:
    found = definite("The cup is wet. It was left in the rain.", "it", ["the cup", "a plate"])
    assert [start for start, _ in found.sequences] == ["The cup is wet. The cup", "The cup is wet. A plate"]


@pytest.mark.parametrize(
    ("before", "name", "placed"),
    [
        ("", "the cup", "The cup"),
        ("It rained!", "his dog", "His dog"),
        ('He said "No."', "the cup", "The cup"),
        ("because", "The bee", "the bee"),
        ("because", "Their dates", "their dates"),
        ("because", "Anna", "Anna"),
        ("because", "Theodore", "Theodore"),
    ],
)
def test_capitals(before: str, name: str, placed: str) -> None:
    assert placed_after(before, name) == placed


@pytest.mark.parametrize(
    ("pronoun", "rest", "owns"),
    [
        ("his", "hat.", True),
        ("its", "vocabulary is larger.", True),
        ("Their", "Sunday dinners.", True),
        ("her", "birthday.", True),
        ("her", "friend's birthday.", True),
        ("her", "education had been managed.", True),
        ("her", "will.", True),
        ("her", "to the hospital.", False),
        ("her", ", undressing and climbing back.", False),
        ("her", ".", False),
        ("him", "now, for Dad said so.", False),
        ("it", "fell.", False),
    ],
)
def test_possessives(pronoun: str, rest: str, owns: bool) -> None:
    assert is_possessive(pronoun, rest) is owns


def test_a_possessive_candidate() -> None:
    found = definite("Jim went to Hal's house, and walked his dog.", "his", ["Jim", "Hal"], "1")
    assert [start.rpartition(" ")[2] for start, _ in found.sequences] == ["Jim's", "Hal's"]
    assert possessive("the dogs", "their") == "the dogs'"
    assert possessive("James", "his") == "James's"


@pytest.mark.parametrize(
    ("row", "said"),
    [
        (("It fell.", "she", ["it", "a cup"], "0"), "the pronoun 'she' is not in the sentence 'It fell.'"),
        (("A cup broke it", "it", ["a cup", "a plate"], "0"), "nothing stands after the pronoun 'it'"),
        (("It fell.", "it", ["a cup"], "0"), r"candidates \['a cup'\]; expected a list of 2 texts"),
        (("It fell.", "it", "a cup", "0"), "candidates 'a cup'; expected a list of 2 texts"),
        (("It fell.", "it", ["a cup", "a plate"], "2"), "label '2' in column 'label'; expected one of 0, 1"),
    ],
)
def test_bad_rows(row: tuple[str, str, list[str], str], said: str) -> None:
    with pytest.raises(ValueError, match=said):
        definite(*row)


def test_a_schema_is_marked_exactly() -> None:
    text = "Dad said that he wanted him. He paid him well."
    row = {"text": text, "pronoun": "him", "pronoun_loc": 37, "options": ["Larry", "Dad", "the man"], "label": 1}
    assert PDP.example(row) == Example(
        tuple((f"Dad said that he wanted him. He paid {name}", "well.") for name in ("Larry", "Dad", "the man")), 1
    )
    assert PDP.example({**row, "label": HIDDEN}).label is None
    with pytest.raises(ValueError, match=r"options .*; expected a list of 2 texts"):
        WSC.example(row)
    with pytest.raises(ValueError, match="at 36 stands ' hi', expected the pronoun 'him'"):
        PDP.example({**row, "pronoun_loc": 36})
    with pytest.raises(ValueError, match="label '3' in column 'label'; expected one of 0, 1, 2"):
        PDP.example({**row, "label": 3})


# The files

BLOCKS = (
    "The bee landed on the flower because it had pollen.\nit\nThe bee,the flower\nthe flower\n\n"
    "Tom hit Bill and he fell. \nhe\nTom, Bill\nTom\n\n"
)
SCHEMA = """<schema><text><txt1>
Tom  hit Bill and </txt1> <pron> he </pron>
<txt2> fell. </txt2></text><quote><pron>he</pron></quote>
<answers><answer>Tom </answer><answer> Bill
</answer></answers><correctAnswer> B.  </correctAnswer><source> é </source></schema>"""
XML = f'<?xml version="1.0" encoding="ISO-8859-1"?>\n<collection>{SCHEMA}\n{SCHEMA.replace("B.", "A")}</collection>'


def read(folder: Path, source: Source, content: str, n: int = 2) -> Split:
    """As the file of a set with n rows, of which a part is all."""
    small = replace(source, n=n, part=Part(n, lambda: range(n)) if source.part else None)
    path = folder / small.files.path
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(content, encoding="utf-8", newline="")
    return load(DPR if source == DPR.train else WSC, small, Directory(folder))


@pytest.mark.parametrize("content", [BLOCKS, BLOCKS.strip(), BLOCKS.replace("\n", "\r\n"), f"\n{BLOCKS}\n"])
def test_blocks(content: str, tmp_path: Path) -> None:
    count, (first, second) = read(tmp_path, DPR.train, content)
    assert (count.n, first.label, second.label) == (2, 1, 0)
    assert second.sequences == (("Tom hit Bill and Tom", "fell."), ("Tom hit Bill and Bill", "fell."))


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        (("\nTom\n", "\n"), r"train\.c\.txt line 6 begins a block of 3 lines, expected 4"),
        (("the flower\n\n", "the flower\n"), "line 1 begins a block of 8 lines, expected 4"),
        (("\nTom\n", "\nTim\n"), "line 6 has the candidates 'Tom, Bill' and the answer 'Tim', expected two and one of"),
        (("Tom, Bill", "Tom, Bill, Ann"), "line 6 has the candidates 'Tom, Bill, Ann'"),
        (("and he fell", "and fell"), "line 6: the pronoun 'he' is not in the sentence"),
    ],
)
def test_bad_blocks(changed: tuple[str, str], said: str, tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=said):
        read(tmp_path, DPR.train, BLOCKS.replace(*changed))


def test_schemas(tmp_path: Path) -> None:
    """The declared encoding is wrong; the bytes are UTF-8."""
    _, (first, second) = read(tmp_path, WSC.train, XML)
    assert first == Example((("Tom hit Bill and Tom", "fell."), ("Tom hit Bill and Bill", "fell.")), 1)
    assert second == first._replace(label=0)


ENTITIES = '<!DOCTYPE c [<!ENTITY a "ha"><!ENTITY b "&a;&a;">]>'


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (XML.replace("<collection>", f"{ENTITIES}<collection>"), "WSCollection.xml has <!DOCTYPE, expected plain"),
        (XML.replace("<collection>", '<!doctype c SYSTEM "file:///etc/passwd"><collection>'), "has <!doctype"),
        (XML.replace("</collection>", ""), r"WSCollection\.xml is not XML \(no element found"),
        ("Tom hit Bill.", r"is not XML \(syntax error"),
        (XML.replace("B.", "C."), "schema 1 has the pronoun 'he', .* and the answer 'C.' to 2 options"),
        (XML.replace("B.", "both"), "schema 1 has the pronoun 'he', .* and the answer 'both'"),
        (XML.replace(SCHEMA, SCHEMA.replace(" he ", " ")), "schema 1 has the pronoun ''"),
        (XML.replace("fell.", ""), "schema 1 has the pronoun 'he', '' after it"),
        ("<collection/>", "WSCollection.xml has 0 of 2 rows"),
    ],
)
def test_bad_schemas(content: str, said: str, tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=said):
        read(tmp_path, WSC.train, content)


def test_the_real_files(shared_data: Path) -> None:
    real = Directory(shared_data)
    for task, n, labels in ((DPR, 1322, 2), (WSC, 273, 2), (PDP, 60, 4)):
        count, examples = load(task, task.train, real)
        assert (count.n, count.of, len(examples)) == (n, n, n)
        assert {example.label for example in examples} == set(range(labels))
        assert problem(task, task.train, real) == ""
        assert all(len({rest for _, rest in sequences}) == 1 for sequences, _ in examples)
    assert sorted({len(sequences) for sequences, _ in load(PDP, PDP.train, real).examples}) == [2, 3, 4, 5]
    assert problem(DPR, DPR.evaluations["test"], real) == "test.c.txt not found"


def test_the_twins_of_real_schemas_are_answered_differently(shared_data: Path) -> None:
    examples = load(DPR, DPR.train, Directory(shared_data)).examples
    assert all(one.label != other.label for one, other in zip(examples[::2], examples[1::2], strict=True))


def test_mini_rows_are_of_the_pronoun_alone() -> None:
    """Each candidate stands once before the pronoun, which stands once; either is right as often."""
    for split, n in (("train", 300), ("test", 400)):
        made = rows("dpr", split)
        assert len(made) == n
        for row in made:
            assert set(row) == {"sentence", "pronoun", "candidates", "label"}
            first, second = (str(row["sentence"]).lower().find(name) for name in row["candidates"])  # type: ignore[attr-defined]
            assert 0 <= first < second < str(row["sentence"]).lower().rindex(" it ")
        assert [row["label"] for row in made].count("0") == n // 2
    count, examples = load(DPR, DPR.evaluations["test"], MiniWorld())
    assert (count.n, count.of) == (400, 400)
    for example, row in zip(examples, rows("dpr", "test"), strict=True):
        told, _, rest = str(row["sentence"]).partition(". It ")
        names = [str(name).capitalize() for name in row["candidates"]]  # type: ignore[attr-defined]
        assert example.sequences == tuple((f"{told}. {name}", rest) for name in names)


def test_mini_labels_are_what_can_be_said_of_what() -> None:
    """Found again from the texts: of tools nobody says that they sleep, nor of animals that they are cheap."""
    kind_of = {noun: kind.name for kind in KINDS for noun in kind.nouns}
    said_of = {word: state.of for state in STATES for word in state.words}
    for row in rows("dpr", "test"):
        word = str(row["sentence"]).rstrip(".").rpartition(" ")[2]
        nouns = [str(name).removeprefix("the ") for name in row["candidates"]]  # type: ignore[attr-defined]
        assert [kind_of[noun] in said_of[word] for noun in nouns] == [row["label"] == "0", row["label"] == "1"]


def test_they_are_never_trained_on() -> None:
    assert not set(ZERO_SHOT) & set(TASKS)
