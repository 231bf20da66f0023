"""Routes, refusals and limits, beyond what was recorded."""

from __future__ import annotations

import base64
import math
import struct
from concurrent.futures import ThreadPoolExecutor

import pytest

from baseten_emulator.tei.http.router import Router
from baseten_emulator.tei.model.death import RouterDiedError
from tests.support.tei_containers import JSON, MODEL_PATH, answer, boot, get, info, post, refusal

RERANKER = "BAAI/bge-reranker-base"
CLASSIFIER = "SamLowe/roberta-base-go_emotions"
LONG = "word " * 1000


def tokens_used(router: Router, text: str) -> int:
    return int(answer(router, "/v1/embeddings", {"input": text})["usage"]["total_tokens"])


def test_an_unknown_route_is_404_and_a_wrong_method_405_both_empty() -> None:
    router = boot()
    assert (get(router, "/v2").status, get(router, "/v2").body) == (404, b"")
    wrong = get(router, "/embed")
    assert (wrong.status, wrong.body, wrong.content_type) == (405, b"", "")
    assert dict(wrong.headers)["allow"] == "POST"
    assert post(router, "/info", {}).status == 405


@pytest.mark.parametrize("path", ["/health", "/ping", "/", "/health?probe=1"])
def test_health_is_200_and_empty(path: str) -> None:
    assert (get(boot(), path).status, get(boot(), path).body) == (200, b"")


@pytest.mark.parametrize(
    ("headers", "body", "status", "text"),
    [
        ({}, b"{}", 415, "Expected request with `Content-Type: application/json`"),
        (JSON, b"{", 400, "Failed to parse the request body as JSON: "),
        (JSON, b"", 400, "EOF while parsing a value at line 1 column 0"),
        (JSON, b'"' + b"x" * 2_000_000 + b'"', 413, "length limit exceeded"),
        (JSON, b'{"inputs": 5}', 422, "inputs: data did not match any variant of untagged enum"),
        (JSON, b'{"inputs":"a",\n"truncate":"y"}', 422, "expected a boolean at line 2 column 14"),
        (JSON, b'{"inputs":"a","normalize":[1]}', 422, "sequence, expected a boolean at line 1 "),
        (JSON, b"[]", 422, "expected struct EmbedRequest"),
    ],
)
def test_axum_refuses_a_body_in_plain_text(
    headers: dict[str, str], body: bytes, status: int, text: str
) -> None:
    response = boot().handle("POST", "/embed", headers, body)
    assert response.status == status
    assert response.content_type == "text/plain; charset=utf-8"
    assert text in response.body.decode()


def test_the_payload_limit_is_a_flag() -> None:
    router = boot(flags="--payload-limit 20")
    assert post(router, "/embed", {"inputs": "x" * 20}).status == 413


@pytest.mark.parametrize(("tag", "status"), [("89-1.8.3", 413), ("89-1.9.0", 422)])
def test_validation_errors_moved_from_413_to_422(tag: str, status: int) -> None:
    router = boot(tag=tag, flags="--max-client-batch-size 2")
    batch = {"inputs": ["a", "b", "c"]}
    assert refusal(router, "/embed", batch) == (
        status,
        "batch size 3 > maximum allowed batch size 2",
    )
    assert refusal(router, "/embed", {"inputs": "a", "dimensions": 0})[0] == status
    assert refusal(router, "/embed", {"inputs": "a", "prompt_name": "x"})[0] == status
    assert refusal(router, "/embed", {"inputs": LONG, "truncate": False}) == (
        status,
        "Input validation error: `inputs` must have less than 512 tokens. Given: 1002",
    )


def test_the_openai_route_truncates_only_if_the_server_does() -> None:
    assert refusal(boot(), "/v1/embeddings", {"input": LONG})[0] == 413
    assert tokens_used(boot(flags="--auto-truncate"), LONG) == 512
    assert tokens_used(boot(tag="89-1.9.3", flags="--max-batch-tokens 64"), LONG) == 64


def test_truncation_from_the_left_keeps_the_end() -> None:
    router = boot(tag="cpu-1.9.3", accelerator=None, flags="--max-batch-tokens 16")
    text = "apple " * 50 + "zebra " * 14
    start = answer(router, "/embed", {"inputs": text, "truncation_direction": "left"})
    assert start == answer(router, "/embed", {"inputs": "zebra " * 14})
    assert refusal(boot(), "/embed", {"inputs": "a", "truncation_direction": "left"})[0] == 422


def test_too_many_characters_are_refused_before_tokens_are_counted() -> None:
    text = "x" * (250 * 512 + 1)
    status, message = refusal(boot(), "/embed", {"inputs": text})
    assert status == 413
    assert "must have less than 128000 characters. Given: 128001" in message


def test_an_empty_text_is_400_on_every_route() -> None:
    router = boot()
    empty = (400, "Input validation error: `inputs` cannot be empty")
    for inputs in ("", [], ["a", ""]):
        assert refusal(router, "/embed", {"inputs": inputs}) == empty
    assert refusal(router, "/tokenize", {"inputs": ""}) == empty
    assert refusal(
        router, "/similarity", {"inputs": {"source_sentence": "a", "sentences": []}}
    ) == (
        400,
        "`inputs.sentences` cannot be empty",
    )


def test_the_models_facts_decide_the_task_not_the_predict_endpoint() -> None:
    router = boot(CLASSIFIER, predict_endpoint="/v1/embeddings")
    assert refusal(router, "/v1/embeddings", {"input": "a"})[0] == 424
    assert "classifier" in info(router)["model_type"]


def test_a_request_of_41_texts_on_an_idle_server_is_always_429_from_1_9_on_and_fatal_before() -> (
    None
):
    flags = "--max-concurrent-requests 40 --max-client-batch-size 256"
    texts = {"input": ["text"] * 41}
    assert refusal(boot(tag="89-1.9.0", flags=flags), "/v1/embeddings", texts) == (
        429,
        "Model is overloaded",
    )
    old = boot(tag="89-1.8.3", flags=flags)
    with pytest.raises(RouterDiedError, match=r"Full\(\.\.\)"):
        post(old, "/v1/embeddings", texts)
    assert post(old, "/v1/embeddings", {"input": ["text"] * 39}).status == 200


@pytest.mark.parametrize(
    ("permits", "texts", "dies"), [(4, 4, True), (33, 32, False), (64, 64, True), (96, 96, False)]
)
def test_all_permits_at_once_end_1_8_3_as_measured(permits: int, texts: int, dies: bool) -> None:
    flags = f"--max-concurrent-requests {permits} --max-client-batch-size 256"
    for tag in ("89-1.8.3", "89-1.9.3"):
        router = boot(tag=tag, flags=flags)
        asked = {"input": ["text"] * texts}
        if dies and tag == "89-1.8.3":
            with pytest.raises(RouterDiedError):
                post(router, "/v1/embeddings", asked)
        else:
            assert post(router, "/v1/embeddings", asked).status == 200


def test_permits_held_by_others_count_against_a_batch() -> None:
    router = boot(tag="89-1.9.0", flags="--max-concurrent-requests 4")
    with router.engine.permits.at_once(2):
        assert post(router, "/embed", {"inputs": ["a", "b"]}).status == 200
        assert post(router, "/embed", {"inputs": ["a", "b", "c"]}).status == 429
    assert post(router, "/embed", {"inputs": ["a", "b", "c"]}).status == 200


def test_a_single_text_is_refused_without_a_permit_in_every_version() -> None:
    router = boot(tag="89-1.8.3", flags="--max-concurrent-requests 1")
    with router.engine.permits.at_once(1):
        assert post(router, "/embed", {"inputs": "a"}).status == 429


def test_a_batch_waits_for_a_permit_before_1_9() -> None:
    router = boot(tag="89-1.8.3", flags="--max-concurrent-requests 1")
    with ThreadPoolExecutor(1) as pool:
        with router.engine.permits.at_once(1):
            waiting = pool.submit(post, router, "/embed", {"inputs": ["a", "b"]})
            assert not waiting.done()
        assert waiting.result(timeout=10).status == 200


def test_a_refused_request_gives_its_permits_back() -> None:
    router = boot(tag="89-1.9.3", flags="--max-concurrent-requests 2")
    for _ in range(3):
        assert refusal(router, "/embed", {"inputs": ["a", ""]})[0] == 400
    assert router.engine.permits.free == 2


def test_reranking_a_batch_takes_one_permit_a_text() -> None:
    flags = "--max-concurrent-requests 2"
    router = boot(RERANKER, tag="89-1.9.3", flags=flags)
    assert refusal(router, "/rerank", {"query": "q", "texts": ["a", "b", "c"]})[0] == 429


def test_two_strings_for_predict_are_one_pair_and_no_batch() -> None:
    router = boot(CLASSIFIER)
    pair = answer(router, "/predict", {"inputs": ["I love", "this"]})
    batch = answer(router, "/predict", {"inputs": [["I love"], ["this"]]})
    assert len(pair) == 28
    assert [len(one) for one in batch] == [28, 28]


def test_a_default_prompt_breaks_every_pair() -> None:
    router = boot(RERANKER, flags="--default-prompt x:")
    assert refusal(router, "/rerank", {"query": "q", "texts": ["a"]}) == (
        413,
        "Input validation error: `prompt_name` cannot be set with dual inputs",
    )


def test_an_api_key_locks_info_but_not_health() -> None:
    router = boot(flags="--api-key k")
    assert get(router, "/health").status == 200
    assert (get(router, "/info").status, get(router, "/info").body) == (401, b"")
    assert router.handle("GET", "/info", {"Authorization": "Bearer k"}, b"").status == 200
    assert router.handle("GET", "/info", {"Authorization": "Api-Key k"}, b"").status == 401


@pytest.mark.parametrize(
    ("tag", "flags", "name"),
    [
        ("89-1.8.3", "", MODEL_PATH),
        ("89-1.9.3", "", MODEL_PATH),
        ("89-1.9.3", "--served-model-name bge", "bge"),
    ],
)
def test_the_openai_answer_names_the_served_model(tag: str, flags: str, name: str) -> None:
    router = boot(tag=tag, flags=flags)
    assert answer(router, "/v1/embeddings", {"input": "a", "model": "other"})["model"] == name


def test_a_success_says_what_it_computed_and_claims_a_gpu_even_on_a_cpu() -> None:
    router = boot(tag="cpu-1.8.3", accelerator=None)
    headers = dict(post(router, "/embed", {"inputs": ["hello world", "x"]}).headers)
    assert headers["x-compute-type"] == "gpu+optimized"
    assert (headers["x-compute-characters"], headers["x-compute-tokens"]) == ("12", "7")
    assert {"x-compute-time", "x-total-time", "x-tokenization-time", "x-queue-time"} <= set(headers)


def test_base64_is_the_same_vector_in_little_endian_floats() -> None:
    router = boot()
    plain = answer(router, "/v1/embeddings", {"input": "a cat"})["data"][0]["embedding"]
    packed = answer(router, "/v1/embeddings", {"input": "a cat", "encoding_format": "base64"})
    raw = base64.b64decode(packed["data"][0]["embedding"])
    assert struct.unpack(f"<{len(plain)}f", raw) == pytest.approx(plain, abs=1e-7)


def test_dimensions_shorten_and_normalise_again() -> None:
    router = boot()
    vector = answer(router, "/embed", {"inputs": "a cat", "dimensions": 64})[0]
    assert len(vector) == 64
    assert math.hypot(*vector) == pytest.approx(1, abs=1e-6)
    status, message = refusal(router, "/embed", {"inputs": "a cat", "dimensions": 769})
    assert (status, "smaller than the maximum" in message) == (413, True)
    old = boot(tag="89-1.7.0")
    assert len(answer(old, "/embed", {"inputs": "a cat", "dimensions": 64})[0]) == 768


def test_embed_all_gives_a_vector_per_token_and_normalize_can_be_left_out() -> None:
    router = boot()
    assert [len(one) for one in answer(router, "/embed_all", {"inputs": "hello world"})] == [4]
    raw = answer(router, "/embed", {"inputs": "hello world", "normalize": False})[0]
    assert math.hypot(*raw) != pytest.approx(1, abs=1e-3)


def test_splade_is_a_pooling_that_a_masked_language_model_must_be_asked_for() -> None:
    splade = boot("prithivida/Splade_PP_en_v1", flags="--pooling splade")
    pairs = answer(splade, "/embed_sparse", {"inputs": "hello world"})[0]
    assert [set(pair) for pair in pairs] == [{"index", "value"}] * 2
    assert refusal(splade, "/embed", {"inputs": "a"})[0] == 424
    assert refusal(splade, "/embed_all", {"inputs": "a"})[0] == 424
    dense = boot("prithivida/Splade_PP_en_v1")
    assert info(dense)["model_type"] == {"embedding": {"pooling": "cls"}}


def test_decode_gives_back_what_tokenize_took_apart() -> None:
    router = boot()
    ids = [token["id"] for token in answer(router, "/tokenize", {"inputs": "hello world"})[0]]
    assert answer(router, "/decode", {"ids": ids}) == ["hello world"]
    assert answer(router, "/decode", {"ids": [ids], "skip_special_tokens": False}) == [
        "[CLS] hello world [SEP]"
    ]
    assert refusal(router, "/decode", {"ids": []})[0] == 400


def test_token_ids_embed_like_the_text_they_stand_for() -> None:
    router = boot()
    ids = [token["id"] for token in answer(router, "/tokenize", {"inputs": "hello world"})[0]]
    by_text = answer(router, "/embed", {"inputs": "hello world"})
    assert answer(router, "/embed", {"inputs": ids}) == by_text
    assert answer(router, "/embed", {"inputs": [ids, ids]}) == by_text * 2


def test_byte_offsets_are_reported_for_text_beyond_ascii() -> None:
    tokens = answer(boot(), "/tokenize", {"inputs": "é 文字"})[0]
    offsets = [(token["text"], token["start"], token["stop"]) for token in tokens[1:-1]]
    assert offsets == [("é", 0, 2), ("文", 3, 6), ("字", 6, 9)]


@pytest.mark.parametrize("path", ["/", "/invocations"])
def test_the_default_route_serves_the_models_own_task(path: str) -> None:
    assert len(answer(boot(), path, {"inputs": "a"})[0]) == 768
    assert answer(boot(RERANKER), path, {"query": "a", "texts": ["a"]})[0]["index"] == 0
    assert len(answer(boot(CLASSIFIER), path, {"inputs": "a"})) == 28
    similar = boot(environment_variables={"TASK": "sentence-similarity"})
    body = {"inputs": {"source_sentence": "a", "sentences": ["a"]}}
    assert answer(similar, path, body) == [pytest.approx(1)]


def test_vertex_wraps_the_models_own_route() -> None:
    predictions = answer(boot(), "/vertex", {"instances": [{"inputs": "a"}, {"inputs": ["b"]}]})
    assert [len(vectors[0]) for vectors in predictions["predictions"]] == [768, 768]
    assert refusal(boot(), "/vertex", {"instances": [{"text": "a"}]})[0] == 413


def test_metrics_count_once_there_is_something_to_count() -> None:
    router = boot()
    assert get(router, "/metrics").body == b""
    answer(router, "/embed", {"inputs": ["a", "b"]})
    assert b"te_embed_success 2" in get(router, "/metrics").body
