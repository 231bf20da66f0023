"""LlamaIndex, and its integrations of Baseten and TEI."""

from llama_index.core.schema import NodeWithScore, TextNode
from llama_index.embeddings.baseten import BasetenEmbedding
from llama_index.embeddings.openai import OpenAIEmbedding
from llama_index.embeddings.openai_like import OpenAILikeEmbedding
from llama_index.postprocessor.tei_rerank import TextEmbeddingInference
from stack import KEY, Stack, expect_refusal


def llamaindex_baseten_knows_production_alone(_stack: Stack) -> None:
    there = "https://model-abcd1234.api.baseten.co/environments/staging/sync/v1"
    embeddings = BasetenEmbedding(model_id="abcd1234", api_key=KEY, api_base=there)
    assert embeddings.api_base == there.replace("staging", "production"), embeddings.api_base


def llamaindex_openai_knows_openai_s_models_alone(stack: Stack) -> None:
    with expect_refusal("is not a valid OpenAIEmbeddingModelType"):
        OpenAIEmbedding(
            model="bge", api_base=stack.url("bge", "openai_base_url"), api_key=KEY
        ).get_text_embedding("a")


def llamaindex_turns_newlines_into_spaces(stack: Stack) -> None:
    url = stack.url("bge", "openai_base_url")
    OpenAILikeEmbedding(model_name="bge", api_base=url, api_key=KEY).get_text_embedding("a\nb")
    assert stack.last_body()["input"] == ["a b"], stack.last_body()


def llamaindex_waits_a_minute(stack: Stack) -> None:
    url = stack.url("bge", "openai_base_url")
    client = OpenAILikeEmbedding(model_name="bge", api_base=url, api_key=KEY)
    assert (client.timeout, client.max_retries, client.embed_batch_size) == (60, 10, 10)


def _error_of_reranking(stack: Stack, texts: list[str], auth_token: str) -> str:
    url = stack.url("bge-reranker", "sync_url")
    nodes = [NodeWithScore(node=TextNode(text=text)) for text in texts]
    try:
        TextEmbeddingInference(base_url=url, auth_token=auth_token).postprocess_nodes(
            nodes, query_str="a question"
        )
    except Exception as error:
        return f"{type(error).__name__}: {error}"
    return "none"


def llamaindex_tei_rerank_hides_what_was_refused(stack: Stack) -> None:
    texts = stack.too_many("bge-reranker")
    too_many = _error_of_reranking(stack, texts, f"Api-Key {KEY}")
    assert too_many == "AssertionError: ", too_many
    no_scheme = _error_of_reranking(stack, texts, KEY)
    assert no_scheme == "AssertionError: ", no_scheme
