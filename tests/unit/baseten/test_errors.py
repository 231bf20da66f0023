"""What is told of an answer that is an error: the thing, the reason, the next step, on one line."""

import json

import pytest

from baseten_tei.baseten.api.api_errors import (
    NotFoundError,
    answer_error,
    cut_short,
    message,
    strange,
    unreachable,
)
from baseten_tei.facts.network.network_errors import NetworkError

REFUSED = NetworkError("connection refused", unsent=True)
PAGE = (
    "<!DOCTYPE html><html><head><title>\n 502 Bad\n Gateway &amp; more</title></head>"
    "<body><h1>nginx</h1></body></html>"
)


@pytest.mark.parametrize(
    ("body", "told"),
    [
        ('{"message": "no\\nsuch  thing.", "error": "x"}', "no such thing"),
        ('{"error": "Unauthorized"}', "Unauthorized"),
        ("plain text", "plain text"),
        ("[1]", "[1]"),
        (PAGE, "502 Bad Gateway & more"),
        ("<html><body>nginx</body></html>", "a web page"),
        ("", "no reason given"),
        ("x" * 1000, "x" * 300),
    ],
)
def test_the_reason_is_taken_from_whatever_body_came(body: str, told: str) -> None:
    assert message(body) == told


@pytest.mark.parametrize(
    ("status", "told"),
    [
        (400, "Baseten answered 400: why"),
        (401, "check BASETEN_API_KEY, or create a key at https://app.baseten.co/settings/api_keys"),
        (402, "(402: why): add one at https://app.baseten.co/settings/billing, then run `pulumi up`"),
        (403, "(403: why): take a key with this permission"),
        (404, "Baseten answered 404: why"),
        (409, "something else changed it at the same time; run `pulumi refresh`, then `pulumi up`"),
        (413, "larger than Baseten takes (413: why)"),
        (500, "the fault is on Baseten's side; look at https://status.baseten.co"),
        (503, "Baseten answered 503: why: the fault is on Baseten's side"),
    ],
)  # fmt: skip
def test_each_status_is_told_with_what_to_do(status: int, told: str) -> None:
    error = answer_error(status, '{"message": "why"}')
    assert told in str(error)
    assert error.status == status
    assert len(error.problems) == 1


def test_a_web_page_is_not_poured_into_an_error() -> None:
    told = str(answer_error(502, PAGE))
    assert told.startswith("Baseten answered 502: 502 Bad Gateway & more: ")
    assert "nginx" not in told


@pytest.mark.parametrize(
    ("asked", "told"), [(37, "in 37 s"), (0, "in 1 s"), (None, "in 60 s"), ("soon", "in 60 s")]
)
def test_a_limit_is_told_with_when_to_come_back(asked: object, told: str) -> None:
    error = answer_error(429, json.dumps({"error": "Rate limit exceeded.", "retry_after": asked}))
    assert str(error) == (
        f"Baseten's rate limit stays exceeded (429: Rate limit exceeded): run `pulumi up` again {told}"
    )


def test_only_a_404_is_a_not_found() -> None:
    assert isinstance(answer_error(404, ""), NotFoundError)
    assert not isinstance(answer_error(410, ""), NotFoundError)


def test_silence_is_told_with_what_to_start_or_look_at() -> None:
    here = unreachable("http://127.0.0.1:9", REFUSED)
    there = unreachable("https://api.baseten.co", NetworkError("the connection was reset"))
    assert str(here).endswith(
        "(connection refused): start the emulator with python -m baseten_emulator --port 9"
    )
    assert str(there).endswith(
        "(the connection was reset): check the network, and HTTPS_PROXY if it has a proxy, "
        "and https://status.baseten.co"
    )


def test_what_leaves_open_whether_a_call_took_effect() -> None:
    address = "https://api.baseten.co"
    reset = unreachable(address, NetworkError("the connection was reset"))
    left_open = [reset, cut_short(address), answer_error(500, "")]
    settled = [
        unreachable(address, REFUSED),
        answer_error(429, ""),
        answer_error(400, ""),
    ]
    assert all(error.leaves_open for error in left_open)
    assert not any(error.leaves_open for error in settled)
    assert strange(address).leaves_open  # it said 200, in words that nobody reads
