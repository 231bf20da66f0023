"""Explains why a request got no answer, and reads an answer up to a limit."""

import socket
import ssl
import zlib
from collections.abc import AsyncIterable

MIB = 1 << 20
LARGEST_LOOK = 16 * MIB
"""Most bytes of an answer to a GET: `/info` with 10,000 labels has 1 MB."""
LARGEST_ANSWER = 256 * MIB
"""Most bytes of any other: `/tokenize` answers 2 MB of text with 200 MB if each byte is a token."""
_ANY_ZLIB = 47
"""zlib's code for "gzip or zlib, as the header says"."""


class AnswerTooLargeError(Exception):
    """An answer above its limit, or compressed in a way that was not requested."""


async def read_content(chunks: AsyncIterable[bytes], encoding: str, size: int) -> bytes:
    """Return the unpacked content. Raises `AnswerTooLargeError` before it holds more than `size` bytes."""
    content = bytearray()
    async for chunk in chunks:
        content += chunk
        if len(content) > size:
            raise AnswerTooLargeError(f"the answer is larger than {size // MIB} MiB")
    return _unpack(bytes(content), encoding.strip().lower(), size)


def _unpack(content: bytes, encoding: str, size: int) -> bytes:
    if encoding in ("", "identity"):
        return content
    if encoding not in ("gzip", "deflate"):
        raise AnswerTooLargeError(f"the answer is encoded as {encoding[:20]!r}")
    unpacking = zlib.decompressobj(_ANY_ZLIB)
    try:
        plain = unpacking.decompress(content, size + 1)
    except zlib.error as error:
        raise AnswerTooLargeError("the answer's compression is damaged") from error
    if len(plain) > size:
        raise AnswerTooLargeError(f"the answer is larger than {size // MIB} MiB unpacked")
    return plain


def explain_failure(error: BaseException) -> tuple[str, bool]:
    """Return what happened, and whether it will happen each time."""
    root = error
    while (cause := root.__cause__ or root.__context__) is not None:
        root = cause
    if isinstance(root, ssl.SSLCertVerificationError):
        message = f"its certificate is not valid: {root.verify_message}"
        return f"{message}. SSL_CERT_FILE=<a CA file> adds a CA", True
    if isinstance(root, socket.gaierror):
        return "its host name does not resolve", False
    if isinstance(root, ConnectionRefusedError):
        return "connection refused", False
    return f"{type(error).__name__}: {error}".rstrip(": "), False
