import numpy as np
import pytest

from baseten_tei_client._call.tasks import sigmoid
from baseten_tei_client.cache import Known, VectorCache
from baseten_tei_client.results import Classification, Embeddings, Ranking, Refused, Usage

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
