"""Baseten's performance client."""

from baseten_performance_client import PerformanceClient, RequestProcessingPreference
from stack import KEY, LONG, Stack, expect_refusal


def _performance_client(stack: Stack, model: str, output: str = "sync_url") -> PerformanceClient:
    return PerformanceClient(stack.url(model, output), KEY)


def performance_client_puts_v1_after_v1(stack: Stack) -> None:
    with expect_refusal("404"):
        _performance_client(stack, "bge", "openai_base_url").embed(["a text"], model="bge")


def performance_client_has_limits_of_its_own(_stack: Stack) -> None:
    given = RequestProcessingPreference()
    assert (given.batch_size, given.max_concurrent_requests) == (8, 256)
    assert (given.timeout_s, given.total_timeout_s, given.max_retries) == (3600, None, 5)


def performance_client_knows_nothing_of_the_server_s_limit(stack: Stack) -> None:
    texts = stack.too_many()
    with expect_refusal("413", "maximum allowed batch size"):
        _performance_client(stack, "bge").embed(
            texts, model="bge", preference=RequestProcessingPreference(batch_size=len(texts))
        )


def performance_client_sorts_each_batch_alone(stack: Stack) -> None:
    texts = ["Cats sleep.", "Rain falls.", "Paris is the capital of France."]
    found = _performance_client(stack, "bge-reranker").rerank(
        "What is the capital of France?",
        texts,
        preference=RequestProcessingPreference(batch_size=2),
    )
    scores = [hit.score for hit in found.data]
    assert scores != sorted(scores, reverse=True), "sorted as a whole"


def performance_client_refuses_what_the_server_would_truncate(stack: Stack) -> None:
    with expect_refusal("413", "must have less than"):
        _performance_client(stack, "bge-reranker").rerank("a question", [LONG])
    with expect_refusal("413", "must have less than"):
        _performance_client(stack, "go-emotions").classify([LONG])
