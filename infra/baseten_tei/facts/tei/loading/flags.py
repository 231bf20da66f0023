"""What of a router's command line decides how it reads a repository."""

from dataclasses import dataclass


@dataclass(frozen=True)
class ReadingFlags:
    """Flags as they are written; `None` where they are not."""

    pooling: str | None = None
    dtype: str | None = None
    dense_path: str | None = None
    default_prompt_name: str | None = None
    max_batch_tokens: int = 16384
    auto_truncate: bool = False
