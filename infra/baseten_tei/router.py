"""Asking a served router, over the model's own endpoint: about itself, and for what it is there for."""

from collections.abc import Mapping
from typing import Any

import requests

from baseten_tei.gates.model_answers import nonsense, refusal, silence
from baseten_tei.json_reader import decode_json
from baseten_tei.redaction import redact

CONNECT_SECONDS = 10


def router_info(base_url: str, api_key: str, timeout_seconds: float) -> Mapping[str, Any]:
    """The router's `/info`. A version scaled to zero is woken by the call, which then waits for it.

    Raises `ModelCallError` where it does not answer within `timeout_seconds` or answers something else.
    """
    url = f"{base_url}/sync/info"
    answer = _answer("GET", url, api_key, None, timeout_seconds)
    if not isinstance(answer, dict):
        raise nonsense(url, "router's /info")
    return answer


def router_post(
    base_url: str, route: str, body: Mapping[str, Any], api_key: str, timeout_seconds: float
) -> Any:
    """What a route of the router (`/rerank`) answers to a JSON body. Raises as `router_info` does."""
    return _answer("POST", f"{base_url}/sync{route}", api_key, body, timeout_seconds)


def _answer(
    method: str, url: str, api_key: str, body: Mapping[str, Any] | None, timeout_seconds: float
) -> Any:
    with requests.Session() as session:
        session.trust_env = not url.startswith("http://")
        try:
            answer = session.request(
                method,
                url,
                json=body,
                headers={"Authorization": f"Bearer {api_key}"},
                timeout=(CONNECT_SECONDS, max(timeout_seconds, 1.0)),
            )
        except requests.RequestException as error:
            raise silence(url, type(error).__name__) from error
    if answer.status_code != 200:
        raise refusal(url, answer.status_code, redact(answer.text, [api_key]))
    try:
        return decode_json(answer.content)
    except ValueError as error:
        raise nonsense(url, "router's " + url.partition("/sync")[2]) from error
