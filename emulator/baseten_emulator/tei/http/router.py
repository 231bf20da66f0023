"""The HTTP side of TEI: which path answers to which method, and every refusal before a model runs.

Source: `router/src/http/server.rs` and axum's extractors; refusals measured on 1.8.3 and 1.9.3.
"""

from collections.abc import Callable, Mapping
from contextlib import nullcontext
from dataclasses import dataclass, replace
from itertools import count
from threading import Lock
from time import perf_counter

from baseten_emulator.tei.errors import TeiError, metric_of, native_response, openai_response
from baseten_emulator.tei.http import (
    pages,
    routes_embedding,
    routes_info,
    routes_pairs,
    routes_text,
)
from baseten_emulator.tei.http.answers import Answer, Run
from baseten_emulator.tei.http.cors import PREFLIGHT, cors_headers
from baseten_emulator.tei.http.extract import ExtractionError, read_json
from baseten_emulator.tei.http.request_bodies import request_shapes
from baseten_emulator.tei.http.routes_vertex import predict_instances
from baseten_emulator.tei.http.serde import Struct
from baseten_emulator.tei.model.engine import Engine
from baseten_emulator.tei.model.wrong_settings import wrong_settings
from baseten_emulator.tei.outcome import TeiResponse, json_response
from baseten_emulator.tei.pace.pace import Limits, Pace
from baseten_emulator.tei.pace.service_time import ServiceTime
from baseten_emulator.tei.settings import Settings

_GET: dict[str, Callable[[Engine], TeiResponse]] = {
    "/info": routes_info.info,
    **dict.fromkeys(("/health", "/ping", "/"), routes_info.health),
    "/metrics": routes_info.metrics,
    **pages.PAGES,
}
_PUBLIC = {"/health", "/ping", "/", "/metrics", *pages.PAGES}
_RUNS: dict[str, Run] = {
    "openai": routes_embedding.openai,
    "embed": routes_embedding.embed,
    "embed_all": routes_embedding.embed_all,
    "embed_sparse": routes_embedding.embed_sparse,
    "similarity": routes_embedding.similarity,
    "rerank": routes_pairs.rerank,
    "predict": routes_pairs.predict,
    "tokenize": routes_text.tokenize,
    "decode": routes_text.decode,
}


@dataclass(frozen=True)
class PostRoute:
    """A POST route: the shape of its body, what it runs, and whether its errors are OpenAI's."""

    shape: Struct
    run: Run
    is_openai: bool = False


class Router:
    """A ready TEI server. Thread-safe; every request is answered from memory."""

    def __init__(self, settings: Settings, boot_log: tuple[str, ...] = ()) -> None:
        self.settings = settings
        self.boot_log = boot_log
        self.engine = Engine(settings)
        self._posts = _post_routes(settings)
        self._asked = count(1)
        self._pacing = Lock()

    def copy_with_faults(self, wrongs: Mapping[str, str | None]) -> "Router":
        """Return a copy for one request with these faults: kind to the wrong value, None for the usual one."""
        other = Router(wrong_settings(self.settings, wrongs, next(self._asked)), self.boot_log)
        other.engine.pace = self.engine.pace
        return other

    def keep_pace(self, service: ServiceTime | None, predict_concurrency: int) -> None:
        """Take time from now on, in a replica that lets in so many requests at once; None: answer at once."""
        with self._pacing:
            pace, settings = self.engine.pace, self.settings
            if (pace.service if pace else None) == service:
                return
            limits = Limits(
                predict_concurrency,
                settings.tokenization_workers,
                settings.max_batch_tokens,
                padded=settings.memory is not None and settings.memory.padded,
            )
            self.engine.pace = Pace(service, limits) if service else None

    def handle(
        self, method: str, path: str, headers: Mapping[str, str], body: bytes
    ) -> TeiResponse:
        """Answer one request; `path` may carry a query, header names any case. Raises RouterDiedError."""
        route = path.partition("?")[0]
        lowered = {name.lower(): value for name, value in headers.items()}
        origins = cors_headers(self.settings.cors_origins, lowered.get("origin"))
        if method == "OPTIONS":
            return TeiResponse(200, headers=(*origins, *PREFLIGHT))
        answer = self._answer(method, route, lowered, body)
        return replace(answer, headers=(*answer.headers, *origins))

    def _answer(
        self, method: str, route: str, lowered: Mapping[str, str], body: bytes
    ) -> TeiResponse:
        allowed = [name for name, known in (("GET", _GET), ("POST", self._posts)) if route in known]
        if not allowed:
            return TeiResponse(404)
        if not self._may_enter(method, route, lowered):
            return TeiResponse(401)
        if method in ("GET", "HEAD") and route in _GET:
            answer = _GET[route](self.engine)
            return replace(answer, body=b"") if method == "HEAD" else answer
        if method == "POST" and route in self._posts:
            pace = self.engine.pace
            with pace.admit() if pace else nullcontext():
                return self._post(self._posts[route], lowered, body)
        allow = ",".join("GET,HEAD" if name == "GET" else name for name in allowed)
        return TeiResponse(405, headers=(("allow", allow),))

    def _may_enter(self, method: str, route: str, headers: Mapping[str, str]) -> bool:
        is_open = route in _PUBLIC and not (route == "/" and method == "POST")
        key = self.settings.api_key
        return is_open or key is None or headers.get("authorization") == f"Bearer {key}"

    def _post(self, route: PostRoute, headers: Mapping[str, str], body: bytes) -> TeiResponse:
        started = perf_counter()
        try:
            answer = route.run(
                self.engine, read_json(route.shape, headers, body, self.settings.payload_limit)
            )
        except ExtractionError as refused:
            return refused.response
        except TeiError as error:
            self.engine.count("te_request_failure", err=metric_of(error))
            respond = openai_response if route.is_openai else native_response
            return respond(error, self.settings.version)
        return _success(answer, round((perf_counter() - started) * 1000))


def _success(answer: Answer, milliseconds: int) -> TeiResponse:
    headers = answer.work.headers(milliseconds) if answer.work else ()
    return json_response(200, answer.value, headers)


def _post_routes(settings: Settings) -> dict[str, PostRoute]:
    shapes = request_shapes(settings.version)
    routes = {f"/{name}": PostRoute(shapes[name], run) for name, run in _RUNS.items()}
    openai = PostRoute(shapes["openai"], _RUNS["openai"], is_openai=True)
    del routes["/openai"]
    default = routes[f"/{_default_route(settings)}"]
    return {
        **routes,
        **dict.fromkeys(("/v1/embeddings", "/embeddings"), openai),
        **dict.fromkeys(("/", "/invocations"), default),
        "/vertex": PostRoute(shapes["vertex"], predict_instances),
    }


def _default_route(settings: Settings) -> str:
    """Return what `POST /` and SageMaker's `/invocations` serve: the model's own task."""
    if settings.facts.task != "embedding":
        return {"reranker": "rerank", "classifier": "predict"}[settings.facts.task]
    if settings.answers_similarity:
        return "similarity"
    return "embed_sparse" if settings.pooling == "splade" else "embed"
