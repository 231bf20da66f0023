"""Whether a router is one of an emulator that answers at once: its figures are those of this machine."""

from typing import Any

import httpx

from baseten_tei.errors import UserError
from baseten_tei.facts.files.json_reader import decode_json
from baseten_tei.facts.network.bounds import MIB, Bounds
from baseten_tei.facts.network.httpx_client import Client
from baseten_tei.facts.network.network_errors import NoAnswerError

PATH = "/_emulator/pace"
BOUNDS = Bounds(seconds=10.0, size=4 * MIB)


def check_pace(url: str, *, for_every_model: bool = False) -> None:
    """Raise `UserError` where an emulator is at the URL's address, and no model of it takes time.

    `for_every_model`: a pace of one model does not count, since the models to be measured have names of their own.
    """
    address = str(httpx.URL(url).copy_with(raw_path=b"/")).rstrip("/")
    paces = _read_paces(address)
    if paces is None or any(not for_every_model or it.get("model") == "*" for it in paces):
        return
    body = '{"model": "*", "tokens_per_second": 15000}'
    raise UserError(
        f"the emulator at {address} answers at once, so there is nothing to tune: let its models take time with "
        f"curl {address}{PATH} -H 'Content-Type: application/json' -d '{body}'"
    )


def _read_paces(address: str) -> list[dict[str, Any]] | None:
    """Return what an emulator says of its models; `None` where there is no emulator."""
    try:
        with Client(BOUNDS, trust_env=False) as client:
            answer = client.get(f"{address}{PATH}")
        told = decode_json(answer.content) if answer.status_code == 200 else None
        paces = told["paces"] if isinstance(told, dict) else None
    except (NoAnswerError, ValueError, KeyError):
        return None
    return [it for it in paces if isinstance(it, dict)] if isinstance(paces, list) else None
