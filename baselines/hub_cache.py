"""Is a file of the hub's cache what the hub has? It is a link to a file that its content names. No torch."""

from __future__ import annotations

import hashlib
from pathlib import Path

from baselines.whole_files import DamageError, hash_of


def require_whole(path: Path) -> None:
    """Raises DamageError, naming the file, where it is in the hub's cache and is not what its name says.

    Large files are named by their sha256, small ones as git names them.
    """
    blob = path.resolve()
    if blob.parent.name != "blobs":
        return
    if len(blob.name) == 64:
        found = hash_of(blob)
    elif len(blob.name) == 40:
        content = blob.read_bytes()
        found = hashlib.sha1(b"blob %d\0" % len(content) + content, usedforsecurity=False).hexdigest()
    else:
        return
    if found != blob.name:
        raise DamageError(f"{path} is damaged: it is not what the hub has; remove {blob} and it is downloaded again")
