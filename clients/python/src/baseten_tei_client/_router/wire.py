"""TEI's routes: makes the bodies of requests and reads their answers.

Source: TEI `router/src/http/types.rs`; bodies and answers measured on 1.8.3 and 1.9.3.
"""

import binascii
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from baseten_tei_client._limits import LIMIT_NAMES
from baseten_tei_client.results import Floats

Body = dict[str, Any]


class BadAnswerError(ValueError):
    """A 200 whose body is not an answer of that route."""


@dataclass(frozen=True)
class Route:
    """One of TEI's routes with its settings; `body` makes a request of some texts."""

    path: str
    body: Callable[[Sequence[str]], Body]
    bytes_beside_each: int = 1
    """A comma for each text, and brackets if each text is a list."""

    @property
    def bytes_at_least(self) -> int:
        """Return the bytes of a request without texts."""
        return len(encode_body(self.body([])))


def encode_body(body: Body) -> bytes:
    """Return a body as it is sent: compact JSON in UTF-8."""
    return json.dumps(body, ensure_ascii=False, separators=(",", ":")).encode()


def embeddings_route() -> Route:
    """Return `/v1/embeddings`, with vectors in base64: a quarter of the bytes, and no floats to parse."""
    return Route(
        "/v1/embeddings",
        lambda texts: {"model": "model", "encoding_format": "base64", "input": list(texts)},
    )


def embed_route(truncate: bool) -> Route:
    """Return `/embed`, which cuts texts, or refuses those that are too long, whatever the router does by default."""
    return Route("/embed", lambda texts: {"truncate": truncate, "inputs": list(texts)})


def rerank_route(query: str, raw_scores: bool, truncate: bool) -> Route:
    """Return `/rerank` for one query."""
    settings = {"query": query, "raw_scores": raw_scores, "truncate": truncate}
    return Route("/rerank", lambda texts: {**settings, "texts": list(texts)})


def predict_route(raw_scores: bool, truncate: bool) -> Route:
    """Return `/predict`. A batch is a list of lists, since `["a", "b"]` would be one pair of texts."""
    settings = {"raw_scores": raw_scores, "truncate": truncate}
    return Route("/predict", lambda texts: {**settings, "inputs": [[it] for it in texts]}, 3)


def tokenize_route() -> Route:
    """Return `/tokenize`, which needs no permits and counts special tokens and the default prompt."""
    return Route("/tokenize", lambda texts: {"inputs": list(texts)})


def read_embeddings(value: Any, count: int) -> Floats:
    """Read an answer of `/v1/embeddings` or `/embed`: float32 of shape (count, dimensions)."""
    if isinstance(value, Mapping):
        value = _by_index(_rows(value.get("data"), count, dict), "embedding")
    vectors = _to_array([_decode_vector(it) for it in _rows(value, count, str | list)])
    if vectors.ndim != 2 or not vectors.size:
        raise BadAnswerError("vectors of different lengths")
    return vectors


def read_ranks(value: Any, count: int) -> Floats:
    """Read an answer of `/rerank`: a score for each text, in their order."""
    return _to_array(_by_index(_rows(value, count, dict), "score"))


def read_predictions(value: Any, count: int, labels: Sequence[str]) -> Floats:
    """Read an answer of `/predict`: float32 of shape (count, labels)."""
    rows = []
    for row in _rows(value, count, list):
        scores = {it.get("label"): it.get("score") for it in _rows(row, len(labels), Mapping)}
        if set(scores) != set(labels):
            raise BadAnswerError(f"labels other than {', '.join(labels[:5])} …")
        rows.append([scores[label] for label in labels])
    return _to_array(rows)


def read_token_counts(value: Any, count: int) -> list[int]:
    """Read an answer of `/tokenize`: the number of tokens of each text."""
    return [len(row) for row in _rows(value, count, list)]


def read_reach(value: Any) -> int:
    """Read where the last token of a single text ends, with the prompt before it, from `/tokenize`."""
    tokens = _rows(_rows(value, 1, list)[0], None, Mapping)
    stops = [token.get("stop") for token in tokens if token.get("stop") is not None]
    if not all(isinstance(stop, int) for stop in stops):
        raise BadAnswerError("tokens without a place where they end")
    return max(stops, default=0)


def read_info(value: Any) -> Mapping[str, Any]:
    """Read an answer of `/info`."""
    if not isinstance(value, Mapping) or not isinstance(value.get("model_type"), Mapping):
        raise BadAnswerError("not the /info of a router")
    if not all(_is_limit(value[name]) for name in LIMIT_NAMES if value.get(name) is not None):
        raise BadAnswerError("not the /info of a router")
    return dict(value)


def read_labels(info: Mapping[str, Any]) -> tuple[str, ...] | None:
    """Return a classifier's labels from its /info, in the order of their ids; `None` if it lists none."""
    kinds = info.get("model_type")
    classifier = kinds.get("classifier") if isinstance(kinds, Mapping) else None
    names = classifier.get("id2label") if isinstance(classifier, Mapping) else None
    if not (isinstance(names, Mapping) and names and all(str(it).isdecimal() for it in names)):
        return None
    return tuple(names[number] for number in sorted(names, key=int))


def _is_limit(value: Any) -> bool:
    """Return whether it is a boolean, or a possible number of texts, tokens or bytes."""
    return isinstance(value, int) and (isinstance(value, bool) or 0 < value < 1 << 31)


def _rows(value: Any, count: int | None, kind: Any) -> list[Any]:
    if not isinstance(value, list) or count not in (None, len(value)):
        raise BadAnswerError(f"not a list of {count} rows")
    if not all(issubclass(it, kind) for it in set(map(type, value))):
        raise BadAnswerError("rows of an unexpected type")
    return value


def _by_index(rows: list[Any], key: str) -> list[Any]:
    """Return one value of each row, in the order of their `index`, which must count from 0 without gaps."""
    wanted = list(range(len(rows)))
    if [row.get("index") for row in rows] != wanted:
        rows = sorted(rows, key=_index)
        if [_index(row) for row in rows] != wanted:
            raise BadAnswerError("rows without an index of their own")
    return [row.get(key) for row in rows]


def _index(row: Mapping[str, Any]) -> int:
    index = row.get("index")
    return index if isinstance(index, int) else -1


def _decode_vector(value: str | list[float]) -> Any:
    if isinstance(value, list):
        return value
    try:
        return np.frombuffer(binascii.a2b_base64(value), "<f4")
    except (binascii.Error, ValueError) as error:
        raise BadAnswerError("an embedding that is not base64 of floats") from error


def _to_array(rows: list[Any]) -> Floats:
    """Return the rows as an array. Raises `BadAnswerError` unless they are even and finite numbers."""
    try:
        numbers = np.array(rows, dtype=np.float32)
    except (TypeError, ValueError, OverflowError) as error:
        raise BadAnswerError("something other than numbers") from error
    if not np.isfinite(numbers).all():
        raise BadAnswerError(
            "numbers that are not finite: on a T4 or in float16 the model overflows"
        )
    return numbers
