"""A router of TEI 1.8.3, which dies when its permits are all taken, under as much load as the client makes."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import httpx
import pytest

from tests.client.stack import API_KEY, ClientStack
from tests.support.harness import running_emulator

SMALL = "BAAI/bge-small-en-v1.5"
PERMITS = (2, 3, 4, 16, 32, 64)
TEXTS = [f"text {number}" for number in range(160)]


@pytest.fixture
def old() -> Iterator[ClientStack]:
    with running_emulator() as emulator:
        stack = ClientStack(emulator)
        for permits in PERMITS:
            sizes = {"max_concurrent_requests": permits, "predict_concurrency": 4}
            batch = {"max_client_batch_size": min(permits, 32)}
            stack.put(f"with-{permits}", "embedding", SMALL, "1.8.3", **sizes, **batch)
        stack.wait()
        yield stack


def fill(stack: ClientStack, name: str, texts: int) -> int:
    """Take so many permits with one request, as clients that count none do; the answer's status."""
    url = f"{stack.models[name]['sync_url']}/v1/embeddings"
    body = {"model": "model", "input": TEXTS[:texts]}
    headers = {"Authorization": f"Api-Key {API_KEY}"}
    return httpx.post(url, json=body, headers=headers, trust_env=False).status_code


def test_many_callers_of_one_client_leave_it_alive_and_a_full_batch_does_not(
    old: ClientStack,
) -> None:
    for permits in PERMITS:
        with old.connect(f"with-{permits}") as model, ThreadPoolExecutor(8) as pool:
            parts = [TEXTS[n::8] for n in range(8)]
            results = list(pool.map(model.embed, parts))
        assert sum(map(len, results)) == len(TEXTS)
    assert {status for _, status in old.count_calls()} == {200}
    for permits in PERMITS[:-1]:  # of 64 no one request of 32 texts takes all
        assert fill(old, f"with-{permits}", permits) >= 500, permits
