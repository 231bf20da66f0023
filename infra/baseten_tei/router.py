"""Asking a served router about itself, over the model's own endpoint."""

from collections.abc import Mapping
from typing import Any

import requests

from baseten_tei.errors import UserError
from baseten_tei.redaction import redact


def router_info(base_url: str, api_key: str, timeout_seconds: float) -> Mapping[str, Any]:
    """The router's `/info`. A version scaled to zero is woken by the call, which then waits for it.

    Raises `UserError` where it does not answer within `timeout_seconds` or answers something else.
    """
    url = f"{base_url}/sync/info"
    with requests.Session() as session:
        session.trust_env = not url.startswith("http://")
        try:
            answer = session.get(
                url,
                headers={"Authorization": f"Bearer {api_key}"},
                timeout=(10, max(timeout_seconds, 1.0)),
            )
        except requests.RequestException as error:
            raise UserError(f"{url} does not answer ({type(error).__name__})") from error
    if answer.status_code != 200:
        raise UserError(
            f"{url} answered {answer.status_code}: {redact(answer.text, [api_key])[:200]}"
        )
    try:
        return dict(answer.json())
    except (ValueError, TypeError) as error:
        raise UserError(f"{url} answered something that is no router's /info") from error
