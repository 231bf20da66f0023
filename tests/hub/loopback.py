"""A Hugging Face Hub on this machine: small repositories the tests make, served as the Hub serves them.

Only what the lock command's client asks: `/api/models/{id}/revision/{r}?blobs=true` and `/{id}/resolve/{commit}/{file}`
with ranges. Statuses and `X-Error-Code` are those that huggingface_hub 2.4.0 `utils/_http.py` tells apart: a repository
that is not there is 401 to strangers and 404 to who has a token; a gated one shows its list and keeps its files.
Anything else is a loud 404.
"""

import hashlib
import json
import re
import struct
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import unquote, urlsplit

TOKEN = "hf_canaryTokenOfTheLoopbackHub"
INFO = re.compile(r"/api/models/(?P<id>[^/]+/[^/]+)/revision/(?P<revision>[^/]+)")
FILE = re.compile(r"/(?P<id>[^/]+/[^/]+)/resolve/(?P<revision>[^/]+)/(?P<name>.+)")
RANGE = re.compile(r"bytes=(\d+)-(\d+)")
Answer = tuple[int, dict[str, str], bytes]


@dataclass
class Repo:
    """Files by name, bytes as they are or anything else as JSON; `main` and each commit of it."""

    files: dict[str, Any]
    gated: str | bool = False
    license: str | None = "mit"
    private: bool = False

    def content(self, name: str) -> bytes:
        """One file's bytes."""
        value = self.files[name]
        return value if isinstance(value, bytes) else json.dumps(value, indent=2).encode()

    @property
    def commit(self) -> str:
        """40 hex digits that follow from the files, as git's do."""
        listing = [(name, self.content(name).hex()) for name in sorted(self.files)]
        return hashlib.sha1(repr(listing).encode()).hexdigest()  # noqa: S324  # as git

    def info(self, model_id: str) -> dict[str, Any]:
        """The Hub's answer to `model_info(files_metadata=True)`: what matters here and some of the rest."""
        return {
            "_id": "0" * 24,
            "id": model_id,
            "modelId": model_id,
            "sha": self.commit,
            "lastModified": "2026-11-22T10:00:00.000Z",
            "private": self.private,
            "gated": self.gated,
            "disabled": False,
            "downloads": 1,
            "likes": 0,
            "tags": ["transformers", *([f"license:{self.license}"] if self.license else [])],
            "cardData": {"license": self.license},
            "siblings": [
                {"rfilename": name, "size": len(self.content(name)), "blobId": "0" * 40}
                for name in self.files
            ],
        }


@dataclass
class LoopbackHub:
    """The repositories, and every request as (method, path, authorization)."""

    repos: dict[str, Repo]
    calls: list[tuple[str, str, str | None]] = field(default_factory=list)
    broken: int | None = None
    """A status that everything answers with."""
    address: str = ""

    def answer(self, path: str, headers: Mapping[str, str]) -> Answer:
        """A request's answer."""
        sent = headers.get("authorization")
        self.calls.append(("GET", path, sent))
        if self.broken:
            return self.broken, {"content-type": "text/html"}, b"<html>busy</html>"
        if sent not in (None, f"Bearer {TOKEN}"):
            return error(401, None, "Invalid credentials in Authorization header")
        parts = urlsplit(path)
        for pattern, serve in ((INFO, self._info), (FILE, self._file)):
            if match := pattern.fullmatch(parts.path):
                return self._known(match, serve, bool(sent), headers)
        return error(404, None, f"the loopback hub does not know {parts.path}")

    def _known(
        self, match: re.Match[str], serve: Any, known: bool, headers: Mapping[str, str]
    ) -> Answer:
        repo = self.repos.get(match["id"])
        if repo is None or (repo.private and not known):
            return error(404 if known else 401, "RepoNotFound", "Repository not found")
        if unquote(match["revision"]) not in ("main", repo.commit):
            return error(404, "RevisionNotFound", "Invalid rev id")
        answer: Answer = serve(repo, match, known, headers)
        return answer

    def _info(
        self, repo: Repo, match: re.Match[str], _known: bool, _headers: Mapping[str, str]
    ) -> Answer:
        body = json.dumps(repo.info(match["id"])).encode()
        return 200, {"content-type": "application/json"}, body

    def _file(
        self, repo: Repo, match: re.Match[str], known: bool, headers: Mapping[str, str]
    ) -> Answer:
        if repo.gated and not known:
            return error(401, "GatedRepo", f"Access to model {match['id']} is restricted.")
        if (name := unquote(match["name"])) not in repo.files:
            return error(404, "EntryNotFound", "Entry not found")
        body = repo.content(name)
        found = RANGE.fullmatch(headers.get("range", ""))
        if not found:
            return 200, {"x-repo-commit": repo.commit}, body
        first, last = int(found[1]), min(int(found[2]), len(body) - 1)
        return 206, {"content-range": f"bytes {first}-{last}/{len(body)}"}, body[first : last + 1]


def error(status: int, code: str | None, message: str) -> Answer:
    """An error as the Hub tells it: a code in a header, where there is one."""
    headers = {"x-error-message": message, "content-type": "application/json"}
    headers |= {"x-error-code": code} if code else {}
    return status, headers, json.dumps({"error": message}).encode()


@contextmanager
def serving(hub: LoopbackHub) -> Iterator[LoopbackHub]:
    """The hub at an address of its own on 127.0.0.1."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        wbufsize = 1 << 16  # one packet an answer: two would wait 40 ms for each other

        def do_GET(self) -> None:
            status, headers, body = hub.answer(
                self.path, {k.lower(): v for k, v in self.headers.items()}
            )
            self.send_response(status)
            for name, value in {**headers, "content-length": str(len(body))}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            """Quiet: the tests look at `calls`."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    hub.address = f"http://127.0.0.1:{server.server_address[1]}"
    try:
        yield hub
    finally:
        server.shutdown()
        server.server_close()


def safetensors(tensors: Mapping[str, tuple[str, list[int]]], padding: int = 0) -> bytes:
    """A file with a true header and empty data: 8 bytes of length, then JSON, then what the offsets promise."""
    width = {"F32": 4, "F16": 2, "BF16": 2, "I64": 8}
    header: dict[str, Any] = {"__metadata__": {"format": "pt", "note": "x" * padding}}
    offset = 0
    for name, (dtype, shape) in tensors.items():
        size = width[dtype]
        for side in shape:
            size *= side
        header[name] = {"dtype": dtype, "shape": shape, "data_offsets": [offset, offset + size]}
        offset += size
    text = json.dumps(header).encode()
    return struct.pack("<Q", len(text)) + text + bytes(offset)
