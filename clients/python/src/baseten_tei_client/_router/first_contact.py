"""First contact with a model: wake it, read `/info`, and compare it with an expected space if asked to."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from baseten_tei_client._limits import Limits
from baseten_tei_client._outputs import ModelOutputs
from baseten_tei_client._router.ask import Caller
from baseten_tei_client._router.clock import Deadline
from baseten_tei_client._router.permits import Permits
from baseten_tei_client._router.probing import Probing
from baseten_tei_client._router.transport import Request, SilenceError
from baseten_tei_client._router.wire import (
    read_info,
    read_labels,
    read_reach,
    tokenize_route,
)
from baseten_tei_client._tokens import MOST_BYTES_OF_A_CHARACTER, SPECIALS, bound_tokens
from baseten_tei_client.errors import UnavailableError
from baseten_tei_client.settings import Settings

WAKE_SECONDS = 30.0
"""Timeout of a wake; Baseten answers one at once."""
LEFT_OF_WAKE_SECONDS = 1.0
"""How long to wait for the wake's answer once the model itself has answered."""


@dataclass(frozen=True)
class Router:
    """What is known of a model that answers."""

    limits: Limits
    replicas: int
    labels: tuple[str, ...] | None
    prompt_tokens: int = 0
    """The most tokens that the prompt before each text has."""


async def contact(
    caller: Caller, outputs: ModelOutputs, settings: Settings, deadline: Deadline
) -> Router:
    """Wake the model, wait for its `/info`, and set the caller's permits accordingly.

    Raises:
        DeadlineError: it does not answer in time.
        UnavailableError: something other than the stack's model answers.
        SpaceMismatchError: the vectors of the probe texts belong to another space.
    """
    wake = asyncio.create_task(_wake(caller, outputs, deadline))
    try:
        info = (await caller.ask(Request(f"{outputs.sync_url}/info"), read_info, deadline)).value
        await asyncio.wait({wake}, timeout=LEFT_OF_WAKE_SECONDS)
    finally:
        wake.cancel()
    _check_task(outputs, info)
    limits = Limits.of(outputs.limits, info).of_share(settings.share)
    replicas = settings.replicas or limits.max_replica
    if settings.probe_space and settings.expect_space:
        ask = Probing(caller, outputs.name, outputs.sync_url, deadline)
        most = limits.texts_per_request(replicas)
        if not await ask.compare(settings.expect_space, most):
            limits, replicas = limits.of_one_text(), 1
    if caller.permits is None:
        requests = limits.requests_under_way(replicas)
        caller.permits = Permits(requests, limits.texts_under_way(replicas))
    prompt_tokens = await _prompt_tokens(caller, outputs, deadline)
    return Router(limits, replicas, outputs.labels or read_labels(info), prompt_tokens)


async def _wake(caller: Caller, outputs: ModelOutputs, deadline: Deadline) -> None:
    """Send one wake while `/info` is asked; its outcome does not matter."""
    if outputs.wake_url is None:
        return
    try:
        seconds = min(WAKE_SECONDS, deadline.left)
        await caller.transport.send(Request(outputs.wake_url, {}), seconds)
    except SilenceError:
        return


def _check_task(outputs: ModelOutputs, info: Mapping[str, Any]) -> None:
    kinds = info["model_type"]
    if outputs.task not in kinds:
        raise UnavailableError(
            f"model {outputs.name!r}: the outputs say {outputs.task}, but the router serves {', '.join(kinds)}: "
            "read the stack's outputs again"
        )


async def _prompt_tokens(caller: Caller, outputs: ModelOutputs, deadline: Deadline) -> int:
    """Return a bound from the prompt's text; without it, from where the last token of a text ends behind it."""
    if outputs.task != "embedding":
        return 0
    if outputs.space is not None and outputs.space.knows_its_prompt:
        return bound_tokens(outputs.space.prompt or "") - SPECIALS
    route = tokenize_route()
    request = Request(f"{outputs.sync_url}{route.path}", route.body(["a"]))
    reach = (await caller.ask(request, read_reach, deadline)).value
    return MOST_BYTES_OF_A_CHARACTER * max(0, reach - len("a"))
