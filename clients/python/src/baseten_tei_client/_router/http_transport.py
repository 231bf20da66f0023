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
        content = None if request.body is None else encode_body(request.body)
        async with self._client.stream(
            "GET" if content is None else "POST",
            request.url,
            content=content,
            headers={"Content-Type": "application/json"} if content else None,
            timeout=httpx2.Timeout(timeout_seconds, connect=min(CONNECT_SECONDS, timeout_seconds)),
        ) as answer:
            size = LARGEST_LOOK if content is None else LARGEST_ANSWER
            encoding = answer.headers.get("content-encoding", "")
            whole = await read_content(answer.aiter_raw(), encoding, size)
        return Reply(answer.status_code, decode_json(whole), answer.headers)

    async def close(self) -> None:
        """Close all connections."""
        await self._client.aclose()
