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
        return shape(strict_json.parse(text))
    except json.JSONDecodeError as error:
        why = describe_syntax_error(error, text)
        raise ExtractionError(400, f"Failed to parse the request body as JSON: {why}") from error
    except MismatchError as mismatch:
        why = describe_mismatch(mismatch, text)
        raise ExtractionError(
            422, f"Failed to deserialize the JSON body into the target type: {why}"
        ) from mismatch


def _is_json(content_type: str) -> bool:
    media = content_type.partition(";")[0].strip().lower()
    return media == "application/json" or (
        media.startswith("application/") and media.endswith("+json")
    )
