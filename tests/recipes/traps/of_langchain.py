"""LangChain, and its integration of Baseten."""

from typing import Any
from unittest import mock

import tiktoken
from langchain_baseten import BasetenEmbeddings
from langchain_openai import OpenAIEmbeddings
from stack import KEY, Stack, expect_refusal


def _langchain(stack: Stack, **options: Any) -> OpenAIEmbeddings:
    url = stack.url("bge", "openai_base_url")
    return OpenAIEmbeddings(model="bge", base_url=url, api_key=KEY, max_retries=0, **options)


def langchain_sends_token_ids(stack: Stack) -> None:
    # OpenAI's vocabulary is a download; what is shown does not depend on which ids these are.
    bytewise = tiktoken.Encoding(
        "bytewise",
        pat_str=r"\S+|\s+",
        mergeable_ranks={bytes([n]): n for n in range(256)},
        special_tokens={},
    )
    text = "Paris is the capital of France."
    with mock.patch("tiktoken.get_encoding", return_value=bytewise):
        wrong = _langchain(stack).embed_query(text)
    assert isinstance(stack.last_body()["input"][0][0], int), "it sends text"
    right = _langchain(stack, check_embedding_ctx_length=False).embed_query(text)
    cosine = sum(a * b for a, b in zip(wrong, right, strict=True))
    assert cosine < 0.5, f"the same vector, or nearly: {cosine}"


def langchain_sends_a_thousand_texts_at_once(stack: Stack) -> None:
    embeddings = _langchain(stack, check_embedding_ctx_length=False)
    assert embeddings.chunk_size == 1000, embeddings.chunk_size
    with expect_refusal("413", "maximum allowed batch size"):
        embeddings.embed_documents(stack.too_many())


def langchain_waits_for_ever(stack: Stack) -> None:
    timeout = _langchain(stack).client._client.timeout
    assert timeout is None, timeout


def langchain_baseten_cannot_embed(stack: Stack) -> None:
    with expect_refusal("unexpected keyword argument 'batch_size'"):
        BasetenEmbeddings(model_url=stack.url("bge", "sync_url"), api_key=KEY).embed_query("a")
