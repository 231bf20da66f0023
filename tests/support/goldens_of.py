"""Golden files of two or three numbers, for tests."""

from typing import Any

from baseten_tei.facts.tei.router_calls import Answer
from baseten_tei.provider.release.golden.file import GoldenFile, Recorded, Tolerances, golden_answer

RECORDED = Recorded(
    model_id="BAAI/bge-base-en-v1.5",
    pooling="cls",
    dtype="float16",
    tei_version="1.8.3",
)
NORTH, EAST = (1.0, 0.0), (0.0, 1.0)


def make_golden(task: str = "embedding", *answers: Answer, **more: Any) -> GoldenFile:
    """Texts are called a, b, c … in the order of their answers."""
    fields = {
        "model": "bge",
        "task": task,
        "recorded": RECORDED,
        "query": "q" if task == "reranker" else None,
        "answers": tuple(golden_answer(chr(97 + n), value) for n, value in enumerate(answers)),
        "tolerances": Tolerances(),
    }
    return GoldenFile(**(fields | more))


def turn(vector: tuple[float, ...], cosine: float) -> tuple[float, ...]:
    """A vector of two numbers, turned until this cosine is left."""
    sine = (1 - cosine**2) ** 0.5
    x, y = vector
    return (cosine * x - sine * y, sine * x + cosine * y)
