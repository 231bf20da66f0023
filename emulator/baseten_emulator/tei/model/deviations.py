"""What moves a model's numbers from those that its authors computed, and how far.

A deviation turns a vector a little into a direction of its own cause, so that one space is still itself and two are
comparable. Sizes of vectors' deviations: measured on all-MiniLM-L6-v2, 15 texts, float32 against each (docs/adr/0006);
another model's may be larger or smaller. Sizes of scores' deviations: guessed.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from operator import mul

from baseten_emulator.tei.model.scores import noise, words_of
from baseten_emulator.tei.model.tokens import Token
from baseten_emulator.tei.model.vectors import Vector, pool, word_vector
from baseten_emulator.tei.settings import Settings

DECLARED_PRECISION = "float16"


@dataclass(frozen=True)
class Deviation:
    """One cause: the mean cosine that it leaves to a vector, and the most that it adds to a logit."""

    cause: str
    cosine: float
    logit: float = 0.0


_POOLINGS = {"last_token": 0.75}
_OTHER_POOLING = 0.47
_REVISION = (
    0.94  # as every weight off by a tenth of their spread; a commit that only edits the README: 1
)
_PRECISION = 0.999999
_NOISE = 0.9999996


def deviations_of(settings: Settings) -> tuple[Deviation, ...]:
    """Return the deviations of a router with these settings from the model as it is meant to run on a GPU."""
    deviations = []
    if settings.pooling != settings.trained_pooling:
        cosine = _POOLINGS.get(settings.pooling, _OTHER_POOLING)
        deviations.append(Deviation(f"pooling {settings.pooling}", cosine))
    if settings.revision:
        deviations.append(Deviation(f"revision {settings.revision}", _REVISION, 0.8))
    if settings.model_dtype != DECLARED_PRECISION:
        deviations.append(Deviation(f"dtype {settings.model_dtype}", _PRECISION, 0.005))
    if settings.noise is not None:
        deviations.append(Deviation(f"noise {settings.noise}", _NOISE, 0.002))
    return tuple(deviations)


def deviate_vector(
    vector: Vector, space: str, tokens: Sequence[Token], deviations: Sequence[Deviation]
) -> Vector:
    """Return the vector, as long as it was, after every deviation."""
    for deviation in deviations:
        vector = _turn(vector, _direction(space, tokens, len(vector), deviation), deviation)
    return vector


def deviate_logit(
    logit: float, number: int, tokens: Sequence[Token], deviations: Sequence[Deviation]
) -> float:
    """Return the logit of the label with this number, after every deviation."""
    words = words_of(tokens)
    return logit + sum(
        deviation.logit * noise(deviation.cause, str(number), *words)
        for deviation in deviations
        if deviation.logit
    )


def _direction(space: str, tokens: Sequence[Token], size: int, deviation: Deviation) -> Vector:
    """Return where a deviation leads; noise does not depend on the words, everything else does."""
    if deviation.cause.startswith("noise "):
        return list(word_vector(f"{space}\0noise", deviation.cause, size))
    return pool(f"{space}\0{deviation.cause}", tokens, size)


def _turn(vector: Vector, direction: Vector, deviation: Deviation) -> Vector:
    length, strange = math.hypot(*vector), math.hypot(*direction)
    if not length or not strange:
        return vector
    along = sum(map(mul, vector, direction)) / length**2
    across = [there - along * here for here, there in zip(vector, direction, strict=True)]
    sine = math.sqrt(1 - deviation.cosine**2) * length / math.hypot(*across)
    return [
        deviation.cosine * here + sine * there for here, there in zip(vector, across, strict=True)
    ]
