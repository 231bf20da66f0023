"""Toy embeddings: a text's vector is the sum of its words' vectors.

A word's vector is hashed from the model, its pooling and the word, so texts that share words are near each other, two
models never share a space, and every machine computes the same numbers.
"""

import math
import re
import struct
from collections.abc import Sequence
from functools import lru_cache
from hashlib import shake_128
from operator import mul

from baseten_emulator.tei.model.tokens import Token

Vector = list[float]

_FRAME_WEIGHT = 0.35  # specials are part of every text: unrelated texts are not quite orthogonal
_FAINT_WEIGHT = 0.12
_STOP_WORDS = frozenset(
    re.findall(
        r"\w+",
        "a an and are as at be by do does for from has have how i in is it its me my of on or s t"
        " that the this to was we were what when where which who why will with you your",
    )
)
_CENTRED = [byte - 127.5 for byte in range(256)]
_SQUARES = [centred**2 for centred in _CENTRED]
_ONE = 1 << 48
"""1 in packed numbers: the sum of 100,000 words still fits into 64 bits."""


def stem(word: str) -> str:
    """Return a word without case and plural, so that "Models" meets "model"."""
    lower = word.lower()
    plural = len(lower) > 3 and lower.endswith("s") and not lower.endswith("ss")
    return lower[:-1] if plural else lower


def is_faint(word: str) -> bool:
    """Return whether a word or mark says little of a text's subject."""
    return word in _STOP_WORDS or not word[0].isalnum()


def scale(vector: Sequence[float], factor: float) -> Vector:
    """Return every component times `factor`."""
    return [component * factor for component in vector]


def normalise(vector: Vector) -> Vector:
    """Return the vector at length 1; a zero vector stays as it is."""
    norm = math.sqrt(sum(map(mul, vector, vector)))
    return scale(vector, 1 / norm) if norm else vector


@lru_cache(maxsize=16384)
def word_vector(space: str, word: str, size: int) -> tuple[float, ...]:
    """Return the weighted vector of one stemmed word in the space of one model and pooling."""
    unit = normalise([_CENTRED[byte] for byte in _hash(space, word, size)])
    return tuple(scale(unit, _weight(word)))


def _weight(word: str) -> float:
    if word.startswith(("[", "<")) and len(word) > 1:
        return _FRAME_WEIGHT
    return _FAINT_WEIGHT if is_faint(word) else 1.0


def token_vectors(space: str, tokens: Sequence[Token], size: int) -> list[tuple[float, ...]]:
    """Return one vector per token, as `/embed_all` gives them."""
    return [word_vector(space, stem(token.text), size) for token in tokens]


def pool(space: str, tokens: Sequence[Token], size: int) -> Vector:
    """Return the mean of the tokens' vectors, not normalised."""
    if not tokens:
        return [0.0] * size
    words = [_packed_word(space, token.text, size) for token in tokens]
    sums = struct.unpack(f"<{size}Q", sum(it for it, _ in words).to_bytes(8 * size, "little"))
    zero = 255 * sum(half for _, half in words)
    factor = 1 / (_ONE * len(words))
    return [(component - zero) * factor for component in sums]


@lru_cache(maxsize=16384)
def _packed_word(space: str, word: str, size: int) -> tuple[int, int]:
    """Return a word's vector as one number of 64 bits a component, and half of what a byte of its hash counts there.

    Such numbers are added ten times as fast as lists of floats. A component is the byte, less 127.5, times its factor.
    """
    stemmed = stem(word)
    digest = _hash(space, stemmed, size)
    norm = math.sqrt(sum(map(_SQUARES.__getitem__, digest)))
    half = round(_weight(stemmed) / norm * _ONE / 2)
    spread = bytearray(8 * size)
    spread[::8] = digest
    return int.from_bytes(spread, "little") * 2 * half, half


def _hash(space: str, word: str, size: int) -> bytes:
    return shake_128(f"{space}\0{word}".encode()).digest(size)


def cosine(one: Vector, other: Vector) -> float:
    """Return the cosine of two vectors; 1.0 for the same direction."""
    return float(sum(map(mul, normalise(one), normalise(other))))
