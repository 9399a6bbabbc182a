"""The command `world`: the generated miniature documented like a data set, with what gives its labels away.

From the generator as it stands: its outline is the first words of its modules, its sizes are counted, its content is
hashed. What it promises is asserted: no evaluation row stands in training, and none wholly in one document of the
corpus.
"""

from __future__ import annotations

import ast
import hashlib
import re
import textwrap
from argparse import Namespace
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

from tabulate import tabulate

from harness import data, mini_world
from harness.command_line.arguments import TABULATED
from harness.data import MiniWorld, Split
from harness.data_card import overlap, shortcuts
from harness.data_card.overlap import Overlap
from harness.data_card.shortcuts import Shortcuts
from harness.layout.sheet import WIDTH
from harness.sources.corpus import MiniCorpus
from harness.tasks import TASKS, ZERO_SHOT
from harness.tasks.base import Task

LICENCE = "MIT, as the code that generates it; no text of anybody else is in it"
CONVENTIONS = (
    'a name stands for one person and "the cup" for one cup; after a canoe was told of, "the boat" is that canoe and '
    '"the dish" is something else; everybody is in one place and does one thing at a time; of two opposites one '
    "excludes the other; a black coat is the only coat; the inn is at the market, the barn at the farm, as the corpus "
    "says"
)
SHORTCUTS = ("task", "evaluation", "rows", "metric", "majority", "last text", "words", "in common")
OVERLAPS = (*SHORTCUTS[:3], "row in training", "row in corpus", "a text in training", "a text in corpus")


class Read(NamedTuple):
    """A task's splits: the training rows, and each evaluation by its name."""

    task: Task
    train: Split
    evaluations: Mapping[str, Split]

    @property
    def metric(self) -> str:
        return "pc" if self.task.form.kind == "score" else "acc"


class Told(NamedTuple):
    """Of the corpus."""

    documents: int
    tokens: int  # words and marks
    types: int
    sha256: str


class Card(NamedTuple):
    seed: int
    scale: int
    read: Sequence[Read]
    told: Told
    shortcuts: Mapping[tuple[str, str], Shortcuts]  # task, evaluation
    overlaps: Mapping[tuple[str, str], Overlap]

    @property
    def content(self) -> str:
        """sha256 of all rows and documents."""
        splits = [split for each in self.read for split in (each.train, *each.evaluations.values())]
        parts = [*(split.count.hash for split in splits), self.told.sha256]
        return hashlib.sha256(" ".join(parts).encode()).hexdigest()


def command(chosen: Namespace) -> int:
    """Exit code 1 where a promise is broken."""
    card = made(chosen.world_seed, chosen.scale)
    print("\n".join(text(card, TABULATED[chosen.format])))
    return 1 if list(broken(card)) else 0


def made(seed: int, scale: int = 1) -> Card:
    """About a minute on a core: the whole corpus is read."""
    every, origin = {**TASKS, **ZERO_SHOT}, MiniWorld(seed, scale)
    read = []
    for task in (every[name] for name in mini_world.SIZES):
        sources = {**task.evaluations, **task.beside}
        evaluations = {name: data.load(task, source, origin) for name, source in sources.items()}
        read.append(Read(task, data.load(task, task.train, origin), evaluations))
    counted, asked, wanted = {}, {}, overlap.Wanted()
    for each in read:
        for name, split in each.evaluations.items():
            told = each.train.examples, split.examples
            counted[each.task.name, name] = shortcuts.measured(*told, each.task.form)
            asked[each.task.name, name] = overlap.question(*told, wanted)
    corpus = walked(MiniCorpus(seed, scale), wanted)
    return Card(seed, scale, read, corpus, counted, {key: overlap.answer(one, wanted) for key, one in asked.items()})


def walked(corpus: MiniCorpus, wanted: overlap.Wanted) -> Told:
    """Read once, looking for what is wanted."""
    digest, types = hashlib.sha256(), set[str]()
    documents = tokens = 0
    for document in corpus:
        wanted.look(document)
        pieces = re.findall(r"\w+|[^\w\s]", document.lower())
        types.update(pieces)
        documents, tokens = documents + 1, tokens + len(pieces)
        digest.update(document.encode() + b"\n")
    return Told(documents, tokens, len(types), digest.hexdigest())


def broken(card: Card) -> Iterator[str]:
    """What the world promises and does not keep."""
    for (task, evaluation), found in card.overlaps.items():
        if found.trained:
            yield f"{task} {evaluation}: {found.trained} rows are training rows too"
        if found.told:
            yield f"{task} {evaluation}: {found.told} rows stand wholly in a document of the corpus"


def text(card: Card, format: str) -> Iterator[str]:
    """Lines; format: of tabulate."""
    yield f"Mini world, version {mini_world.VERSION}, seed {card.seed}" + (
        f", scale {card.scale}" if card.scale != 1 else ""
    )
    yield f"content sha256 {card.content}"
    yield f"licence: {LICENCE}"
    yield textwrap.fill(f"conventions: {CONVENTIONS}", WIDTH, subsequent_indent="  ")
    yield ""
    yield from outline()
    yield ""
    told = card.told
    yield f"Corpus: {told.documents:,} documents, {told.tokens:,} words and marks, {told.types:,} different ones."
    yield ""
    yield table(list(sizes(card)), ("task", "split", "rows", "texts", "answers"), format)
    yield ""
    yield "What counting words gives, in percent (last text: without those before it; words: of all texts;"
    yield "in common: no word, but how many of them both texts have)."
    yield ""
    yield table(list(scores(card)), SHORTCUTS, format)
    yield ""
    yield "What stands in two places word for word, in evaluation rows."
    yield ""
    yield table([(*key, *found) for key, found in card.overlaps.items()], OVERLAPS, format)
    yield ""
    faults = list(broken(card))
    yield from (f"BROKEN: {fault}" for fault in faults)
    if not faults:
        yield "Kept: no row is in training, and none stands wholly in one document."


def outline() -> Iterator[str]:
    """The generator's own words: a line a module."""
    folder = Path(mini_world.__path__[0])
    yield first_sentence((folder / "__init__.py").read_text(encoding="utf-8"))
    for path in sorted(folder.glob("[a-z]*.py")):
        said = f"  {path.stem:14} {first_sentence(path.read_text(encoding='utf-8'))}"
        yield textwrap.fill(said, WIDTH, subsequent_indent=" " * 17)


def first_sentence(source: str) -> str:
    said = " ".join((ast.get_docstring(ast.parse(source)) or "").split())
    return re.split(r"(?<=\.) ", said)[0]


def sizes(card: Card) -> Iterator[tuple[object, ...]]:
    for each in card.read:
        for split in (each.train, *each.evaluations.values()):
            sequences = split.examples[0].sequences
            shape = f"{len(sequences)} × {len(sequences[0])}" if len(sequences) > 1 else str(len(sequences[0]))
            yield each.task.name, split.count.split, len(split.examples), shape, answers(each.task, split)


def answers(task: Task, split: Split) -> str:
    """ "entailment 50 %, not_entailment 50 %"; of graded scores their mean."""
    labels = [example.label for example in split.examples if example.label is not None]
    if task.form.kind == "score":
        return f"{task.form.low:g} to {task.form.high:g}, mean {sum(labels) / len(labels):.2f}"
    counts = sorted(Counter(labels).items())
    names = [task.form.names[int(i)] if task.form.names else int(i) + 1 for i, _ in counts]
    return ", ".join(f"{name} {n / len(labels):.0%}" for name, (_, n) in zip(names, counts, strict=True))


def scores(card: Card) -> Iterator[tuple[object, ...]]:
    for each in card.read:
        for name, split in each.evaluations.items():
            found = card.shortcuts[each.task.name, name]
            told = each.task.name, name, len(split.examples), each.metric
            yield *told, *("" if one is None else f"{one:.1f}" for one in found)


def table(rows: Sequence[Sequence[object]], headings: Sequence[str], format: str) -> str:
    return tabulate(rows, headings, tablefmt=format, disable_numparse=True)
