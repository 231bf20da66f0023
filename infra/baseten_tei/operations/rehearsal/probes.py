"""What a rehearsal asks of a model: texts one by one, a full batch, and where in its outputs that is called."""

from baseten_tei.facts.tei.calls import Call
from baseten_tei.provider.release.golden.texts import QUERY, TEXTS

ROUTES = {
    "embedding": ("embeddings_url", "/v1/embeddings"),
    "reranker": ("rerank_url", "/rerank"),
    "classifier": ("classify_url", "/predict"),
}
"""Task -> the output that names its URL, and the router's route that this has to be."""
SHORT = 13
"""Texts at the beginning of `TEXTS` that every model takes whole."""


def query_of(task: str) -> str | None:
    """The question that goes with each text; a reranker's alone."""
    return QUERY if task == "reranker" else None


def full_batch(task: str, size: int) -> Call:
    """As many texts in one request as the stack's outputs promise a client."""
    texts = [TEXTS[number % SHORT] for number in range(size)]
    _, route = ROUTES[task]
    match task:
        case "embedding":
            return Call(route, {"input": texts, "model": "model"})
        case "reranker":
            return Call(route, {"query": QUERY, "texts": texts})
        case _:
            return Call(route, {"inputs": [[text] for text in texts]})
