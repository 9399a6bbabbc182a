"""The texts of a labelled set as token ids: each different one tokenised once, on every core, and kept on disk.

RACE asks several questions of a passage, each with four answers, and every recipe and seed reads the same rows: without
this, most of the time before a training would go into texts that were tokenised before.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from contextlib import suppress
from functools import partial
from pathlib import Path

import numpy as np
from safetensors import SafetensorError
from safetensors.numpy import load_file, save_file

from baselines import token_file
from baselines.batches import Example
from baselines.cores import Cores
from baselines.report import Report
from baselines.tokenizer import Tokenizer
from baselines.whole_files import SUM, DamageError, beside

OLDER = "sum"  # in files whose checksum was not of the lengths
WORTH = 1_000_000  # characters from which on a file is kept; less is tokenised in seconds


def ids_of(
    examples: Iterable[Example], tokenizer: Tokenizer, vocabulary_dir: Path, cache: Path | None, report: Report
) -> Mapping[str, list[int]]:
    """Each different text of the examples -> its ids.

    vocabulary_dir: where other processes find the tokenizer's vocabulary. cache: a folder for the ids of large sets,
    named by vocabulary and texts. Raises OSError where a process dies; a cache that cannot be read or written is done
    without.
    """
    texts = list(dict.fromkeys(text for example in examples for sequence in example.sequences for text in sequence))
    path = None
    if cache is not None and sum(map(len, texts)) >= WORTH:
        path = cache / f"{key_of(texts, tokenizer)}.safetensors"
        try:
            if (known := read(path, texts)) is not None:
                return known
        except DamageError as error:
            report({"event": "damaged", "said": f"{error}; the texts are tokenised again"})
    found: list[token_file.Ids] = []
    tokens = 0
    digest = tokenizer.vocabulary.hash
    with Cores() as cores:
        for _, ids in cores.map(partial(token_file.encode, vocabulary_dir, digest), token_file.batches(texts)):
            found += ids
            tokens += sum(map(len, ids))
            report({"event": "tokenising", "documents": len(found), "tokens": tokens})
    if path is not None:
        write(path, found)
    return {text: ids.tolist() for text, ids in zip(texts, found, strict=True)}


def key_of(texts: Iterable[str], tokenizer: Tokenizer) -> str:
    digest = hashlib.sha256(tokenizer.vocabulary.hash.encode())
    for text in texts:
        digest.update(hashlib.sha256(text.encode()).digest())
    return digest.hexdigest()[:16]


def read(path: Path, texts: list[str]) -> dict[str, list[int]] | None:
    """None where there is no such file, or one of before there were checksums. Raises DamageError, naming the file."""
    if not path.exists():
        return None
    try:
        tensors = load_file(path)
        if OLDER in tensors:
            return None
        lengths, ids = tensors["lengths"], tensors["ids"]
        if not np.array_equal(tensors[SUM], checksum(lengths, ids)) or len(lengths) != len(texts):
            raise ValueError("its content does not have its checksum")
    except (OSError, SafetensorError, KeyError, ValueError, TypeError) as error:
        raise DamageError(f"{path} is damaged ({error})") from error
    stops = lengths.cumsum()
    flat = ids.tolist()
    return {text: flat[stop - n : stop] for text, n, stop in zip(texts, lengths.tolist(), stops.tolist(), strict=True)}


def write(path: Path, found: list[token_file.Ids]) -> None:
    """Whole or not at all; a full disk costs the cache, not the run."""
    ids = np.concatenate(found).astype(np.int32)
    lengths = np.array([len(each) for each in found], np.int64)
    with suppress(OSError, SafetensorError), beside(path) as temporary:
        save_file({"ids": ids, "lengths": lengths, SUM: checksum(lengths, ids)}, temporary)


def checksum(lengths: token_file.Ids, ids: token_file.Ids) -> token_file.Ids:
    """The 32 bytes of the sha256 of what is in the file, its types too."""
    digest = hashlib.sha256(f"{lengths.dtype} {lengths.shape} {ids.dtype} {ids.shape}".encode())
    for array in (lengths, ids):
        digest.update(np.ascontiguousarray(array).data)
    return np.frombuffer(digest.digest(), np.uint8)
