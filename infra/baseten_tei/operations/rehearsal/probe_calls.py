"""What a rehearsal asks of a model: texts one by one, a full batch, and where in its outputs that is called."""

from baseten_tei.facts.tei.router_calls import Call, build_call
from baseten_tei.provider.release.golden.texts import QUERY, TEXTS

SHORT = 13
"""Texts at the beginning of `TEXTS` that every model takes whole."""


def query_of(task: str) -> str | None:
    """The question that goes with each text; a reranker's alone."""
    return QUERY if task == "reranker" else None


def full_batch(task: str, size: int) -> Call:
    """As many texts in one request as the stack's outputs promise a client."""
    texts = [TEXTS[number % SHORT] for number in range(size)]
    return build_call(task, texts, QUERY)
