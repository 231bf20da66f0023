"""How a forge is called: a timeout, every page, errors in one line, and the token to nobody else."""

import random
import time
from collections.abc import Callable, Mapping
from typing import Any, TypeVar

import requests
from requests.auth import AuthBase

from baseten_tei.forges.answers import nonsense, refusal, silence
from baseten_tei.json_reader import decode_json
from baseten_tei.retrying import Random, Sleep, retrying

_T = TypeVar("_T")
TIMEOUT_SECONDS = (10.0, 60.0)
"""To connect, and between bytes."""
PER_PAGE = 100
"""The most that either gives at once."""
LARGEST_BYTES = 64 << 20
"""Of a file that is fetched."""


class _Bearer(AuthBase):
    """Both take `Authorization: Bearer`, which requests drops where a redirect leads to another host."""

    def __init__(self, token: str) -> None:
        self._token = token

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        request.headers["Authorization"] = f"Bearer {self._token}"
        return request


class Calls:
    """A forge's API at an address such as `https://api.github.com`."""

    def __init__(
        self,
        url: str,
        token: str,
        headers: Mapping[str, str],
        sleep: Sleep = time.sleep,
        rand: Random = random.random,
    ) -> None:
        self._url = url.rstrip("/")
        self._session = requests.Session()
        self._session.auth = _Bearer(token)
        self._session.headers.update(headers)
        self._session.trust_env = not url.startswith("http://")
        self._retrying = retrying(sleep, rand)

    def again(self, act: Callable[[], _T]) -> _T:
        """Do something as a whole until it succeeds, or no further try will mend it. It looks before it writes."""
        try:
            return self._retrying(act)
        except (LookupError, TypeError, AttributeError) as error:
            what = f"what it documents ({type(error).__name__}: {error})"
            raise nonsense(self._url, what) from error

    def get(self, path: str) -> Any:
        """One answer, read from JSON."""
        return decode_json(self._json("GET", f"{self._url}{path}").content)

    def pages(self, path: str, key: str | None = None, **query: str) -> list[Any]:
        """The items of all pages; `key` is where they stand in each, if not at the top."""
        found: list[Any] = []
        address: str | None = f"{self._url}{path}"
        asked = {**query, "per_page": str(PER_PAGE)}
        while address:
            page = self._json("GET", address, params=asked)
            found += _items(page, key)
            address, asked = self._next(page), {}
        return found

    def send(self, method: str, path: str, body: Mapping[str, Any]) -> None:
        """A change."""
        self._json(method, f"{self._url}{path}", json=body)

    def file(self, address: str, **query: str) -> bytes:
        """A file's bytes, from an address of the API's, which may lead elsewhere."""
        url = address if "://" in address else f"{self._url}{address}"
        answer = self._answer("GET", url, params=query)
        if len(answer.content) > LARGEST_BYTES:
            raise nonsense(_call(answer), f"less than {LARGEST_BYTES >> 20} MiB")
        return answer.content

    def _json(self, method: str, url: str, **options: Any) -> requests.Response:
        answer = self._answer(method, url, **options)
        try:
            decode_json(answer.content)
        except ValueError as error:
            raise nonsense(_call(answer), "JSON") from error
        return answer

    def _answer(self, method: str, url: str, **options: Any) -> requests.Response:
        try:
            answer = self._session.request(method, url, timeout=TIMEOUT_SECONDS, **options)
        except requests.RequestException as error:
            raise silence(self._url, type(error).__name__) from error
        if not answer.ok:
            raise refusal(_call(answer), answer.status_code, answer.text, answer.headers)
        return answer

    def _next(self, page: requests.Response) -> str | None:
        """The address of the next page, which is the API's own or none."""
        found = page.links.get("next", {}).get("url")
        if found and not found.startswith(f"{self._url}/"):
            raise nonsense(_call(page), "a next page of its own")
        return found


def _items(page: requests.Response, key: str | None) -> list[Any]:
    told = decode_json(page.content)
    items = told.get(key) if key and isinstance(told, dict) else told
    if not isinstance(items, list):
        raise nonsense(_call(page), "a list")
    return items


def _call(answer: requests.Response) -> str:
    """`GET /repos/o/r/pulls`: no host, no query, so nothing that could be secret."""
    return f"{answer.request.method} {answer.request.path_url.partition('?')[0]}"
