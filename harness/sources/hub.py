"""The hub: data sets and released weights, with an answer within three seconds where it cannot be reached.

Left alone, the libraries spend half a minute and several warnings on finding out that the network is down. So one
connection is tried first; where it fails, the local cache is used if it holds what is wanted, and otherwise one line
says what is missing and how to provide it. `datasets` and `huggingface_hub` are imported only when they are needed.
"""

from __future__ import annotations

import importlib
import logging
import os
import socket
import sys
import threading
import urllib.request
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple
from urllib.parse import urlsplit

from harness.tasks.base import Hub

if TYPE_CHECKING:
    from datasets import Dataset

WEIGHTS = "openai-community/openai-gpt"
VOCABULARY_FILES = ("vocab.json", "merges.txt")
WEIGHT_FILES = ("model.safetensors", *VOCABULARY_FILES, "config.json")
CONNECT_SECONDS = 2.0
API_SECONDS = 10.0
forbidden: list[str] = []  # why nothing may be asked: "--offline was given"


class HubRows(NamedTuple):
    """One split of a data set as the hub publishes it, class labels as names (-1, a hidden label, as "-1")."""

    commit: str  # of the data set's repository; "unknown" if the cache does not tell
    columns: list[str]
    rows: Iterator[dict[str, Any]]


def load_rows(hub: Hub, option: str = "--data-dir") -> HubRows:
    """Load a split with `datasets.load_dataset`, at the commit that `hub.revision` names now, or from the local cache.

    Raises OSError, in one line that names the option for one's own copy, if the hub cannot be reached and the cache
    does not have it, or if loading fails.
    """
    wanted = f"{hub.id} {hub.config} {hub.split}"
    remedy = f"try again, or give your own copy with {option} DIR"
    commit, reason = resolve(hub.id, "dataset", hub.revision)
    if reason and not any(cache_folder(hub).glob("*/*/dataset_info.json")):
        raise OSError(f"cannot load {wanted}: {reason}, and it is not in the cache {cache_folder(hub)}; {remedy}")

    import datasets

    quiet()
    with cache_only(bool(reason)):
        try:
            dataset = datasets.load_dataset(hub.id, hub.config, split=hub.split, revision=commit or None)
        except Exception as error:
            raise OSError(f"cannot load {wanted} at {commit or 'any commit'}: {first_line(error)}; {remedy}") from error
    return HubRows(commit_of(dataset), dataset.column_names, named(dataset))


def weights_folder(repo: str = WEIGHTS, revision: str = "main", files: tuple[str, ...] = WEIGHT_FILES) -> Path:
    """The local folder with the released weights and vocabulary, downloaded if need be (479 MB; the vocabulary 1.3 MB).

    The folder's name is the commit. Raises OSError, in one line, if they can be had neither from the hub nor from the
    local cache; a download that was interrupted counts as not there.
    """
    from huggingface_hub import constants, snapshot_download

    _, reason = resolve(repo, "model", revision)
    remedy = f"try again, or give a folder that holds {', '.join(files[:3])} with --weights DIR"
    try:
        found = snapshot_download(repo, revision=revision, allow_patterns=list(files), local_files_only=bool(reason))
    except Exception as error:
        if reason:
            reason += f", and they are not (whole) in the cache {constants.HF_HUB_CACHE}"
        raise OSError(f"cannot get the weights {repo}: {reason or first_line(error)}; {remedy}") from error
    folder = Path(found)
    if missing := [name for name in files if not (folder / name).is_file()]:
        raise OSError(f"the weights {repo} at {folder.name} lack {', '.join(missing)}; {remedy}")
    return folder


def resolve(repo: str, kind: str, revision: str) -> tuple[str, str]:
    """The commit that a revision names now and "", or "" and why the hub does not say, in some ten seconds at most."""
    if reason := out_of_reach():
        return "", reason
    from huggingface_hub import HfApi

    quiet()
    try:
        return HfApi().repo_info(repo, repo_type=kind, revision=revision, timeout=API_SECONDS).sha or revision, ""
    except Exception as error:  # a library's own classes, and those of the HTTP client it happens to use
        return "", f"the hub does not give it ({first_line(error)})"


@cache
def out_of_reach() -> str:
    """`unreachable`, found out once a process: five data sets would else wait five times."""
    return unreachable()


def stay_offline() -> None:
    """No socket from here on, by the libraries neither, nor a connection by processes started from this one.

    To be called before `datasets` and `huggingface_hub` are imported: they read the variable then.
    """
    os.environ["HF_HUB_OFFLINE"] = "1"
    socket.has_ipv6 = False  # else urllib3, which spaCy imports, binds a socket at its import to see whether it can
    forbidden[:] = ["--offline was given"]


def unreachable() -> str:
    """Why the hub cannot be asked, in a few words, or "" if it can. Takes two seconds at most.

    Behind a proxy nothing is tried (the proxy would answer, not the hub), and "" is returned.
    """
    if forbidden:
        return forbidden[0]
    from huggingface_hub import constants

    if constants.HF_HUB_OFFLINE:
        return "HF_HUB_OFFLINE is set"
    try:
        url = urlsplit(constants.ENDPOINT)
        host, port = url.hostname, url.port or (80 if url.scheme == "http" else 443)
    except ValueError:
        host = None
    if not host:
        return f"HF_ENDPOINT is {constants.ENDPOINT!r}, expected an address such as https://huggingface.co"
    proxies = urllib.request.getproxies()
    if (url.scheme in proxies or "all" in proxies) and not urllib.request.proxy_bypass(host):
        return ""
    failure = [f"no answer in {CONNECT_SECONDS:g} seconds"]

    def connect() -> None:
        try:
            socket.create_connection((host, port), CONNECT_SECONDS).close()
            failure[0] = ""
        except OSError as error:
            failure[0] = error.strerror or str(error)

    # in a thread, since the look-up of a name heeds no time limit
    thread = threading.Thread(target=connect, daemon=True)
    thread.start()
    thread.join(CONNECT_SECONDS)
    return failure[0] and f"{host}:{port} cannot be reached ({failure[0]})"


def cache_folder(hub: Hub) -> Path:
    """Where `datasets` keeps this configuration: `<version>/<commit>/` below. Saves the second of its import."""
    from huggingface_hub import constants

    root = Path(os.environ.get("HF_DATASETS_CACHE") or Path(constants.HF_HOME, "datasets")).expanduser()
    return root / hub.id.lower().replace("/", "___") / hub.config


def commit_of(dataset: Dataset) -> str:
    """The commit of the rows actually loaded: offline, the library takes the newest that its cache has."""
    folders = {Path(file["filename"]).parent.name for file in dataset.cache_files}
    return folders.pop() if len(folders) == 1 else "unknown"


def named(dataset: Dataset) -> Iterator[dict[str, Any]]:
    """The rows, with the names of class labels in place of numbers, whose order differs from set to set."""
    from datasets import ClassLabel

    labels = {column: kind.names for column, kind in dataset.features.items() if isinstance(kind, ClassLabel)}
    for batch in dataset.iter(batch_size=1000):
        for column, names in labels.items():
            numbers = batch[column]
            batch[column] = [names[n] if n is not None and 0 <= n < len(names) else str(n) for n in numbers]
        for values in zip(*batch.values(), strict=True):
            yield dict(zip(batch, values, strict=True))


def first_line(error: BaseException) -> str:
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    return f"{type(error).__name__}: {lines[0]}" if lines else type(error).__name__


def quiet() -> None:
    """Keep the libraries' warnings off the screen, and their progress bars where stderr is no terminal.

    To be called after their import, which sets both.
    """
    for name in ("datasets", "huggingface_hub"):
        logging.getLogger(name).setLevel(logging.ERROR)
        if name in sys.modules and not sys.stderr.isatty():
            with warnings.catch_warnings(action="ignore"):  # HF_..._DISABLE_PROGRESS_BARS=0 goes first, with a warning
                importlib.import_module(f"{name}.utils").disable_progress_bars()


@contextmanager
def cache_only(wanted: bool) -> Iterator[None]:
    """Let `datasets` use its cache alone. It reads HF_HUB_OFFLINE only once, when it is imported; hence not that."""
    import datasets
    from huggingface_hub import constants

    before = constants.HF_HUB_OFFLINE, datasets.config.HF_HUB_OFFLINE
    if wanted:
        constants.HF_HUB_OFFLINE = datasets.config.HF_HUB_OFFLINE = True
    try:
        yield
    finally:
        constants.HF_HUB_OFFLINE, datasets.config.HF_HUB_OFFLINE = before
