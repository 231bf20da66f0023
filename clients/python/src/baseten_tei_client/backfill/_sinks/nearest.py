"""Exact search in vectors that are read batch by batch, for stores without a search of their own."""

from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray

from baseten_tei_client.backfill._rows import Id
from baseten_tei_client.backfill._sinks.index import Vectors, select_length
from baseten_tei_client.results import Floats


def find_nearest(
    vectors: Floats, k: int, batches: Iterable[tuple[list[Id], Vectors]]
) -> list[list[Id]]:
    """Return for each vector the ids of the `k` with the greatest cosine; those of other lengths are left out."""
    wanted = normalize(np.asarray(vectors, np.float32))
    scores = np.full((len(wanted), 0), -np.inf, np.float32)
    ids: list[list[Id]] = [[] for _ in wanted]
    for names, some in batches:
        fitting, found = select_length(some, wanted.shape[1])
        if not fitting:
            continue
        matrix = normalize(found)
        every = np.concatenate([scores, np.nan_to_num(wanted @ matrix.T, nan=-1.0)], axis=1)
        kept = _find_greatest(every, k)
        before = scores.shape[1]
        ids = [
            [own[it] if it < before else names[fitting[it - before]] for it in places]
            for own, places in zip(ids, kept, strict=True)
        ]
        scores = np.take_along_axis(every, kept, axis=1)
    return ids


def _find_greatest(scores: Floats, k: int) -> NDArray[np.intp]:
    """Return the places of the `k` greatest of each row, the greatest first."""
    if scores.shape[1] > k:
        some = np.argpartition(-scores, k - 1, axis=1)[:, :k]
    else:
        some = np.tile(np.arange(scores.shape[1]), (len(scores), 1))
    order = np.argsort(-np.take_along_axis(scores, some, axis=1), axis=1, kind="stable")
    return np.take_along_axis(some, order, axis=1)


def normalize(vectors: Floats) -> Floats:
    """Return vectors at length one; one of zeros stays as it is."""
    lengths = np.linalg.norm(vectors, axis=-1, keepdims=True)
    return np.asarray(vectors / np.where(lengths == 0, 1, lengths), vectors.dtype)
