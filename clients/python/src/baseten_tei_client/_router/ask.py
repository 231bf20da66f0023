"""Sends one request until it is answered: permits, retries, pauses and hedging under one deadline."""

import asyncio
from collections.abc import Callable
from contextlib import nullcontext
from dataclasses import dataclass
from functools import partial
from typing import Any, Generic, TypeVar

from baseten_tei_client._router.clock import Clock, Deadline
from baseten_tei_client._router.hedging import send_hedged
from baseten_tei_client._router.permits import Permits
from baseten_tei_client._router.retrying import (
    Failure,
    Random,
    error_for,
    is_worth_a_try,
    pause_seconds,
)
from baseten_tei_client._router.transport import Reply, Request, SilenceError, Transport
from baseten_tei_client._router.wire import BadAnswerError
from baseten_tei_client._secrecy import Secret
from baseten_tei_client.errors import DeadlineError, UnavailableError

T = TypeVar("T")


@dataclass(frozen=True)
class Answer(Generic[T]):
    """The value read from a reply, and the tokens that the router computed for it, if it says so."""

    value: T
    tokens: int | None


@dataclass(frozen=True)
class Patience:
    """How long one try may take, and when to send a second one beside it (`None`: never)."""

    try_seconds: float = 60.0
    hedge_seconds: float | None = None


class Caller:
    """Asks one model's router. `permits` is `None` until its limits are known from /info."""

    def __init__(
        self, model: str, transport: Transport, key: Secret, patience: Patience, clock: Clock,
        random: Random,
    ) -> None:  # fmt: skip
        self.model, self.transport, self.clock = model, transport, clock
        self.permits: Permits | None = None
        self._key, self._patience, self._random = key, patience, random
        self._quiet_until = 0.0

    async def ask(
        self, request: Request, read: Callable[[Any], T], deadline: Deadline
    ) -> Answer[T]:
        """Return the answer as `read` reads it.

        Raises:
            DeadlineError: there was no answer in time.
            TeiClientError: the router refused, and asking again would not help.
        """
        tries, last = 0, "still waiting for its turn"
        try:
            while True:
                await self._rest(self._quiet_until - self.clock.now(), deadline, last)
                outcome = await self._try_once(request, read, deadline)
                if isinstance(outcome, Answer):
                    return outcome
                tries, last = tries + 1, f"try {tries + 1}: {outcome}"
                if not is_worth_a_try(outcome, tries):
                    raise error_for(outcome, self.model)
                await self._rest(self._pause(outcome, tries), deadline, last)
        except DeadlineError:
            raise
        except TimeoutError as error:
            raise deadline_error(self.model, deadline, last) from error

    def _pause(self, failure: Failure, tries: int) -> float:
        """Return the seconds until the next try. A 429 also delays all other requests to this model."""
        seconds = pause_seconds(failure, tries, self._random)
        if failure.status == 429:
            self._quiet_until = max(self._quiet_until, self.clock.now() + seconds)
        return seconds

    async def _rest(self, seconds: float, deadline: Deadline, last: str) -> None:
        """Pause. Raises `DeadlineError` at once if the pause would end after the deadline."""
        if seconds >= deadline.left:
            raise deadline_error(self.model, deadline, last)
        if seconds > 0:
            await self.clock.sleep(seconds)

    async def _try_once(
        self, request: Request, read: Callable[[Any], T], deadline: Deadline
    ) -> Answer[T] | Failure:
        """Try once, or twice with hedging, under permits. Raises `TimeoutError` if no permit came in time."""
        permits, after = self.permits, self._patience.hedge_seconds
        held = nullcontext() if permits is None else permits.hold(request.texts)
        async with asyncio.timeout(deadline.left) as waiting, held:
            waiting.reschedule(None)
            send = partial(self._send_once, request, read, deadline)
            if permits is None or after is None:
                return await send()
            return await send_hedged(send, after, permits, request.texts)

    async def _send_once(
        self, request: Request, read: Callable[[Any], T], deadline: Deadline
    ) -> Answer[T] | Failure:
        seconds = min(self._patience.try_seconds, deadline.left)
        if not seconds:
            raise TimeoutError
        try:
            reply = await self.transport.send(request, seconds)
        except SilenceError as error:
            message = self._key.mask(str(error))
            if error.lasting:
                raise UnavailableError(f"model {self.model!r}: {message}") from error
            return Failure(None, message)
        if reply.status // 100 != 2:
            return self._failure(reply)
        try:
            return Answer(read(reply.value), reply.tokens)
        except BadAnswerError as error:
            return Failure(200, f"the answer cannot be used ({error})")

    def _failure(self, reply: Reply) -> Failure:
        return Failure(reply.status, self._key.mask(reply.message), reply.retry_after_seconds)


def deadline_error(model: str, deadline: Deadline, last: str) -> DeadlineError:
    """Return the error for a caller whose deadline has passed."""
    return DeadlineError(
        f"model {model!r}: no complete answer within {deadline.seconds:.3g} s ({last}). "
        "Allow more time (timeout=…), or check the model's state on Baseten"
    )
