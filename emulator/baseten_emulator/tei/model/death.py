"""What ends a running router: a panic in Rust, where the images are built to abort.

Source: `core/src/queue.rs` up to v1.8.3 and candle-nn's `ops.rs`; both measured.
"""


class RouterDiedError(Exception):
    """The process is gone, and with it every request that was under way; carries its last log lines."""

    def __init__(self, thread: str, where: str, message: str) -> None:
        super().__init__(message)
        self.exit_code = -6
        self.log_lines = (
            f"thread '{thread}' panicked at {where}:",
            message,
            f"emulator: the router exited with code {self.exit_code}",
        )


def full_queue_error() -> RouterDiedError:
    """Return the end of a router whose queue holds as many commands as there are permits, and one more comes."""
    return RouterDiedError(
        "tokio-runtime-worker",
        "core/src/queue.rs:87",
        'receiver is too behind or was dropped. This is a bug.: "Full(..)"',
    )


def no_tokens_error() -> RouterDiedError:
    """Return the end of a router that computes a text of no tokens at all."""
    return RouterDiedError(
        "<unnamed>", "candle-nn/src/ops.rs:309:17", "chunk_size must not be zero"
    )
