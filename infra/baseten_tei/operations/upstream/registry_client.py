"""Tags of an image, from its registry's own API (OCI distribution: `GET /v2/<name>/tags/list`), without an account.

The registry is the one in the image's reference; BASETEN_TEI_IMAGE_REGISTRY names another, e.g. a mirror.
"""

import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import urljoin, urlsplit

import requests

from baseten_tei.errors import UserError
from baseten_tei.facts.network.bounds import MIB, Bounds
from baseten_tei.facts.network.requests_client import Session

BOUNDS = Bounds(seconds=60.0, size=4 * MIB)
"""Of one page: a thousand tags have 30 kB."""
PAGES = 50
"""At most: TEI has some thousand tags, two for each commit."""
REGISTRY = "BASETEN_TEI_IMAGE_REGISTRY"


def find_address(image: str, environment: Mapping[str, str]) -> tuple[str, str]:
    """Return the registry's address and the image's name there. Raises `UserError` for an unusable address."""
    host, _, name = image.partition("/")
    given = environment.get(REGISTRY, "").strip().rstrip("/")
    address = given or f"https://{host}"
    parts = urlsplit(address)
    if parts.scheme not in ("http", "https") or not parts.hostname or parts.username:
        raise UserError(
            f"{REGISTRY} is not a URL without a login: write e.g. {REGISTRY}=https://registry.example"
        )
    return address, name


def list_tags(address: str, name: str) -> list[str]:
    """Return every tag of an image. Raises `NoAnswerError`, and `UserError` for an answer of another kind."""
    url, tags, headers = f"{address}/v2/{name}/tags/list?n=1000", list[str](), dict[str, str]()
    with Session(BOUNDS) as session:
        for _ in range(PAGES):
            answer = session.get(url, headers=headers)
            if answer.status_code == 401 and not headers:
                headers = {"Authorization": f"Bearer {_ask_token(session, answer)}"}
                answer = session.get(url, headers=headers)
            tags += _read_tags(answer)
            following = answer.links.get("next", {}).get("url")
            if not following:
                return tags
            url = urljoin(url, following)
            if urlsplit(url).netloc != urlsplit(address).netloc:
                break  # the token is for this registry alone
    return tags


def _ask_token(session: Session, refused: requests.Response) -> str:
    """A token for reading what is public, from the place that the registry names."""
    asked = dict(re.findall(r'(\w+)="([^"]*)"', refused.headers.get("WWW-Authenticate", "")))
    realm = asked.pop("realm", "")
    if urlsplit(realm).scheme not in ("http", "https"):
        raise UserError("the image registry wants a login of another kind than a token")
    token = _as_object(session.get(realm, params=asked))
    return str(token.get("token") or token.get("access_token") or "")


def _read_tags(answer: requests.Response) -> list[str]:
    tags = _as_object(answer).get("tags") or []
    return [tag for tag in tags if isinstance(tag, str)]


def _as_object(answer: requests.Response) -> dict[str, Any]:
    if answer.status_code != 200:
        raise UserError(f"the image registry answers {answer.status_code}")
    try:
        found = answer.json()
    except ValueError:
        found = None
    if not isinstance(found, dict):
        raise UserError("the image registry's answer is not a JSON object")
    return found
