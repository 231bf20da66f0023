"""58 exchanges recorded from real routers (TEI 1.8.3 and 1.9.3, tiny random models, CPU), replayed.

Statuses, content types, errors and settings must be equal. A random model's numbers cannot be: they
are compared by type, length, norm and order.
"""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

import pytest

from baseten_emulator.tei.facts import ModelFacts
from baseten_emulator.tei.http.router import Router
from baseten_emulator.tei.start.boot import start_container
from baseten_emulator.tei.start.known_repositories import build_repository
from tests.support.tei_containers import JSON, MODEL_PATH, config

EXCHANGES = json.loads(
    (Path(__file__).parents[1] / "data").joinpath("tei_exchanges.json").read_text()
)
RECORDED_MODELS = {
    "embedding": ModelFacts("tiny/embedding", "embedding", "bert", 32, 32, "mean"),
    "reranker": ModelFacts("tiny/reranker", "reranker", "bert", 32, 64, labels=("LABEL_0",)),
    "classifier": ModelFacts(
        "tiny/classifier", "classifier", "bert", 32, 64,
        labels=("emotion_0", "emotion_1", "emotion_2"),
    ),
}  # fmt: skip


def router_of_recording(tei: str, task: str, flags: dict[str, Any]) -> Router:
    facts = RECORDED_MODELS[task]
    batch = {"--max-client-batch-size": 4} if task == "embedding" else {}
    given = " ".join(f"{name} {value}" for name, value in ({**batch, **flags}).items())
    outcome = start_container(
        config(
            facts.repo_id,
            tag=f"cpu-{tei}",
            accelerator=None,
            flags=f"--auto-truncate {given}",
        ),
        {},
        {facts.repo_id: build_repository(facts)},
    )
    assert isinstance(outcome, Router), outcome
    return outcome


def name_of(exchange: dict[str, Any]) -> str:
    request, response = exchange["request"], exchange["response"]
    return f"{exchange['tei']}-{exchange['task']}-{request['path']}-{response['status']}"


@pytest.mark.parametrize("exchange", EXCHANGES, ids=name_of)
def test_a_recorded_request_gets_the_recorded_answer(exchange: dict[str, Any]) -> None:
    router = router_of_recording(exchange["tei"], exchange["task"], exchange.get("flags", {}))
    request, recorded = exchange["request"], exchange["response"]
    body = b"" if request["json"] is None else json.dumps(request["json"]).encode()

    response = router.handle(request["method"], request["path"], JSON, body)

    assert response.status == recorded["status"]
    assert response.content_type == recorded["content_type"]
    assert_same(parse_body(response.body, recorded["body"]), recorded["body"])


def parse_body(body: bytes, recorded: Any) -> Any:
    """Text is recorded as text, Prometheus text as its lines, JSON as its value."""
    if isinstance(recorded, str):
        return body.decode()
    return body.decode().split("\n") if recorded == [""] else json.loads(body)


def assert_same(actual: Any, recorded: Any) -> None:
    if is_vector(recorded):
        assert_vector(actual, recorded)
    elif is_ranking(recorded):
        assert_ranking(actual, recorded)
    elif isinstance(recorded, dict):
        assert actual.keys() == recorded.keys()
        for key in recorded.keys() - {"id"}:
            assert_same(actual[key], recorded[key])
    elif isinstance(recorded, list):
        assert len(actual) == len(recorded)
        for one, other in zip(actual, recorded, strict=True):
            assert_same(one, other)
    else:
        assert type(actual) is type(recorded)
        assert actual == recorded


def is_vector(value: Any) -> bool:
    return isinstance(value, list) and bool(value) and isinstance(value[0], float)


def is_ranking(value: Any) -> bool:
    return (
        isinstance(value, list)
        and bool(value)
        and isinstance(value[0], dict)
        and "score" in value[0]
    )


def assert_vector(actual: list[float], recorded: list[float]) -> None:
    assert len(actual) == len(recorded)
    assert all(isinstance(component, float) for component in actual)
    if len(recorded) > 1:
        assert math.hypot(*actual) == pytest.approx(math.hypot(*recorded), abs=1e-6)
    else:  # a cosine
        assert -1.0 <= actual[0] <= 1.0


def assert_ranking(actual: list[dict[str, Any]], recorded: list[dict[str, Any]]) -> None:
    scores = [row["score"] for row in actual]
    assert scores == sorted(scores, reverse=True)
    if all(0 < row["score"] < 1 for row in recorded):
        assert all(0 < score < 1 for score in scores)
    assert without_scores(actual) == without_scores(recorded)
    if len(recorded) > 1 and "label" in recorded[0]:
        recorded_sum = sum(row["score"] for row in recorded)
        if recorded_sum == pytest.approx(1, abs=1e-6):
            assert sum(scores) == pytest.approx(1, abs=1e-6)


def without_scores(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The rows in an order of their own: which label of a random model wins means nothing."""
    bare = [{key: value for key, value in row.items() if key != "score"} for row in rows]
    return sorted(bare, key=json.dumps)


def test_the_recordings_name_a_local_directory_as_the_model() -> None:
    bodies = [e["response"]["body"] for e in EXCHANGES if e["request"]["path"] == "/info"]
    assert {body["model_id"] for body in bodies} == {MODEL_PATH}


def test_the_text_that_answers_the_query_is_ranked_first_as_in_the_recording() -> None:
    recorded = [e for e in EXCHANGES if (e["request"]["json"] or {}).get("return_text")]
    assert len(recorded) == 2
    for exchange in recorded:
        router = router_of_recording(exchange["tei"], "reranker", {})
        body = json.dumps(exchange["request"]["json"]).encode()
        ranks = json.loads(router.handle("POST", "/rerank", JSON, body).body)
        assert [rank["index"] for rank in ranks] == [
            rank["index"] for rank in exchange["response"]["body"]
        ]
