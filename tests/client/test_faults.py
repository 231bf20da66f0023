"""Whatever the network and Baseten do, a call ends: with its answer, or with a typed exception in time."""

import asyncio
from typing import Any

import numpy as np
import pytest

from baseten_tei_client import (
    DeadlineError,
    RefusedRequestError,
    TeiClientError,
    UnauthorizedError,
    UnavailableError,
)
from tests.client.stack import ClientStack

NEVER_SECONDS = 60
"""A call that is not over by then hangs; callers below wait half a second for what will not come."""
IMPATIENT_SECONDS = 0.5
TEXTS = [f"text {n}" for n in range(100)]
PASSING: dict[str, dict[str, Any]] = {
    "rate_limited": {"retry_after": 0}, "bad_gateway": {}, "unavailable": {}, "server_error": {},
    "hang_up": {}, "reset": {}, "truncated": {}, "slow_reply": {"seconds": 0.2},
}  # fmt: skip
LASTING: dict[str, tuple[dict[str, Any], type[TeiClientError]]] = {
    "rate_limited": ({"retry_after": 1}, DeadlineError),
    "rate limited for long": ({"fault": "rate_limited", "retry_after": 3600}, DeadlineError),
    "bad_gateway": ({}, DeadlineError),
    "unavailable": ({}, DeadlineError),
    "gateway timeout": ({"fault": "server_error", "status": 504}, DeadlineError),
    "hang_up": ({}, DeadlineError),
    "reset": ({}, DeadlineError),
    "slow_reply": ({"seconds": 5}, DeadlineError),
    "hold": ({}, DeadlineError),
    "server_error": ({}, UnavailableError),
    "truncated": ({}, UnavailableError),
    "oom_under_load": ({}, UnavailableError),
    "not_found_at_first": ({"seconds": 86_400}, UnavailableError),
    "unauthorized": ({}, UnauthorizedError),
    "payment_required": ({}, UnauthorizedError),
    "forbidden": ({}, UnauthorizedError),
    "too_large": ({}, RefusedRequestError),
}
each_transport = pytest.mark.parametrize("transport", ["http", "performance"])


def embed(stack: ClientStack, timeout: float, path: str | None, fault: Any, **options: Any) -> Any:
    """Embed with a model that was in touch before the fault came, unless the fault is of the first contact."""

    async def main() -> Any:
        async with await stack.aconnect("search", **options) as model:
            if path is None:
                await model.ready()
            stack.emulator.fault(
                "search", fault.pop("fault"), on="inference", path=path or "/sync/v1/", **fault
            )
            async with asyncio.timeout(NEVER_SECONDS):
                return await model.embed(TEXTS, timeout=timeout)

    return asyncio.run(main())


@each_transport
@pytest.mark.parametrize("fault", PASSING)
def test_a_fault_that_passes_is_not_seen(stack: ClientStack, fault: str, transport: Any) -> None:
    with stack.connect("search") as model:
        wanted = model.embed(TEXTS).vectors
    given = {"fault": fault, "calls": 2, **PASSING[fault]}
    found = embed(stack, 50, None, given, transport=transport)
    assert np.allclose(found.vectors, wanted, atol=1e-6)


@each_transport
@pytest.mark.parametrize("fault", LASTING)
def test_a_fault_that_lasts_is_a_typed_exception_in_time(
    stack: ClientStack, fault: str, transport: Any
) -> None:
    options, kind = LASTING[fault]
    seconds = IMPATIENT_SECONDS if kind is DeadlineError else 50
    with pytest.raises(TeiClientError) as caught:
        embed(stack, seconds, None, {"fault": fault, **options}, transport=transport)
    assert type(caught.value) is kind
    assert "'search'" in str(caught.value)


@pytest.mark.parametrize("fault", ["hold", "bad_gateway", "reset", "slow_reply", "unavailable"])
def test_a_wake_that_fails_is_nothing_where_the_model_answers(
    stack: ClientStack, fault: str
) -> None:
    seconds = {"seconds": 0.1} if fault == "slow_reply" else {}
    assert len(embed(stack, 50, "/wake", {"fault": fault, **seconds})) == 100


@pytest.mark.parametrize("path", ["/wake|/sync/info", "/sync/info"])
@pytest.mark.parametrize("fault", ["hold", "bad_gateway", "reset", "unavailable"])
def test_a_model_that_does_not_wake_up_in_time_is_a_typed_exception(
    stack: ClientStack, fault: str, path: str
) -> None:
    with pytest.raises(DeadlineError, match=r"within 0\.5 s"):
        embed(stack, IMPATIENT_SECONDS, path, {"fault": fault})


def test_a_storm_of_429_over_many_callers_passes(stack: ClientStack) -> None:
    async def main() -> list[Any]:
        async with await stack.aconnect("search") as model:
            await model.ready()
            stack.emulator.fault("search", "rate_limited", on="inference", calls=60, retry_after=0)
            calls = (model.embed([text], timeout=NEVER_SECONDS) for text in TEXTS)
            return await asyncio.gather(*calls)

    assert len(asyncio.run(main())) == 100
    assert stack.count_calls()["sync/v1/embeddings", 429] == 60


def test_a_slow_request_is_overtaken_by_its_second_try(stack: ClientStack) -> None:
    fault = {"fault": "slow_reply", "seconds": NEVER_SECONDS, "calls": 1}
    assert len(embed(stack, NEVER_SECONDS, None, fault, hedge_after=0.2)) == 100


def test_a_router_that_nobody_runs_is_a_typed_exception(stack: ClientStack) -> None:
    nowhere = stack.change_outputs("search", sync_url="http://127.0.0.1:9/sync", wake_url=None)
    with (
        stack.connect("search", outputs=nowhere) as model,
        pytest.raises(DeadlineError, match="connection refused"),
    ):
        model.embed(["a"], timeout=IMPATIENT_SECONDS)
