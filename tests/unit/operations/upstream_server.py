"""What `check --upstream` asks, on 127.0.0.1: a package index, a registry of images that wants a token, prices."""

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler
from urllib.parse import parse_qs, urlsplit

from tests.support.loopback import serve

IMAGE = "huggingface/text-embeddings-inference"
TOKEN = "for-anyone-who-reads"
Answer = tuple[int, str, str, dict[str, str]]


@dataclass
class Upstream:
    """`versions`: of each package; `tags`: pages of the image's; `prices`: by instance type."""

    versions: Mapping[str, list[str]]
    tags: list[list[str]]
    prices: Mapping[str, float]
    url: str = ""
    asked: list[str] = field(default_factory=list)

    def page_of(self, package: str) -> str:
        """The index's page of a package (PEP 503)."""
        files = (f"{package}-{it}-py3-none-any.whl" for it in self.versions.get(package, ()))
        return "".join(f'<a href="/files/{it}">{it}</a>\n' for it in files)

    def priced(self) -> dict[str, object]:
        """Baseten's answer; what the rest of it says is not read."""
        rest = {
            "id": "i",
            "millicpu_limit": 4000,
            "memory_limit_mib": 16384,
            "gpu_count": 0,
            "gpu_type": None,
            "gpu_memory_limit_mib": None,
        }
        listed = [
            {"instance_type": {"name": it, **rest}, "price": price}
            for it, price in self.prices.items()
        ]
        return {"instance_types": listed}

    def answer(self, path: str, authorization: str | None) -> Answer:
        """The status, the content type and the body of an answer, and further headers."""
        url = urlsplit(path)
        package = url.path.strip("/").removeprefix("simple/")
        if package in self.versions:
            return 200, "text/html", self.page_of(package), {}
        if url.path == f"/v2/{IMAGE}/tags/list":
            return self._answer_tags(int(parse_qs(url.query).get("page", ["0"])[0]), authorization)
        known = {"/token": {"token": TOKEN}, "/v1/instance_type_prices": self.priced()}
        if url.path in known:
            return 200, "application/json", json.dumps(known[url.path]), {}
        return 404, "text/plain", "no", {}

    def _answer_tags(self, page: int, authorization: str | None) -> Answer:
        if authorization != f"Bearer {TOKEN}":
            scope = f"repository:{IMAGE}:pull"
            asks = f'Bearer realm="{self.url}/token",service="here",scope="{scope}"'
            return 401, "application/json", "{}", {"WWW-Authenticate": asks}
        following = f"</v2/{IMAGE}/tags/list?page={page + 1}>; rel=next"
        more = {"Link": following} if page + 1 < len(self.tags) else {}
        body = json.dumps({"name": IMAGE, "tags": self.tags[page]})
        return 200, "application/json", body, more


@contextmanager
def serve_upstream(upstream: Upstream) -> Iterator[Upstream]:
    """Serve it until the block ends."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            upstream.asked.append(self.path)
            status, kind, body, more = upstream.answer(self.path, self.headers.get("Authorization"))
            payload = body.encode()
            self.send_response(status)
            sizes = {"Content-Type": kind, "Content-Length": str(len(payload))}
            for name, value in (sizes | more).items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(payload)

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    with serve(Handler) as upstream.url:
        yield upstream
