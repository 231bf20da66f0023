"""Serves the search over HTTP, and its page."""

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Annotated

from fastapi import FastAPI, Query, Request, Response
from fastapi.responses import JSONResponse
from fastapi.staticfiles import StaticFiles
from pydantic import BaseModel, StringConstraints

from baseten_tei_client import DeadlineError, RefusedTextError, Space, TeiClientError, compare
from search_service.index import look_at
from search_service.searching import Found
from search_service.serving import Serving
from search_service.settings import Role

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


class Served(BaseModel, frozen=True):
    """A model under the name, while the stack replaces it, and the index of its space, if there is one here."""

    role: Role
    model_id: str
    searched: bool
    documents: int | None


class About(BaseModel, frozen=True):
    """What is searched, and with which model; an emulator's scores are toys.

    `spaces` has what the stack serves beside each other, and is empty where that is one model. `outdated`: settings or
    index have changed, and cannot be used; why is in the service's log, not for everybody.
    """

    documents: int
    model_id: str
    dimensions: int | None
    emulator: bool
    spaces: list[Served]
    outdated: bool


def make_app(serving: Serving, beside: Path) -> FastAPI:
    """Return the service, without FastAPI's API pages, which load scripts from elsewhere.

    `beside` is the file of the index that is to follow, or was before; it need not be there.
    """
    app = FastAPI(title="search-service", docs_url=None, redoc_url=None)
    app.middleware("http")(_with_headers)
    app.exception_handler(TeiClientError)(_answer_failure)

    @app.get("/api/search")
    async def _search(
        q: Annotated[Asked, Query()],
        count: Annotated[int, Query(ge=1, le=20)] = 8,
    ) -> Found:
        async with serving.now.used() as search:
            return await search.find(q, count)

    @app.get("/api/about")
    async def _about() -> About:
        return await describe(serving, beside)

    app.mount("/", StaticFiles(directory=PAGE, html=True))
    return app


async def describe(serving: Serving, beside: Path) -> About:
    """Return what is served now, and how full the other index is."""
    now = serving.now
    async with now.used() as search:
        space, documents = await search.look()
        role = search.models.embedding.role
    other = await asyncio.to_thread(look_at, beside)
    return About(
        documents=documents,
        model_id=space.model_id,
        dimensions=space.dimensions,
        emulator=now.settings.on_emulator,
        spaces=[
            Served(
                role=it,
                model_id=served.model_id,
                searched=it == role,
                documents=documents if it == role else _count(other, served),
            )
            for it, served in now.settings.spaces.items()
        ],
        outdated=serving.problem is not None,
    )


def _count(index: tuple[Space, int] | None, served: Space) -> int | None:
    return index[1] if index and compare(index[0], served) else None


async def _with_headers(
    request: Request, call_next: Callable[[Request], Awaitable[Response]]
) -> Response:
    response = await call_next(request)
    response.headers.update(HEADERS)
    return response


async def _answer_failure(_: Request, error: Exception) -> JSONResponse:
    """Answer with the client's message, which contains neither key nor text."""
    return JSONResponse({"detail": str(error)}, STATUSES.get(type(error), 503))
