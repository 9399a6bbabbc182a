"""A corpus as token ids on disk: tokenised once on every core, then read in place by any number of trainings."""

from __future__ import annotations

import zlib
from collections.abc import Iterable, Iterator
from functools import lru_cache, partial
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from baselines import vocabulary
from baselines.cores import Cores
from baselines.report import Report
from baselines.tokenizer import NEWLINE, Counts, Tokenizer, count_chunks, count_words
from baselines.whole_files import DamageError, beside, hash_of, read_json, write_json

TRAIN, HELD_OUT, ABOUT = "train.tokens", "held_out.tokens", "tokens.json"
HELD_OUT_OF = 50  # one document in so many is kept for perplexity
HELD_OUT_SHARE = 0.05  # of the text, where there is only one document
SMALL = 1 << 16  # ids that two bytes hold
BATCH = 250_000  # characters handed to a worker at a time

Ids = np.ndarray[Any, Any]  # (n,) of a corpus


class TokenFile(NamedTuple):
    """train, held_out: 1-D arrays of ids, mapped from disk; documents are kept apart by a newline token."""

    tokenizer: Tokenizer
    train: Ids
    held_out: Ids


def prepare(
    documents: Iterable[str], n_vocab: int | None, folder: Path, report: Report, vocabulary_dir: Path | None = None
) -> TokenFile:
    """Open the folder's token files, made first if they are not there whole.

    documents: an iterable that can be walked twice, of any length. n_vocab: a byte-pair vocabulary of so many tokens is
    trained on them; None takes that of `vocabulary_dir`. The folder is the caller's key for text and vocabulary. Raises
    ValueError where there is no text or no vocabulary, OSError where writing fails or a process dies.
    """
    if iter(documents) is documents:
        raise ValueError("documents can be walked only once; pass a list or an object whose __iter__ starts anew")
    try:
        if (made := read(folder)) is not None:
            return made
    except DamageError as error:
        report({"event": "damaged", "said": f"{error}; the corpus is tokenised again"})
    if n_vocab is None and vocabulary_dir is None:
        raise ValueError("this profile uses the released vocabulary: give its folder with --weights DIR")
    folder.mkdir(parents=True, exist_ok=True)
    (folder / ABOUT).unlink(missing_ok=True)  # comes back last: what it speaks of is about to change
    report({"event": "vocabulary"})
    with Cores() as cores:
        if n_vocab is None and vocabulary_dir is not None:
            known = vocabulary.read(vocabulary_dir)
        else:
            known = Tokenizer.train(words(documents, cores, report), n_vocab or 0).vocabulary
        vocabulary.write(known, folder)  # where the other processes find it
        write(documents, cores, folder, report)
    made = read(folder)
    assert made is not None
    return made


def read(folder: Path) -> TokenFile | None:
    """The folder's token files; None where there are none, or not all of them were made.

    Raises DamageError, naming the file, where one is not as it was written.
    """
    if not (folder / ABOUT).is_file():
        return None
    try:
        about = read_json(folder / ABOUT, "it is made again")
        known = vocabulary.read(folder)
        for name in (TRAIN, HELD_OUT):
            whole = (folder / name).stat().st_size == about["bytes"][name]
            # from before there were checksums there is none
            if not whole or about.get("hashes", {}).get(name) not in (None, hash_of(folder / name)):
                raise DamageError(f"{folder / name} is damaged: it is not what {ABOUT} says")
        files = [np.memmap(folder / name, about["dtype"], "r") for name in (TRAIN, HELD_OUT)]
    except (OSError, ValueError, KeyError, TypeError, RecursionError) as error:
        raise error if isinstance(error, DamageError) else DamageError(f"{folder} is damaged ({error!r})") from error
    return TokenFile(Tokenizer(known), *files)


def write(documents: Iterable[str], cores: Cores, folder: Path, report: Report) -> None:
    """Ids of every document to `train.tokens`, of one in fifty to `held_out.tokens`, and `tokens.json` about them."""
    tokenizer = _tokenizer(folder, vocabulary.read(folder).hash)
    dtype = "<u2" if tokenizer.n_vocab <= SMALL else "<u4"
    separator = tokenizer.vocabulary.ids[NEWLINE]
    counts = {"documents": 0, "tokens": 0, "unknown": 0}
    last = np.zeros(0, dtype)
    with beside(folder / TRAIN) as for_training, beside(folder / HELD_OUT) as for_perplexity:
        with for_training.open("wb") as train, for_perplexity.open("wb") as held_out:
            for text, ids in encoded(documents, cores, folder):
                counts["documents"] += 1
                counts["tokens"] += len(ids)
                counts["unknown"] += int((ids == 0).sum())
                if counts["documents"] % 100 == 0:
                    report({"event": "tokenising", **counts})
                ids = np.append(ids, separator).astype(dtype)
                # by content, so that the choice does not depend on the order of the files
                if zlib.crc32(text.encode()) % HELD_OUT_OF == 0:
                    held_out.write(ids.tobytes())  # tofile would not say why it fails
                    continue
                train.write(last.tobytes())
                last = ids
            if held_out.tell() == 0:
                kept = 0 if counts["documents"] > 1 else int(len(last) * (1 - HELD_OUT_SHARE))
                held_out.write(last[kept:].tobytes())
                last = last[:kept]
            train.write(last.tobytes())
        if for_training.stat().st_size == 0:
            raise ValueError("the corpus holds no text; give a folder of .txt files with --corpus DIR")
    of = {"vocabulary": tokenizer.vocabulary.hash, "dtype": dtype}
    sizes = {name: (folder / name).stat().st_size for name in (TRAIN, HELD_OUT)}
    hashes = {name: hash_of(folder / name) for name in sizes}
    write_json(folder / ABOUT, {**counts, **of, "bytes": sizes, "hashes": hashes})


def encoded(documents: Iterable[str], cores: Cores, folder: Path) -> Iterator[tuple[str, Ids]]:
    """Each document and its ids, by the folder's vocabulary, in order."""
    work = partial(encode, folder, vocabulary.read(folder).hash)
    for texts, found in cores.map(work, batches(documents)):
        yield from zip(texts, found, strict=True)


def words(documents: Iterable[str], cores: Cores, report: Report) -> Counts:
    """How often each word stands in the documents."""
    chunks: Counts = Counts()
    for n, (_, found) in enumerate(cores.map(count_chunks, batches(documents)), 1):
        chunks.update(found)
        report({"event": "counting words", "batches": n})
    return count_words(chunks)


def encode(folder: Path, digest: str, texts: list[str]) -> list[Ids]:
    tokenizer = _tokenizer(folder, digest)
    return [np.array(tokenizer.encode(text), np.uint32) for text in texts]


@lru_cache(1)
def _tokenizer(folder: Path, digest: str) -> Tokenizer:  # noqa: ARG001  (the content, as far as the cache goes)
    """This process's own, kept so that what it remembers lasts from batch to batch."""
    return Tokenizer(vocabulary.read(folder))


def batches(documents: Iterable[str]) -> Iterator[list[str]]:
    """Documents by the quarter of a million characters, never cut: ftfy reads a document as a whole."""
    batch: list[str] = []
    size = 0
    for document in documents:
        batch.append(document)
        size += len(document)
        if size >= BATCH:
            yield batch
            batch, size = [], 0
    if batch:
        yield batch
