"""TEI's routes: the bodies that are sent, and the answers that are read.

Source: TEI `router/src/http/types.rs`; bodies and answers measured on 1.8.3 and 1.9.3.
"""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from baseten_tei_client.limits import LIMIT_NAMES
from baseten_tei_client.results import Floats

Body = dict[str, Any]


class BadAnswerError(ValueError):
    """A 200 whose body is not what the route answers."""


@dataclass(frozen=True)
class Route:
    """One of TEI's routes with its settings: `body` makes the request of some texts."""

    path: str
    body: Callable[[Sequence[str]], Body]
    bytes_beside_each: int = 1
    """A comma for each text, and brackets where a text is a list."""

    @property
    def bytes_at_least(self) -> int:
        """Bytes of a request without a text."""
        return len(encoded(self.body([])))


def encoded(body: Body) -> bytes:
    """A body as it is sent: UTF-8, nothing escaped that need not be."""
    return json.dumps(body, ensure_ascii=False, separators=(",", ":")).encode()


def embeddings_route() -> Route:
    """`/v1/embeddings`; base64 is a quarter of the digits, and needs no parsing of floats."""
    return Route(
        "/v1/embeddings",
        lambda texts: {"model": "model", "encoding_format": "base64", "input": list(texts)},
    )


def cutting_embed_route() -> Route:
    """`/embed`, which cuts on request where the router does not by itself; `/v1/embeddings` cannot."""
    return Route("/embed", lambda texts: {"truncate": True, "inputs": list(texts)})


def rerank_route(query: str, raw_scores: bool, truncate: bool) -> Route:
    """`/rerank`."""
    settings = {"query": query, "raw_scores": raw_scores, "truncate": truncate}
    return Route("/rerank", lambda texts: {**settings, "texts": list(texts)})


def predict_route(raw_scores: bool, truncate: bool) -> Route:
    """`/predict`; a batch is a list of lists, since `["a", "b"]` would be one pair of texts."""
    settings = {"raw_scores": raw_scores, "truncate": truncate}
    return Route("/predict", lambda texts: {**settings, "inputs": [[it] for it in texts]}, 3)


def tokenize_route() -> Route:
    """`/tokenize`, which takes no permits; special tokens and the default prompt are counted."""
    return Route("/tokenize", lambda texts: {"inputs": list(texts)})


def read_embeddings(value: Any, count: int) -> Floats:
    """Of `/v1/embeddings` or `/embed`: float32 of shape (count, dimensions)."""
    if isinstance(value, Mapping):
        value = _by_index(_rows(value.get("data"), count, Mapping), "embedding")
    vectors = _array([_vector(it) for it in _rows(value, count, str | list)])
    if vectors.ndim != 2 or not vectors.size:
        raise BadAnswerError("vectors of several lengths")
    return vectors


def read_ranks(value: Any, count: int) -> Floats:
    """Of `/rerank`: a score for each text, in the order of the texts."""
    return _array(_by_index(_rows(value, count, Mapping), "score"))


def read_predictions(value: Any, count: int, labels: Sequence[str]) -> Floats:
    """Of `/predict`: float32 of shape (count, labels)."""
    found = []
    for row in _rows(value, count, list):
        scores = {it.get("label"): it.get("score") for it in _rows(row, len(labels), Mapping)}
        if set(scores) != set(labels):
            raise BadAnswerError(f"other labels than {', '.join(labels[:5])} …")
        found.append([scores[label] for label in labels])
    return _array(found)


def read_token_counts(value: Any, count: int) -> list[int]:
    """Of `/tokenize`: how many tokens each text has."""
    return [len(row) for row in _rows(value, count, list)]


def read_reach(value: Any) -> int:
    """Of `/tokenize` of one text: where its last token ends, a prompt before the text included."""
    tokens = _rows(_rows(value, 1, list)[0], None, Mapping)
    stops = [token.get("stop") for token in tokens if token.get("stop") is not None]
    if not all(isinstance(stop, int) for stop in stops):
        raise BadAnswerError("tokens that stop nowhere")
    return max(stops, default=0)


def read_info(value: Any) -> Mapping[str, Any]:
    """Of `/info`."""
    kinds = value.get("model_type") if isinstance(value, Mapping) else None
    if not isinstance(kinds, Mapping) or not all(map(_is_limit, _limits_in(value))):
        raise BadAnswerError("no router's /info")
    return dict(value)


def labels_of(info: Mapping[str, Any]) -> tuple[str, ...] | None:
    """A classifier's labels in the order of their ids, as its router tells them."""
    kinds = info.get("model_type")
    classifier = kinds.get("classifier") if isinstance(kinds, Mapping) else None
    names = classifier.get("id2label") if isinstance(classifier, Mapping) else None
    if not (isinstance(names, Mapping) and names and all(str(it).isdecimal() for it in names)):
        return None
    return tuple(names[number] for number in sorted(names, key=int))


def _limits_in(info: Mapping[str, Any]) -> list[Any]:
    """Return those of its limits that it names."""
    return [info[name] for name in LIMIT_NAMES if info.get(name) is not None]


def _is_limit(value: Any) -> bool:
    """Whether it is a switch, or a number that a count of texts, tokens or bytes can be."""
    return isinstance(value, int) and (isinstance(value, bool) or 0 < value < 1 << 31)


def _rows(value: Any, count: int | None, kind: Any) -> list[Any]:
    if not isinstance(value, list) or count not in (None, len(value)):
        raise BadAnswerError(f"no list of {count} rows")
    if not all(isinstance(row, kind) for row in value):
        raise BadAnswerError("rows of another kind")
    return value


def _by_index(rows: list[Any], key: str) -> list[Any]:
    """One value of each row, in the order of their `index`, which counts from 0 without gaps."""
    found = {n: row.get(key) for row in rows if isinstance(n := row.get("index"), int)}
    if sorted(found) != list(range(len(rows))):
        raise BadAnswerError("rows without an index of their own")
    return [found[n] for n in range(len(rows))]


def _vector(told: str | list[float]) -> Any:
    if isinstance(told, list):
        return told
    try:
        return np.frombuffer(base64.b64decode(told), "<f4")
    except (binascii.Error, ValueError) as error:
        raise BadAnswerError("an embedding that is no base64 of floats") from error


def _array(rows: list[Any]) -> Floats:
    """Raises `BadAnswerError` where rows are ragged, or hold anything but finite numbers."""
    try:
        numbers = np.array(rows, dtype=np.float32)
    except (TypeError, ValueError, OverflowError) as error:
        raise BadAnswerError("no numbers where numbers should be") from error
    if not np.isfinite(numbers).all():
        raise BadAnswerError(
            "numbers that are not finite: on a T4 or in float16 the model overflows"
        )
    return numbers
