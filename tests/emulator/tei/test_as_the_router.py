"""What a router answers to bodies, methods and pages that its own clients never send; measured on 1.8.3 and 1.9.3."""

import json
from typing import Any

import pytest

from baseten_emulator.tei.http.router import Router
from baseten_emulator.tei.model.death import RouterDiedError
from tests.emulator.tei.test_router_answers import said
from tests.support.tei_containers import JSON, answer, boot, get, info, last_words, post
from tests.support.tei_repositories import files, running

RELEASES = ("89-1.8.3", "89-1.9.3")
BODIES: list[tuple[str, bytes, int, str]] = [
    ("/embed", b'{"inputs": "\\ud800"}', 400, "unexpected end of hex escape at line 1 column"),
    ("/embed", b'{"inputs": "\\ud800\\u0041"}', 400, "lone leading surrogate in hex escape"),
    ("/embed", b'{"inputs": "\\udc00"}', 400, "lone leading surrogate in hex escape"),
    ("/embed", b'{"inputs": "\\ud83d\\ude00"}', 200, ""),
    ("/embed", b'{"inputs": "a\xff"}', 400, "invalid unicode code point at line 1 column"),
    ("/embed", b'{"inputs": "a", "inputs": "b"}', 422, "duplicate field `inputs` at line 1 column 24"),
    ("/embed", b'{"a": 1} x', 422, "missing field `inputs` at line 1 column 8"),
    ("/embed", b'{"inputs": "a"} x', 200, ""),
    ("/embed", b"1e400", 400, "number out of range"),
    ("/embed", b'{"inputs": [1e400]}', 400, "number out of range"),
    ("/embed", b"[1, 2", 422, "[0]: data did not match any variant of untagged enum Input"),
    ("/embed", b'{"inputs": "a", ', 400, "EOF while parsing"),
    ("/embed", b'{"inputs": {"a": 1}, ', 422, "inputs: data did not match any variant"),
    ("/v1/embeddings", b'{"input": "a", "encoding_format": 5}', 400, "encoding_format: expected value"),
    ("/v1/embeddings", b'{"input": "a", "encoding_format": {"float": 1}}', 422, "expected unit"),
    ("/v1/embeddings", b'{"input": "a", "encoding_format": "f"}', 422, "unknown variant `f`"),
    ("/embed", b'["a", null, "Left", null, false, 8, 1]', 422, "trailing characters"),
]  # fmt: skip


@pytest.fixture(scope="module", params=RELEASES)
def router(request: pytest.FixtureRequest) -> Router:
    return running(files(), tag=request.param)


@pytest.mark.parametrize(("path", "body", "status", "words"), BODIES)
def test_a_body_is_read_as_serde_reads_it(
    router: Router, path: str, body: bytes, status: int, words: str
) -> None:
    found = router.handle("POST", path, JSON, body)
    assert (found.status, words in said(found.body)) == (status, True), said(found.body)


def test_a_browser_may_ask_from_anywhere_unless_origins_are_named() -> None:
    asked = {"Origin": "https://a.example"}
    open_to_all = dict(boot().handle("OPTIONS", "/embed", asked, b"").headers)
    assert open_to_all["access-control-allow-origin"] == "*"
    assert open_to_all["access-control-allow-headers"] == "content-type"
    assert "origin" in dict(post(boot(), "/embed", {"inputs": "a"}).headers)["vary"]
    named = boot(
        tag="89-1.9.3",
        flags="--cors-allow-origin https://a.example --cors-allow-origin https://b.example",
    )
    found = named.handle("OPTIONS", "/embed", asked, b"")
    assert (
        found.status,
        dict(found.headers)["access-control-allow-origin"],
    ) == (200, "https://a.example")
    other = named.handle("OPTIONS", "/embed", {"Origin": "https://c.example"}, b"")
    assert "access-control-allow-origin" not in dict(other.headers)


def test_the_pages_of_the_api_are_there() -> None:
    router = boot()
    assert get(router, "/docs/").status == 200
    assert json.loads(get(router, "/api-doc/openapi.json").body)["openapi"]


def test_the_metrics_have_teis_names() -> None:
    router = boot(tag="89-1.9.3", flags="--max-client-batch-size 2")
    post(router, "/embed", {"inputs": "a"})
    post(router, "/embed", {"inputs": ["a", "b"]})
    post(router, "/embed", {"inputs": ["a", "b", "c"]})
    told = get(router, "/metrics").body.decode()
    for line in (
        'te_request_count{method="single"} 1', 'te_request_count{method="batch"} 2',
        'te_request_success{method="batch"} 1', 'te_request_failure{err="batch_size"} 1', "te_embed_count 3",
        "te_queue_size 0",
    ):  # fmt: skip
        assert f"{line}\n" in told


@pytest.mark.parametrize(("tag", "status"), [*zip(RELEASES, (413, 422), strict=True)])
def test_tokenize_refuses_a_text_above_its_limit(tag: str, status: int) -> None:
    router = running(files({"sentence_bert_config.json": {"max_seq_length": 4}}), tag=tag)
    assert post(router, "/tokenize", {"inputs": "a" * 1000}).status == 200
    found = post(router, "/tokenize", {"inputs": "a" * 1001})
    assert found.status == status
    assert "`inputs` must have less than 1000 characters. Given: 1001" in said(found.body)


def test_numbers_on_the_command_line_are_rusts() -> None:
    assert info(boot(flags="--payload-limit=+5000"))
    assert "70000 is not in 0..=65535" in last_words(flags="--prometheus-port=70000")
    assert "InvalidHeaderValue" in last_words(flags="--cors-allow-origin=http://ä")


def test_a_list_in_place_of_the_length_file_starts() -> None:
    router = running(files({"sentence_bert_config.json": [32]}))
    assert info(router)["max_input_length"] == 32


@pytest.mark.parametrize(
    ("model_type", "dies"), [("bert", True), ("modernbert", True), ("xlm-roberta", False)]
)
def test_ids_that_the_vocabulary_has_not_end_the_router_or_give_nulls(
    model_type: str, dies: bool
) -> None:
    router = running(files(model_type=model_type), tag="89-1.9.3")
    asked: dict[str, Any] = {"input": [[999_999]]}
    if dies:
        with pytest.raises(RouterDiedError, match="chunk_size must not be zero"):
            post(router, "/v1/embeddings", asked)
    else:
        [found] = answer(router, "/v1/embeddings", asked)["data"]
        assert set(found["embedding"]) == {None}


def test_a_splade_vector_is_as_long_as_the_vocabulary() -> None:
    splade = files({"1_Pooling/config.json": None}, architectures=["BertForMaskedLM"])
    router = running(splade, flags="--pooling splade")
    [vector] = answer(router, "/embed", {"inputs": "hello", "normalize": False})
    assert len(vector) == 30522
