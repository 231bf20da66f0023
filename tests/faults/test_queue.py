"""Full load on routers of TEI 1.8.3, which die when as many texts are under way as they have permits.

The client and the release's gate in turn, with 2, 8 and 64 permits: `make test` one round of each, `make faults` 200
seconds of each. The numbers of before, as many texts at once as there are permits, end such a router.
"""

import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest

from baseten_tei.baseten.patience import Patience
from baseten_tei.baseten.router_client import router_info, router_post
from baseten_tei.baseten.target import parse_target
from baseten_tei.provider.release.gates.gates import Asking, Gates
from tests.client.stack import API_KEY, ClientStack
from tests.client.test_old_routers import SMALL, TEXTS, fill
from tests.support.harness import running_emulator
from tests.support.sampling import ALL

PERMITS = (2, 8, 64)
SECONDS = 200.0 if ALL else 0.0
"""Of each, and one round in any case."""
CALLERS = 8
WANTED = {"task": "embedding", "model_id": SMALL, "tei_version": "1.8.3", "gpu": True}


@pytest.fixture(scope="module")
def old() -> Iterator[ClientStack]:
    with running_emulator() as emulator:
        stack = ClientStack(emulator)
        for permits in PERMITS:
            sizes = {"max_concurrent_requests": permits, "predict_concurrency": CALLERS}
            batch = {"max_client_batch_size": permits}
            stack.put(f"with-{permits}", "embedding", SMALL, "1.8.3", **sizes, **batch)
        stack.wait()
        emulator.admin("POST", "pace", {"model": "*"})  # so that requests meet
        yield stack


def gates(stack: ClientStack) -> Gates:
    """The release's gates, which ask as they ask Baseten."""
    asking = Asking(
        lambda url, seconds: router_info(url, API_KEY, seconds),
        lambda url, route, body, seconds: router_post(url, route, body, API_KEY, seconds),
        Patience(time.monotonic, time.sleep),
    )
    return Gates(parse_target(stack.emulator.url), asking, lambda _: b"")


def load(stack: ClientStack, name: str) -> int:
    """One round: all texts by callers of one client, then a candidate's gate; the vectors that came."""
    with stack.connect(name) as model, ThreadPoolExecutor(CALLERS) as pool:
        results = list(pool.map(model.embed, [TEXTS[n::CALLERS] for n in range(CALLERS)]))
    told = stack.models[name]
    inputs = {"model": name, "expected": WANTED}
    assert gates(stack).check(inputs, told["model_id"], told["deployment_id"], 60.0)
    return sum(map(len, results))


@pytest.mark.parametrize("permits", PERMITS)
def test_no_load_of_ours_ends_a_router_and_the_numbers_of_before_do(
    old: ClientStack, permits: int
) -> None:
    name, until, rounds = f"with-{permits}", time.monotonic() + SECONDS, 0
    while rounds == 0 or time.monotonic() < until:
        old.emulator.forget_calls()
        assert load(old, name) == len(TEXTS)
        assert {status for _, status in old.count_calls()} == {200}
        rounds += 1
    print(f"{permits} permits: {rounds} rounds of {len(TEXTS)} texts and a gate, 0 deaths")
    assert fill(old, name, permits) >= 500
