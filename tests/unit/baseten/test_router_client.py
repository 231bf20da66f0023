"""Asking a served router about itself."""

import json
from typing import Any

import pytest

from baseten_tei.baseten.router_client import router_info, router_post
from baseten_tei.baseten.router_errors import ModelCallError
from baseten_tei.errors import UserError
from tests.support.loopback import NOBODY, loopback

INFO = {"model_id": "/models/a/b", "version": "1.8.3"}


def test_the_routers_info_is_asked_with_the_key() -> None:
    with loopback({"/x/sync/info": (200, INFO)}) as server:
        assert router_info(f"{server.url}/x", "key", 5.0) == INFO
    assert server.asked[0].headers["Authorization"] == "Bearer key"


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost"])
def test_a_key_for_this_machine_is_never_sent_through_a_proxy(
    host: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("http_proxy", NOBODY)
    monkeypatch.setenv("no_proxy", "")
    with loopback({"/sync/info": (200, INFO)}) as server:
        url = server.url.replace("127.0.0.1", host)
        assert router_info(url, "key", 5.0) == INFO


@pytest.mark.parametrize(
    ("answer", "told"),
    [
        ((503, "draining, Bearer s3cret-key"), r"answered 503: draining, Bearer \[secret\]$"),
        ((200, "<html>"), "answered something that is no router's /info"),
        ((200, "3"), "answered something that is no router's /info"),
    ],
)
def test_any_other_answer_is_told_in_one_line(answer: tuple[int, Any], told: str) -> None:
    with loopback({"/sync/info": answer}) as server, pytest.raises(UserError, match=told):
        router_info(server.url, "s3cret-key", 5.0)


def test_silence_is_told() -> None:
    with pytest.raises(
        UserError, match=r"/sync/info does not answer \(connection refused; check the network"
    ):
        router_info(NOBODY, "key", 1.0)


def test_a_route_is_posted_to_with_the_key_and_a_json_body() -> None:
    ranks = [{"index": 0, "score": 0.5}]
    with loopback({"/x/sync/rerank": (200, ranks)}) as server:
        assert router_post(f"{server.url}/x", "/rerank", {"query": "q"}, "key", 5.0) == ranks
    (asked,) = server.asked
    assert (asked.method, json.loads(asked.body)) == ("POST", {"query": "q"})
    assert asked.headers["Authorization"] == "Bearer key"


@pytest.mark.parametrize(
    ("status", "is_the_routers_no", "patient"),
    [(422, True, False), (424, True, False), (404, False, True), (500, False, True), (403, False, False)],
)  # fmt: skip
def test_a_refusal_says_whose_it_is_and_whether_to_ask_again(
    status: int, is_the_routers_no: bool, patient: bool
) -> None:
    told = f"/sync/rerank answered {status}: no$"
    answers: dict[str, tuple[int, Any]] = {"/sync/rerank": (status, "no")}
    with loopback(answers) as server, pytest.raises(ModelCallError, match=told) as caught:
        router_post(server.url, "/rerank", {}, "key", 5.0)
    assert caught.value.is_the_routers_no is is_the_routers_no
    assert (caught.value.patience_seconds > 0) is patient


def test_an_answer_that_breaks_off_may_come_whole_the_next_time() -> None:
    told = "something that is no router's /rerank"
    half: dict[str, tuple[int, Any]] = {"/sync/rerank": (200, '[{"index":')}
    with loopback(half) as server, pytest.raises(ModelCallError, match=told) as caught:
        router_post(server.url, "/rerank", {}, "key", 5.0)
    assert caught.value.patience_seconds > 0
