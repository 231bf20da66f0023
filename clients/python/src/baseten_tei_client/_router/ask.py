"""One request until it is answered: permits, tries, pauses, a second try beside a slow one; one deadline."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import nullcontext
from dataclasses import dataclass
from functools import partial
from typing import Any, Generic, TypeVar

from baseten_tei_client._router.clock import Clock, Deadline
from baseten_tei_client._router.hedging import hedged
from baseten_tei_client._router.permits import Permits
from baseten_tei_client._router.retrying import (
    Failure,
    Random,
    is_worth_a_try,
    pause_seconds,
    refusal,
)
from baseten_tei_client._router.transport import Reply, Request, SilenceError, Transport
from baseten_tei_client._router.wire import BadAnswerError
from baseten_tei_client.errors import DeadlineError, UnavailableError
from baseten_tei_client.secrecy import Secret

T = TypeVar("T")


@dataclass(frozen=True)
class Answer(Generic[T]):
    """What was read of a reply, and the tokens that the router computed for it, where it says so."""

    value: T
    tokens: int | None


@dataclass(frozen=True)
class Patience:
    """How long one try may take, and after how long a second one is sent beside it (`None`: never)."""

    try_seconds: float = 60.0
    hedge_seconds: float | None = None


class Caller:
    """Asks one model's router. `permits` is `None` until its limits are known: nothing but /info is asked then."""

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
        """The answer, read.

        Raises:
            DeadlineError: there was none in time.
            TeiClientError: what is answered will not change by asking again.
        """
        tries, last = 0, "it waited for its turn"
        try:
            while True:
                await self._rest(self._quiet_until - self.clock.now(), deadline, last)
                outcome = await self._tried(request, read, deadline)
                if isinstance(outcome, Answer):
                    return outcome
                tries, last = tries + 1, f"try {tries + 1}: {outcome}"
                if not is_worth_a_try(outcome, tries):
                    raise refusal(outcome, self.model)
                await self._rest(self._pause(outcome, tries), deadline, last)
        except DeadlineError:
            raise
        except TimeoutError as error:
            raise late(self.model, deadline, last) from error

    def _pause(self, failure: Failure, tries: int) -> float:
        """Until the next try. A 429 holds up all others of this model, too."""
        seconds = pause_seconds(failure, tries, self._random)
        if failure.status == 429:
            self._quiet_until = max(self._quiet_until, self.clock.now() + seconds)
        return seconds

    async def _rest(self, seconds: float, deadline: Deadline, last: str) -> None:
        """Raises `DeadlineError` at once where the deadline comes before the end of the pause."""
        if seconds >= deadline.left:
            raise late(self.model, deadline, last)
        if seconds > 0:
            await self.clock.sleep(seconds)

    async def _tried(
        self, request: Request, read: Callable[[Any], T], deadline: Deadline
    ) -> Answer[T] | Failure:
        """One try, or two at once, under permits. Raises `TimeoutError` where no permit came in time."""
        permits, after = self.permits, self._patience.hedge_seconds
        held = nullcontext() if permits is None else permits.held(request.texts)
        async with asyncio.timeout(deadline.left) as waiting, held:
            waiting.reschedule(None)
            send = partial(self._sent, request, read, deadline)
            if permits is None or after is None:
                return await send()
            return await hedged(send, after, permits, request.texts)

    async def _sent(
        self, request: Request, read: Callable[[Any], T], deadline: Deadline
    ) -> Answer[T] | Failure:
        seconds = min(self._patience.try_seconds, deadline.left)
        if not seconds:
            raise TimeoutError
        try:
            reply = await self.transport.send(request, seconds)
        except SilenceError as error:
            said = self._key.hidden_in(str(error))
            if error.lasting:
                raise UnavailableError(f"model {self.model!r}: {said}") from error
            return Failure(None, said)
        if reply.status // 100 != 2:
            return self._failure(reply)
        try:
            return Answer(read(reply.value), reply.tokens)
        except BadAnswerError as error:
            return Failure(200, f"the answer is unusable ({error})")

    def _failure(self, reply: Reply) -> Failure:
        message = self._key.hidden_in(reply.message)
        return Failure(reply.status, message, reply.retry_after_seconds)


def late(model: str, deadline: Deadline, last: str) -> DeadlineError:
    """What a caller is told whose time is over."""
    return DeadlineError(
        f"model {model!r}: no complete answer within {deadline.seconds:.3g} s ({last}). "
        "Give it more time (timeout=…), or look at the model's state on Baseten"
    )
