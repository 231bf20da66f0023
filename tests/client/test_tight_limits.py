"""Many texts, tight limits, and not one request that the router refuses."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
import pytest

from baseten_emulator.tei.model.tokens import Tokenizer
from baseten_tei_client import RefusedTextError
from tests.client.corpus import corpus
from tests.client.stack import ClientStack
from tests.client.toy import toy_tokenizer
from tests.support.harness import running_emulator
from tests.support.sampling import ALL

TIGHT = {
    "max_client_batch_size": 12, "payload_limit_bytes": 9_000, "max_batch_tokens": 2_000,
    "max_concurrent_requests": 40, "predict_concurrency": 8,
}  # fmt: skip
SMALL = "BAAI/bge-small-en-v1.5"
LIMIT = 512
PROMPT = "Represent this: "


@pytest.fixture(scope="module")
def tight() -> Iterator[ClientStack]:
    with running_emulator() as emulator:
        stack = ClientStack(emulator)
        stack.put("tight", "embedding", SMALL, **TIGHT)
        stack.put("old", "embedding", SMALL, "1.8.3", **TIGHT)
        stack.put("strict", "embedding", SMALL, **TIGHT, auto_truncate=False)
        stack.put("prompted", "embedding", SMALL, **TIGHT, flags=f"--default-prompt '{PROMPT}'")
        stack.put("pairs", "reranker", "BAAI/bge-reranker-base", **TIGHT)
        stack.put(
            "moods", "classifier", "SamLowe/roberta-base-go_emotions", **TIGHT, multi_label=True
        )
        stack.wait()
        yield stack


@pytest.fixture(autouse=True)
def _forget(tight: ClientStack) -> None:
    tight.emulator.forget_calls()


def tokens(text: str) -> int:
    return len(Tokenizer.of("bert").tokenize(text))


def assert_nothing_was_refused(stack: ClientStack) -> None:
    assert {status for _, status in stack.count_calls()} == {200}


@pytest.mark.parametrize(
    ("size", "options"),
    [
        (5000 if ALL else 1500, {"transport": "http"}), (600, {"transport": "performance"}),
        (600, {"tokenizer": toy_tokenizer()}), (600, {"hedge_after": 0.01}),
    ],
    ids=["many", "performance client", "tokenizer", "hedged"],
)  # fmt: skip
def test_many_texts_without_a_refused_request(tight: ClientStack, size: int, options: Any) -> None:
    texts = corpus(size)
    with tight.connect("tight", **options) as model:
        result = model.embed(texts, on_refusal="skip")
        alone = [n for n in range(len(texts)) if n % 97 == 0 and texts[n].isascii() and texts[n]]
        few = [model.embed([texts[n]]).vectors[0] for n in alone]
    assert_nothing_was_refused(tight)
    assert [it.index for it in result.refused] == [n for n in range(size) if n % 100 == 50]
    assert np.isfinite(np.delete(result.vectors, [it.index for it in result.refused], axis=0)).all()
    assert np.allclose(result.vectors[alone], few, atol=1e-6)
    refused = {it.index for it in result.refused}
    counts = {n: tokens(text) for n, text in enumerate(texts) if n not in refused}
    cut = {n: count for n, count in counts.items() if count > LIMIT}
    assert len(cut) > size // 200
    assert {it.index: it.tokens for it in result.truncated} == cut
    assert (tight.count_calls()["sync/tokenize", 200] == 0) == ("tokenizer" in options)


def test_a_text_that_no_request_holds_is_cut_to_one_that_does_and_told(tight: ClientStack) -> None:
    huge = "w " * 100_000
    with tight.connect("tight") as model:
        result = model.embed(["a", huge])
        assert np.allclose(result.vectors[1], model.embed([huge[:5_000]]).vectors[0], atol=1e-6)
    [told] = result.truncated
    assert (told.index, told.at_least, told.limit) == (1, True, LIMIT)
    assert LIMIT < told.tokens < 100_000
    assert_nothing_was_refused(tight)


def test_an_older_router_takes_them_too(tight: ClientStack) -> None:
    with tight.connect("old") as model:
        assert len(model.embed(corpus(300), on_refusal="skip")) == 300
    assert_nothing_was_refused(tight)


def test_many_callers_keep_to_the_permits_together(tight: ClientStack) -> None:
    texts = corpus(500)
    with tight.connect("tight") as model, ThreadPoolExecutor(10) as pool:
        parts = [texts[n : n + 50] for n in range(0, 500, 50)]
        results = list(pool.map(lambda part: model.embed(part, on_refusal="skip"), parts))
        whole = model.embed(texts, on_refusal="skip")
    assert_nothing_was_refused(tight)
    vectors = np.concatenate([it.vectors for it in results])
    assert np.allclose(vectors, whole.vectors, atol=1e-6, equal_nan=True)


def test_a_router_that_does_not_cut_is_asked_to_only_for_texts_that_may_be_too_long(
    tight: ClientStack,
) -> None:
    texts = ["short", "w " * 600, "words " * 100]
    with tight.connect("strict", too_long="cut") as model:
        cut = model.embed(texts)
    assert [it.index for it in cut.truncated] == [1]
    with tight.connect("tight") as model:
        assert np.allclose(cut.vectors, model.embed(texts).vectors, atol=1e-6)
    asked = tight.count_calls()
    assert (asked["sync/embed", 200], asked["sync/v1/embeddings", 200]) == (2, 4)
    assert_nothing_was_refused(tight)


@pytest.mark.parametrize(("model", "options"), [("strict", {}), ("tight", {"too_long": "refuse"})])
def test_a_text_that_must_not_be_cut_is_refused_before_anything_is_embedded(
    tight: ClientStack, model: str, options: Any
) -> None:
    texts = ["short", "w " * 510, "w " * 511, "w " * 3000]
    with tight.connect(model, **options) as connected:
        with pytest.raises(RefusedTextError, match="text 2 has 513 tokens"):
            connected.embed(texts[:3])
        assert not [path for path, _ in tight.count_calls() if path.endswith("embeddings")]
        result = connected.embed(texts, on_refusal="skip")
    assert [it.index for it in result.refused] == [2, 3]
    assert result.truncated == ()
    assert_nothing_was_refused(tight)


def test_pairs_and_classified_texts_keep_to_the_limits(tight: ClientStack) -> None:
    texts = corpus(400)
    with tight.connect("pairs") as model:
        ranking = model.rerank("which models search text?", texts, on_refusal="skip")
    with tight.connect("moods") as model:
        moods = model.classify(texts, on_refusal="skip")
    assert_nothing_was_refused(tight)
    assert len(ranking) == len(moods) == 400
    long = {n for n, text in enumerate(texts) if n % 100 != 50 and tokens(text) > 512}
    assert {it.index for it in moods.truncated} == long
    assert {it.index for it in ranking.truncated} >= long


@pytest.mark.parametrize("told", [{"prompt": PROMPT}, {"prompt_name": "query"}, None], ids=str)
def test_a_prompt_counts_whether_the_outputs_tell_it_or_not(
    tight: ClientStack, told: dict[str, str] | None
) -> None:
    of_prompt = tokens(PROMPT) - 2
    fits, over = "w " * (LIMIT - 2 - of_prompt), "w " * (LIMIT - 1 - of_prompt)
    texts = [fits, over, "x" * 500]
    space = told and {**tight.models["prompted"]["space"], **told}
    with tight.connect("prompted", outputs=tight.change_outputs("prompted", space=space)) as model:
        result = model.embed(texts)
        assert [(it.index, it.tokens) for it in result.truncated] == [(1, LIMIT + 1)]
    with tight.connect(
        "prompted", outputs=tight.change_outputs("prompted", space=space), too_long="refuse"
    ) as model:
        assert [it.index for it in model.embed(texts, on_refusal="skip").refused] == [1]
    assert_nothing_was_refused(tight)
