"""How far a job of many rows is: a bar with rate and time left on a terminal, elsewhere a line now and then."""

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import click

from baseten_tei.commands.shared.progress import SECONDS_BETWEEN_LINES

Advance = Callable[[int, int | None, float, float | None], None]
"""Takes rows done, rows of all if they are known, rows per second, seconds left if they are known."""


@contextmanager
def show_rows(what: str) -> Iterator[Advance]:
    """Yield what to call with each step."""
    if not sys.stderr.isatty():
        yield _Lines(what).advance
        return
    from tqdm import tqdm

    with tqdm(desc=what, unit=" rows", unit_scale=True, file=sys.stderr) as bar:

        def advance(rows: int, of: int | None, _rate: float, _left: float | None) -> None:
            bar.total = of
            bar.update(rows - bar.n)

        yield advance


class _Lines:
    def __init__(self, what: str) -> None:
        self._what, self._told = what, time.monotonic()

    def advance(self, rows: int, of: int | None, rate: float, left: float | None) -> None:
        """Write a line where the last is a while ago."""
        now = time.monotonic()
        if now - self._told >= SECONDS_BETWEEN_LINES:
            self._told = now
            click.echo(f"{self._what}: {describe_step(rows, of, rate, left)}", err=True)


def describe_step(rows: int, of: int | None, rate: float, left: float | None) -> str:
    """Return how far it is, in words."""
    total = "" if of is None else f" of {of:,}"
    ends = "" if left is None else f", about {tell_duration(left)} left"
    return f"{rows:,}{total} rows, {rate:,.0f} rows/s{ends}"


def tell_duration(seconds: float) -> str:
    """Return a duration as people say it."""
    minutes = round(seconds / 60)
    if minutes < 2:
        return f"{seconds:.0f} s"
    if minutes < 120:
        return f"{minutes} min"
    return f"{minutes // 60} h {minutes % 60} min"
