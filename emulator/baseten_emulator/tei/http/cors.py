"""What a browser asks about: every answer carries these headers, and OPTIONS is answered on any path.

Source: `CorsLayer` of `router/src/http/server.rs` and tower-http 0.5; measured.
"""

from collections.abc import Sequence

from baseten_emulator.tei.outcome import Headers

_VARY = "origin, access-control-request-method, access-control-request-headers"
PREFLIGHT: Headers = (
    ("access-control-allow-methods", "GET,POST"),
    ("access-control-allow-headers", "content-type"),
)


def cors_headers(allowed: Sequence[str], origin: str | None) -> Headers:
    """Return the headers for a request from this origin; by default, or with `*` among them, all are allowed."""
    vary = ("vary", _VARY)
    if not allowed or "*" in allowed:
        return (vary, ("access-control-allow-origin", "*"))
    if origin is None or origin not in allowed:
        return (vary,)
    return (vary, ("access-control-allow-origin", origin))
