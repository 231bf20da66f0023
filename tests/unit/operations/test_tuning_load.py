"""A load: its texts, when they are sent, what came of them, and the client that sends them."""

import asyncio
import json
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from statistics import median

import pytest

from baseten_tei.__main__ import main
from baseten_tei.errors import UserError
from baseten_tei.operations.tuning import measure_client
from baseten_tei.operations.tuning.derive_autoscaling import Wish
from baseten_tei.operations.tuning.emulator_pace_client import check_pace
from baseten_tei.operations.tuning.load_client import Endpoint, LoadResult, read_info, send_load
from baseten_tei.operations.tuning.load_texts import DISTRIBUTIONS, generate_texts, read_texts
from baseten_tei.operations.tuning.request_load import Load, arrivals, batches
from baseten_tei.operations.tuning.samples import Sample, percentile, summarize_samples
from baseten_tei.operations.tuning.tuning_plan import TuningPlan
from baseten_tei.operations.tuning.url_client import measure_url
from tests.support.loopback import loopback

KEY = "canary-key-0123456789"
INFO = {
    "model_id": "a/b", "version": "1.9.3", "model_type": {"embedding": {"pooling": "cls"}},
    "max_client_batch_size": 4, "max_concurrent_requests": 8,
}  # fmt: skip


@pytest.mark.parametrize("name", DISTRIBUTIONS)
def test_texts_are_the_same_for_a_seed_and_within_their_lengths(name: str) -> None:
    texts = generate_texts(name, 300, 7)
    assert texts == generate_texts(name, 300, 7) != generate_texts(name, 300, 8)
    bounds = DISTRIBUTIONS[name]
    words = [len(text.split()) for text in texts]
    assert min(it.least for it in bounds) <= min(words) <= max(words) <= max(it.most for it in bounds)  # fmt: skip


def test_passages_are_as_long_as_they_say_by_their_median() -> None:
    words = [len(text.split()) for text in generate_texts("passages", 2000, 0)]
    assert median(words) == pytest.approx(DISTRIBUTIONS["passages"][0].median, rel=0.05)


def test_a_files_lines_are_sent_each_as_often_as_the_other() -> None:
    texts = read_texts("one\n\n two \nthree\n", 6, 0)
    assert sorted(texts) == ["one", "one", "three", "three", "two", "two"]
    with pytest.raises(UserError, match="no line with words"):
        read_texts(" \n", 1, 0)


def test_an_open_loop_sends_at_its_rate_and_the_same_for_a_seed() -> None:
    load = Load(seconds=100, texts_per_request=1, requests_per_second=20)
    due = arrivals(load, 3)
    assert due == sorted(due) == arrivals(load, 3)
    assert len(due) == pytest.approx(2000, rel=0.1)
    assert due[0] >= 0
    assert due[-1] < 100


def test_the_texts_of_a_load_are_sent_in_turn() -> None:
    assert batches(["a", "b", "c"], 2, 2) == [["a", "b"], ["c", "a"]]


def served(seconds: float, ended: float, tokens: int = 10) -> Sample:
    return Sample(ended - seconds, ended, 200, 2, tokens, {"tokenization": 1, "queue": 2, "inference": 7})  # fmt: skip


def test_throughput_runs_from_answer_to_answer_after_the_warm_up() -> None:
    found = summarize_samples(
        [served(0.1, 0.5), *(served(0.2, 1 + n / 2) for n in range(9))], warm_up=0.9
    )
    assert found.requests == 9
    assert found.tokens_per_second == pytest.approx(20)
    assert found.texts_per_second == pytest.approx(4)
    assert found.tokenizing_share == pytest.approx(0.1)


def test_answers_that_come_in_bursts_are_not_counted_twice() -> None:
    """Four answers at each full second are four a second, also from the first second to the fifth."""
    bursts = [served(0.1, second + n / 1000) for second in range(1, 6) for n in range(4)]
    assert summarize_samples(bursts, 0).tokens_per_second == pytest.approx(40, rel=0.01)


def test_of_one_burst_throughput_is_texts_over_the_time_that_they_took() -> None:
    """32 requests of 2 texts, answered together after 5 s: 12.8 texts/s, and not those of the burst's 2 ms."""
    found = summarize_samples([served(5, 5 + n / 16000) for n in range(32)], warm_up=1, until=5.5)
    assert found.texts_per_second == pytest.approx(12.8, rel=0.01)
    assert found.is_noisy


def test_a_few_answers_are_counted_over_all_of_the_time_and_say_little() -> None:
    found = summarize_samples([served(2, 2 * n) for n in range(1, 6)], warm_up=3, until=9)
    assert found.texts_per_second == pytest.approx(1)
    assert found.tokens_per_second == pytest.approx(5)
    assert found.is_noisy


def test_the_fewer_rounds_of_answers_the_larger_the_error() -> None:
    def error(rounds: int) -> float:
        sent = [served(5, 5 * n + k / 100) for n in range(1, rounds + 1) for k in range(20)]
        return summarize_samples(sent, warm_up=0).error

    assert error(1) > 0.25
    assert error(3) > 0.09
    assert error(20) < 0.05


def test_what_ends_when_nothing_more_is_sent_is_no_throughput() -> None:
    sent = [served(0.1, n / 10) for n in range(1, 101)]
    drained = [served(0.1, 10 + n) for n in range(1, 10)]
    assert summarize_samples([*sent, *drained], 0, until=10).tokens_per_second == pytest.approx(100)
    assert summarize_samples(sent + drained, 0, until=10).requests == 109


def test_latency_counts_from_when_a_request_was_due() -> None:
    found = summarize_samples([served(0.1 * n, 1.0) for n in range(1, 101)], warm_up=0)
    assert (found.p50_ms, found.p95_ms, found.p99_ms) == pytest.approx((5000, 9500, 9900))


def test_refusals_are_counted_by_status_and_serve_nothing() -> None:
    refused = [Sample(0, 1, status, 2, 0) for status in (429, 429, 0)]
    found = summarize_samples(refused, warm_up=0)
    assert found.refusals == {"429": 2, "no answer": 1}
    assert found.tokens_per_second == 0


def test_a_steady_rate_wavers_less_than_a_bursty_one() -> None:
    steady = summarize_samples([served(0.1, n / 10) for n in range(200)], 0)
    bursty = summarize_samples([served(0.1, n / 10, tokens=n % 100) for n in range(200)], 0)
    assert steady.error < 0.02 < bursty.error


def test_a_percentile_is_a_value_that_was_seen() -> None:
    assert percentile([1, 2, 3, 4], 50) == 2
    assert percentile([1], 99) == 1
    assert percentile([], 50) == float("inf")


def test_a_closed_loop_keeps_its_requests_in_flight_and_reads_the_routers_headers() -> None:
    with null_server() as (url, most):
        sent = send_load(Endpoint(url, "embedding", KEY), Load(0.3, 4, clients=5), ["a text"])
    assert most() == 5
    assert {(it.status, it.texts, it.tokens) for it in sent.samples} == {(200, 4, 100)}
    assert not sent.tokens_are_guessed


def test_an_open_loop_sends_every_request_that_is_due() -> None:
    load = Load(0.5, 1, requests_per_second=60)
    with null_server() as (url, _):
        sent = send_load(Endpoint(url, "embedding"), load, ["a text"], seed=4)
    assert [it.due for it in sorted(sent.samples, key=lambda it: it.due)] == arrivals(load, 4)


def test_an_open_loop_takes_no_more_of_a_router_than_it_may() -> None:
    load = Load(0.3, 1, requests_per_second=400, most_in_flight=2)
    with null_server() as (url, most):
        sent = send_load(Endpoint(url, "embedding"), load, ["a text"], seed=4)
    assert most() == 2
    assert len(sent.samples) == len(arrivals(load, 4))


def test_without_the_header_tokens_are_guessed_and_that_is_told() -> None:
    with loopback({"/rerank": (200, [])}) as here:
        sent = send_load(
            Endpoint(here.url, "reranker"), Load(0.1, 2, clients=1), ["three words here"]
        )
    assert sent.tokens_are_guessed
    assert {it.tokens for it in sent.samples} == {8}


def test_a_router_that_hangs_up_is_no_answer() -> None:
    sent = send_load(Endpoint("http://127.0.0.1:9", "embedding"), Load(0.05, 1, clients=1), ["a"])
    assert {it.status for it in sent.samples} == {0}


def test_the_key_is_not_in_what_an_endpoint_looks_like() -> None:
    assert KEY not in repr(Endpoint("http://x", "embedding", KEY))


def test_what_is_no_router_is_refused_in_one_line() -> None:
    with loopback({}) as here, pytest.raises(UserError, match="answered 404") as caught:
        read_info(here.url, None)
    assert len(caught.value.problems) == 1


def send_steadily(endpoint: Endpoint, load: Load, texts: Sequence[str], seed: int) -> LoadResult:
    """What was sent, as if every answer had taken a hundredth of the time: figures that no machine's load moves."""
    sent = send_load(endpoint, load, texts, seed)
    assert {it.status for it in sent.samples} == {200}
    each = load.seconds / 100
    steady = tuple(
        replace(it, due=each * n, ended=each * (n + 1))
        for n, it in enumerate(sent.samples[:1] * 100)
    )
    return replace(sent, samples=steady)


def test_a_url_is_measured_from_idle_to_full_and_sized_for_a_wish(monkeypatch: pytest.MonkeyPatch) -> None:  # fmt: skip
    monkeypatch.setenv("BASETEN_API_KEY", KEY)
    answers = {"/info": (200, INFO), "/v1/embeddings": (200, {"data": []})}
    plan = TuningPlan("passages", 0, 0.05, 12, 0.03, 0, write=False, wish=Wish(100.0, 1e6))
    told: list[str] = []
    monkeypatch.setattr(measure_client, "send_load", send_steadily)
    with loopback(answers) as here:
        assert measure_url(f"{here.url}/", ["a text"], plan, told.append) == 0
    assert told[0] == "a/b on TEI 1.9.3: embedding, 4 texts a request"
    loads = [line.partition(":")[0] for line in told if "texts/s" in line and "in flight:" in line]
    assert loads == ["  1 in flight", "  2 in flight"]
    assert any(line.startswith("autoscaling: concurrency_target 2") for line in told)
    assert not any(KEY in str(it.headers) for it in here.asked), "Baseten's key goes to Baseten"


PACED = {"/info": (200, INFO), "/v1/embeddings": (200, {"data": []})}


def test_a_curve_of_too_few_answers_derives_nothing_and_says_to_measure_longer() -> None:
    plan = TuningPlan("passages", 0, 0.001, 12, 0.03, 0, write=False, wish=Wish(100.0, 1e6))
    told: list[str] = []
    with loopback(PACED) as here, pytest.raises(UserError) as caught:
        measure_url(here.url, ["a text"], plan, told.append)
    [line] = caught.value.problems
    assert line.startswith(
        "autoscaling is not derived: too noisy to compare (±200%): measure longer, e.g. --seconds 60"
    )
    assert not any(it.startswith("autoscaling") or "requests/s:" in it for it in told)


def test_a_router_that_refuses_everything_is_not_told_to_be_measured_longer() -> None:
    plan = TuningPlan("passages", 0, 0.01, 12, 0.03, 0, write=False, wish=Wish(100.0, 1e6))
    told: list[str] = []
    with (
        loopback({"/info": (200, INFO), "/v1/embeddings": (401, {})}) as here,
        pytest.raises(
            UserError, match=r"autoscaling is not derived: nothing was answered \(\d+ x 401\)"
        ),
    ):
        measure_url(here.url, ["a text"], plan, told.append)
    assert not any("measure longer" in line for line in told)


def test_a_router_of_sparse_vectors_is_not_measured() -> None:
    sparse = {**INFO, "model_type": {"embedding": {"pooling": "splade"}}}
    plan = TuningPlan("passages", 0, 0.01, 12, 0.03, 0, write=False)
    with (
        loopback({"/info": (200, sparse)}) as here,
        pytest.raises(UserError, match="only /embed_sparse"),
    ):
        measure_url(here.url, ["a text"], plan, [].append)


def test_an_old_routers_queue_is_never_filled() -> None:
    """32 permits of 1.8.3: one request of 32 texts would take all, and the router would abort."""
    old = {**INFO, "version": "1.8.3", "max_client_batch_size": 32, "max_concurrent_requests": 32}
    told: list[str] = []
    with loopback({**PACED, "/info": (200, old)}) as here:
        assert (
            measure_url(
                here.url,
                ["a text"],
                TuningPlan("passages", 0, 0.01, 12, 0.03, 0, write=False),
                told.append,
            )
            == 0
        )
        with pytest.raises(
            UserError, match="a request of 32 texts takes more than 16 of the router's 32 permits"
        ):
            measure_url(
                here.url,
                ["a"],
                TuningPlan("passages", 32, 0.01, 12, 0.03, 0, write=False),
                told.append,
            )
    assert told[0].endswith("embedding, 16 texts a request")
    sent = [len(json.loads(it.body)["input"]) for it in here.asked if it.path == "/v1/embeddings"]
    assert {*sent} == {16}


def test_an_emulator_that_answers_at_once_is_refused_with_what_to_run() -> None:
    answers = {"/hosts/model-m1/sync/info": (200, INFO), "/_emulator/pace": (200, {"paces": []})}
    with loopback(answers) as here, pytest.raises(UserError) as caught:
        measure_url(
            f"{here.url}/hosts/model-m1/sync",
            ["a text"],
            TuningPlan("passages", 0, 0.001, 12, 0.03, 0, write=False),
            [].append,
        )
    [line] = caught.value.problems
    assert line.startswith(
        f"the emulator at {here.url} answers at once, so there is nothing to tune: let its models"
    )
    assert f"curl {here.url}/_emulator/pace -H" in line


@pytest.mark.parametrize(("model", "counts"), [("*", True), ("bge", False)])
def test_models_that_a_tuning_deploys_take_time_only_where_every_model_does(
    model: str, counts: bool
) -> None:
    with loopback({"/_emulator/pace": (200, {"paces": [{"model": model, "seed": 7}]})}) as here:
        check_pace(here.url)
        if counts:
            check_pace(here.url, for_every_model=True)
        else:
            with pytest.raises(UserError, match="answers at once"):
                check_pace(here.url, for_every_model=True)


class NullServer(asyncio.Protocol):
    """Answers at once what a router might; `most` is how many connections it had at the same time."""

    open = most = 0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self.transport, self.read = transport, b""
        NullServer.open += 1
        NullServer.most = max(NullServer.most, NullServer.open)

    def connection_lost(self, _: Exception | None) -> None:
        NullServer.open -= 1

    def data_received(self, data: bytes) -> None:
        self.read += data
        head, _, body = self.read.partition(b"\r\n\r\n")
        length = int(head.lower().partition(b"content-length:")[2].split(b"\r\n")[0])
        if len(body) == length:
            self.read = b""
            answer = b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\nx-compute-tokens: 100\r\n\r\n{}"
            self.transport.write(answer)


@contextmanager
def null_server() -> Iterator[tuple[str, Callable[[], int]]]:
    """Its URL, and the most connections that it had at once."""
    NullServer.open = NullServer.most = 0  # one before may have stopped with connections open
    loop = asyncio.new_event_loop()
    server = loop.run_until_complete(loop.create_server(NullServer, "127.0.0.1", 0))
    thread = threading.Thread(target=loop.run_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}", lambda: NullServer.most
    finally:
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        server.close()
        loop.close()


@pytest.mark.parametrize("url", ["http://[bad", "http://exa mple.com:abc", "http://127.0.0.1:99x"])
def test_an_address_that_is_not_a_url_is_one_line(
    url: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["tune", "--url", url]) == 2
    error = capsys.readouterr().err
    assert "is not a URL" in error or "host name does not resolve" in error
    assert error.count("\n") == 1
