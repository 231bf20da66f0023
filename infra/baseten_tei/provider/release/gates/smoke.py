"""One real call per task, before a version gets traffic: it starts, but does it compute?

An embedding is asked about the probe texts, so that the same call gives its space's fingerprint, and in a second call
about one of them twice.
"""

import math
from collections.abc import Mapping, Sequence
from operator import mul
from typing import Any

from baseten_tei.facts.tei.queue_room import texts_at_once
from baseten_tei.facts.tei.router_calls import (
    Call,
    Vector,
    build_call,
    parse_relevances,
    parse_scores,
    parse_vector,
    parse_vectors,
    task_of,
)
from baseten_tei.outputs.spaces.fingerprint import fingerprint
from baseten_tei.outputs.spaces.probes import PROBES

PAIRED = PROBES[0]
"""A text for a batch of equal lengths.

Qwen3 and Gemma3 without flash attention leave out the attention mask where a batch needs no padding (TEI #882; cosine
0.78 to 0.98, measured on 1.8.3 and 1.9.3). Texts that are cut to one length are such a batch.
"""
_LEAST_COSINE = 0.999
"""Noise of float16 measured: 0.999997."""

QUERY = "What is deep learning?"
TEXTS = ("Deep learning is a kind of machine learning.", "The cat sat on the mat.")


def unsupported_problems(info: Mapping[str, Any]) -> list[str]:
    """Return why the route of the task answers nothing, although the router is well."""
    embedding = (info.get("model_type") or {}).get("embedding") or {}
    if embedding.get("pooling") != "splade":
        return []
    return [
        "serves sparse vectors (pooling splade), which only /embed_sparse answers: write another pooling, or another "
        "model_id"
    ]


def smoke_call(info: Mapping[str, Any]) -> Call:
    """Return one text to embed or to classify, two to rank where a router with this `/info` takes two."""
    task = task_of(info)
    most = most_texts(info) if task == "reranker" else 1
    return build_call(task, TEXTS[:most], QUERY)


def smoke_facts(task: str, call: Call, told: Any) -> dict[str, Any]:
    """Return what the answer to a call says of the model: `dimensions` of an embedding.

    Raises `StrangeAnswerError` where it holds no usable numbers.
    """
    match task:
        case "embedding":
            return {"dimensions": len(parse_vector(told))}
        case "reranker":
            parse_relevances(told, len(call.body["texts"]))
        case _:
            parse_scores(told)
    return {}


def probe_call(info: Mapping[str, Any]) -> Call:
    """Return the probe texts in one request, as many as a router with this `/info` takes."""
    return build_call("embedding", PROBES[: most_texts(info)])


def probe_facts(call: Call, told: Any) -> dict[str, Any]:
    """Return `dimensions`, and the space's `fingerprint`. Raises `StrangeAnswerError` as `smoke_facts` does."""
    vectors = parse_vectors(told, len(call.body["input"]))
    return {"dimensions": len(vectors[0]), "fingerprint": fingerprint(vectors)}


def most_texts(info: Mapping[str, Any]) -> int:
    """Return how many texts one request may hold: more are refused (422), or end a router before 1.9.0."""
    return min(info.get("max_client_batch_size") or 1, texts_at_once(info))


def pair_call(info: Mapping[str, Any]) -> Call | None:
    """Return a text twice in one request; `None` where a router with this `/info` takes one text."""
    return build_call("embedding", [PAIRED, PAIRED]) if most_texts(info) > 1 else None


def first_vector(told: Any) -> Vector:
    """Return the vector of the first text of an answer. Raises `StrangeAnswerError`."""
    return parse_vectors(told, 1)[0]


def differs(alone: Vector, told: Any) -> float | None:
    """Return the least cosine of the answer to `pair_call` with the text alone; `None` where they are the same."""
    least = min(cosine(unit(alone), unit(it)) for it in parse_vectors(told, 2))
    return least if least < _LEAST_COSINE else None


def name_difference(least: float) -> str:
    """Return what it means, and what to do, for a message that names the version."""
    return (
        f"gives texts of equal length in one batch other vectors than alone (cosine {least:.3f}), so queries and "
        "documents are in two spaces (TEI #882): write an accelerator other than CPU and T4 without dtype: float32, "
        "or another model_id"
    )


def unit(vector: Sequence[float]) -> Vector:
    """Return the vector at length 1."""
    length = math.sqrt(math.fsum(map(mul, vector, vector)))
    return tuple(component / length for component in vector)


def cosine(one: Vector, other: Vector) -> float:
    """Return the cosine of two unit vectors."""
    return math.fsum(map(mul, one, other))
