"""How good two lists of hits are, and which is better: overlap, nDCG by a judge's scores, and its interval."""

from collections.abc import Mapping, Sequence

import numpy as np

from baseten_tei_client.backfill._rows import Id
from baseten_tei_client.backfill._verification.figures import Agreement, Judgement

RESAMPLES = 2000
QUANTILES = 41
SAME = 0.001
"""Difference of nDCG below which two lists are as good as each other."""

Hits = Sequence[Sequence[Id]]
"""A list of ids for each query, nearest first."""


def find_overlap(old: Hits, new: Hits, k: int) -> list[float]:
    """Return for each query which part of the old hits is among the new ones; 1 where there are none."""
    return [
        len({str(it) for it in before} & {str(it) for it in after}) / min(k, len(before))
        if before
        else 1.0
        for before, after in zip(old, new, strict=True)
    ]


def compare_hits(
    old: Hits, new: Hits, k: int, *, of_rows: bool = False, refused: int = 0
) -> Agreement:
    """Return how much of what the old index finds the new one finds, too."""
    overlaps = find_overlap(old, new, k)
    mean = float(np.mean(overlaps)) if overlaps else 0.0
    tenths = np.bincount(np.rint(np.asarray(overlaps) * 10).astype(int), minlength=11)
    return Agreement(len(overlaps), k, mean, tenths.tolist(), of_rows, refused)


def compute_ndcg(hits: Sequence[Id], scores: Mapping[Id, float], k: int) -> float:
    """Return nDCG@k of a list: the judge's scores are the gains (0 for a row that it refused).

    It is the sum of score / log2(place + 1), places from 1, over the same sum for the `k` greatest scores of all rows
    that either list has. 1 where no row has a score above zero: no order is better than another.
    """
    gains = {it: max(0.0, float(np.nan_to_num(score))) for it, score in scores.items()}
    best = _discount(sorted(gains.values(), reverse=True)[:k])
    return _discount([gains[it] for it in hits[:k]]) / best if best > 0 else 1.0


def _discount(gains: Sequence[float]) -> float:
    return float(sum(gain / np.log2(place + 2) for place, gain in enumerate(gains)))


def compare_lists(
    judge: str, old: Sequence[float], new: Sequence[float], *, unknown: int = 0, seed: int = 0
) -> Judgement:
    """Return what the nDCG of both lists says, with the interval of the mean difference (paired bootstrap)."""
    differences = np.asarray(new, float) - np.asarray(old, float)
    chance = np.random.default_rng(seed)
    places = chance.integers(0, len(differences), (RESAMPLES, len(differences)))
    low, high = np.percentile(differences[places].mean(axis=1), (2.5, 97.5))
    means = float(np.mean(old)), float(np.mean(new))
    quantiles = np.quantile(differences, np.linspace(0, 1, QUANTILES)).tolist()
    better, worse = int((differences > SAME).sum()), int((differences < -SAME).sum())
    return Judgement(
        judge, len(differences), *means, float(low), float(high), better, worse, quantiles, unknown
    )
