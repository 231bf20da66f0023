"""Hedging: a second try beside a slow one; the first answer counts."""

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any, TypeVar

from baseten_tei_client._router.permits import Permits
from baseten_tei_client._router.retrying import Failure

T = TypeVar("T")


async def send_hedged(
    send: Callable[[], Coroutine[Any, Any, T | Failure]],
    after_seconds: float,
    permits: Permits,
    texts: int,
) -> T | Failure:
    """Return the first success of two tries. The second is sent late, and only if permits are free."""
    first = asyncio.create_task(send())
    try:
        await asyncio.wait({first}, timeout=after_seconds)
        if first.done() or not permits.try_take(texts):
            return await first
        try:
            return await _better(first, send)
        finally:
            permits.give_back(texts)
    finally:
        first.cancel()


async def _better(
    first: asyncio.Task[T | Failure], send: Callable[[], Coroutine[Any, Any, T | Failure]]
) -> T | Failure:
    second = asyncio.create_task(send())
    try:
        await asyncio.wait({first, second}, return_when=asyncio.FIRST_COMPLETED)
        one, other = (first, second) if first.done() else (second, first)
        result = await one
        return await other if isinstance(result, Failure) else result
    finally:
        second.cancel()
