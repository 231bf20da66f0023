"""Why a request got no answer, named as what it is; and an answer that is read within a bound."""

from __future__ import annotations

import socket
import ssl
import zlib
from collections.abc import AsyncIterable

MIB = 1 << 20
LARGEST_LOOK = 16 * MIB
"""Bytes of an answer to a GET: `/info` with 10,000 labels has 1 MB."""
LARGEST_ANSWER = 256 * MIB
"""Bytes of any other: `/tokenize` answers 2 MB of text with 200 MB where each byte is a token."""
_ANY_ZLIB = 47
"""zlib's word for gzip or zlib, whichever the header says."""


class AnswerTooLargeError(Exception):
    """An answer above its bound, or compressed in a way that nobody asked for."""


async def gathered(chunks: AsyncIterable[bytes], encoding: str, size: int) -> bytes:
    """Return the content, unpacked. Raises `AnswerTooLargeError` before more than `size` bytes of it are held."""
    content = bytearray()
    async for chunk in chunks:
        content += chunk
        if len(content) > size:
            raise AnswerTooLargeError(f"the answer is larger than {size // MIB} MiB")
    return _unpacked(bytes(content), encoding.strip().lower(), size)


def _unpacked(content: bytes, encoding: str, size: int) -> bytes:
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


def reason(error: BaseException) -> tuple[str, bool]:
    """Return what happened, and whether it will happen each time."""
    below = error
    while (cause := below.__cause__ or below.__context__) is not None:
        below = cause
    if isinstance(below, ssl.SSLCertVerificationError):
        said = f"its certificate is not valid: {below.verify_message}"
        return f"{said}. SSL_CERT_FILE=<a CA file> adds a CA", True
    if isinstance(below, socket.gaierror):
        return "its host name does not resolve", False
    if isinstance(below, ConnectionRefusedError):
        return "connection refused", False
    return f"{type(error).__name__}: {error}".rstrip(": "), False
