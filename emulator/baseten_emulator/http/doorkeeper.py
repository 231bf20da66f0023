"""Who may come in: decided from a request's head alone, before its body is read.

Web pages are refused: those of other origins (`Origin`, `Sec-Fetch-Site`), under names that a page's owner points at
this machine (`Host`), and with the bodies that a page may send anywhere (any but JSON). Calls of models are open to
pages, too, with the key.
"""

from baseten_emulator.world.wire import ApiError, Request, Response

MEGABYTE = 1024 * 1024
BODY_LIMITS = {
    "control": MEGABYTE,
    "management": 4 * MEGABYTE,
    "graphql": 4 * MEGABYTE,
    "upload": 128 * MEGABYTE,
    "inference": 101 * MEGABYTE,  # the gateway itself refuses above 100 MB, with words of its own
}
_OWN_HOSTS = ("127.0.0.1", "localhost", "[::1]")


def require_own_host(request: Request) -> None:
    """Refuse a request for another machine, by whichever name it got here. Raises ApiError 404."""
    if not (request.host in _OWN_HOSTS or request.host.endswith(".localhost")):
        raise ApiError(404, "NOT_FOUND", f"this emulator does not forward to {request.host[:200]}")


def judge_head(request: Request, surface: str) -> Response | None:
    """Return the refusal of a request whose body nobody needs to see, whoever asks; None where the key decides."""
    if surface != "inference" and (page := _find_foreign_page(request)):
        message = f"this emulator does not answer web pages of other origins ({page})"
        return ApiError(403, "FORBIDDEN", message).response
    return _refuse_other_than_json(request) if surface == "control" else None


def _find_foreign_page(request: Request) -> str | None:
    """Return the header by which a browser says that a page of another origin asks, None where none does."""
    site, origin = request.headers.get("sec-fetch-site"), request.headers.get("origin")
    if site and site.lower() not in ("same-origin", "none"):
        return f"Sec-Fetch-Site: {site}"
    own = f"http://{request.headers.get('host', '')}".lower()
    return f"Origin: {origin}" if origin and origin.lower() != own else None


def _refuse_other_than_json(request: Request) -> Response | None:
    """Refuse a form or plain text, which a page may send anywhere without being asked; JSON it may not."""
    if not has_body(request) or _is_json(request.headers.get("content-type", "")):
        return None
    message = "a body must be JSON: send the header Content-Type: application/json"
    return ApiError(415, "UNSUPPORTED_MEDIA_TYPE", message).response


def has_body(request: Request) -> bool:
    """Return whether a body comes, or has come, with a request."""
    announced = request.headers.get("content-length", "0").strip() != "0"
    return bool(request.body) or announced or "transfer-encoding" in request.headers


def _is_json(content_type: str) -> bool:
    return content_type.partition(";")[0].strip().lower() == "application/json"
