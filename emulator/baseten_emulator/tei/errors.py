"""TEI's refusals: their kinds, their statuses by version, and their two JSON shapes.

Source: text-embeddings-inference `router/src/http/server.rs`, `core/src/lib.rs`; measured on 1.8.3 and 1.9.3. A
validation error is 413 up to 1.8.3 and 422 from 1.9.0 on (PR #818).
"""

from dataclasses import dataclass

from baseten_emulator.tei.outcome import TeiResponse, json_response
from baseten_emulator.tei.versions import VALIDATION_IS_422, Version

_STATUS = {"Unhealthy": 503, "Backend": 424, "Overloaded": 429, "Tokenizer": 422, "Empty": 400}


@dataclass
class TeiError(Exception):
    """A request that the router refuses. `kind` is TEI's `ErrorType`, e.g. "Validation"."""

    kind: str
    message: str


def backend_error(message: str) -> TeiError:
    """Return the error of a model that cannot do what the route asks (424)."""
    return TeiError("Backend", f"Backend error: {message}")


def invalid_input_error(message: str) -> TeiError:
    """Return the error of an input that the tokenizer's checks refuse (413 or 422, by version)."""
    return TeiError("Validation", f"Input validation error: {message}")


def empty_input_error(field: str = "inputs") -> TeiError:
    """Return the error of a text of zero characters, or a list of zero token ids (400)."""
    return TeiError("Empty", f"Input validation error: `{field}` cannot be empty")


def empty_batch_error(field: str) -> TeiError:
    """Return the error of a list without items, where the route itself checks (400)."""
    return TeiError("Empty", f"`{field}` cannot be empty")


def overload_error() -> TeiError:
    """Return the error of a router without a free permit (429)."""
    return TeiError("Overloaded", "Model is overloaded")


def batch_too_large_error(size: int, maximum: int) -> TeiError:
    """Return the error of more items than `--max-client-batch-size` (413 or 422, by version)."""
    return TeiError("Validation", f"batch size {size} > maximum allowed batch size {maximum}")


def metric_of(error: TeiError) -> str:
    """Return the label `err` that `te_request_failure` has for a refusal."""
    if error.message.startswith("batch size"):
        return "batch_size"
    if error.kind == "Backend":
        return "model_type" if error.message.lower().endswith("model") else "inference"
    kinds = {"Overloaded": "overloaded", "Empty": "validation", "Validation": "tokenization"}
    return kinds.get(error.kind, "tokenization")


def status_of(error: TeiError, version: Version) -> int:
    """Return the HTTP status of a refusal in this version."""
    if error.kind == "Validation":
        return 422 if version >= VALIDATION_IS_422 else 413
    return _STATUS[error.kind]


def native_response(error: TeiError, version: Version) -> TeiResponse:
    """Return a refusal in the shape of TEI's own routes."""
    body = {"error": error.message, "error_type": error.kind}
    return json_response(status_of(error, version), body)


def openai_response(error: TeiError, version: Version) -> TeiResponse:
    """Return a refusal in the shape of `/v1/embeddings`."""
    status = status_of(error, version)
    return json_response(status, {"message": error.message, "code": status, "type": error.kind})
