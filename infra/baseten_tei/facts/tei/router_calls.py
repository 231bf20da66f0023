"""What is asked of a router for its task, and how its answers are read.

Routes, bodies and answers: measured on TEI 1.8.3 and 1.9.3.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from baseten_tei.errors import UserError
from baseten_tei.facts.tei.routes import ROUTES

Vector = tuple[float, ...]
Scores = Mapping[str, float]
Answer = Vector | float | Scores
"""What one text gets: its vector, its relevance to the query, or a score for each label."""


_TEXTS = ("model_id", "model_sha", "model_dtype", "version")
_COUNTS = (
    "max_client_batch_size", "max_concurrent_requests", "max_input_length", "max_batch_tokens", "max_batch_requests",
)  # fmt: skip


@dataclass(frozen=True)
class Call:
    """A POST to a route of the router."""

    route: str
    body: Mapping[str, Any]


class StrangeAnswerError(UserError):
    """An answer without the numbers that its task promises."""


def parse_info(answer: Any) -> Mapping[str, Any] | None:
    """Return a router's `/info` whose fields are of TEI's kinds; `None` for anything else."""
    if not isinstance(answer, Mapping):
        return None
    kinds = answer.get("model_type") or {}
    if not isinstance(kinds, Mapping) or not all(map(_is_kind, kinds.values())):
        return None
    texts = (answer.get(name) for name in _TEXTS)
    counts = (answer.get(name) for name in _COUNTS)
    fits = all(it is None or isinstance(it, str) for it in texts)
    return answer if fits and all(it is None or _is_count(it) for it in counts) else None


def _is_kind(kind: Any) -> bool:
    """Whether it is what `/info` says of a task: an embedding's pooling, a classifier's labels by their ids."""
    if kind is None:
        return True
    if not isinstance(kind, Mapping) or not isinstance(kind.get("pooling"), str | None):
        return False
    labels = kind.get("id2label") or {}
    return isinstance(labels, Mapping) and all(isinstance(it, str) for it in labels.values())


def _is_count(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and 0 <= value < 1 << 31


def task_of(info: Mapping[str, Any]) -> str:
    """Return what a router says that it serves."""
    return str(next(iter(info.get("model_type") or {"nothing": None})))


def build_call(task: str, texts: Sequence[str], query: str | None = None) -> Call:
    """Return one request about all of these texts on its task's own route; `query` is a reranker's."""
    path = ROUTES[task].path
    match task:
        case "embedding":
            return Call(path, {"input": list(texts), "model": "model"})
        case "reranker":
            return Call(path, {"query": query, "texts": list(texts)})
        case _:
            # A list of lists: `["a", "b"]` would be one pair of texts (measured on TEI 1.8.3 and 1.9.3).
            return Call(path, {"inputs": [[text] for text in texts]})


def parse_answer(task: str, answer: Any) -> Answer:
    """Return the answer to the call that `build_call` made. Raises `StrangeAnswerError`."""
    match task:
        case "embedding":
            return parse_vector(answer)
        case "reranker":
            return parse_relevances(answer, 1)[0]
        case _:
            return parse_scores(answer)


def parse_vector(answer: Any) -> Vector:
    """Return the first vector of an answer of `/v1/embeddings`. Raises `StrangeAnswerError`."""
    try:
        return _vector(answer["data"][0])
    except (LookupError, TypeError) as error:
        raise StrangeAnswerError("answered /v1/embeddings without a vector") from error


def parse_vectors(answer: Any, count: int) -> tuple[Vector, ...]:
    """Return the vectors of `count` texts, in their order and of one length. Raises `StrangeAnswerError`."""
    try:
        found = {row["index"]: _vector(row) for row in answer["data"]}
        vectors = tuple(found[index] for index in range(count))
    except (LookupError, TypeError) as error:
        raise StrangeAnswerError(
            f"answered /v1/embeddings without a vector for each of {count}"
        ) from error
    if len(set(map(len, vectors))) > 1:
        raise StrangeAnswerError("answered /v1/embeddings with vectors of different lengths")
    return vectors


def parse_relevances(answer: Any, count: int) -> tuple[float, ...]:
    """Return a score for each of `count` texts, in their order. Raises `StrangeAnswerError`."""
    try:
        found = {rank["index"]: _number(rank["score"]) for rank in answer}
        return tuple(found[index] for index in range(count))
    except (LookupError, TypeError) as error:
        raise StrangeAnswerError(f"answered /rerank without a score for each of {count}") from error


def parse_scores(answer: Any) -> dict[str, float]:
    """Return the labels of a batch's first text with their scores. Raises `StrangeAnswerError`."""
    try:
        found = {str(row["label"]): _number(row["score"]) for row in answer[0]}
    except (LookupError, TypeError) as error:
        raise StrangeAnswerError("answered /predict without labels and scores") from error
    if not found:
        raise StrangeAnswerError("answered /predict without a label")
    return found


def _vector(row: Any) -> Vector:
    """The vector of one text. Raises `LookupError` or `TypeError` where there is none."""
    vector = tuple(map(_number, row["embedding"]))
    if not any(vector):
        raise StrangeAnswerError("answered a vector of zeros")
    return vector


def _number(value: Any) -> float:
    """A finite number. JSON has no NaN: TEI writes null for it."""
    if value is None:
        raise StrangeAnswerError(
            "answered null in place of a number, which is how TEI writes NaN: "
            "the weights overflow in this precision, so write dtype: float32, or another accelerator"
        )
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise TypeError
    try:
        number = float(value)
    except OverflowError:  # JSON's integers have no limit
        number = math.inf
    if not math.isfinite(number):
        raise StrangeAnswerError(f"answered {number} in place of a number")
    return number
