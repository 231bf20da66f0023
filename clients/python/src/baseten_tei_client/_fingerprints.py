"""Fingerprints of embedding spaces: the vectors of probe texts, small enough for a stack's outputs.

Version 1, as stacks write it: each vector, normalized, is projected to 32 numbers by signs from SHA-256, which
are kept in 32nds as signed bytes. Two fingerprints give an estimate of the cosine between the vectors.
"""

import base64
import binascii
import hashlib
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

PROBES = (
    "What is deep learning?",
    "ok",
    "The cat sat on the mat.",
    "Le chat est assis sur le tapis.",
    "猫坐在垫子上。",
    "def add(a: int, b: int) -> int:\n    return a + b",
    "Invoice 2024-117: EUR 1,250.00 is due within 30 days.",
    "I did not enjoy this film at all; the plot made no sense.",
)
"""Sent as one batch of the first min(8, max_client_batch_size)."""
MIN_COSINE = 0.999
"""Below it the spaces are different; rounding to float16 stays above 0.9998."""
_PREFIX = "v1:"
_NUMBERS = 32
_SCALE = 32


def fingerprint(vectors: NDArray[np.floating]) -> str:
    """Return the fingerprint of the probes' vectors, of shape (1 to 8, dimensions) and any norm."""
    units = vectors / np.linalg.norm(vectors.astype(np.float64), axis=1, keepdims=True)
    kept = []
    for probe, unit in enumerate(units):
        projected = _signs(unit.size)[probe] @ unit
        kept.append(np.clip(np.floor(_SCALE * projected + 0.5), -127, 127))
    return _PREFIX + base64.b64encode(np.array(kept).astype(np.int8).tobytes()).decode()


def likeness(one: str | None, other: str | None) -> tuple[float, ...] | None:
    """Return the cosine of each probe that both have; `None` if they cannot be compared."""
    mine, theirs = _numbers(one), _numbers(other)
    if mine is None or theirs is None:
        return None
    common = min(len(mine), len(theirs))
    squares = np.square(mine[:common] - theirs[:common]).sum(axis=1)
    return tuple(float(1 - square / (2 * _NUMBERS * _SCALE**2)) for square in squares)


def _numbers(text: str | None) -> NDArray[np.float64] | None:
    if text is None or not text.startswith(_PREFIX):
        return None
    try:
        raw = base64.b64decode(text.removeprefix(_PREFIX), validate=True)
    except binascii.Error:
        return None
    if not raw or len(raw) % _NUMBERS or len(raw) > _NUMBERS * len(PROBES):
        return None
    return np.frombuffer(raw, np.int8).astype(np.float64).reshape(-1, _NUMBERS)


@lru_cache(maxsize=4)
def _signs(dimensions: int) -> NDArray[np.float64]:
    """Return signs of shape (probes, 32, dimensions); those of dimension j are the bits of a hash of j."""
    rows = [
        hashlib.sha256(f"baseten-tei:fingerprint:v1:{j}".encode()).digest()
        for j in range(dimensions)
    ]
    words = np.frombuffer(b"".join(rows), "<u4").reshape(dimensions, len(PROBES))
    bits = words[:, :, None] >> np.arange(_NUMBERS, dtype=np.uint32) & 1
    signs: NDArray[np.float64] = 1.0 - 2.0 * bits.astype(np.float64)
    return signs.transpose(1, 2, 0)
