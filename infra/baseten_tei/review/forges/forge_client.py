"""An HTTP client for forges: timeouts, all pages, one-line errors; the token goes to the API's host alone."""

import random
import time
import zlib
from collections.abc import Callable, Mapping
from functools import wraps
from typing import Any, ParamSpec, TypeVar
from zipfile import BadZipFile

import requests
from requests.auth import AuthBase

from baseten_tei.baseten.api.retries import Random, Sleep, retrying
from baseten_tei.errors import UserError, is_sendable
from baseten_tei.facts.files.json_reader import decode_json
from baseten_tei.facts.network.bounds import MIB, Bounds
from baseten_tei.facts.network.network_errors import NoAnswerError
from baseten_tei.facts.network.requests_client import Session
from baseten_tei.review.forges.forge_errors import (
    answer_error,
    no_answer_error,
    refusal_error,
)

_T = TypeVar("_T")
_P = ParamSpec("_P")
_MISREAD = (
    LookupError, TypeError, ValueError, AttributeError, ArithmeticError, RuntimeError, EOFError, BadZipFile,
    zlib.error,
)  # fmt: skip
"""Raised on reading a missing field, one of another type, or a broken archive."""
PER_PAGE = 100
"""The most that either forge allows."""
BOUNDS = Bounds(seconds=120.0, size=64 * MIB)
"""Of one answer: a snapshot of 1,000 models has 4 MB, a page of 100 of GitHub's longest comments 26 MB."""
MOST_PAGES = 1000


class _Bearer(AuthBase):
    """Both take `Authorization: Bearer`, which requests drops where a redirect leads to another host."""

    def __init__(self, token: str) -> None:
        self._token = token

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        request.headers["Authorization"] = f"Bearer {self._token}"
        return request


def reads_documented_shape(read: Callable[_P, _T]) -> Callable[_P, _T]:
    """Raise `ApiError` where the function meets an answer of another shape than the documented one."""

    @wraps(read)
    def reading(*args: _P.args, **kwargs: _P.kwargs) -> _T:
        try:
            return read(*args, **kwargs)
        except _MISREAD as error:
            raise answer_error(
                read.__qualname__.partition(".")[0], "what its API documents"
            ) from error

    return reading


class ForgeClient:
    """A forge's API at an address such as `https://api.github.com`."""

    def __init__(
        self,
        url: str,
        token: str,
        headers: Mapping[str, str],
        sleep: Sleep = time.sleep,
        rand: Random = random.random,
        bounds: Bounds = BOUNDS,
    ) -> None:
        if not is_sendable(token):
            raise UserError(
                "the forge's token has a space, a line break or another character that no token has: "
                "set GITHUB_TOKEN or GITLAB_TOKEN again"
            )
        self._url = url.rstrip("/")
        self._session = Session(bounds)
        self._session.auth = _Bearer(token)
        self._session.headers.update(headers)
        self._session.trust_env = not url.startswith("http://")
        self._retrying = retrying(sleep, rand)

    def retry(self, act: Callable[[], _T]) -> _T:
        """Call `act` until it succeeds or a retry cannot help. `act` looks before it writes, so it may run twice."""
        return self._retrying(act)

    def get(self, path: str) -> Any:
        """Return one answer, decoded from JSON."""
        return _decode(self._answer("GET", f"{self._url}{path}"))

    def get_pages(self, path: str, key: str | None = None, **query: str) -> list[Any]:
        """Return the items of all pages; `key` names the list in each page, if the page is not the list itself."""
        found: list[Any] = []
        address = f"{self._url}{path}"
        asked = {**query, "per_page": str(PER_PAGE)}
        for _ in range(MOST_PAGES):
            page = self._answer("GET", address, params=asked)
            found += _items(page, key)
            if (following := self._next(page)) is None:
                return found
            address, asked = following, {}
        raise answer_error(f"GET {path}", f"at most {MOST_PAGES} pages")

    def send(self, method: str, path: str, body: Mapping[str, Any]) -> None:
        """Send a change."""
        _decode(self._answer(method, f"{self._url}{path}", json=body))

    def get_file(self, address: str, **query: str) -> bytes:
        """Return a file's bytes; the API's address may redirect to another host."""
        url = address if "://" in address else f"{self._url}{address}"
        return self._answer("GET", url, params=query).content

    def _answer(self, method: str, url: str, **options: Any) -> requests.Response:
        try:
            answer = self._session.request(method, url, **options)
        except NoAnswerError as error:
            raise no_answer_error(self._url, error.why) from error
        if not answer.ok:
            raise refusal_error(_call(answer), answer.status_code, answer.text, answer.headers)
        return answer

    def _next(self, page: requests.Response) -> str | None:
        """Return the next page's URL, `None` on the last. Raises `ApiError` for a URL outside the API."""
        found = page.links.get("next", {}).get("url")
        if found and not found.startswith(f"{self._url}/"):
            raise answer_error(_call(page), "a next page at its own address")
        return found


def _items(page: requests.Response, key: str | None) -> list[Any]:
    answer = _decode(page)
    items = answer.get(key) if key and isinstance(answer, dict) else answer
    if not isinstance(items, list):
        raise answer_error(_call(page), "a list")
    return items


def _decode(answer: requests.Response) -> Any:
    try:
        return decode_json(answer.content)
    except ValueError as error:
        raise answer_error(_call(answer), "JSON") from error


def _call(answer: requests.Response) -> str:
    """Return e.g. `GET /repos/o/r/pulls`: no host and no query, so nothing that could be secret."""
    return f"{answer.request.method} {answer.request.path_url.partition('?')[0]}"
