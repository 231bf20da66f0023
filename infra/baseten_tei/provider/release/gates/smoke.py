"""One real call per task, before a version gets traffic: it starts, but does it compute?

An embedding is asked about the probe texts, so that the same call gives its space's fingerprint.
"""

from collections.abc import Mapping
from typing import Any

from baseten_tei.facts.tei.router_calls import (
    Call,
    build_call,
    parse_relevances,
    parse_scores,
    parse_vector,
    parse_vectors,
)
from baseten_tei.outputs.spaces.fingerprint import fingerprint
from baseten_tei.outputs.spaces.probes import PROBES

QUERY = "What is deep learning?"
TEXTS = ("Deep learning is a kind of machine learning.", "The cat sat on the mat.")


def smoke_call(task: str) -> Call:
    """Return one text to embed or to classify, two to rank."""
    return build_call(task, TEXTS if task == "reranker" else TEXTS[:1], QUERY)


def smoke_facts(task: str, told: Any) -> dict[str, Any]:
    """Return what the answer says of the model: `dimensions` of an embedding.

    Raises `StrangeAnswerError` where it holds no usable numbers.
    """
    match task:
        case "embedding":
            return {"dimensions": len(parse_vector(told))}
        case "reranker":
            parse_relevances(told, len(TEXTS))
        case _:
            parse_scores(told)
    return {}


def probe_call(info: Mapping[str, Any]) -> Call:
    """Return the probe texts in one request, as many as a router with this `/info` takes."""
    texts = PROBES[: info.get("max_client_batch_size") or 1]
    return build_call("embedding", texts)


def probe_facts(call: Call, told: Any) -> dict[str, Any]:
    """Return `dimensions`, and the space's `fingerprint`. Raises `StrangeAnswerError` as `smoke_facts` does."""
    vectors = parse_vectors(told, len(call.body["input"]))
    return {"dimensions": len(vectors[0]), "fingerprint": fingerprint(vectors)}
