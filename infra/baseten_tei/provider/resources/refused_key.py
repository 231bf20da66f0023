"""A refused API key is asked about once, not once for each resource that starts at the same time."""

import time
from collections.abc import Callable
from contextlib import nullcontext
from threading import Lock
from typing import TypeVar

from baseten_tei.baseten.api import BasetenApi
from baseten_tei.baseten.api.api_errors import ApiError
from baseten_tei.baseten.target import Target

_T = TypeVar("_T")

REMEMBERED_SECONDS = 5.0
"""As long as resources that started together may take to come to their first call."""
UNAUTHORIZED = 401


class Refusals:
    """Calls with one key. The first goes alone; a 401 is passed to all that wait behind it."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._alone = Lock()
        self._key_known = False
        self._refusal: tuple[ApiError, float] | None = None

    def asked(self, call: Callable[[], _T]) -> _T:
        """Make the call, or raise the last refusal if it is recent. Raises `ApiError`."""
        with nullcontext() if self._key_known else self._alone:
            self._raise_remembered()
            try:
                answer = call()
            except ApiError as error:
                self._note(error)
                raise
            self._key_known = True
            return answer

    def _raise_remembered(self) -> None:
        if self._refusal and self._clock() < self._refusal[1]:
            raise ApiError(*self._refusal[0].problems, status=UNAUTHORIZED)

    def _note(self, error: ApiError) -> None:
        """Another trouble than the key's is each resource's own: nobody queues for a service that is down."""
        if error.status == UNAUTHORIZED:
            self._refusal = (error, self._clock() + REMEMBERED_SECONDS)
        else:
            self._key_known = True


class OnceRefusedApi(BasetenApi):
    """Baseten's API, but a refused key costs one call, and an engine that is gone none."""

    def __init__(
        self,
        target: Target,
        connect: Callable[[], str],
        sleep: Callable[[float], None],
        refuse_orphaned: Callable[[], None] = lambda: None,
    ) -> None:
        """`refuse_orphaned` is called before each call, and raises where no engine is there to hear of it."""
        super().__init__(target, connect, sleep)
        self._refuse_orphaned = refuse_orphaned
        self._refusals = Refusals()

    def _try(self, call: Callable[[], _T]) -> _T:
        self._refuse_orphaned()
        return self._refusals.asked(lambda: super(OnceRefusedApi, self)._try(call))
