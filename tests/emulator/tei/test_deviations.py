"""What a model computes depends on how it is run: each way moves it as far as was measured, or guessed."""

from __future__ import annotations

import pytest

from baseten_emulator.tei.http.router import Router
from baseten_emulator.tei.model.vectors import cosine
from tests.support.tei_containers import MODEL_PATH, answer, boot, info

TEXTS = ("hello world", "The tenant pays rent for month 3.", "ok")
RERANKER = "BAAI/bge-reranker-base"
COMMIT = "a5beb1e3e68b9ab74eb54cfd186867f64f240e1a"


def vectors(router: Router) -> list[list[float]]:
    return list(answer(router, "/embed", {"inputs": list(TEXTS)}))


def cosines(one: Router, other: Router) -> list[float]:
    return [cosine(a, b) for a, b in zip(vectors(one), vectors(other), strict=True)]


def at(revision: str) -> Router:
    source = f"hf://BAAI/bge-base-en-v1.5@{revision}"
    return boot(weights=[{"source": source, "mount_location": MODEL_PATH}])


@pytest.mark.parametrize(
    ("other", "expected"),
    [
        (boot(flags="--pooling mean"), 0.47),
        (boot(flags="--pooling last-token"), 0.75),
        (boot(flags="--dtype float32"), 0.999999),
        (at("b" * 40), 0.94),
    ],
    ids=["pooling", "last token", "precision", "revision"],
)
def test_each_moves_every_text_as_far_as_was_measured(other: Router, expected: float) -> None:
    assert cosines(boot(), other) == pytest.approx([expected] * len(TEXTS), abs=1e-6)


def test_the_pooling_that_the_model_was_trained_with_moves_nothing() -> None:
    assert vectors(boot(flags="--pooling cls")) == vectors(boot())


def test_a_commit_that_is_main_moves_nothing_and_two_others_differ() -> None:
    assert vectors(at(COMMIT)) == vectors(at("main")) == vectors(boot())
    assert max(cosines(at("b" * 40), at("c" * 40))) < 0.95


def test_deviations_add_up() -> None:
    both = boot(flags="--pooling mean --dtype float32")
    assert max(cosines(boot(flags="--pooling mean"), both)) < 1
    assert min(cosines(boot(flags="--pooling mean"), both)) > 0.99999


def test_a_prompt_moves_a_word_more_than_a_sentence() -> None:
    _, sentence, word = cosines(boot(), boot(flags="--default-prompt query:"))
    assert 0.2 < word < sentence < 0.99


@pytest.mark.parametrize(
    "way",
    [
        {"flags": "--revision " + "b" * 40},
        {"model_cache": [{"repo_id": "BAAI/bge-base-en-v1.5", "revision": "b" * 40, "volume_folder": "cached_model"}],
         "start": f"sh -c 'truss-transfer-cli && text-embeddings-router --port 7997 --model-id {MODEL_PATH}'"},
        {"build_commands": ["git clone https://huggingface.co/BAAI/bge-base-en-v1.5 /m",
                            f"git -C /m checkout {'b' * 40}"],
         "start": "text-embeddings-router --port 7997 --model-id /m"},
    ],
    ids=["download", "model_cache", "build"],
)  # fmt: skip
def test_a_revision_counts_whichever_way_the_weights_come(way: dict[str, object]) -> None:
    if "flags" in way:
        way = {
            "start": f"text-embeddings-router --port 7997 --model-id BAAI/bge-base-en-v1.5 {way['flags']}"
        }
    other = boot(**{"weights": [], **way})
    assert cosines(at("b" * 40), other) == pytest.approx([1.0] * len(TEXTS))


def test_scores_move_with_the_revision_and_hardly_with_the_precision() -> None:
    body = {"query": "capital of France", "texts": ["Paris, capital of France"], "raw_scores": True}
    here, exact = boot(RERANKER), boot(RERANKER, flags="--dtype float32")
    other = boot(
        RERANKER, weights=[{"source": f"hf://{RERANKER}@other", "mount_location": MODEL_PATH}]
    )
    scores = [answer(router, "/rerank", body)[0]["score"] for router in (here, exact, other)]
    assert 0 < abs(scores[1] - scores[0]) <= 0.005
    assert 0.005 < abs(scores[2] - scores[0]) <= 0.8


@pytest.mark.parametrize(
    ("wrong", "expected"),
    [
        ("wrong_pooling", 0.47),
        ("wrong_dtype", 0.999999),
        ("wrong_revision", 0.94),
        ("batch_noise", 0.9999996),
    ],
)
def test_a_router_gone_wrong_is_off_as_one_that_was_told_so(wrong: str, expected: float) -> None:
    router = boot()
    assert cosines(router, router.copy_with_faults({wrong: None})) == pytest.approx(
        [expected] * len(TEXTS), abs=1e-6
    )
    assert cosines(router, router) == pytest.approx([1.0] * len(TEXTS))


def test_a_wrong_value_may_be_chosen() -> None:
    router = boot()
    assert vectors(router.copy_with_faults({"wrong_pooling": "last_token"})) == vectors(
        boot(flags="--pooling last-token")
    )
    assert vectors(router.copy_with_faults({"wrong_prompt": "query:"})) == vectors(
        boot(flags="--default-prompt query:")
    )


def test_info_tells_a_wrong_pooling_and_precision_and_hides_prompt_and_revision() -> None:
    router = boot()
    wrong = info(router.copy_with_faults({"wrong_pooling": None, "wrong_dtype": None}))
    assert wrong["model_type"] == {"embedding": {"pooling": "mean"}}
    assert wrong["model_dtype"] == "float32"
    hidden = router.copy_with_faults({"wrong_prompt": None, "wrong_revision": None})
    assert info(hidden) == info(router)


def test_a_revision_that_tei_downloads_itself_shows_in_info() -> None:
    command = "text-embeddings-router --port 7997 --model-id BAAI/bge-base-en-v1.5 --revision main"
    router = boot(start=command, weights=[])
    assert info(router)["model_sha"] == "main"
    assert info(router.copy_with_faults({"wrong_revision": None}))["model_sha"] == "0" * 40


def test_noise_is_another_one_with_each_request() -> None:
    router = boot()
    noisy = [vectors(router.copy_with_faults({"batch_noise": None})) for _ in range(2)]
    assert noisy[0] != noisy[1]
    assert min(cosine(a, b) for a, b in zip(*noisy, strict=True)) > 0.99999
