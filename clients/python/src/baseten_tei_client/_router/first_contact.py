"""The first word with a model: it is woken once, asked who it is, and, if wanted, held against a known space."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from baseten_tei_client._router.ask import Caller
from baseten_tei_client._router.clock import Deadline
from baseten_tei_client._router.permits import Permits
from baseten_tei_client._router.transport import Request, SilenceError
from baseten_tei_client._router.wire import (
    embeddings_route,
    labels_of,
    read_embeddings,
    read_info,
    read_reach,
    tokenize_route,
)
from baseten_tei_client.errors import SpaceMismatchError, UnavailableError
from baseten_tei_client.fingerprints import MIN_COSINE, PROBES, fingerprint, likeness
from baseten_tei_client.limits import Limits
from baseten_tei_client.outputs import ModelOutputs
from baseten_tei_client.settings import Settings
from baseten_tei_client.spaces import Space
from baseten_tei_client.tokens import MOST_BYTES_OF_A_CHARACTER, SPECIALS, most_tokens

WAKE_SECONDS = 30.0
"""Baseten answers a wake at once."""
LEFT_OF_WAKE_SECONDS = 1.0
"""A wake that is still not answered by a model that has answered is given up after it."""


@dataclass(frozen=True)
class Router:
    """A model that answers, and what it takes."""

    limits: Limits
    replicas: int
    labels: tuple[str, ...] | None
    prompt_tokens: int = 0
    """Tokens that the prompt before each text has, at most."""


async def contact(
    caller: Caller, outputs: ModelOutputs, settings: Settings, deadline: Deadline
) -> Router:
    """Wake the model, wait until it says at `/info` what it is, and set the caller's permits by that.

    Raises:
        DeadlineError: it does not answer in time.
        UnavailableError: something else than the stack's model answers.
        SpaceMismatchError: the probe texts' vectors are another space's.
    """
    wake = asyncio.create_task(_wake(caller, outputs, deadline))
    try:
        info = (await caller.ask(Request(f"{outputs.sync_url}/info"), read_info, deadline)).value
        await asyncio.wait({wake}, timeout=LEFT_OF_WAKE_SECONDS)
    finally:
        wake.cancel()
    _check_task(outputs, info)
    limits = Limits.of(outputs.limits, info)
    replicas = settings.replicas or limits.max_replica
    if caller.permits is None:
        requests = limits.requests_under_way(replicas)
        caller.permits = Permits(requests, limits.texts_under_way(replicas))
    if settings.probe_space and settings.expect_space:
        await _probe(caller, outputs, settings.expect_space, limits, deadline)
    prompt_tokens = await _prompt_tokens(caller, outputs, deadline)
    return Router(limits, replicas, outputs.labels or labels_of(info), prompt_tokens)


async def _wake(caller: Caller, outputs: ModelOutputs, deadline: Deadline) -> None:
    """One wake, beside the look at `/info`, which waits for it; whatever comes of it."""
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
            f"model {outputs.name!r}: the outputs say {outputs.task}, and the router serves {', '.join(kinds)}: "
            "read the stack's outputs anew"
        )


async def _probe(
    caller: Caller, outputs: ModelOutputs, expected: Space, limits: Limits, deadline: Deadline
) -> None:
    texts = PROBES[: limits.max_client_batch_size]
    route = embeddings_route()
    request = Request(f"{outputs.sync_url}{route.path}", route.body(texts), len(texts))
    answer = await caller.ask(request, lambda told: read_embeddings(told, len(texts)), deadline)
    cosines = likeness(expected.fingerprint, fingerprint(answer.value))
    if cosines is None or min(cosines) < MIN_COSINE:
        found = "cannot be compared" if cosines is None else f"cosine {min(cosines):.4f}"
        raise SpaceMismatchError(
            f"model {outputs.name!r} answers the probe texts as another space than expected ({found}, "
            f"at least {MIN_COSINE} is wanted): embed the index anew, or deploy the version it was made with"
        )


async def _prompt_tokens(caller: Caller, outputs: ModelOutputs, deadline: Deadline) -> int:
    """By the prompt's text; where nobody tells it, by where a text's last token ends behind it."""
    if outputs.task != "embedding":
        return 0
    if outputs.space is not None and outputs.space.knows_its_prompt:
        return most_tokens(outputs.space.prompt or "") - SPECIALS
    route = tokenize_route()
    request = Request(f"{outputs.sync_url}{route.path}", route.body(["a"]))
    reach = (await caller.ask(request, read_reach, deadline)).value
    return MOST_BYTES_OF_A_CHARACTER * max(0, reach - len("a"))
