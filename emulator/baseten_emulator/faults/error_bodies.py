"""The wrong answers of faults, worded as each surface words them.

REST: 401 and 429 have {"error"} (Baseten docs: rate limits), other refusals {"code", "message"}; the gateway
{"error"} (Baseten docs: inference errors); GraphQL the same bodies, since it fails below GraphQL; uploads S3's XML.
The proxy in front answers HTML.
"""

from baseten_emulator.world.records import Fault
from baseten_emulator.world.wire import ApiError, Response, json_response

_REFUSALS: dict[str, tuple[int, str, str]] = {
    "payment_required": (402, "PAYMENT_REQUIRED", "Add a payment method to continue"),
    "forbidden": (403, "FORBIDDEN", "You do not have permission to perform this action"),
    "not_found_at_first": (404, "RESOURCE_NOT_FOUND", "The requested resource does not exist"),
    "conflict": (409, "CONFLICT", "Another operation on this resource is in progress"),
    "too_large": (413, "PAYLOAD_TOO_LARGE", "The request body is too large"),
}
_S3_CODES = {
    401: "InvalidAccessKeyId",
    403: "AccessDenied",
    404: "NoSuchBucket",
    409: "OperationAborted",
    413: "EntityTooLarge",
    429: "SlowDown",
    503: "SlowDown",
}
_HTML = (
    b"<html>\r\n<head><title>502 Bad Gateway</title></head>\r\n<body>\r\n"
    b"<center><h1>502 Bad Gateway</h1></center>\r\n</body>\r\n</html>\r\n"
)


def build_answer(fault: Fault, surface: str) -> Response:
    """Return what a call gets in place of its real answer."""
    if fault.kind in ("hang_up", "reset"):
        return Response(hang_up=True, reset=fault.kind == "reset")
    if fault.kind == "bad_gateway":
        return Response(502, _HTML, "text/html")
    response = _build_refusal(fault, surface)
    return _as_s3(response.status) if surface == "upload" else response


def out_of_memory_response(path: str) -> Response:
    """Return TEI's 424 for a batch that did not fit (candle over CUDA), in the shape of the route."""
    message = 'Backend error: DriverError(CUDA_ERROR_OUT_OF_MEMORY, "out of memory")'
    if path.startswith("/v1/"):
        return json_response({"message": message, "code": 424, "type": "Backend"}, 424)
    return json_response({"error": message, "error_type": "Backend"}, 424)


def _build_refusal(fault: Fault, surface: str) -> Response:
    if fault.kind in _REFUSALS:
        status, code, message = _REFUSALS[fault.kind]
        if surface == "inference":
            return json_response({"error": message}, status)
        return ApiError(status, code, message).response
    status, body = _error_body(fault)
    return json_response(body, status)


def _error_body(fault: Fault) -> tuple[int, dict[str, object]]:
    if fault.kind == "unauthorized":
        return 401, {"error": "Unauthorized"}
    if fault.kind == "rate_limited":
        error = "Rate limit exceeded. Please try again later."
        return 429, {"error": error, "retry_after": fault.options.get("retry_after", 1)}
    if fault.kind == "unavailable":
        return 503, {"error": "Service unavailable"}
    return int(fault.options.get("status", 500)), {"error": "Internal server error"}


def _as_s3(status: int) -> Response:
    code = _S3_CODES.get(status, "InternalError")
    text = f'<?xml version="1.0" encoding="UTF-8"?><Error><Code>{code}</Code></Error>'
    return Response(status, text.encode(), "application/xml")
