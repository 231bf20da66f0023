"""The default transport: httpx2 with connections that stay open."""

import asyncio

import httpx2

from baseten_tei_client._router.network import (
    LARGEST_ANSWER,
    LARGEST_LOOK,
    AnswerTooLargeError,
    explain_failure,
    read_content,
)
from baseten_tei_client._router.transport import Reply, Request, SilenceError, decode_json
from baseten_tei_client._router.wire import encode_body
from baseten_tei_client._secrecy import Secret

CONNECT_SECONDS = 10.0
IDLE_CONNECTIONS = 64


class HttpTransport:
    """HTTP/1.1. The permits limit the number of connections."""

    def __init__(self, key: Secret, scheme: str, local: bool) -> None:
        """`local`: an emulator on this machine, called without the environment's proxy."""
        self._client = httpx2.AsyncClient(
            headers={"Authorization": f"{scheme} {key.reveal()}", "Accept-Encoding": "gzip"},
            limits=httpx2.Limits(max_connections=None, max_keepalive_connections=IDLE_CONNECTIONS),
            trust_env=not local,
        )
        self._headers = self._client.headers.raw
        self._urls: dict[str, httpx2.URL] = {}
        """Each is parsed once: a model has few routes, and parsing takes as long as sending."""

    async def send(self, request: Request, timeout_seconds: float) -> Reply:
        """Send a request, see `Transport`. The timeout covers the whole exchange; httpx2's covers each read."""
        try:
            async with asyncio.timeout(timeout_seconds):
                return await self._answer(request, timeout_seconds)
        except (TimeoutError, httpx2.TimeoutException) as error:
            raise SilenceError(f"no answer within {timeout_seconds:.3g} s") from error
        except AnswerTooLargeError as error:
            raise SilenceError(str(error), lasting=True) from error
        except httpx2.RequestError as error:
            message, lasting = explain_failure(error)
            raise SilenceError(message, lasting=lasting) from error

    async def _answer(self, request: Request, timeout_seconds: float) -> Reply:
        answer = await self._client.send(self._make(request, timeout_seconds), stream=True)
        try:
            size = LARGEST_LOOK if request.body is None else LARGEST_ANSWER
            encoding = answer.headers.get("content-encoding", "")
            whole = await read_content(answer.aiter_raw(), encoding, size)
        finally:
            await answer.aclose()
        return Reply(answer.status_code, decode_json(whole), answer.headers)

    def _make(self, request: Request, timeout_seconds: float) -> httpx2.Request:
        """Return it for httpx2, made by hand: what its client would merge into it is the same each time."""
        if request.url not in self._urls:
            self._urls[request.url] = httpx2.URL(request.url)
        url, connect = self._urls[request.url], min(CONNECT_SECONDS, timeout_seconds)
        timeout = httpx2.Timeout(timeout_seconds, connect=connect).as_dict()
        if request.body is None:
            return httpx2.Request(
                "GET", url, headers=self._headers, extensions={"timeout": timeout}
            )
        headers = [*self._headers, (b"Content-Type", b"application/json")]
        content = encode_body(request.body)
        return httpx2.Request(
            "POST", url, headers=headers, content=content, extensions={"timeout": timeout}
        )

    async def close(self) -> None:
        """Close all connections."""
        await self._client.aclose()
