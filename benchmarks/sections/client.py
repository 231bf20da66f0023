"""The Python client beside Baseten's performance client and OpenAI's SDK, on one job: see client_jobs.py."""

from collections.abc import Iterator
from pathlib import Path

from benchmarks.measure.timing import Figure


def measure(folder: Path, quick: bool) -> Iterator[Figure]:
    """Yield the figures of `client_jobs`."""
    from benchmarks.sections.client_jobs import figures  # imports numpy and two SDKs

    del folder
    yield from figures(quick)
