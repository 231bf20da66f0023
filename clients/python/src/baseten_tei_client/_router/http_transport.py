"""The usual transport: httpx2 over connections that are kept open."""

from __future__ import annotations

import asyncio

import httpx2

from baseten_tei_client._router.network import (
    LARGEST_ANSWER,
    LARGEST_LOOK,
    AnswerTooLargeError,
    gathered,
    reason,
)
from baseten_tei_client._router.transport import Reply, Request, SilenceError, decoded
from baseten_tei_client._router.wire import encoded
from baseten_tei_client.secrecy import Secret

CONNECT_SECONDS = 10.0
IDLE_CONNECTIONS = 64


class HttpTransport:
    """HTTP/1.1; the permits bound how many connections there are."""

    def __init__(self, key: Secret, scheme: str, local: bool) -> None:
        """`local`: an emulator on this machine, which no proxy of the environment stands before."""
        self._client = httpx2.AsyncClient(
            headers={"Authorization": f"{scheme} {key.reveal()}", "Accept-Encoding": "gzip"},
            limits=httpx2.Limits(max_connections=None, max_keepalive_connections=IDLE_CONNECTIONS),
            trust_env=not local,
        )

    async def send(self, request: Request, timeout_seconds: float) -> Reply:
        """See `Transport`. The timeout is of the whole exchange: httpx2's own are between two bytes."""
        try:
            async with asyncio.timeout(timeout_seconds):
                return await self._answer(request, timeout_seconds)
        except (TimeoutError, httpx2.TimeoutException) as error:
            raise SilenceError(f"no answer within {timeout_seconds:.3g} s") from error
        except AnswerTooLargeError as error:
            raise SilenceError(str(error), lasting=True) from error
        except httpx2.RequestError as error:
            what, lasting = reason(error)
            raise SilenceError(what, lasting=lasting) from error

    async def _answer(self, request: Request, timeout_seconds: float) -> Reply:
        content = None if request.body is None else encoded(request.body)
        async with self._client.stream(
            "GET" if content is None else "POST",
            request.url,
            content=content,
            headers={"Content-Type": "application/json"} if content else None,
            timeout=httpx2.Timeout(timeout_seconds, connect=min(CONNECT_SECONDS, timeout_seconds)),
        ) as answer:
            size = LARGEST_LOOK if content is None else LARGEST_ANSWER
            encoding = answer.headers.get("content-encoding", "")
            whole = await gathered(answer.aiter_raw(), encoding, size)
        return Reply(answer.status_code, decoded(whole), answer.headers)

    async def close(self) -> None:
        """Close every connection."""
        await self._client.aclose()
