"""A server on 127.0.0.1 that answers what a test says, and remembers what it was asked."""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


@dataclass
class Asked:
    """One request that arrived."""

    method: str
    path: str
    headers: dict[str, str]
    body: bytes = b""


@dataclass
class Loopback:
    """`answers`: path without query → (status, body); a str body goes out as it is, all else as JSON."""

    answers: dict[str, tuple[int, Any]]
    url: str = ""
    asked: list[Asked] = field(default_factory=list)


@contextmanager
def serve(handler: type[BaseHTTPRequestHandler]) -> Iterator[str]:
    """Answer requests to the address that it yields until the block ends."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    thread = threading.Thread(target=server.serve_forever, args=(0.005,), daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


@contextmanager
def loopback(answers: dict[str, tuple[int, Any]]) -> Iterator[Loopback]:
    """Serve `answers` until the block ends; an unknown path is a 404."""
    here = Loopback(answers)

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            sent = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            here.asked.append(Asked(self.command, self.path, dict(self.headers), sent))
            status, body = here.answers.get(self.path.partition("?")[0], (404, {"message": "no"}))
            payload = (body if isinstance(body, str) else json.dumps(body)).encode()
            self.send_response(status)
            self.send_header("Content-Length", str(len(payload)))
            self.end_headers()
            self.wfile.write(payload)

        do_POST = do_GET  # noqa: N815  # http.server's name

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    with serve(Handler) as here.url:
        yield here


NOBODY = "http://127.0.0.1:9"
"""An address where nothing listens (port 9 is never given out)."""
