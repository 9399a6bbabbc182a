"""A hub on 127.0.0.1 that the real `datasets` and `huggingface_hub` download from, through HF_ENDPOINT.

It answers just what `load_dataset` and `snapshot_download` ask: a repository's commit, its tree, its files.
"""

from __future__ import annotations

import hashlib
import json
import threading
from collections.abc import Mapping
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any, Self
from urllib.parse import unquote, urlsplit

Files = Mapping[str, bytes]  # path -> content


class StubHub:
    """Serves `repositories`, "datasets/nyu-mll/glue" or "models/owner/name" -> files; notes the `requests` made.

    A context manager; `endpoint` is its address. `status` other than 200 is the answer to everything. Of a file in
    `cut` the first answer with content breaks off after half of it, once; one in `held` is answered never.
    """

    def __init__(self, repositories: Mapping[str, Files], status: int = 200) -> None:
        self.repositories = repositories
        self.status = status
        self.requests: list[str] = []
        self.cut: set[str] = set()
        self.held: set[str] = set()
        self.ranges: list[str] = []  # asked for
        self.waiting, self.over = threading.Event(), threading.Event()  # someone asked for what is held; leave
        stub = self

        class Answer(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_HEAD(self) -> None:
                self.respond()

            def do_GET(self) -> None:
                self.respond()

            def do_POST(self) -> None:
                self.respond()

            def respond(self) -> None:
                url = urlsplit(self.path)
                asked = self.rfile.read(int(self.headers.get("Content-Length") or 0))
                stub.requests.append(f"{self.command} {self.path} {asked[:100]!r}")
                status, headers, body = stub.answer(unquote(url.path), url.query, asked)
                if status == 200 and (wanted := self.headers.get("Range")):
                    first, _, last = wanted.removeprefix("bytes=").partition("-")
                    stub.ranges.append(wanted)
                    whole = len(body)
                    body = body[int(first) : int(last or whole - 1) + 1]
                    status, headers = (
                        206,
                        headers | {"Content-Range": f"bytes {first}-{int(first) + len(body) - 1}/{whole}"},
                    )
                self.send_response(status)
                for name, value in headers.items():
                    self.send_header(name, value)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                if self.command == "HEAD":
                    return
                name = url.path.rpartition("/")[2]
                if name in stub.held:
                    stub.waiting.set()
                    stub.over.wait(60)
                if name in stub.cut:
                    stub.cut.remove(name)
                    body, self.close_connection = body[: len(body) // 2], True
                self.wfile.write(body)

            def log_message(self, format: str, *args: Any) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Answer)
        self.server.daemon_threads = True
        self.thread = threading.Thread(target=self.server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)

    @property
    def endpoint(self) -> str:
        return f"http://127.0.0.1:{self.server.server_address[1]}"

    def __enter__(self) -> Self:
        self.thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.over.set()
        self.server.shutdown()
        self.server.server_close()

    def answer(self, path: str, query: str, asked: bytes) -> tuple[int, dict[str, str], bytes]:
        """Status, headers and body of one request."""
        if self.status != 200:
            return self.status, {}, b"{}"
        for name, files in self.repositories.items():
            kind, _, repository = name.partition("/")
            commit = commit_of(files)
            api, resolve = f"/api/{name}", f"/{'' if kind == 'models' else kind + '/'}{repository}/resolve/"
            if path == api or path.startswith(f"{api}/revision/"):
                listed = [{"rfilename": file} for file in files]
                return as_json({"id": repository, "sha": commit, "private": False, "tags": [], "siblings": listed})
            if path.startswith(f"{api}/tree/"):
                _, _, folder = path.removeprefix(f"{api}/tree/").partition("/")
                return as_json(tree(files, folder, recursive="recursive=true" in query.lower()))
            if path.startswith(f"{api}/paths-info/"):
                wanted = json.loads(asked)["paths"] if asked.startswith(b"{") else []
                return as_json([entry(file, files[file]) for file in files if file in wanted])
            if path.startswith(resolve):
                _, _, file = path.removeprefix(resolve).partition("/")
                if file not in files:
                    return 404, {"X-Error-Code": "EntryNotFound", "X-Repo-Commit": commit}, b""
                return 200, {"ETag": f'"{blob(files[file])}"', "X-Repo-Commit": commit}, files[file]
        return 404, {"X-Error-Code": "RepoNotFound"}, b""


def as_json(value: object) -> tuple[int, dict[str, str], bytes]:
    return 200, {"Content-Type": "application/json"}, json.dumps(value).encode()


def tree(files: Files, folder: str, recursive: bool) -> list[dict[str, object]]:
    """What is in a folder ("" is the root); not recursive: its own files and folders."""
    inside = [file for file in files if not folder or file.startswith(f"{folder}/")]
    depth = folder.count("/") + 1 if folder else 0
    own = [file for file in inside if recursive or file.count("/") == depth]
    folders = {"/".join(file.split("/")[: depth + 1]) for file in inside if file.count("/") > depth}
    listed = [{"type": "directory", "path": path, "size": 0, "oid": blob(path.encode())} for path in sorted(folders)]
    return [entry(file, files[file]) for file in own] + ([] if recursive else listed)


def entry(path: str, content: bytes) -> dict[str, object]:
    return {"type": "file", "path": path, "size": len(content), "oid": blob(content)}


def blob(content: bytes) -> str:
    return hashlib.sha1(b"blob %d\0" % len(content) + content).hexdigest()


def commit_of(files: Files) -> str:
    """A commit that changes with the files."""
    return blob(b"".join(path.encode() + content for path, content in files.items()))
