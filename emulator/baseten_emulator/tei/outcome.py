"""What the data plane returns: an HTTP answer, or the last log lines of a container that died."""

import json
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

Headers = tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class TeiResponse:
    """One HTTP answer. An empty `content_type` means that the router sent no such header."""

    status: int
    content_type: str = ""
    body: bytes = b""
    headers: Headers = ()


@dataclass(frozen=True)
class BootFailure:
    """A container that never became ready: its last log lines, oldest first.

    `exit_code` is None for a process that runs on and is never ready.
    """

    log_lines: tuple[str, ...]
    exit_code: int | None = None


class BootError(Exception):
    """Raised inside `start_container` at the step that ends the container; carries the log lines."""

    def __init__(self, *log_lines: str, exit_code: int | None = None) -> None:
        super().__init__(log_lines[-1])
        self.log_lines = log_lines
        self.exit_code = exit_code


def startup_error(message: str, *causes: str) -> BootError:
    """Return what anyhow prints when `main` returns an error (exit code 1)."""
    if not causes:
        return BootError(f"Error: {message}", exit_code=1)
    numbered = [f"    {n}: {cause}" for n, cause in enumerate(causes)]
    lines = numbered if len(causes) > 1 else [f"    {causes[0]}"]
    return BootError(f"Error: {message}", "", "Caused by:", *lines, exit_code=1)


def panic(message: str, where: str) -> BootError:
    """Return a Rust panic. The images are built to abort (SIGABRT: 134), other builds exit with 101."""
    return BootError(f"thread 'main' panicked at {where}:", message, exit_code=134)


_MARK = f"numbers {secrets.token_hex(16)}"
"""Where numbers will be: no text has it."""


@dataclass(frozen=True)
class Numbers:
    """A long list of floats on its way to JSON, with eight decimals: all that a 32-bit float has.

    Formatted in one go, because rounding and encoding float by float is most of a request's time.
    """

    values: Sequence[float]

    def __str__(self) -> str:
        text = "[" + ",".join(["%.8f"] * len(self.values)) % tuple(self.values) + "]"
        return text.replace("nan", "null")


def to_json(value: Any) -> str:
    """Return JSON without spaces, as serde_json writes it; `Numbers` may stand anywhere in the value."""
    numbers: list[str] = []

    def mark(them: Numbers) -> str:
        numbers.append(str(them))
        return _MARK

    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"), default=mark)
    rest = iter(text.split(f'"{_MARK}"'))
    return next(rest) + "".join(them + after for them, after in zip(numbers, rest, strict=True))


def json_response(status: int, value: Any, headers: Headers = ()) -> TeiResponse:
    """Return an answer in JSON."""
    return TeiResponse(status, "application/json", to_json(value).encode(), headers)


def text_response(status: int, text: str) -> TeiResponse:
    """Return an answer in plain text, as axum sends its own refusals."""
    return TeiResponse(status, "text/plain; charset=utf-8", text.encode())
