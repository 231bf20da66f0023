import base64

import numpy as np
import pytest

from baseten_tei_client._router.retrying import Failure, error_for, is_worth_a_try, pause_seconds
from baseten_tei_client._router.transport import Reply, decode_json
from baseten_tei_client._router.wire import (
    BadAnswerError,
    read_embeddings,
    read_info,
    read_labels,
    read_predictions,
    read_ranks,
    read_reach,
    read_token_counts,
)


def openai(*vectors: object) -> dict[str, object]:
    return {"data": [{"index": n, "embedding": it} for n, it in enumerate(vectors)]}


def test_embeddings_are_read_from_base64_from_floats_and_in_any_order() -> None:
    text = base64.b64encode(np.array([1, 2], "<f4").tobytes()).decode()
    told = openai(text, [3, 4])
    told["data"] = list(reversed(told["data"]))  # type: ignore[call-overload]
    assert read_embeddings(told, 2).tolist() == [[1, 2], [3, 4]]
    assert read_embeddings([[1, 2], [3, 4]], 2).dtype == np.float32


@pytest.mark.parametrize(
    "told",
    [
        "<html>", None, [], {}, {"data": []}, openai([1.0]), openai([1.0], [1.0, 2.0]),
        openai([1.0], [None]), openai([1.0], ["a"]), openai([1.0], "AAA"), openai([1.0], {}),
        [[1.0], [float("nan")]], [[], []], {"data": [{"index": 0, "embedding": [1.0]}] * 2},
        {"data": [{"index": "0", "embedding": [1.0]}, {"index": [], "embedding": [1.0]}]},
    ],
    ids=str,
)  # fmt: skip
def test_what_is_no_embedding_of_two_texts_is_no_answer(told: object) -> None:
    with pytest.raises(BadAnswerError):
        read_embeddings(told, 2)


def test_ranks_come_back_in_the_order_of_the_texts() -> None:
    ranks = [{"index": 1, "score": 0.9}, {"index": 0, "score": 0.1}]
    assert read_ranks(ranks, 2) == pytest.approx([0.1, 0.9])
    for bad in (ranks[:1], [ranks[0], ranks[0]], [{"index": 0}, {"index": 1}], {"error": "x"}):
        with pytest.raises(BadAnswerError):
            read_ranks(bad, 2)


def test_predictions_are_columns_in_the_order_of_the_labels() -> None:
    row = [{"label": "b", "score": 0.7}, {"label": "a", "score": 0.3}]
    assert read_predictions([row], 1, ["a", "b"])[0] == pytest.approx([0.3, 0.7])
    for bad in ([row[:1]], [[row[0], row[0]]], row, [row, row], "x"):
        with pytest.raises(BadAnswerError):
            read_predictions(bad, 1, ["a", "b"])


def test_other_answers_are_read_as_tei_gives_them() -> None:
    assert read_token_counts([[{}, {}], []], 2) == [2, 0]
    assert read_reach([[{"stop": None}, {"stop": 7}, {"stop": 8}, {"stop": None}]]) == 8
    info = {"model_type": {"classifier": {"id2label": {"10": "c", "0": "a", "1": "b"}}}}
    assert read_labels(read_info(info)) == ("a", "b", "c")
    assert read_labels({"model_type": {"embedding": {"pooling": "cls"}}}) is None
    of_other_kinds = [
        {"model_type": 3}, {"model_type": {}, "max_client_batch_size": "many"},
        {"model_type": {}, "max_input_length": 10**400}, {"model_type": {}, "max_batch_tokens": 0},
    ]  # fmt: skip
    for bad in ("<html>", {}, None, *of_other_kinds):
        with pytest.raises(BadAnswerError):
            read_info(bad)


def test_an_error_says_what_it_says_and_when_to_come_back() -> None:
    page = Reply(502, decode_json(b"<h1>Bad\r\n Gateway</h1>" * 50))
    assert page.message.startswith("<h1>Bad Gateway</h1>")
    assert len(page.message) == 300
    assert page.retry_after_seconds is None
    told = Reply(
        429, decode_json(b'{"error": "slow down", "retry_after": 3}'), {"retry-after": "9"}
    )
    assert (told.message, told.retry_after_seconds) == ("slow down", 3.0)
    assert Reply(503, "", {"retry-after": "9"}).retry_after_seconds == 9
    for odd in ("-1", "nan", "inf", "Wed, 21 Oct 2026 07:28:00 GMT"):
        assert Reply(503, {"retry_after": odd}, {"retry-after": odd}).retry_after_seconds is None


def test_tokens_are_the_header_s_or_those_of_the_usage() -> None:
    assert Reply(200, [], {"x-compute-tokens": "12"}).tokens == 12
    assert Reply(200, {"usage": {"prompt_tokens": 7}}).tokens == 7
    assert Reply(200, [], {"x-compute-tokens": "many"}).tokens is None
    assert Reply(200, {"usage": None}).tokens is None


@pytest.mark.parametrize("status", [None, 408, 429, 502, 503, 504])
def test_what_passes_is_tried_again_for_as_long_as_the_caller_waits(status: int | None) -> None:
    assert is_worth_a_try(Failure(status, "x"), tries=1000)


@pytest.mark.parametrize("status", [200, 424, 500])
def test_what_may_pass_is_tried_three_times(status: int) -> None:
    assert [is_worth_a_try(Failure(status, "x"), tries) for tries in (1, 2, 3)] == [
        True,
        True,
        False,
    ]


@pytest.mark.parametrize("status", [400, 401, 402, 403, 404, 413, 415, 422])
def test_what_will_not_change_is_not_tried_again(status: int) -> None:
    assert not is_worth_a_try(Failure(status, "x"), tries=1)
    assert "'bge'" in str(error_for(Failure(status, "x"), "bge"))


def test_a_key_that_is_for_another_model_only_is_told_as_such() -> None:
    hint = "a key for some models only must name this one"
    assert hint in str(error_for(Failure(403, "Forbidden"), "search.next"))
    assert hint not in str(error_for(Failure(401, "Unauthorized"), "search.next"))


def test_a_pause_is_what_was_asked_for_and_a_little_more_or_doubles_up_to_ten_seconds() -> None:
    assert pause_seconds(Failure(429, "", 8.0), 1, lambda: 1.0) == 10.0
    assert pause_seconds(Failure(429, "", 8.0), 1, lambda: 0.0) == 8.0
    pauses = [pause_seconds(Failure(503, ""), tries, lambda: 1.0) for tries in (1, 2, 3, 7, 9999)]
    assert pauses == [0.25, 0.5, 1.0, 10.0, 10.0]
    assert pause_seconds(Failure(None, ""), 1, lambda: 0.0) == 0.125
