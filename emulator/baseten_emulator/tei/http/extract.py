"""The way into a route: content type, size, JSON, shape. What axum's `Json` extractor refuses.

Source: axum 0.7 `extract::Json`; the refusals are plain text, unlike TEI's own (measured).
"""

import json
from collections.abc import Mapping
from typing import Any

from baseten_emulator.tei.http import strict_json
from baseten_emulator.tei.http.positions import describe_mismatch, describe_syntax_error
from baseten_emulator.tei.http.serde import MismatchError, Struct
from baseten_emulator.tei.outcome import text_response


class ExtractionError(Exception):
    """A request that is turned down before TEI's code sees it; carries the response."""

    def __init__(self, status: int, text: str) -> None:
        super().__init__(text)
        self.response = text_response(status, text)


def read_json(
    shape: Struct, headers: Mapping[str, str], body: bytes, payload_limit: int
) -> dict[str, Any]:
    """Return the decoded body of a POST; `payload_limit` in bytes. Raises ExtractionError: 415, 413, 400 or 422."""
    if not _is_json(headers.get("content-type", "")):
        raise ExtractionError(415, "Expected request with `Content-Type: application/json`")
    if len(body) > payload_limit:
        raise ExtractionError(413, "Failed to buffer the request body: length limit exceeded")
    text = body.decode("utf-8", "replace")
    try:
        value = strict_json.parse(text)
    except json.JSONDecodeError as error:
        _refuse_start(shape, text)
        raise _syntax(describe_syntax_error(error, text)) from error
    _require_utf_8(body)
    return _decode(shape, value, text)


def _decode(shape: Struct, value: Any, text: str) -> dict[str, Any]:
    try:
        return shape(value)
    except MismatchError as mismatch:
        why = describe_mismatch(mismatch, text)
        if mismatch.is_syntax:
            raise _syntax(why) from mismatch
        raise ExtractionError(
            422, f"Failed to deserialize the JSON body into the target type: {why}"
        ) from mismatch


def _refuse_start(shape: Struct, text: str) -> None:
    """Refuse what is wrong in a body before it breaks off; that something is missing is not."""
    start = strict_json.parse_start(text)
    try:
        if start is not None:
            shape(start)
    except MismatchError as mismatch:
        if mismatch.path and not mismatch.reason.startswith(("missing field", "invalid length")):
            closed = f"{text.rstrip()}]}}]}}"
            why = describe_mismatch(mismatch, closed)
            raise ExtractionError(
                422, f"Failed to deserialize the JSON body into the target type: {why}"
            ) from mismatch


def _require_utf_8(body: bytes) -> None:
    try:
        body.decode()
    except UnicodeDecodeError as error:
        stop = body.find(b'"', error.end)
        before = body[: stop + 1 if stop >= 0 else len(body)]
        line, column = before.count(b"\n") + 1, len(before) - before.rfind(b"\n") - 1
        raise _syntax(f"invalid unicode code point at line {line} column {column}") from error


def _syntax(why: str) -> ExtractionError:
    return ExtractionError(400, f"Failed to parse the request body as JSON: {why}")


def _is_json(content_type: str) -> bool:
    media = content_type.partition(";")[0].strip().lower()
    return media == "application/json" or (
        media.startswith("application/") and media.endswith("+json")
    )
