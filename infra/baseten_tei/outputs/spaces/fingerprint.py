"""A space in 344 characters: what the probe texts' vectors are, as far as it tells two spaces apart.

Each vector at length 1 is projected onto 32 directions of random signs, and each of the 32 numbers is kept as one
signed byte. Such a projection keeps distances, with a quarter of the squared one as its error, so that the
cosine of two vectors can be told from their fingerprints (Johnson and Lindenstrauss).
"""

import base64
import binascii
import math
from collections.abc import Sequence
from hashlib import sha256
from operator import mul

from baseten_tei.outputs.spaces.probes import PROBES

Vector = Sequence[float]

VERSION = "v1"
NUMBERS = 32
"""Of each probe text: 8 texts take all 256 bits of a SHA-256."""
STEPS = 32
"""A projected number is about normal with spread 1, so that a byte holds four times the spread."""
MIN_COSINE = 0.999
"""Below it the space is another one; noise of float16 was measured at 0.999997 (docs/adr/0006)."""


def fingerprint(vectors: Sequence[Vector]) -> str:
    """Return the fingerprint of the vectors of the first probe texts, in the order of `PROBES`; at least one.

    A pure function: the same vectors give the same text on every machine. No vector may be all zeros.
    """
    signs = _signs(len(vectors[0]))
    numbers = [
        number for probe, vector in enumerate(vectors) for number in _project(vector, signs, probe)
    ]
    content = bytes(number & 0xFF for number in numbers)
    return f"{VERSION}:{base64.b64encode(content).decode()}"


def likeness(one: str, other: str) -> tuple[float, ...] | None:
    """Return the cosine of each probe text's two vectors, if both have it; `None` if they cannot be compared."""
    before, after = _numbers(one), _numbers(other)
    if before is None or after is None:
        return None
    return tuple(map(_cosine, before, after))


def keep_fingerprint(before: str | None, now: str) -> str:
    """Return the old fingerprint if the new one differs only by noise, so that outputs do not change."""
    alike = likeness(before, now) if before else None
    same = alike is not None and min(alike) >= MIN_COSINE
    return before if before and same and len(before) >= len(now) else now


def _signs(dimensions: int) -> list[bytes]:
    """256 random bits for each dimension."""
    return [
        sha256(f"baseten-tei:fingerprint:{VERSION}:{it}".encode()).digest()
        for it in range(dimensions)
    ]


def _project(vector: Vector, signs: Sequence[bytes], probe: int) -> list[int]:
    length = math.sqrt(math.fsum(map(mul, vector, vector)))
    bits = [int.from_bytes(it[4 * probe : 4 * probe + 4], "little") for it in signs]
    return [_step(_along(vector, bits, number) / length) for number in range(NUMBERS)]


def _along(vector: Vector, bits: Sequence[int], number: int) -> float:
    """The vector along one direction: a set bit is a minus."""
    return math.fsum(
        -it if its_bits >> number & 1 else it for it, its_bits in zip(vector, bits, strict=True)
    )


def _step(number: float) -> int:
    return max(-127, min(127, math.floor(number * STEPS + 0.5)))


def _numbers(text: str) -> list[tuple[int, ...]] | None:
    """Return 32 numbers for each probe text; `None` for another version's fingerprint, or for another text."""
    version, _, encoded = text.partition(":")
    try:
        content = base64.b64decode(encoded, validate=True)
    except binascii.Error:
        return None
    if (
        version != VERSION
        or not content
        or len(content) % NUMBERS
        or len(content) > NUMBERS * len(PROBES)
    ):
        return None
    numbers = [byte - 256 if byte > 127 else byte for byte in content]
    return [tuple(numbers[at : at + NUMBERS]) for at in range(0, len(numbers), NUMBERS)]


def _cosine(one: Sequence[int], other: Sequence[int]) -> float:
    """Of two unit vectors, by their distance: `1 - d²/2`."""
    squares = sum((here - there) ** 2 for here, there in zip(one, other, strict=True))
    return 1 - squares / (2 * NUMBERS * STEPS**2)
