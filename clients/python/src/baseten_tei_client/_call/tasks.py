"""Embedding, reranking and classifying, one function each."""

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

import numpy as np

from baseten_tei_client._cache import Known, VectorCache
from baseten_tei_client._call.call import Call
from baseten_tei_client._call.gather import Rows
from baseten_tei_client._call.prepare import Text, fit_query
from baseten_tei_client._call.routing import Routes
from baseten_tei_client._limits import Limits
from baseten_tei_client._router.wire import (
    Route,
    embed_route,
    embeddings_route,
    predict_route,
    read_embeddings,
    read_predictions,
    read_ranks,
    rerank_route,
)
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
    routes = _embed_routes(call.job.limits)
    asked = await call.sendable(routes, _unknown(call, cache, key, rows))
    await call.send(routes, asked, partial(_read_vectors, call), rows)
    _keep(call, cache, key, rows, asked)
    return Embeddings(*call.summarize(), rows.expand(call.prepared.places), space)


async def rerank(call: Call, query: Text, raw_scores: bool) -> Ranking:
    """Return the scores of the texts against one query, which is part of every request."""
    limits = call.job.limits
    empty = rerank_route("", raw_scores, truncate=call.wish.cuts).bytes_at_least
    fitted = fit_query(query, limits, limits.payload_limit_bytes // 2 - empty, call.wish.cuts)
    if isinstance(fitted, str):
        raise RefusedTextError(None, fitted)
    routes = _routes(partial(rerank_route, fitted.text, raw_scores), call)
    rows = Rows(len(call.texts), 1)
    await call.put_beside(fitted)
    await call.send(routes, await call.sendable(routes, call.all), _read_column, rows)
    return Ranking(*call.summarize(), rows.expand(call.prepared.places)[:, 0])


async def classify(call: Call, labels: tuple[str, ...] | None, multi_label: bool) -> Classification:
    """Return the labels' probabilities: TEI's softmax, or the sigmoid of its raw scores with `multi_label`."""
    if labels is None:
        raise UnavailableError(
            f"model {call.outputs.name!r}: neither its outputs nor its router list the labels"
        )
    routes = _routes(partial(predict_route, multi_label), call)
    rows = Rows(len(call.texts), len(labels))
    asked = await call.sendable(routes, call.all)
    await call.send(routes, asked, partial(read_predictions, labels=labels), rows)
    scores = rows.expand(call.prepared.places)
    return Classification(
        *call.summarize(), labels, sigmoid(scores) if multi_label else scores, multi_label
    )


def _embed_routes(limits: Limits) -> Routes:
    """Return them for a router that cuts by default, or refuses: `/v1/embeddings` cannot be asked for the other."""
    usual = embeddings_route()
    if limits.auto_truncate:
        return Routes(usual, cutting=usual, refusing=embed_route(truncate=False))
    return Routes(usual, cutting=embed_route(truncate=True), refusing=usual)


def _routes(route: Callable[[bool], Route], call: Call) -> Routes:
    usual = route(call.wish.cuts)
    return Routes(usual, cutting=usual, refusing=route(False))


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
