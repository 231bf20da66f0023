"""A repository of this tree on loopback, as a forge serves it: over HTTPS, at a tag."""

import os
import shutil
import ssl
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from tests.support.certificates import server_context

PARTS = ("infra", "emulator", "engine", "templates", "pyproject.toml", "README.md", "LICENSE")
"""What a package is built of, and the templates."""


@dataclass(frozen=True)
class Forge:
    """Where the repository is, and the certificate that its callers have to trust."""

    url: str
    certificate: Path


def make_repository(tree: Path, bare: Path, tag: str) -> None:
    """Make a repository of what is in the working tree, with one commit and a tag."""
    work = bare.with_suffix(".work")
    work.mkdir(parents=True)
    skipped = shutil.ignore_patterns("__pycache__")
    for part in PARTS:
        if (tree / part).is_dir():
            shutil.copytree(tree / part, work / part, ignore=skipped)
        else:
            shutil.copy(tree / part, work / part)
    for command in (
        ("init", "-q"),
        ("add", "-A", "-f"),
        ("-c", "user.name=t", "-c", "user.email=t@localhost", "commit", "-q", "-m", "All"),
        ("tag", tag),
        ("clone", "-q", "--bare", ".", str(bare)),
    ):
        subprocess.run(["git", *command], cwd=work, check=True)


@contextmanager
def serve_repositories(folder: Path, keys: Path) -> Iterator[Forge]:
    """Serve the repositories below a folder by git's own CGI program, until the block ends."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            path, _, query = self.path.partition("?")
            sent = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            variables = {
                "GIT_PROJECT_ROOT": str(folder), "GIT_HTTP_EXPORT_ALL": "1", "PATH_INFO": path,
                "QUERY_STRING": query, "REQUEST_METHOD": self.command,
                "CONTENT_TYPE": self.headers.get("Content-Type", ""), "CONTENT_LENGTH": str(len(sent)),
                "HTTP_CONTENT_ENCODING": self.headers.get("Content-Encoding", ""),
                "GIT_PROTOCOL": self.headers.get("Git-Protocol", ""),
            }  # fmt: skip
            told = subprocess.run(
                ["git", "http-backend"], input=sent, capture_output=True, check=True,
                env={**os.environ, **variables},
            )  # fmt: skip
            head, _, body = told.stdout.partition(b"\r\n\r\n")
            headers = dict(line.split(": ", 1) for line in head.decode().split("\r\n"))
            self.send_response(int(headers.pop("Status", "200").split()[0]))
            for name, value in {**headers, "Content-Length": str(len(body))}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(body)

        do_POST = do_GET  # noqa: N815  # http.server's name

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    keys.mkdir()
    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    context: ssl.SSLContext = server_context(keys, "localhost")
    server.socket = context.wrap_socket(server.socket, server_side=True)
    threading.Thread(target=server.serve_forever, args=(0.005,), daemon=True).start()
    try:
        yield Forge(f"https://localhost:{server.server_port}", keys / "cert.pem")
    finally:
        server.shutdown()
        server.server_close()
