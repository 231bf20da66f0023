"""The arithmetic of a verification: nearest, overlap, nDCG, its interval, and what passes."""

import random
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from baseten_tei_client.backfill import Thresholds
from baseten_tei_client.backfill._sinks.index import cut
from baseten_tei_client.backfill._sinks.nearest import find_nearest
from baseten_tei_client.backfill._verification.coverage import Ids
from baseten_tei_client.backfill._verification.figures import (
    Agreement,
    Coverage,
    Figures,
    Judgement,
    Latency,
    Times,
    Vectors,
)
from baseten_tei_client.backfill._verification.relevance import (
    compare_lists,
    compute_ndcg,
    find_overlap,
)
from baseten_tei_client.backfill._verification.verdict import Check, judge
from tests.client.stores.fake_model import SPACE

TIMES = Times(10, 20, 30)
GOOD = Figures(
    SPACE, SPACE, "old", "new", Coverage(100, 100, 0, 0, 0, 0, 0, 0),
    Vectors(100, 8, 0, 0, 0, 0, (), 50, 0, (), 0.99999), 0, 50, Agreement(40, 10, 0.6), None,
    Latency(40, TIMES, TIMES, TIMES, TIMES, Times(20, 40, 60), Times(20, 50, 60)),
)  # fmt: skip


def checks(wanted: Thresholds | None = None, **changes: Any) -> dict[str, Check]:
    return {it.name: it for it in judge(replace(GOOD, **changes), wanted or Thresholds())}


def judged(low: float, high: float) -> Judgement:
    return Judgement("rerank", 40, 0.8, 0.8 + (low + high) / 2, low, high, 1, 1)


def test_the_nearest_are_the_same_however_the_vectors_are_cut() -> None:
    chance = np.random.default_rng(1)
    vectors = chance.standard_normal((300, 6)).astype(np.float32)
    queries = chance.standard_normal((4, 6)).astype(np.float32)
    unit = vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
    expected = [list(np.argsort(-(unit @ it))[:7]) for it in queries]
    for size in (1, 7, 300):
        batches = ((list(map(int, some)), vectors[some]) for some in cut(range(300), size))
        assert find_nearest(queries, 7, batches) == expected
    odd = [([1, 2, 3], [vectors[0], np.zeros(5, np.float32), np.full(6, np.nan, np.float32)])]
    assert find_nearest(queries[:1], 2, odd) == [[1, 3]]


def test_ids_are_counted_once_whatever_their_type() -> None:
    ids, known = Ids(), [*range(-5, 60), *(f"n{n}" for n in range(40))]
    random.Random(2).shuffle(known)  # noqa: S311  # an order
    for some in cut(known, 7):
        ids.add(some)
    ids.add(["1", "n3"])
    assert (ids.count(), ids.repeated) == (105, 2)
    assert ids.find_others([-1, "-1", "n39", "n40", 60]) == ["n40", 60]
    assert Ids().find_others([1]) == [1]


def test_ndcg_is_one_for_the_best_order_and_falls_with_each_worse_one() -> None:
    scores = {"a": 0.9, "b": 0.5, "c": 0.1, "d": float("nan")}
    assert compute_ndcg(["a", "b", "c"], scores, 3) == 1
    order = [compute_ndcg(it, scores, 3) for it in (["a", "c", "b"], ["c", "b", "a"], ["d", "c"])]
    assert order == sorted(order, reverse=True)
    assert compute_ndcg(["b", "a"], scores, 2) == pytest.approx(
        (0.5 + 0.9 / np.log2(3)) / (0.9 + 0.5 / np.log2(3))
    )
    assert compute_ndcg(["a"], {"a": 0.0}, 3) == 1
    assert compute_ndcg([], scores, 3) == 0


def test_overlap_is_the_part_of_the_old_hits() -> None:
    assert find_overlap([["a", "b"], ["a"], [], [1]], [["b", "c"], ["a"], ["x"], ["1"]], 2) == [
        0.5, 1, 1, 1,
    ]  # fmt: skip


def test_an_interval_holds_the_mean_and_is_narrower_with_more_queries() -> None:
    chance = np.random.default_rng(3)
    old = chance.uniform(0.5, 1, 400)
    new = old + chance.normal(0, 0.1, 400)
    few, many = (compare_lists("rerank", list(old[:n]), list(new[:n])) for n in (20, 400))
    for it in (few, many):
        assert it.low < it.difference < it.high
        assert len(it.quantiles) == 41
    assert many.high - many.low < few.high - few.low
    worse = compare_lists("rerank", list(old), list(old - 0.2))
    assert (worse.worse, worse.better) == (400, 0)
    assert worse.high == pytest.approx(-0.2)


def test_what_is_good_passes_and_only_reports_what_has_no_threshold() -> None:
    found = checks()
    assert {name: it.passed for name, it in found.items()} == {
        "coverage": True, "vectors": True, "one space": True, "old index": None, "overlap": True, "latency": None,
    }  # fmt: skip
    assert found["overlap"].line.startswith("ok   overlap: of the old index's first 10")


def test_each_threshold_decides() -> None:
    lacking = replace(GOOD.coverage, present=99, missing=1, missing_ids=("n1",))
    assert checks(coverage=lacking)["coverage"].passed is False
    assert checks(Thresholds(min_coverage=0.99), coverage=lacking)["coverage"].passed
    extra = replace(GOOD.coverage, extra=3, extra_ids=("x",))
    assert checks(coverage=extra)["extra rows"].passed is False
    assert checks(Thresholds(max_extra=3), coverage=extra)["extra rows"].passed
    assert checks(Thresholds(min_recall=0.7))["overlap"].passed is False
    assert checks(Thresholds(max_p95_ms=49))["latency"].passed is False
    assert checks(Thresholds(max_p95_ms=50))["latency"].passed
    assert checks(agreement=Agreement(40, 10, 0.1))["overlap"].passed is False
    with_judge = checks(agreement=Agreement(40, 10, 0.1), judgement=judged(-0.01, 0.02))
    assert (with_judge["overlap"].passed, with_judge["relevance"].passed) == (None, True)


@pytest.mark.parametrize(
    ("low", "high", "passed", "said"),
    [
        (0.01, 0.05, True, "next is better"),
        (-0.02, 0.03, True, "equal within 0.030"),
        (-0.04, -0.01, True, "next is worse by 0.025"),
        (-0.08, 0.04, False, "takes more queries to show"),
        (-0.2, -0.1, False, "at most 0.05 may be lost"),
    ],
)
def test_the_judge_decides_by_the_worse_end_of_the_interval(
    low: float, high: float, passed: bool, said: str
) -> None:
    found = checks(judgement=judged(low, high))["relevance"]
    assert found.passed is passed
    assert said in found.found


def test_a_part_is_never_rounded_to_all() -> None:
    nearly = replace(GOOD.coverage, rows=1_000_000, present=999_999, missing=1)
    assert "(below 100 %)" in checks(coverage=nearly)["coverage"].found
