"""Serves the search over HTTP, and its page."""

from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Annotated

from fastapi import FastAPI, Query, Request, Response
from fastapi.responses import JSONResponse
from fastapi.staticfiles import StaticFiles
from pydantic import BaseModel, StringConstraints

from baseten_tei_client import DeadlineError, RefusedTextError, TeiClientError
from search_service.searching import Found, Search
from search_service.settings import Role, Settings

PAGE = Path(__file__).with_name("page")
HEADERS = {
    "Content-Security-Policy": "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; "
    "connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'; "
    "require-trusted-types-for 'script'; trusted-types 'none'",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Resource-Policy": "same-origin",
}
Asked = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=1000)]
STATUSES = {RefusedTextError: 422, DeadlineError: 504}
"""Status codes of the models' errors; all others are a 503."""


class About(BaseModel, frozen=True):
    """What is searched, and with which model; an emulator's scores are toys.

    `role` is what the model is under its name, `spaces` which others there are while the stack replaces it.
    """

    documents: int
    model_id: str
    dimensions: int | None
    emulator: bool
    role: Role
    spaces: dict[str, str]


def make_app(search: Search, settings: Settings) -> FastAPI:
    """Return the service, without FastAPI's API pages, which load scripts from elsewhere."""
    app = FastAPI(title="search-service", docs_url=None, redoc_url=None)
    app.middleware("http")(_with_headers)
    app.exception_handler(TeiClientError)(_answer_failure)

    @app.get("/api/search")
    async def _search(
        q: Annotated[Asked, Query()],
        count: Annotated[int, Query(ge=1, le=20)] = 8,
    ) -> Found:
        return await search.find(q, count)

    space, documents = search.index.space, len(search.index)

    @app.get("/api/about")
    async def _about() -> About:
        return About(
            documents=documents,
            model_id=space.model_id,
            dimensions=space.dimensions,
            emulator=settings.on_emulator,
            role=search.models.embedding.role,
            spaces=settings.spaces,
        )

    app.mount("/", StaticFiles(directory=PAGE, html=True))
    return app


async def _with_headers(
    request: Request, call_next: Callable[[Request], Awaitable[Response]]
) -> Response:
    response = await call_next(request)
    response.headers.update(HEADERS)
    return response


async def _answer_failure(_: Request, error: Exception) -> JSONResponse:
    """Answer with the client's message, which contains neither key nor text."""
    return JSONResponse({"detail": str(error)}, STATUSES.get(type(error), 503))
