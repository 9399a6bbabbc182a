"""Which files hold a language model's weights, in two layouts, and their hash. No torch.

The hub's (`openai-community/openai-gpt`) is model.safetensors, and ours too. The release's
(`openai/finetune-transformer-lm`, folder model/) is params_shapes.json and params_0.npy to params_9.npy, one flat
float32 vector in ten pieces.
"""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

from baselines import hub_cache, whole_files
from baselines.whole_files import REMEDY, DamageError, read_json

HUB = "model.safetensors"
SHAPES = "params_shapes.json"
PIECES = tuple(f"params_{i}.npy" for i in range(10))
OWN = "pretraining.json"  # stands beside weights that were trained here
CONFIG, WEIGHTS_SUM = "config.json", "weights_sha256"  # the file beside them, and in it the hash of model.safetensors
CHECKPOINTS = "checkpoints"  # <updates>/model.safetensors below it


def find(folder: Path) -> list[Path]:
    """The files of the layout that is there. Raises FileNotFoundError, naming what is missing."""
    if (folder / HUB).is_file():
        return [folder / HUB]
    released = [folder / name for name in (SHAPES, *PIECES)]
    missing = [path.name for path in released if not path.is_file()]
    if not missing:
        return released
    if len(missing) < len(released):
        raise FileNotFoundError(f"the released weights in {folder} lack {', '.join(missing)}; get them again")
    raise FileNotFoundError(
        f"no weights in {folder}: expected {HUB}, or the release's {SHAPES} and {PIECES[0]} to {PIECES[-1]}; "
        "give their folder with --weights DIR"
    )


def hash_of(folder: Path) -> str:
    """sha256 of the files' content. Raises FileNotFoundError, or DamageError as `require_whole`."""
    require_whole(folder)
    digest = hashlib.sha256()
    for path in find(folder):
        digest.update(bytes.fromhex(whole_files.hash_of(path)))
    return digest.hexdigest()


def require_whole(folder: Path) -> None:
    """Raises DamageError, naming the file, where weights are not what was saved here or what the hub has.

    Of those from elsewhere, and from before there were checksums, nothing says what they were.
    """
    for path in find(folder):
        hub_cache.require_whole(path)
    path, config = folder / HUB, folder / CONFIG
    if path.is_file() and config.is_file():
        try:
            expected = read_json(config).get(WEIGHTS_SUM)
        except DamageError:
            if (folder / OWN).exists() or folder.parent.name == CHECKPOINTS:
                raise
            return
        if expected is not None and whole_files.hash_of(path) != expected:
            raise DamageError(f"{path} is damaged: it does not have the checksum in {CONFIG}; {REMEDY}")


def checkpoints(folder: Path) -> list[tuple[int | None, Path]]:
    """Updates and folder of each set of weights that a pre-training has kept, by rising updates.

    Of weights without checkpoints, the released ones say, one, whose updates are not known. Raises FileNotFoundError
    where there are none.
    """
    kept = [path.parent for path in (folder / CHECKPOINTS).glob(f"*/{HUB}") if path.parent.name.isdecimal()]
    if kept:
        return sorted((int(path.name), path) for path in kept)
    find(folder)
    return [(None, folder)]


def kind_of(folder: Path) -> str:
    """ "gpt" or "lstm": whose weights they are. The released ones need no config.json to say so."""
    try:
        config = json.loads((folder / CONFIG).read_text())
    except (OSError, ValueError, RecursionError):
        return "gpt"
    return "lstm" if isinstance(config, dict) and config.get("model_type") == "lstm" else "gpt"


def told_of(folder: Path) -> dict[str, Any] | None:
    """All that a pre-training here has said of itself; None for others' weights. Raises DamageError."""
    try:
        return read_json(folder / OWN)
    except OSError:
        return None


def pretraining_of(folder: Path) -> dict[str, Any] | None:
    """What our own weights were trained on: corpus, tokens, held-out perplexity; None for others."""
    told = told_of(folder)
    return told and {name: told.get(name) for name in ("corpus", "tokens", "held_out_perplexity")}
