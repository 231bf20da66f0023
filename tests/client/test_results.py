import sys

import numpy as np
import pytest

from baseten_tei_client._cache import Known, VectorCache
from baseten_tei_client._call.tasks import sigmoid
from baseten_tei_client.errors import UsageError
from baseten_tei_client.results import (
    Classification,
    Embeddings,
    Ranking,
    Refused,
    Result,
    Usage,
)

NAN = float("nan")
NOTHING = ((), (Refused(1, "is empty"),), Usage())


def test_embeddings_are_an_array() -> None:
    vectors = np.eye(3, dtype=np.float32)
    embeddings = Embeddings((), (), Usage(), vectors, None)
    assert len(embeddings) == 3
    assert np.array_equal(np.asarray(embeddings), vectors)


def test_a_ranking_keeps_the_order_of_the_texts_and_knows_the_best() -> None:
    ranking = Ranking(*NOTHING, np.array([0.25, NAN, 0.75, 0.25], np.float32))
    assert ranking.order.tolist() == [2, 0, 3]
    assert ranking.best(2) == [(2, 0.75), (0, 0.25)]


def test_a_classification_names_the_likeliest_label_and_all_above_a_threshold() -> None:
    scores = np.array([[0.75, 0.5], [NAN, NAN]], np.float32)
    result = Classification(*NOTHING, ("joy", "anger"), scores, multi_label=True)
    assert result.best() == [("joy", 0.75), None]
    assert result.above(0.5) == [["joy", "anger"], []]


def test_a_sigmoid_does_not_overflow() -> None:
    with np.errstate(all="raise"):
        found = sigmoid(np.array([-1e6, 0, 2, 1e6], np.float32))
    assert found == pytest.approx([0, 0.5, 1 / (1 + np.exp(-2)), 1])


def test_a_cache_keeps_what_was_used_last_by_space_and_text() -> None:
    cache = VectorCache(2)
    rows = np.eye(3, dtype=np.float32)
    cache.put("space", "a", Known(rows[0], 300, True))
    cache.put("space", "b", Known(rows[1]))
    assert cache.get("space", "a") == (pytest.approx(rows[0]), 300, True)
    cache.put("other", "a", Known(rows[2]))
    assert cache.get("space", "b") is None
    assert len(cache) == 2
    rows[0] = 9
    known = cache.get("space", "a")
    assert known is not None
    assert known.vector.tolist() == [1, 0, 0]
    with pytest.raises(ValueError, match="read-only"):
        known.vector[0] = 5


VECTORS = np.array([[1, 0], [NAN, NAN], [0, 1]], np.float32)
EMBEDDINGS = Embeddings(*NOTHING, VECTORS, None)
RANKING = Ranking(*NOTHING, np.array([0.25, NAN, 0.75], np.float32))
MOODS = Classification(
    *NOTHING, ("joy", "fear"), np.array([[0.75, 0.5], [NAN, NAN], [0, 1]], np.float32), True
)
RESULTS = (EMBEDDINGS, RANKING, MOODS)


@pytest.mark.parametrize("result", RESULTS, ids=lambda it: type(it).__name__)
def test_a_result_is_iterated_indexed_and_sliced_as_its_array(result: Result) -> None:
    array = result.to_numpy()
    assert len(result) == len(list(result)) == 3
    for index in (
        0,
        -1,
        np.int64(2),
        slice(1),
        slice(None, None, 2),
        [2, 0],
        np.array([True, False, True]),
    ):
        assert np.array_equal(result[index], array[index], equal_nan=True)
    assert np.array_equal(np.asarray(result), array, equal_nan=True)
    with pytest.raises(IndexError):
        result[3]


@pytest.mark.parametrize("result", RESULTS, ids=lambda it: type(it).__name__)
def test_a_result_is_printed_in_a_line(result: Result) -> None:
    assert repr(result).startswith(f"<{type(result).__name__} of 3 texts: ")
    assert repr(result).endswith("1 refused>")
    assert len(repr(result)) < 80


def test_a_wrong_count_or_threshold_is_refused() -> None:
    for count in (-1, 1.5, "2", True):
        with pytest.raises(UsageError, match="count must be a whole number"):
            RANKING.best(count)  # type: ignore[arg-type]
    with pytest.raises(UsageError, match="threshold must be a number"):
        MOODS.above("0.5")  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("method", "package"),
    [("to_pandas", "pandas"), ("to_polars", "polars"), ("to_arrow", "pyarrow")],
)
def test_a_frame_without_its_package_is_one_line_that_names_it(
    method: str, package: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, package, None)
    with pytest.raises(UsageError, match=f"needs the package {package}: pip install {package}"):
        getattr(EMBEDDINGS, method)()
