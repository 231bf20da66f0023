"""The client against the emulator's routers: what it sends, and what comes of it."""

import asyncio
import os
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
import pytest

from baseten_tei_client import (
    Model,
    RefusedTextError,
    SpaceMismatchError,
    UnauthorizedError,
    UnavailableError,
    UsageError,
    VectorCache,
    connect,
)
from baseten_tei_client._fingerprints import PROBES, fingerprint
from tests.client.stack import ClientStack
from tests.support.harness import API_KEY

HOSTILE = [
    "",
    "a\0b",
    "\x1b[2Jx",
    "مرحبا بالعالم",
    "\u202ereversed",
    "half\ud83d",
    "word " * 9000,
    " ",
]


@pytest.fixture(params=["http", "performance"])
def search(request: pytest.FixtureRequest, stack: ClientStack) -> Iterator[Model]:
    with stack.connect("search", transport=request.param) as model:
        yield model


def test_vectors_come_in_the_order_of_the_texts_and_equal_texts_are_sent_once(
    search: Model,
) -> None:
    texts = ["cats sleep", "models serve text", "cats sleep"]
    embeddings = search.embed(texts)
    assert embeddings.vectors.shape == (3, 384)
    assert embeddings.vectors.dtype == np.float32
    assert np.array_equal(embeddings.vectors[0], embeddings.vectors[2])
    alone = np.vstack([search.embed([text]).vectors for text in texts])
    assert np.allclose(embeddings.vectors, alone)
    assert (embeddings.usage.sent, embeddings.usage.duplicates) == (2, 1)
    assert embeddings.usage.tokens == 4 + 5
    assert embeddings.space == search.space


def test_hostile_texts_work_or_are_refused_by_index(search: Model, stack: ClientStack) -> None:
    with pytest.raises(RefusedTextError, match="text 0 is empty"):
        search.embed(HOSTILE)
    assert not stack.count_calls()
    result = search.embed(HOSTILE, on_refusal="skip")
    assert [it.index for it in result.refused] == [0, 5]
    assert np.isnan(result.vectors).all(axis=1).tolist() == [n in (0, 5) for n in range(8)]
    assert [(it.index, it.tokens, it.limit) for it in result.truncated] == [(6, 9002, 256)]
    assert {status for _, status in stack.count_calls()} == {200}


def test_of_a_list_without_texts_nothing_is_asked(search: Model, stack: ClientStack) -> None:
    assert search.embed([]).vectors.shape == (0, 384)
    assert search.embed([""], on_refusal="skip").vectors.shape == (1, 384)
    assert {path for path, _ in stack.count_calls()} <= {"wake", "sync/info"}


def test_only_texts_that_may_be_too_long_are_counted(search: Model, stack: ClientStack) -> None:
    short, exact, over = "short", "w " * 254, "w " * 255
    assert search.embed([short] * 5 + ["words " * 40]).truncated == ()
    assert stack.count_calls()["sync/tokenize", 200] == 0
    result = search.embed([exact, over, short, over])
    assert [(it.index, it.tokens) for it in result.truncated] == [(1, 257), (3, 257)]
    assert stack.count_calls()["sync/tokenize", 200] == 1


def test_progress_ends_with_all_texts(search: Model) -> None:
    told: list[tuple[int, int]] = []
    search.embed(
        [f"text {n % 50}" for n in range(100)] + [""], on_refusal="skip",
        progress=lambda *it: told.append(it),
    )  # fmt: skip
    assert told == sorted(told)
    assert told[0] == (51, 101)
    assert told[-1] == (101, 101)


def test_known_vectors_are_not_asked_for_again_and_still_tell_what_was_cut(
    stack: ClientStack,
) -> None:
    cache = VectorCache(100)
    with stack.connect("search", cache=cache) as model:
        first = model.embed(["a", "w " * 300])
        again = model.embed(["b", "w " * 300, "a"])
    assert (again.usage.cached, again.usage.sent) == (2, 1)
    assert np.array_equal(again.vectors[1:], first.vectors[::-1])
    assert [it.index for it in again.truncated] == [1]
    moved = stack.change_outputs(
        "search", space={**stack.models["search"]["space"], "revision": "b"}
    )
    with connect("search", outputs=moved, api_key=API_KEY, cache=cache) as model:
        assert model.embed(["a"]).usage.cached == 0


@pytest.mark.parametrize("transport", ["http", "performance"])
def test_a_query_s_texts_keep_their_order_and_long_pairs_are_told(
    stack: ClientStack, transport: Any
) -> None:
    texts = ["Cats sleep.", "Paris is the capital of France.", "w " * 600, "Cats sleep."]
    with stack.connect("rerank", transport=transport) as model:
        ranking = model.rerank("What is the capital of France?", texts)
        raw = model.rerank("What is the capital of France?", texts, raw_scores=True)
        with pytest.raises(RefusedTextError, match="the query is empty") as caught:
            model.rerank("", texts)
        assert caught.value.index is None
    assert ranking.best(1)[0][0] == 1
    assert ranking.scores[0] == ranking.scores[3]
    assert ranking.scores == pytest.approx(1 / (1 + np.exp(-raw.scores)), abs=1e-6)
    assert [it.index for it in ranking.truncated] == [2]


@pytest.mark.parametrize("letter", ["q", "é", "猫"])
def test_a_query_longer_than_the_router_reads_is_cut_between_two_characters_and_told(
    stack: ClientStack, letter: str
) -> None:
    query = f"{letter} " * 130_000
    with stack.connect("rerank") as model:
        ranking = model.rerank(query, ["Cats sleep.", "Dogs bark."])
        [told] = [it for it in ranking.truncated if it.index is None]
        assert told.at_least
        assert told.tokens > told.limit == 512
        kept = query.encode()[: 250 * 512 // 2].decode("utf-8", "ignore")
        assert np.array_equal(
            ranking.scores, model.rerank(kept, ["Cats sleep.", "Dogs bark."]).scores
        )
    with (
        stack.connect("rerank", too_long="refuse") as model,
        pytest.raises(RefusedTextError, match="the query has 260000 characters") as caught,
    ):
        model.rerank(query, ["Cats sleep."])
    assert caught.value.index is None
    assert {status for _, status in stack.count_calls()} == {200}


def test_labels_that_may_hold_together_are_scored_each_by_itself(stack: ClientStack) -> None:
    texts = ["I love this!", "I am furious."]
    with stack.connect("moods") as model:
        several = model.classify(texts)
    with stack.connect("moods", multi_label=False) as model:
        one = model.classify(texts)
    assert several.labels[:2] == ("admiration", "amusement")
    assert [best and best[0] for best in several.best()] == ["love", "annoyance"]
    assert {"annoyance", "anger"} <= set(several.above(0.9)[1])
    assert one.scores.sum(axis=1) == pytest.approx([1, 1], abs=1e-5)


def test_what_the_stack_does_not_know_of_labels_has_to_be_said(stack: ClientStack) -> None:
    unknown = stack.change_outputs("moods", multi_label=None)
    with connect("moods", outputs=unknown, api_key=API_KEY) as model:
        with pytest.raises(UsageError, match="multi_label=True"):
            model.classify(["a"])
        with pytest.raises(UsageError, match="is a classifier; it cannot embed"):
            model.embed(["a"])


def test_the_probe_texts_tell_another_space_before_the_first_vector(stack: ClientStack) -> None:
    with stack.connect("search") as model:
        taken = fingerprint(model.embed(PROBES).vectors)
    space = {**stack.models["search"]["space"], "fingerprint": taken}
    with stack.connect("search", expect_space=space, probe_space=True) as model:
        model.ready()
    stack.emulator.fault("search", "wrong_pooling", value="cls")
    stack.emulator.forget_calls()
    with (
        stack.connect("search", expect_space=space, probe_space=True) as model,
        pytest.raises(SpaceMismatchError, match="answers the probe texts in a different space"),
    ):
        model.embed(["a", "b"])
    assert stack.count_calls()["sync/v1/embeddings", 200] == 1


def test_vectors_of_another_length_than_the_outputs_say_are_refused(stack: ClientStack) -> None:
    other = stack.change_outputs(
        "search", space={**stack.models["search"]["space"], "dimensions": 768}
    )
    with (
        connect("search", outputs=other, api_key=API_KEY) as model,
        pytest.raises(SpaceMismatchError, match="384 dimensions, but its outputs say 768"),
    ):
        model.embed(["a"])


def test_outputs_of_another_task_and_a_wrong_key_are_told(stack: ClientStack) -> None:
    wrong = {**stack.models["rerank"], "task": "embedding"}
    with (
        connect("rerank", outputs=wrong, api_key=API_KEY) as model,
        pytest.raises(UnavailableError, match="the router serves reranker"),
    ):
        model.ready()
    with (
        stack.connect("search", api_key="wrong-key-of-somebody") as model,
        pytest.raises(UnauthorizedError) as caught,
    ):
        model.embed(["a"])
    assert "wrong-key" not in str(caught.value)


def test_both_headers_are_taken(stack: ClientStack) -> None:
    with stack.connect("search", auth_scheme="Bearer") as model:
        assert len(model.embed(["a"])) == 1


def test_urls_alone_are_enough_since_the_router_tells_its_limits(stack: ClientStack) -> None:
    serving = stack.models["moods"]
    variables = {
        f"MOODS_{key.upper()}": serving[key] for key in ("sync_url", "wake_url", "classify_url")
    }
    with connect("moods", outputs=variables, api_key=API_KEY, multi_label=True) as model:
        assert len(model.classify(["I love this!"]).labels) == 28


def test_a_model_is_used_from_many_threads_and_after_it_was_closed(stack: ClientStack) -> None:
    model = stack.connect("search")
    with ThreadPoolExecutor(20) as pool:
        found = list(pool.map(lambda n: model.embed([f"text {n}"]).vectors[0], range(60)))
    together = model.embed([f"text {n}" for n in range(60)]).vectors
    assert np.allclose(np.array(found), together)
    model.close()
    assert len(model.embed(["again"])) == 1
    model.close()


def test_a_model_is_used_from_one_event_loop_after_another(stack: ClientStack) -> None:
    async def main(model: Any) -> int:
        async with model:
            return len(await model.embed(["a"]))

    model = asyncio.run(stack.aconnect("search"))
    assert [asyncio.run(main(model)) for _ in range(2)] == [1, 1]


def test_a_forked_process_gets_connections_of_its_own(stack: ClientStack) -> None:
    with stack.connect("search") as model:
        model.embed(["before"])
        child = os.fork()
        if not child:
            os._exit(0 if len(model.embed(["in the child"], timeout=20)) == 1 else 1)
        assert os.waitpid(child, 0)[1] == 0


def test_who_waits_while_a_model_is_closed_is_told(stack: ClientStack) -> None:
    model = stack.connect("search")
    stack.emulator.fault("search", "hold", on="inference", path="/sync/info")
    with ThreadPoolExecutor(1) as pool:
        waiting = pool.submit(model.embed, ["a"])
        while not any(it.get("held") for it in stack.emulator.admin("GET", "faults")["faults"]):
            time.sleep(0.01)
        model.close()
        with pytest.raises(UsageError, match="closed during this call"):
            waiting.result(timeout=60)
