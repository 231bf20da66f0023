"""The other transport: Baseten's own client in Rust (extra `fast`), used only for HTTP and JSON.

Its batching, retries and hedging are not used: they ignore bytes, permits and `retry_after`.
"""

import asyncio
from importlib.util import find_spec
from typing import Any

from baseten_tei_client._router.http_transport import HttpTransport
from baseten_tei_client._router.transport import Reply, Request, SilenceError, decode_json
from baseten_tei_client._secrecy import Secret

PACKAGE = "baseten_performance_client"
LEFT_OF_IT_SECONDS = 1.0
"""Its own deadline is later than ours: in the middle of a body it would report bad JSON, not a timeout."""


def is_installed() -> bool:
    """Return whether the extra `fast` is installed."""
    return find_spec(PACKAGE) is not None


class PerformanceTransport:
    """POSTs through `PerformanceClient`, which sends the key as `Bearer`; the rest through `HttpTransport`."""

    def __init__(self, key: Secret, sync_url: str, rest: HttpTransport) -> None:
        from baseten_performance_client import PerformanceClient, RequestProcessingPreference

        self._client = PerformanceClient(sync_url, key.reveal())
        self._preference = RequestProcessingPreference
        self._sync_url, self._rest = sync_url, rest

    async def send(self, request: Request, timeout_seconds: float) -> Reply:
        """Send a request, see `Transport`."""
        path = request.url.removeprefix(self._sync_url)
        if request.body is None or path == request.url:
            return await self._rest.send(request, timeout_seconds)
        later = timeout_seconds + LEFT_OF_IT_SECONDS
        once = self._preference(max_retries=0, timeout_s=later, total_timeout_s=later)
        try:
            async with asyncio.timeout(timeout_seconds):
                answer = await self._client.async_batch_post(path, [request.body], preference=once)
        except TimeoutError as error:
            raise SilenceError(f"no answer within {timeout_seconds:.3g} s") from error
        except (OSError, ValueError) as error:  # those of requests and those of reqwest
            return _read_failure(error, timeout_seconds)
        return Reply(200, answer.data[0], answer.response_headers[0])

    async def close(self) -> None:
        """Close the other transport; the Rust client closes when it is collected."""
        await self._rest.close()


_NO_ANSWER = 408
"""The status it reports for its own timeouts; TEI and Baseten never answer it."""


def _read_failure(error: OSError | ValueError, timeout_seconds: float) -> Reply:
    """Return the answer inside an exception such as `HTTPError(429, "… with status 429 …: {body}")`."""
    status: Any = error.args[0] if error.args else None
    if isinstance(status, int) and status != _NO_ANSWER:
        body = str(error.args[1]).partition(": ")[2]
        return Reply(status, decode_json(body.encode()))
    if isinstance(status, int):
        raise SilenceError(f"no answer within {timeout_seconds:.3g} s") from error
    if "parse response JSON" in str(error):
        return Reply(200, "not JSON")
    lines = [line.strip() for line in str(error).splitlines()] or [type(error).__name__]
    raise SilenceError(
        next((it for it in lines if it.startswith("Caused by")), lines[0])
    ) from error
