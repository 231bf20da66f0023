"""What is asked of a router, and how its answers are read."""

from typing import Any

import pytest

from baseten_tei.facts.tei.router_calls import (
    StrangeAnswerError,
    build_call,
    parse_answer,
    parse_info,
    parse_relevances,
    parse_scores,
    parse_vector,
    parse_vectors,
)
from baseten_tei.facts.tei.routes import ROUTES
from baseten_tei.provider.release.gates.smoke import TEXTS, smoke_call, smoke_facts


def embedded(*numbers: Any) -> dict[str, Any]:
    return {"object": "list", "data": [{"embedding": list(numbers), "index": 0}]}


def test_each_task_is_asked_on_its_own_route() -> None:
    calls = [build_call(task, ["a", "b"], "q") for task in ("embedding", "reranker", "classifier")]
    assert [call.route for call in calls] == ["/v1/embeddings", "/rerank", "/predict"]
    assert calls[0].body == {"input": ["a", "b"], "model": "model"}
    assert calls[1].body == {"query": "q", "texts": ["a", "b"]}
    assert calls[2].body == {"inputs": [["a"], ["b"]]}


@pytest.mark.parametrize(
    ("task", "told", "answer"),
    [
        ("embedding", embedded(0.5, -1), (0.5, -1.0)),
        ("reranker", [{"index": 0, "score": 0.25}], 0.25),
        ("classifier", [[{"label": "b", "score": 1}, {"label": "a", "score": 0.0}]], {"b": 1.0, "a": 0.0}),
    ],
)  # fmt: skip
def test_an_answer_is_the_numbers_of_its_one_text(task: str, told: Any, answer: Any) -> None:
    assert parse_answer(task, told) == answer


def test_ranks_come_best_first_and_are_read_in_the_order_of_the_texts() -> None:
    assert parse_relevances([{"index": 1, "score": 0.9}, {"index": 0, "score": 0.1}], 2) == (
        0.1,
        0.9,
    )


@pytest.mark.parametrize("told", [{}, [], None, {"data": []}, {"data": [{"embedding": "AAAA"}]}])
def test_an_embedding_without_a_vector_is_told(told: Any) -> None:
    with pytest.raises(StrangeAnswerError, match="without a vector"):
        parse_vector(told)


def test_null_is_told_to_be_a_nan() -> None:
    with pytest.raises(StrangeAnswerError, match=r"null .* NaN: .* dtype: float32"):
        parse_vector(embedded(0.1, None))
    with pytest.raises(StrangeAnswerError, match="NaN"):
        parse_relevances([{"index": 0, "score": None}], 1)
    with pytest.raises(StrangeAnswerError, match="NaN"):
        parse_scores([[{"label": "a", "score": None}]])


@pytest.mark.parametrize(
    ("number", "told"), [(float("inf"), "inf"), (float("nan"), "nan"), (10**400, "inf")], ids=str
)
def test_a_number_without_an_end_is_none(number: float, told: str) -> None:
    with pytest.raises(StrangeAnswerError, match=f"answered {told} in place of a number"):
        parse_vector(embedded(number))


@pytest.mark.parametrize(
    "told",
    [
        None, [], 3, {"model_type": 3}, {"model_type": {"embedding": 3}}, {"model_id": ["a"]},
        {"model_type": {"embedding": {"pooling": {}}}}, {"model_type": {"classifier": {"id2label": {"0": 1}}}},
        {"max_client_batch_size": "32"}, {"max_client_batch_size": -1}, {"max_input_length": 10**400},
        {"max_client_batch_size": True},
    ],
)  # fmt: skip
def test_an_info_with_fields_of_other_kinds_is_none(told: object) -> None:
    assert parse_info(told) is None


def test_an_info_of_a_router_is_taken_as_it_is() -> None:
    info = {"model_id": "/models/a/b", "model_sha": None, "model_type": {"embedding": {"pooling": "cls"}},
            "max_client_batch_size": 32, "new in a later release": [1]}  # fmt: skip
    assert parse_info(info) == info


def test_a_vector_of_zeros_or_of_nothing_is_none() -> None:
    for vector in ((0.0, 0), ()):
        with pytest.raises(StrangeAnswerError, match="a vector of zeros"):
            parse_vector(embedded(*vector))


@pytest.mark.parametrize("rows", [[], [{"embedding": [1.0]}], [{"index": 1, "embedding": [1.0]}]])
def test_an_answer_that_misses_the_vector_of_a_text_is_told(rows: list[dict[str, Any]]) -> None:
    with pytest.raises(StrangeAnswerError, match="without a vector for each of 1"):
        parse_vectors({"data": rows}, 1)


def test_vectors_come_in_the_order_of_their_texts() -> None:
    rows = [{"index": index, "embedding": [index + 1.0]} for index in (1, 0)]
    assert parse_vectors({"data": rows}, 2) == ((1.0,), (2.0,))


@pytest.mark.parametrize(
    "told", [[{"index": 0, "score": 0.5}], [{"index": 0}], [{"index": 0, "score": True}], {}, 3]
)
def test_ranks_that_miss_a_text_or_a_score_are_told(told: Any) -> None:
    with pytest.raises(StrangeAnswerError, match="without a score for each of 2"):
        parse_relevances(told, 2)


@pytest.mark.parametrize("told", [[], [[{"score": 1.0}]], {"label": "a"}, [[]]])
def test_a_classification_without_labels_is_told(told: Any) -> None:
    with pytest.raises(StrangeAnswerError, match=r"without (labels|a label)"):
        parse_scores(told)


INFO = {task: {"model_type": {task: {}}, "max_client_batch_size": 32} for task in ROUTES}


def test_the_smoke_call_of_a_reranker_ranks_two_texts_and_of_the_others_reads_one() -> None:
    assert smoke_call(INFO["reranker"]).body["texts"] == list(TEXTS)
    assert smoke_call(INFO["embedding"]).body["input"] == [TEXTS[0]]
    assert smoke_call(INFO["classifier"]).body["inputs"] == [[TEXTS[0]]]


def test_a_reranker_that_takes_one_text_a_request_is_asked_about_one() -> None:
    call = smoke_call({**INFO["reranker"], "max_client_batch_size": 1})
    assert call.body["texts"] == [TEXTS[0]]
    assert smoke_facts("reranker", call, [{"index": 0, "score": 0.5}]) == {}


def test_the_smoke_call_of_an_embedding_tells_its_dimensions() -> None:
    calls = {task: smoke_call(info) for task, info in INFO.items()}
    assert smoke_facts("embedding", calls["embedding"], embedded(0.5, 0.5, 0.5)) == {
        "dimensions": 3
    }
    ranks = [{"index": index, "score": 0.5} for index in (1, 0)]
    assert smoke_facts("reranker", calls["reranker"], ranks) == {}
    scores = [[{"label": "a", "score": 0.5}]]
    assert smoke_facts("classifier", calls["classifier"], scores) == {}


def test_a_reranker_that_ranks_one_of_two_texts_fails_its_smoke_call() -> None:
    with pytest.raises(StrangeAnswerError):
        smoke_facts("reranker", smoke_call(INFO["reranker"]), [{"index": 0, "score": 0.5}])
