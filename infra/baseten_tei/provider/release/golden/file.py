"""Golden vectors: what a model answered when it was known to be right, kept in git as `golden/<stack>/<model>.json`.

A later version is compared with them before it gets traffic (`parity`). Vectors are written as base64 of
little-endian 32-bit floats, OpenAI's own encoding. Tolerances may be changed by hand; docs/adr/0006 says where
their defaults come from.
"""

import base64
import json
import math
import struct
from collections.abc import Mapping, Sequence
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from baseten_tei.errors import UserError
from baseten_tei.facts.files.formats import GOLDEN, check_json_format
from baseten_tei.facts.tei.router_calls import Answer, Vector

Finite = Annotated[float, Field(allow_inf_nan=False)]
Share = Annotated[float, Field(ge=0, le=1)]


class _Strict(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)


class Recorded(_Strict):
    """What gave the answers; only `pooling` and `dtype` are compared, the rest is for readers."""

    model_id: str
    revision: str | None = None
    pooling: str | None = None
    dtype: str | None = None
    tei_version: str | None = None
    dimensions: int | None = None
    equal_lengths: Literal["other vectors"] | None = None
    """Said where texts of equal length in one batch got other vectors than alone; compared. Format 2."""


class Tolerances(_Strict):
    """How far a later version may be off."""

    min_cosine: Share = 0.999
    """Least cosine of a text's new vector with its golden one; noise of float16 measured: 0.999997."""
    rank_margin: Share = 0.01
    """Cosine by which a text's new nearest neighbour may have been farther; noise measured: 0.0003."""
    max_score_difference: Share = 0.02
    """Most that a score (0 to 1) of a reranker or classifier may change; reasoned, not measured."""


class GoldenAnswer(_Strict):
    """One text and what it got, by task."""

    text: str
    embedding: str | None = None
    score: Finite | None = None
    scores: dict[str, Finite] | None = None


class GoldenFile(_Strict):
    """The whole file; `query` is a reranker's."""

    format: Literal[1, 2] | None = None
    """Version of the format; 1 is not written, and 2 only where `recorded.equal_lengths` is."""
    release: str | None = None
    """The release that wrote format 2."""
    model: str
    task: Literal["embedding", "reranker", "classifier"]
    recorded: Recorded
    tolerances: Tolerances = Tolerances()
    query: str | None = None
    answers: Annotated[tuple[GoldenAnswer, ...], Field(min_length=1)]

    def values(self) -> tuple[Answer, ...]:
        """Return what each text got, as numbers."""
        return tuple(_value(self.task, answer) for answer in self.answers)


_KEYS = {"embedding": "embedding", "reranker": "score", "classifier": "scores"}
_TOLERANCES = {
    "embedding": {"min_cosine", "rank_margin"},
    "reranker": {"max_score_difference"},
    "classifier": {"max_score_difference"},
}


def golden_answer(text: str, value: Answer) -> GoldenAnswer:
    """Return an answer as it is written; scores keep six digits, more than float16 has."""
    if isinstance(value, Mapping):
        scores = {label: round(score, 6) for label, score in sorted(value.items())}
        return GoldenAnswer(text=text, scores=scores)
    if isinstance(value, float):
        return GoldenAnswer(text=text, score=round(value, 6))
    return GoldenAnswer(text=text, embedding=encode_vector(value))


def parse_golden(content: bytes) -> GoldenFile:
    """Return the file's content. Raises `UserError`, one line without the file's name."""
    check_json_format(GOLDEN, content)
    try:
        golden = GoldenFile.model_validate_json(content)
        golden_problem = _problem(golden)
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"]) or "it"
        golden_problem = f"{where}: {first['msg']}"
    if golden_problem:
        raise UserError(
            f"{golden_problem}: fix it, or delete the file and run `baseten-tei golden`"
        )
    return golden


def render_golden(golden: GoldenFile) -> str:
    """Return the file's text: the same bytes for the same answers."""
    fields = golden.model_dump(exclude_none=True)
    recorded = golden.recorded.model_dump()
    if recorded["equal_lengths"] is None:
        del recorded["equal_lengths"]
    fields["recorded"] = recorded
    fields["tolerances"] = golden.tolerances.model_dump(include=_TOLERANCES[golden.task])
    return json.dumps(fields, indent=1, ensure_ascii=False) + "\n"


def encode_vector(vector: Sequence[float]) -> str:
    """Return a vector as base64 of little-endian 32-bit floats."""
    return base64.b64encode(struct.pack(f"<{len(vector)}f", *vector)).decode()


def decode_vector(text: str) -> Vector:
    """Return the vector behind `encoded`. Raises `ValueError`."""
    content = base64.b64decode(text, validate=True)
    if not content or len(content) % 4:
        raise ValueError(f"{len(content)} bytes are not 32-bit floats")
    return struct.unpack(f"<{len(content) // 4}f", content)


def _value(task: str, answer: GoldenAnswer) -> Answer:
    found: Any = getattr(answer, _KEYS[task])
    return decode_vector(found) if task == "embedding" else found


def _problem(golden: GoldenFile) -> str | None:
    for number, answer in enumerate(golden.answers):
        key = _KEYS[golden.task]
        if getattr(answer, key) is None:
            return f"answers.{number} has no {key}"
    if golden.task == "reranker" and golden.query is None:
        return "query is missing"
    return _vector_problem(golden) if golden.task == "embedding" else None


def _vector_problem(golden: GoldenFile) -> str | None:
    lengths = set()
    for number, answer in enumerate(golden.answers):
        try:
            vector = decode_vector(answer.embedding or "")
        except ValueError as error:
            return f"answers.{number}.embedding is not base64 of 32-bit floats ({error})"
        if not all(map(math.isfinite, vector)) or not any(vector):
            return f"answers.{number}.embedding is not a usable vector"
        lengths.add(len(vector))
    return "answers.embedding differ in length" if len(lengths) > 1 else None
