"""An ASGI app with the rerank route of Cohere and Jina, which TEI does not have, to mount in a service.

`rerank_app(model)` answers `POST /v1/rerank` and `POST /v2/rerank`. It needs no framework, and asks nobody for a
key: mount it where the service checks its callers.
"""

import asyncio
import json
import uuid
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

from baseten_tei_client._model import AsyncModel
from baseten_tei_client._sync import Model
from baseten_tei_client.errors import (
    DeadlineError,
    RefusedTextError,
    TeiClientError,
    UsageError,
)
from baseten_tei_client.results import Reranked

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
App = Callable[[Message, Receive, Send], Awaitable[None]]
ROUTES = {"/v1/rerank": "1", "/v2/rerank": "2"}
LARGEST_BODY = 16 << 20
"""Bytes; a larger request is refused with 413."""


class _Refusal(Exception):  # noqa: N818 - an answer, not an error of this package
    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status


def rerank_app(model: Model | AsyncModel, *, timeout: float | None = None) -> App:
    """Return the app. `timeout`: seconds for a request, by default those of the model. Raises `UsageError`."""
    if not isinstance(model, Model | AsyncModel) or model.task != "reranker":
        raise UsageError(f"rerank_app needs a reranker of connect or aconnect, not {model!r:.100}")

    async def app(
        scope: Message, receive: Receive, send: Send
    ) -> None:  # servers tell ASGI 3 by `async def`
        await _answer(model, timeout, scope, receive, send)

    return app


async def _answer(
    model: Model | AsyncModel, timeout: float | None, scope: Message, receive: Receive, send: Send
) -> None:
    if scope["type"] == "lifespan":
        await _live(receive, send)
        return
    if scope["type"] != "http":
        raise UsageError(f"rerank_app answers HTTP only, not {scope['type']!r}")
    try:
        version = _route(scope)
        wish = _parse(await _read(receive))
        status, body = 200, _shape(await _rerank(model, wish, timeout), model.name, version)
    except _Refusal as refusal:
        status, body = refusal.status, {"message": str(refusal)}
    except TeiClientError as error:
        status, body = _status(error), {"message": str(error)}
    await _send_json(send, status, body)


async def _live(receive: Receive, send: Send) -> None:
    """Say that there is nothing to start or to stop: the model is its owner's."""
    while (message := await receive())["type"] == "lifespan.startup":
        await send({"type": "lifespan.startup.complete"})
    await send({"type": f"{message['type']}.complete"})


def _route(scope: Message) -> str:
    """Return the version of the API; a mounted app is called with the whole path, or with what is below it."""
    path = scope["path"].removeprefix(scope.get("root_path", ""))
    if path not in ROUTES:
        raise _Refusal(404, f"there is no {path}: POST to {' or '.join(ROUTES)}")
    if scope["method"] != "POST":
        raise _Refusal(405, f"{path} takes POST, not {scope['method']}")
    return ROUTES[path]


async def _read(receive: Receive) -> bytes:
    body, more = bytearray(), True
    while more:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise _Refusal(400, "the request ended before its body")
        body += message.get("body", b"")
        if len(body) > LARGEST_BODY:
            raise _Refusal(413, f"the request has more than {LARGEST_BODY} bytes")
        more = message.get("more_body", False)
    return bytes(body)


def _parse(body: bytes) -> dict[str, Any]:
    """Return the arguments of `rerank_results`; other fields, such as `model`, are left out."""
    try:
        wish = json.loads(body)
    except (ValueError, RecursionError) as error:
        raise _Refusal(400, "the request is not JSON") from error
    if not isinstance(wish, dict):
        raise _Refusal(400, "the request is not a JSON object")
    missing = [name for name in ("query", "documents") if wish.get(name) is None]
    if missing:
        raise _Refusal(400, f"the request lacks {' and '.join(missing)}")
    if not isinstance(wish["documents"], list):
        raise _Refusal(400, "documents must be a list of texts, or of objects with a text")
    if wish.get("rank_fields") not in (None, [], ["text"]):
        raise _Refusal(
            400, "rank_fields is not supported: the text of a document is what is ranked"
        )
    known = ("query", "documents", "top_n", "return_documents")
    return {name: wish[name] for name in known if wish.get(name) is not None}


async def _rerank(
    model: Model | AsyncModel, wish: dict[str, Any], timeout: float | None
) -> Reranked:
    if isinstance(model, AsyncModel):
        return await model.rerank_results(**wish, timeout=timeout)
    return await asyncio.to_thread(model.rerank_results, **wish, timeout=timeout)


def _shape(found: Reranked, name: str, version: str) -> dict[str, Any]:
    """Return what callers of both read: Cohere's `meta`, Jina's `model` and `usage`."""
    return {
        "id": str(uuid.uuid4()),
        "model": name,
        **found.to_dict(),
        "meta": {"api_version": {"version": version}, "warnings": found.warnings()},
    }


def _status(error: TeiClientError) -> int:
    if isinstance(error, UsageError | RefusedTextError):
        return 400
    return 504 if isinstance(error, DeadlineError) else 502


async def _send_json(send: Send, status: int, body: dict[str, Any]) -> None:
    content = json.dumps(body, ensure_ascii=False).encode()
    headers = [(b"content-type", b"application/json"), (b"content-length", b"%d" % len(content))]
    headers += [(b"allow", b"POST")] if status == 405 else []
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": content})
