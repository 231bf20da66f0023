"""The part of Qdrant's REST API that a sink asks, on loopback, until stdin ends; its URL is the first line.

No registry has Qdrant's server. Routes and bodies are those of its OpenAPI document (documented); what they do is done
by Qdrant's own client in memory. Run as fill.py is.
"""

import json
import re
import sys
import threading
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from qdrant_client import QdrantClient, models

kept = QdrantClient(":memory:")
lock = threading.Lock()


def create(name: str, body: Any) -> Any:
    made = models.CreateCollection.model_validate(body)
    return kept.create_collection(name, vectors_config=made.vectors, metadata=made.metadata)


def upsert(name: str, body: Any) -> Any:
    if "batch" in body:
        return kept.upsert(name, models.PointsBatch.model_validate(body).batch)
    return kept.upsert(name, models.PointsList.model_validate(body).points)


def retrieve(name: str, body: Any) -> Any:
    wanted = {"with_payload": bool(body["with_payload"]), "with_vectors": bool(body["with_vector"])}
    return kept.retrieve(name, body["ids"], **wanted)


def scroll(name: str, body: Any) -> Any:
    points, after = kept.scroll(
        name, limit=body["limit"], offset=body.get("offset"), with_payload=body["with_payload"],
        with_vectors=bool(body["with_vector"]),
    )  # fmt: skip
    return {"points": points, "next_page_offset": after}


def query(name: str, body: Any) -> Any:
    wish = models.QueryRequest.model_validate(body)
    return kept.query_points(
        name, query=wish.query, limit=wish.limit or 10, with_payload=wish.with_payload or False
    )


ROUTES: dict[tuple[str, str], Callable[[str, Any], Any]] = {
    ("GET", "/exists"): lambda name, _: {"exists": kept.collection_exists(name)},
    ("GET", ""): lambda name, _: kept.get_collection(name),
    ("PUT", ""): create,
    ("PUT", "/points"): upsert,
    ("POST", "/points"): retrieve,
    ("POST", "/points/count"): lambda name, _: kept.count(name, exact=True),
    ("POST", "/points/scroll"): scroll,
    ("POST", "/points/query"): query,
}


def answer(method: str, path: str, body: dict[str, Any]) -> Any:
    """Return the `result` of a request. Raises `KeyError` for a route that is not known."""
    found = re.fullmatch(r"/collections/([^/]+)(/.*)?", path)
    if found is None:
        raise KeyError(f"{method} {path}")
    return ROUTES[method, found[2] or ""](found[1], body)


class Handler(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        path = self.path.partition("?")[0]
        if path == "/":
            return self.send({"title": "qdrant - vector search engine", "version": "1.20.0"}, 200)
        try:
            with lock:
                result = answer(self.command, path, json.loads(body or b"{}"))
        except KeyError as error:
            return self.send({"status": {"error": f"no route {error}"}, "time": 0}, 404)
        except (ValueError, TypeError, AssertionError) as error:
            print(error, file=sys.stderr, flush=True)
            return self.send({"status": {"error": str(error)}, "time": 0}, 400)
        return self.send({"result": result, "status": "ok", "time": 0}, 200)

    do_POST = do_PUT = do_GET  # noqa: N815  # their names in http.server

    def send(self, body: Any, status: int) -> None:
        content = json.dumps(body, default=lambda it: it.model_dump(mode="json")).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, *_: object) -> None: ...


if __name__ == "__main__":
    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    print(f"http://127.0.0.1:{server.server_address[1]}", flush=True)
    sys.stdin.read()
