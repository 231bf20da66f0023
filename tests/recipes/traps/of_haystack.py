"""Haystack, and its integration of TEI."""

from haystack import Document
from haystack.components.embedders import OpenAIDocumentEmbedder, OpenAITextEmbedder
from haystack.utils import Secret
from haystack_integrations.components.rankers.huggingface_api import HuggingFaceTEIRanker
from stack import Stack, expect_refusal

_KEY = Secret.from_env_var("BASETEN_API_KEY")


def haystack_goes_on_without_vectors(stack: Stack) -> None:
    texts = stack.too_many()
    embedder = OpenAIDocumentEmbedder(
        api_base_url=stack.url("bge", "openai_base_url"),
        api_key=_KEY,
        batch_size=len(texts),
        progress_bar=False,
    )
    documents = [Document(content=f"{text} {n}") for n, text in enumerate(texts)]
    embedded = embedder.run(documents)["documents"]
    assert [document.embedding for document in embedded] == [None] * len(texts)


def haystack_waits_half_a_minute(stack: Stack) -> None:
    embedder = OpenAITextEmbedder(api_base_url=stack.url("bge", "openai_base_url"), api_key=_KEY)
    embedder.warm_up()
    assert (embedder.client.timeout, embedder.client.max_retries) == (30, 5)


def haystack_tei_ranker_drops_the_path(stack: Stack) -> None:
    ranker = HuggingFaceTEIRanker(url=stack.url("bge-reranker", "sync_url"), token=_KEY)
    with expect_refusal("404", f"{stack.emulator}/rerank"):
        ranker.run(query="a question", documents=[Document(content="a text")])
