"""What a model's answers and its outputs have to look like, and in a line how they do not.

Answers: measured on TEI 1.8.3 and 1.9.3. Outputs: docs/outputs.md. Keys may be added to both.
"""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from typing import Annotated, Any, Literal

from pydantic import BaseModel, Field, TypeAdapter, ValidationError

from baseten_tei.facts.tei.routes import ROUTES
from baseten_tei.outputs.serving import Serving
from baseten_tei.outputs.types import ModelOutputs

Finite = Annotated[float, Field(allow_inf_nan=False, strict=True)]
Text = Annotated[str, Field(min_length=1)]


class _Embedding(BaseModel):
    object: Literal["embedding"]
    index: int
    embedding: Annotated[tuple[Finite, ...], Field(min_length=1)]


class _Embeddings(BaseModel):
    object: Literal["list"]
    model: str
    data: tuple[_Embedding, ...]


class _Rank(BaseModel):
    index: int
    score: Finite


class _Label(BaseModel):
    label: Text
    score: Finite


@dataclass(frozen=True)
class ExpectedAnswer:
    """How many texts were asked about, an embedding's length, and a classifier's labels."""

    count: int
    dimensions: int | None = None
    labels: Collection[str] = ()


def expect_answer(
    count: int, outputs: Mapping[str, Any], info: Mapping[str, Any]
) -> ExpectedAnswer:
    """Return what the stack's outputs say of a model's vectors, and its router's `/info` of its labels."""
    classifier = (info.get("model_type") or {}).get("classifier") or {}
    labels = (classifier.get("id2label") or {}).values()
    return ExpectedAnswer(count, (outputs.get("space") or {}).get("dimensions"), tuple(labels))


def outputs_problem(outputs: Mapping[str, Any]) -> str | None:
    """Return how a model's outputs differ from docs/outputs.md."""
    try:
        answer = _OUTPUTS.validate_python(outputs)
    except ValidationError as error:
        return f"outputs: {_format_error(error)}"
    told: Mapping[str, Serving] = {
        "": answer,
        **{f"environments.{name}.": it for name, it in answer.environments.items()},
    }
    problems = (_url_problem(answer.task, place, it) for place, it in told.items())
    return next(filter(None, problems), None)


def _url_problem(task: str, place: str, told: Serving) -> str | None:
    """Return how the URL of the task's route differs from the one that all routes are below."""
    route = ROUTES[task]
    wanted, found = f"{told.sync_url}{route.path}", getattr(told, route.url_output)
    if found == wanted:
        return None
    return f"outputs: {place}{route.url_output} is {found}, not {wanted}"


def answer_problem(task: str, answer: Any, expected: ExpectedAnswer) -> str | None:
    """Return how an answer of a task's own route differs from what was asked for."""
    try:
        return _CHECKS[task](answer, expected)
    except ValidationError as error:
        return _format_error(error)


def _embeddings_problem(answer: Any, expected: ExpectedAnswer) -> str | None:
    rows = _EMBEDDINGS.validate_python(answer).data
    lengths = {len(row.embedding) for row in rows}
    if found := _order_problem([row.index for row in rows], expected.count):
        return found
    if lengths != {expected.dimensions}:
        return f"vectors of {sorted(lengths)} dimensions, not {expected.dimensions}"
    zero = next((row.index for row in rows if not any(row.embedding)), None)
    return None if zero is None else f"a vector of zeros for text {zero}"


def _ranks_problem(answer: Any, expected: ExpectedAnswer) -> str | None:
    """Return what is wrong with ranks: a reranker answers best first, so each index has to occur once."""
    return _order_problem(
        sorted(row.index for row in _RANKS.validate_python(answer)), expected.count
    )


def _labels_problem(answer: Any, expected: ExpectedAnswer) -> str | None:
    rows = _LABELS.validate_python(answer)
    if len(rows) != expected.count:
        return f"{len(rows)} answers to {expected.count} texts"
    wanted = sorted(expected.labels or (it.label for it in rows[0]))
    for number, row in enumerate(rows):
        if (labels := sorted(it.label for it in row)) != wanted:
            return f"text {number} with labels {labels}, not {wanted}"
    return None


def _order_problem(indices: list[int], count: int) -> str | None:
    if indices == list(range(count)):
        return None
    return f"indices {_format_indices(indices)} for {count} texts, not 0 to {count - 1} in order"


def _format_indices(indices: list[int]) -> str:
    some = ", ".join(map(str, indices[:8]))
    return f"{some}, …" if len(indices) > 8 else some or "none"


def _format_error(error: ValidationError) -> str:
    first = error.errors()[0]
    where = ".".join(str(part) for part in first["loc"]) or "it"
    if first["type"] == "float_type" and first["input"] is None:
        return f"{where}: null in place of a number, which is how TEI writes NaN"
    return f"{where}: {first['msg'][:1].lower()}{first['msg'][1:]}"


_OUTPUTS: TypeAdapter[ModelOutputs] = TypeAdapter(
    Annotated[ModelOutputs, Field(discriminator="task")]
)
_EMBEDDINGS = TypeAdapter(_Embeddings)
_RANKS = TypeAdapter(tuple[_Rank, ...])
_LABELS = TypeAdapter(tuple[tuple[_Label, ...], ...])
_CHECKS: Mapping[str, Callable[[Any, ExpectedAnswer], str | None]] = {
    "embedding": _embeddings_problem,
    "reranker": _ranks_problem,
    "classifier": _labels_problem,
}
