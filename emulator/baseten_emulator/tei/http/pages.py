"""The pages that describe the API: `/docs/` and `/api-doc/openapi.json`, of which the emulator has the names only."""

from collections.abc import Callable

from baseten_emulator.tei.model.engine import Engine
from baseten_emulator.tei.outcome import TeiResponse, json_response
from baseten_emulator.tei.versions import format_version

_OPENAPI = "/api-doc/openapi.json"
_PATHS = (
    "/decode", "/embed", "/embed_all", "/embed_sparse", "/health", "/info", "/metrics", "/predict", "/rerank",
    "/similarity", "/tokenize", "/v1/embeddings", "/vertex",
)  # fmt: skip


def _redirect(_engine: Engine) -> TeiResponse:
    return TeiResponse(303, headers=(("location", "/docs/"),))


def _docs(_engine: Engine) -> TeiResponse:
    page = (
        f'<!DOCTYPE html><html><title>Swagger UI</title><a href="{_OPENAPI}">{_OPENAPI}</a></html>'
    )
    return TeiResponse(200, "text/html", page.encode())


def _openapi(engine: Engine) -> TeiResponse:
    info = {
        "title": "Text Embeddings Inference",
        "version": format_version(engine.settings.version),
    }
    paths: dict[str, dict[str, str]] = {path: {} for path in _PATHS}
    return json_response(200, {"openapi": "3.0.3", "info": info, "paths": paths})


PAGES: dict[str, Callable[[Engine], TeiResponse]] = {
    "/docs": _redirect,
    "/docs/": _docs,
    _OPENAPI: _openapi,
}
