"""Calls over `requests`: a whole answer within its bounds, or the reason why there is none."""

from functools import partial
from http.client import HTTPException
from io import BytesIO
from typing import Any
from urllib.parse import urlsplit

import requests
from requests.adapters import HTTPAdapter
from urllib3.exceptions import HTTPError
from urllib3.response import BaseHTTPResponse, HTTPResponse

from baseten_tei.facts.network.bounds import (
    CHUNK,
    LEFT_SECONDS,
    OF_THE_WIRE,
    Bounds,
    BoundsError,
    call_within,
    gather,
    unpack,
)
from baseten_tei.facts.network.network_errors import NoAnswerError, explain_network_error

CONNECT_SECONDS = 10.0
_NO_ANSWER = (OSError, ValueError, HTTPError, HTTPException, BoundsError)
"""requests' own errors are `OSError`s; those of what lies below it come through in places."""


class Session(requests.Session):
    """A session whose calls keep to bounds; redirects and their bodies count too."""

    def __init__(self, bounds: Bounds) -> None:
        super().__init__()
        self._bounds = bounds
        self.headers["Accept-Encoding"] = "gzip"  # others cannot be unpacked within a bound
        for scheme in ("https://", "http://"):
            self.mount(scheme, _Adapter(bounds.size))

    def request(self, method: str, url: str, **options: Any) -> requests.Response:  # type: ignore[override]
        """Return the answer, whatever its status. Raises `NoAnswerError`, and nothing else."""
        seconds = self._bounds.seconds
        timeout = (min(CONNECT_SECONDS, seconds), seconds + LEFT_SECONDS)
        call = partial(super().request, method, url, timeout=timeout, **options)
        try:
            return call_within(seconds, call)
        except _NO_ANSWER as error:
            call_name = f"{method} {urlsplit(url).path}"
            raise NoAnswerError(explain_network_error(error), call_name) from error


class _Adapter(HTTPAdapter):
    """Reads each answer before requests does, which knows no bounds."""

    def __init__(self, size: int) -> None:
        super().__init__()
        self._size = size

    def build_response(
        self, req: requests.PreparedRequest, resp: BaseHTTPResponse
    ) -> requests.Response:
        """Return an answer that is in memory already."""
        response = super().build_response(req, self._whole(resp))
        response.encoding = "utf-8"  # whatever it claims; guessing takes long on a large one
        return response

    def _whole(self, answer: BaseHTTPResponse) -> HTTPResponse:
        encoding = answer.headers.get("Content-Encoding")
        try:
            packed = gather(answer.stream(CHUNK, decode_content=False), self._size)
            content = unpack(packed, encoding, self._size)
        except BaseException:
            answer.close()
            raise
        headers = {k: v for k, v in answer.headers.items() if k.lower() not in OF_THE_WIRE}
        return HTTPResponse(
            BytesIO(content), headers, answer.status, reason=answer.reason, preload_content=False
        )
