"""Asking a served router, over the model's own endpoint: about itself, and for what it is there for."""

from collections.abc import Mapping
from typing import Any

from baseten_tei.baseten.router_errors import nonsense, refusal, silence
from baseten_tei.errors import redact
from baseten_tei.facts.files.json_reader import decode_json
from baseten_tei.facts.network.bounds import MIB, Bounds
from baseten_tei.facts.network.network_errors import NoAnswerError
from baseten_tei.facts.network.requests_client import Session
from baseten_tei.facts.tei.router_calls import parse_info

LARGEST_BYTES = 16 * MIB
"""Of one answer: 32 vectors of 4,096 numbers have 3 MB as JSON, `/info` with 10,000 labels has 1 MB."""


def router_info(base_url: str, api_key: str, timeout_seconds: float) -> Mapping[str, Any]:
    """Return the router's `/info`. A version scaled to zero is woken by the call, which then waits for it.

    Raises `ModelCallError` where it does not answer within `timeout_seconds` or answers something else.
    """
    url = f"{base_url}/sync/info"
    info = parse_info(_answer("GET", url, api_key, None, timeout_seconds))
    if info is None:
        raise nonsense(url, "router's /info")
    return info


def router_post(
    base_url: str, route: str, body: Mapping[str, Any], api_key: str, timeout_seconds: float
) -> Any:
    """Return what a route of the router (`/rerank`) answers to a JSON body. Raises as `router_info` does."""
    return _answer("POST", f"{base_url}/sync{route}", api_key, body, timeout_seconds)


def _answer(
    method: str, url: str, api_key: str, body: Mapping[str, Any] | None, timeout_seconds: float
) -> Any:
    with Session(Bounds(max(timeout_seconds, 0.1), LARGEST_BYTES)) as session:
        session.trust_env = not url.startswith("http://")
        headers = {"Authorization": f"Bearer {api_key}"}
        try:
            answer = session.request(method, url, json=body, headers=headers)
        except NoAnswerError as error:
            raise silence(url, error.why) from error
    if answer.status_code != 200:
        raise refusal(url, answer.status_code, redact(answer.text, [api_key]))
    try:
        return decode_json(answer.content)
    except ValueError as error:
        raise nonsense(url, "router's " + url.partition("/sync")[2]) from error
