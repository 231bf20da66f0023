"""What the client puts before queries and documents, and what of it counts."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from baseten_tei_client import Model, OutputsError, RefusedTextError, Space, UsageError, compare
from baseten_tei_client._outputs import parse_outputs
from tests.client.stack import ClientStack

PROMPTS = {"query": "query: ", "document": "passage: ", "clustering": "cluster: "}
SPACE = Space("intfloat/e5-base-v2", "a" * 40, document_prompt="passage: ")
VARIABLES = {
    "SEARCH_SYNC_URL": "https://x/sync",
    "SEARCH_EMBEDDINGS_URL": "https://x/sync/v1/embeddings",
}


@pytest.fixture
def search(stack: ClientStack) -> Iterator[Model]:
    space = {**stack.models["search"]["space"], "document_prompt": "passage: "}
    outputs = stack.change_outputs("search", prompts=PROMPTS, space=space)
    with stack.connect("search", outputs=outputs) as model:
        yield model


def test_queries_and_documents_get_their_own_prompt(search: Model) -> None:
    plain = search.embed(["query: cats", "passage: cats", "cluster: cats", "cats"]).vectors
    told = [
        search.embed_query("cats").vectors,
        search.embed_documents(["cats"]).vectors,
        search.embed(["cats"], prompt_name="clustering").vectors,
        search.embed(["cats"]).vectors,
    ]
    assert np.allclose(np.concatenate(told), plain, atol=1e-6)
    assert dict(search.prompts) == PROMPTS


def test_a_model_without_prompts_takes_the_same_calls(stack: ClientStack) -> None:
    with stack.connect("search") as search:
        plain = search.embed(["cats", "dogs"]).vectors
        assert np.allclose(search.embed_query(["cats", "dogs"]).vectors, plain, atol=1e-6)
        assert np.allclose(search.embed_documents(["cats", "dogs"]).vectors, plain, atol=1e-6)
        with pytest.raises(UsageError, match="its prompts are none: write `prompts`"):
            search.embed(["cats"], prompt_name="query")


@pytest.mark.parametrize("name", ["qery", "", 3, ["query"]])
def test_a_prompt_that_is_not_there_is_answered_with_those_that_are(
    search: Model, name: Any
) -> None:
    with pytest.raises(UsageError, match="its prompts are query, document, clustering"):
        search.embed(["cats"], prompt_name=name)


def test_an_empty_text_is_refused_also_behind_a_prompt(search: Model) -> None:
    with pytest.raises(RefusedTextError, match="is empty"):
        search.embed_query("")


def test_a_cut_text_is_told_with_the_tokens_of_its_prompt(search: Model) -> None:
    text = "word " * 254  # 256 tokens with the special ones: as many as the model reads
    assert not search.embed([text]).truncated
    [cut] = search.embed_documents([text]).truncated
    assert (cut.index, cut.limit) == (0, 256)
    assert cut.tokens > 256


def test_only_vectors_of_documents_are_of_the_space_of_documents(search: Model) -> None:
    documents = search.embed_documents(["cats"]).space
    assert documents == search.space
    assert search.embed_query("cats").space == replace(search.space, document_prompt=None)
    assert search.embed(["cats"]).space == replace(search.space, document_prompt=None)


def test_documents_with_another_prompt_are_in_another_space_whatever_is_measured() -> None:
    fingerprinted = replace(SPACE, fingerprint="v1:" + "A" * 43 + "=")
    other = compare(fingerprinted, replace(fingerprinted, document_prompt=""))
    assert other.verdict == "different"
    assert other.reasons == ("document_prompt 'passage: ' -> ''",)


def test_an_index_of_before_there_were_prompts_is_not_refused_for_them() -> None:
    kept = replace(SPACE, document_prompt=None).as_mapping()
    assert "document_prompt" not in kept
    assert compare(Space.of(kept), SPACE)


def test_variables_hold_the_prompts_as_json() -> None:
    variables = {**VARIABLES, "SEARCH_PROMPTS": r'{"query":"Find\nQuery:","document":""}'}
    found = parse_outputs(variables, "search")
    assert found.prompts == {"query": "Find\nQuery:", "document": ""}
    assert parse_outputs(VARIABLES, "search").prompts == {}


@pytest.mark.parametrize("bad", ["query: ", '["a"]', '{"query": 3}'])
def test_prompts_that_are_no_texts_by_name_are_refused(bad: str) -> None:
    with pytest.raises(OutputsError, match="prompts"):
        parse_outputs({**VARIABLES, "SEARCH_PROMPTS": bad}, "search")
