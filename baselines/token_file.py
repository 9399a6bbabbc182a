"""A corpus as token ids on disk: tokenised once on every core, then read in place by any number of trainings."""

from __future__ import annotations

import json
import multiprocessing
import os
import signal
import threading
import zlib
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from pathlib import Path
from typing import Any, NamedTuple, TypeVar

import numpy as np

from baselines import vocabulary
from baselines.report import Report
from baselines.tokenizer import NEWLINE, Counts, Tokenizer, count_chunks, count_words
from baselines.vocabulary import Vocabulary

TRAIN, HELD_OUT, ABOUT = "train.tokens", "held_out.tokens", "tokens.json"
HELD_OUT_OF = 50  # one document in so many is kept for perplexity
HELD_OUT_SHARE = 0.05  # of the text, where there is only one document
SMALL = 1 << 16  # ids that two bytes hold
BATCH = 250_000  # characters handed to a worker at a time
ALONE = 4_000_000  # characters that this process does by itself: starting the workers takes seconds

Ids = np.ndarray[Any, Any]  # (n,) of a corpus
Result = TypeVar("Result")


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
    ValueError where there is no text or no vocabulary, OSError where writing fails.
    """
    if iter(documents) is documents:
        raise ValueError("documents can be walked only once; pass a list or an object whose __iter__ starts anew")
    if (made := read(folder)) is not None:
        return made
    folder.mkdir(parents=True, exist_ok=True)
    report({"event": "vocabulary"})
    if n_vocab is not None:
        known = Tokenizer.train(words(documents, report), n_vocab).vocabulary
    elif vocabulary_dir is not None:
        known = vocabulary.read(vocabulary_dir)
    else:
        raise ValueError("this profile uses the released vocabulary: give its folder with --weights DIR")
    write(documents, Tokenizer(known), folder, report)
    made = read(folder)
    assert made is not None
    return made


def read(folder: Path) -> TokenFile | None:
    """The folder's token files, or None where they are not there or not as long as they were written."""
    try:
        about = json.loads((folder / ABOUT).read_text())
        if any((folder / name).stat().st_size != about["bytes"][name] for name in (TRAIN, HELD_OUT)):
            return None
    except (OSError, ValueError, KeyError):
        return None
    files = [np.memmap(folder / name, about["dtype"], "r") for name in (TRAIN, HELD_OUT)]
    return TokenFile(Tokenizer(vocabulary.read(folder)), *files)


def write(documents: Iterable[str], tokenizer: Tokenizer, folder: Path, report: Report) -> None:
    """Ids of every document to `train.tokens`, of one in fifty to `held_out.tokens`, and `tokens.json` about them."""
    dtype = "<u2" if tokenizer.n_vocab <= SMALL else "<u4"
    separator = tokenizer.vocabulary.ids[NEWLINE]
    counts = {"documents": 0, "tokens": 0, "unknown": 0}
    partial = {name: folder / f".{name}.{os.getpid()}" for name in (TRAIN, HELD_OUT)}
    last = np.zeros(0, dtype)
    try:
        with partial[TRAIN].open("wb") as train, partial[HELD_OUT].open("wb") as held_out:
            for text, ids in encoded(documents, tokenizer):
                counts["documents"] += 1
                counts["tokens"] += len(ids)
                counts["unknown"] += int((ids == 0).sum())
                if counts["documents"] % 100 == 0:
                    report({"event": "tokenising", **counts})
                ids = np.append(ids, separator).astype(dtype)
                # by content, so that the choice does not depend on the order of the files
                if zlib.crc32(text.encode()) % HELD_OUT_OF == 0:
                    ids.tofile(held_out)
                    continue
                last.tofile(train)
                last = ids
            if held_out.tell() == 0:
                kept = 0 if counts["documents"] > 1 else int(len(last) * (1 - HELD_OUT_SHARE))
                last[kept:].tofile(held_out)
                last = last[:kept]
            last.tofile(train)
        sizes = {name: path.stat().st_size for name, path in partial.items()}
        if sizes[TRAIN] == 0:
            raise ValueError("the corpus holds no text; give a folder of .txt files with --corpus DIR")
        vocabulary.write(tokenizer.vocabulary, folder)
        for name, path in partial.items():
            path.replace(folder / name)
    finally:
        for path in partial.values():
            path.unlink(missing_ok=True)
    about = {**counts, "vocabulary": tokenizer.vocabulary.hash, "dtype": dtype, "bytes": sizes}
    temporary = folder / f".{ABOUT}.{os.getpid()}"
    temporary.write_text(json.dumps(about, indent=1) + "\n")
    temporary.replace(folder / ABOUT)


def encoded(documents: Iterable[str], tokenizer: Tokenizer) -> Iterator[tuple[str, Ids]]:
    """Each document and its ids, in order."""

    def here(texts: list[str]) -> list[Ids]:
        return ids_of(tokenizer, texts)

    for texts, found in on_every_core(here, _encode, batches(documents), tokenizer.vocabulary):
        yield from zip(texts, found, strict=True)


def words(documents: Iterable[str], report: Report) -> Counts:
    """How often each word stands in the documents."""
    chunks: Counts = Counts()
    for n, (_, found) in enumerate(on_every_core(count_chunks, count_chunks, batches(documents)), 1):
        chunks.update(found)
        report({"event": "counting words", "batches": n})
    return count_words(chunks)


def ids_of(tokenizer: Tokenizer, texts: list[str]) -> list[Ids]:
    return [np.array(tokenizer.encode(text), np.int64) for text in texts]


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


def on_every_core(
    here: Callable[[list[str]], Result],
    there: Callable[[list[str]], Result],
    tasks: Iterator[list[str]],
    known: Vocabulary | None = None,
) -> Iterator[tuple[list[str], Result]]:
    """(task, its result) in order: the first few by `here`, the rest, of a corpus worth it, by `there` on every core.

    At most a few tasks are under way, so that a corpus larger than memory streams through. Raises OSError where a
    worker dies.
    """
    workers, done = os.cpu_count() or 1, 0
    for task in tasks:
        yield task, here(task)
        done += sum(map(len, task))
        if done >= ALONE and workers > 1:
            break
    else:
        return
    # not "fork": this process has threads
    context = multiprocessing.get_context("forkserver" if os.name == "posix" else "spawn")
    waiting: deque[tuple[list[str], Future[Result]]] = deque()
    with ProcessPoolExecutor(workers, context, _start, (known,)) as pool:
        try:
            for task in tasks:
                waiting.append((task, pool.submit(there, task)))
                if len(waiting) > 2 * workers:
                    first, found = waiting.popleft()
                    yield first, found.result()
            while waiting:
                first, found = waiting.popleft()
                yield first, found.result()
        except BrokenProcessPool as error:
            raise OSError("a tokenising process was killed (out of memory?); the same command starts anew") from error
        finally:
            pool.shutdown(wait=True, cancel_futures=True)


_tokenizer: Tokenizer | None = None  # a worker's own


def _start(known: Vocabulary | None) -> None:
    """A worker leaves Ctrl-C to its parent, and ends with it."""
    global _tokenizer
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    if (parent := multiprocessing.parent_process()) is not None:
        threading.Thread(target=_end_with, args=(parent,), daemon=True).start()
    if known is not None:
        _tokenizer = Tokenizer(known)


def _end_with(parent: Any) -> None:
    parent.join()
    os._exit(1)


def _encode(texts: list[str]) -> list[Ids]:
    assert _tokenizer is not None
    return ids_of(_tokenizer, texts)
