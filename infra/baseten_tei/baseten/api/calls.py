"""How every call is made: one HTTP client, a timeout, bounded retries, errors in one line."""

import random
import time
from collections.abc import Callable
from functools import cached_property
from typing import TYPE_CHECKING, TypeVar

from baseten_tei.baseten.api.api_errors import (
    ApiError,
    NotFoundError,
    answer_error,
    cut_short,
    strange,
    unreachable,
)
from baseten_tei.baseten.api.retries import Random, Sleep, retrying
from baseten_tei.baseten.target import Target
from baseten_tei.facts.network.bounds import MIB, Bounds
from baseten_tei.facts.network.network_errors import NoAnswerError

if TYPE_CHECKING:
    from baseten.client.managementapi import ApiClient
    from pydantic import ValidationError

_T = TypeVar("_T")

BOUNDS = Bounds(seconds=60.0, size=32 * MIB)
"""Of one answer. A list of 10,000 models has 4 MB, the longest log that is asked for 1 MB."""


class Calls:
    """An account at a target. `sleep` and `rand` are the pauses between tries."""

    def __init__(
        self,
        target: Target,
        connect: Callable[[], str],
        sleep: Sleep = time.sleep,
        rand: Random = random.random,
        bounds: Bounds = BOUNDS,
    ) -> None:
        """`connect` gives the API key, and is not called before the first call needs it."""
        self.target = target
        self._connect = connect
        self._sleep = sleep
        self._random = rand
        self._bounds = bounds

    @cached_property
    def _sdk(self) -> "ApiClient":
        from baseten.client import ManagementClient

        from baseten_tei.facts.network import httpx_client

        api_key = self._connect()
        http = httpx_client.Client(
            self._bounds,
            base_url=self.target.management_url,
            headers={"Authorization": f"Bearer {api_key}"},
            trust_env=not self.target.loopback,
        )
        return ManagementClient(api_key=api_key, http_client_override=http).api

    def _call(self, call: Callable[[], _T]) -> _T:
        """A call that may be made again and again: a look, or a change that is the same the second time."""
        return retrying(self._sleep, self._random)(lambda: self._try(call))

    def _once(self, act: Callable[[], object], done: Callable[[], bool]) -> None:
        """A call that must not take effect twice.

        Where an answer leaves open whether it did, `done` looks at what it was to change, before each further
        try and before giving up. A conflict (409) may be our own effect as well.
        """
        left_open = False

        def attempt() -> None:
            nonlocal left_open
            if left_open and done():
                return
            try:
                self._try(act)
            except ApiError as error:
                left_open = left_open or error.leaves_open or error.status == 409
                raise

        try:
            retrying(self._sleep, self._random)(attempt)
        except ApiError:
            if not (left_open and done()):
                raise

    def _delete_once(self, delete: Callable[[], object]) -> None:
        """Delete; not found is an error, but not where an earlier try may have been the one that did it."""
        left_open = False

        def attempt() -> None:
            nonlocal left_open
            try:
                self._try(delete)
            except NotFoundError:
                if not left_open:
                    raise
            except ApiError as error:
                left_open = left_open or error.leaves_open
                raise

        retrying(self._sleep, self._random)(attempt)

    def _try(self, call: Callable[[], _T]) -> _T:
        """One try. Raises `ApiError`."""
        from baseten.client.managementapi import ResponseError
        from pydantic import ValidationError

        address = self.target.management_url
        try:
            return call()
        except NoAnswerError as error:
            raise unreachable(address, error.why) from error
        except ResponseError as error:
            raise answer_error(error.status_code, error.body) from error
        except ValidationError as error:
            raise _unreadable(address, error) from error
        except (ValueError, RecursionError) as error:  # not JSON at all, or JSON without an end
            raise strange(address) from error


def _unreadable(address: str, error: "ValidationError") -> ApiError:
    """JSON that breaks off may come whole the next time; JSON of another shape will not."""
    first = error.errors(include_url=False, include_input=False)[0]
    if first["type"] == "json_invalid" and "EOF" in first["msg"]:
        return cut_short(address)
    path = ".".join(str(part) for part in first["loc"])
    return strange(address, f"{path}: {first['msg']}")
