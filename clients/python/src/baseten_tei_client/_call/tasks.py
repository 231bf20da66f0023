"""Embedding, reranking and classifying, one function each."""

from collections.abc import Sequence
from functools import partial
from typing import Any

import numpy as np

from baseten_tei_client._call.call import Call
from baseten_tei_client._call.gather import Rows
from baseten_tei_client._call.prepare import Text
from baseten_tei_client._router.wire import (
    cutting_embed_route,
    embeddings_route,
    predict_route,
    read_embeddings,
    read_predictions,
    read_ranks,
    rerank_route,
)
from baseten_tei_client.cache import Known, VectorCache
from baseten_tei_client.errors import RefusedTextError, UnavailableError
from baseten_tei_client.results import (
    Classification,
    Embeddings,
    Floats,
    Ranking,
    Truncated,
)


async def embed(call: Call, cache: VectorCache | None, key: str) -> Embeddings:
    """Return the vectors; the model is not asked for those in the cache under this key."""
    space = call.outputs.space
    rows = Rows(len(call.texts), space.dimensions if space else None)
    asked = await call.sendable(embeddings_route(), _unknown(call, cache, key, rows))
    long: set[int] = set()
    if call.wish.cuts and not call.job.limits.auto_truncate:
        long = set(call.suspects(asked))
    usual = [place for place in asked if place not in long]
    for route, places in ((embeddings_route(), usual), (cutting_embed_route(), sorted(long))):
        await call.send(route, places, partial(_read_vectors, call), rows)
    _keep(call, cache, key, rows, asked)
    return Embeddings(*call.summarize(), rows.expand(call.prepared.places), space)


async def rerank(call: Call, query: Text, raw_scores: bool) -> Ranking:
    """Return the scores of the texts against one query, which is part of every request."""
    route = rerank_route(query.text, raw_scores, truncate=call.wish.cuts)
    if route.bytes_at_least > call.job.limits.payload_limit_bytes // 2:
        raise RefusedTextError(
            None, f"needs {query.size} bytes, over half of a request: shorten it"
        )
    rows = Rows(len(call.texts), 1)
    await call.put_beside(query)
    await call.send(route, await call.sendable(route, call.all), _read_column, rows)
    return Ranking(*call.summarize(), rows.expand(call.prepared.places)[:, 0])


async def classify(call: Call, labels: tuple[str, ...] | None, multi_label: bool) -> Classification:
    """Return the labels' probabilities: TEI's softmax, or the sigmoid of its raw scores with `multi_label`."""
    if labels is None:
        raise UnavailableError(
            f"model {call.outputs.name!r}: neither its outputs nor its router list the labels"
        )
    route = predict_route(raw_scores=multi_label, truncate=call.wish.cuts)
    rows = Rows(len(call.texts), len(labels))
    asked = await call.sendable(route, call.all)
    await call.send(route, asked, partial(read_predictions, labels=labels), rows)
    scores = rows.expand(call.prepared.places)
    return Classification(
        *call.summarize(), labels, sigmoid(scores) if multi_label else scores, multi_label
    )


def sigmoid(scores: Floats) -> Floats:
    """Return 1 / (1 + exp(-x)), without overflow."""
    probabilities: Floats = (0.5 * (1 + np.tanh(0.5 * scores))).astype(np.float32)
    return probabilities


def _read_vectors(call: Call, value: Any, count: int) -> Floats:
    vectors = read_embeddings(value, count)
    call.check_dimensions(vectors)
    return vectors


def _read_column(value: Any, count: int) -> Floats:
    return read_ranks(value, count)[:, None]


def _unknown(call: Call, cache: VectorCache | None, key: str, rows: Rows) -> list[int]:
    """Return the places of texts that are not in the cache; put the others' vectors into `rows`."""
    unknown = []
    for place, text in enumerate(call.texts):
        known = cache.get(key, text.text) if cache is not None else None
        if known is None:
            unknown.append(place)
            continue
        rows.put([place], known.vector[None, :])
        call.cached += 1
        if known.tokens:
            limit = call.job.limits.max_input_length
            call.cut[place] = Truncated(place, known.tokens, limit, known.at_least)
    return unknown


def _keep(
    call: Call, cache: VectorCache | None, key: str, rows: Rows, places: Sequence[int]
) -> None:
    if cache is None:
        return
    for place in places:
        cut = call.cut.get(place)
        known = Known(rows.row(place), cut.tokens, cut.at_least) if cut else Known(rows.row(place))
        cache.put(key, call.prepared.texts[place].text, known)
