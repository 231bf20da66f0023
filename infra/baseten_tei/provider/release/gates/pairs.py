"""Texts of equal length in one batch: some models give them other vectors than alone.

Qwen3 and Gemma3 without flash attention leave out the attention mask where a batch needs no padding (TEI #882; cosine
0.78 to 0.98, measured on 1.8.3 and 1.9.3). Texts that are cut to one length are such a batch.
"""

import math
from collections.abc import Mapping, Sequence
from operator import mul
from typing import Any

from baseten_tei.facts.tei.router_calls import Call, Vector, build_call, parse_vectors
from baseten_tei.outputs.spaces.probes import PROBES
from baseten_tei.provider.release.gates.smoke import most_texts

TEXT = PROBES[0]
_LEAST_COSINE = 0.999
"""Noise of float16 measured: 0.999997."""


def pair_call(info: Mapping[str, Any]) -> Call | None:
    """Return a text twice in one request; `None` where a router with this `/info` takes one text."""
    return build_call("embedding", [TEXT, TEXT]) if most_texts(info) > 1 else None


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
