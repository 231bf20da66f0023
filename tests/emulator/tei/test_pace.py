"""A router that takes its time: what a batch takes, who shares it, who waits outside, and what is said of it."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest

from baseten_emulator.tei.http.router import Router
from baseten_emulator.tei.memory import batch_size
from baseten_emulator.tei.pace.pace import Limits, Pace
from baseten_emulator.tei.pace.service_time import ServiceTime
from baseten_emulator.tei.start.boot import start_container
from tests.support.control_client import Baseten, config_with, in_process, new_world
from tests.support.pace_simulation import ClosedLoop, best_batch_tokens, simulate
from tests.support.tei_containers import JSON, config

SERVICE = ServiceTime(
    tokens_per_second=1000, overhead_tokens=100, knee_tokens=400, strain=0.5, tokenizer_share=1
)
LIMITS = Limits(
    predict_concurrency=8, tokenization_workers=2, max_batch_tokens=400, padded=False
)  # fmt: skip
PACE = "/_emulator/pace"


class VirtualTime:
    """A clock that only sleeping moves."""

    def __init__(self) -> None:
        self.now = 100.0

    def sleep(self, seconds: float) -> None:
        self.now += seconds


def eventually(holds: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 30
    while not holds():
        assert time.monotonic() < deadline
        time.sleep(0.001)


def test_texts_are_batched_in_their_order_up_to_the_limit() -> None:
    assert batch_size([100, 200, 100, 1], 400, padded=False) == 3
    assert batch_size([100, 200, 100, 1], 400, padded=True) == 2
    assert batch_size([900, 1], 400, padded=False) == 1
    assert batch_size([], 400, padded=False) == 0


def test_a_batch_costs_a_fixed_part_and_its_tokens_and_more_beyond_the_knee() -> None:
    assert SERVICE.batch_seconds(400) == pytest.approx(0.5)
    assert SERVICE.batch_seconds(800) == pytest.approx((100 + 800 * 1.5) / 1000)


def test_workers_beyond_the_vcpus_only_share_them() -> None:
    assert SERVICE.tokenizing_seconds(10, workers=4) == pytest.approx(0.01)
    assert SERVICE.tokenizing_seconds(10, workers=8) == pytest.approx(0.02)


def test_a_request_takes_its_tokenizing_and_its_batches_in_turn() -> None:
    clock = VirtualTime()
    spent = Pace(SERVICE, LIMITS, lambda: clock.now, clock.sleep).spend([200, 200, 200])
    # Two workers take 0.2 s a text; then batches of 400 and 200 tokens take 0.5 and 0.3 s.
    assert clock.now - 100 == pytest.approx(0.4 + 0.5 + 0.3)
    assert spent.tokenization == pytest.approx((0.2 + 0.2 + 0.4) / 3)
    assert spent.queue == pytest.approx(0.5 / 3)
    assert spent.inference == pytest.approx((0.5 + 0.5 + 0.3) / 3)


def batches(pace: Pace) -> int:
    told = "".join(pace.measures.lines(pace.waiting))
    counts = [it for it in told.splitlines() if it.startswith("te_batch_next_size_count")]
    return int(counts[0].split()[1]) if counts else 0


def test_texts_of_several_requests_share_a_batch() -> None:
    let_go = threading.Event()
    reads_fast = replace(SERVICE, tokenizer_share=1000)
    pace = Pace(reads_fast, LIMITS, sleep=lambda seconds: seconds < 0.1 or let_go.wait(30))
    with ThreadPoolExecutor(4) as threads:
        first = threads.submit(pace.spend, [90])
        eventually(lambda: batches(pace) == 1)
        others = [threads.submit(pace.spend, [50]) for _ in range(3)]
        eventually(lambda: pace.waiting == 3)
        let_go.set()
        for it in (first, *others):
            it.result(30)
    assert batches(pace) == 2


def test_the_seed_decides_a_repositorys_hidden_optimum_and_numbers_may_be_given() -> None:
    one = ServiceTime.draw(1, "BAAI/bge-m3", {})
    assert one == ServiceTime.draw(1, "baai/BGE-M3", {})
    assert len({ServiceTime.draw(seed, "BAAI/bge-m3", {}).knee_tokens for seed in range(9)}) == 9
    given = ServiceTime.draw(1, "BAAI/bge-m3", {"knee_tokens": 1000, "tokens_per_second": 5})
    assert (given.knee_tokens, given.tokens_per_second, given.strain) == (1000, 5, one.strain)


def simulate_rate(max_batch_tokens: int, service: ServiceTime = SERVICE) -> float:
    limits = Limits(64, 8, max_batch_tokens, padded=False)
    return simulate(service, limits, ClosedLoop(64, 4, [20, 30, 50], 300)).tokens_per_second


def test_the_simulation_has_its_peak_where_the_service_time_has() -> None:
    service = ServiceTime(1000, 300, 800, 0.6, tokenizer_share=4, vcpus=8)
    rates = {tokens: simulate_rate(tokens, service) for tokens in (100, 200, 400, 800, 1600, 3200)}
    assert max(rates, key=lambda it: rates[it]) == 800 == best_batch_tokens(service)
    assert rates[800] == pytest.approx(800 / service.batch_seconds(800), rel=0.1)


def test_the_simulation_answers_the_same_each_time() -> None:
    assert simulate_rate(400) == simulate_rate(400)


def test_a_request_that_is_not_let_in_waits_outside() -> None:
    load = ClosedLoop(clients=4, texts_per_request=1, lengths=[100], requests=40)
    one_by_one = simulate(SERVICE, Limits(1, 2, 400, padded=False), load)
    assert one_by_one.spent.queue == 0
    assert simulate(SERVICE, LIMITS, load).texts_per_second > 1.5 * one_by_one.texts_per_second


def router_with_pace() -> Router:
    router = start_container(config(), {}, {})
    assert isinstance(router, Router)
    quick = ServiceTime(1_000_000, 20_000, 8000, 0.1, tokenizer_share=1)
    router.keep_pace(quick, predict_concurrency=4)
    return router


def embed_headers(router: Router) -> dict[str, str]:
    body = json.dumps({"input": ["one text", "and another"]}).encode()
    return dict(router.handle("POST", "/v1/embeddings", JSON, body).headers)


def test_headers_and_metrics_tell_of_the_same_time() -> None:
    router = router_with_pace()
    headers = embed_headers(router)
    parts = [int(headers[f"x-{it}-time"]) for it in ("tokenization", "queue", "inference")]
    assert parts[2] == 20
    assert int(headers["x-total-time"]) >= sum(parts)
    told = router.handle("GET", "/metrics", {}, b"").body.decode()
    assert "te_request_inference_duration_count 1\n" in told
    assert 'te_batch_next_tokens_bucket{le="+Inf"} 1\n' in told
    assert "te_queue_size 0\n" in told


def test_a_router_without_a_pace_answers_as_before() -> None:
    router = router_with_pace()
    router.keep_pace(None, predict_concurrency=4)
    headers = embed_headers(router)
    assert (headers["x-queue-time"], headers["x-tokenization-time"]) == ("0", "0")
    assert "te_request_duration" not in router.handle("GET", "/metrics", {}, b"").body.decode()


@pytest.fixture
def tei() -> Baseten:
    """An empty Baseten whose deployments are TEI routers, in process."""
    world = new_world(boot=None)
    return Baseten(world, in_process(world))


def test_a_pace_is_set_for_a_model_and_cleared(tei: Baseten) -> None:
    model_id, _ = tei.deployed(config_with(**config()))
    url = f"/hosts/model-{model_id}/production/sync/metrics"
    ask = f"/hosts/model-{model_id}/production/predict"
    tei.post(PACE, model="*", seed=3, tokens_per_second=1e9)
    assert tei.get(PACE)["paces"] == [{"model": "*", "seed": 3, "tokens_per_second": 1e9}]
    tei.call("POST", ask, {"input": "x"})
    assert b"te_batch_next_size" in tei.call("GET", url).body
    tei.call("DELETE", PACE)
    tei.call("POST", ask, {"input": "x"})
    assert b"te_batch_next_size" not in tei.call("GET", url).body


def test_a_number_that_is_none_is_refused_by_name(tei: Baseten) -> None:
    refused = tei.call("POST", PACE, {"strain": -1})
    assert (refused.status, refused.json["message"]) == (400, "strain must be above 0")
    assert "extra fields" in tei.call("POST", PACE, {"knee": 5}).json["message"]
