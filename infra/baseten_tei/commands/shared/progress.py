"""How far a long operation is: a bar on a terminal, elsewhere a plain line now and then. All of it on stderr."""

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import click

SECONDS_BETWEEN_LINES = 10.0
"""Where no terminal is: a log of something quick stays as short as it was."""
BAR = "{desc} {n_fmt} of {total_fmt} |{bar:20}| {elapsed}{postfix}"


@contextmanager
def progress(what: str, total: int) -> Iterator[Callable[[str], None]]:
    """Count up to `total` for the length of a `with`: call what it gives with the name of each that is done."""
    if not total:
        yield lambda _: None
    elif sys.stderr.isatty():
        with _bar(what, total) as advance:
            yield advance
    else:
        yield _Lines(what, total).advance


@contextmanager
def _bar(what: str, total: int) -> Iterator[Callable[[str], None]]:
    from tqdm import tqdm

    with tqdm(
        total=total, desc=what, bar_format=BAR, leave=False, mininterval=0, file=sys.stderr
    ) as bar:

        def advance(name: str) -> None:
            bar.set_postfix_str(name, refresh=False)
            bar.update()

        yield advance


class _Lines:
    def __init__(self, what: str, total: int) -> None:
        self._what, self._total = what, total
        self._done = 0
        self._began = self._told = time.monotonic()

    def advance(self, name: str) -> None:
        """Count one, and write a line where the last is a while ago."""
        self._done += 1
        now = time.monotonic()
        if now - self._told >= SECONDS_BETWEEN_LINES:
            self._told = now
            seconds = now - self._began
            click.echo(
                f"{self._what}: {self._done} of {self._total}, {name}, {seconds:.0f} s", err=True
            )


def tell(line: str) -> None:
    """Print a line of a result, above the bar where there is one."""
    if sys.stderr.isatty():
        from tqdm import tqdm

        tqdm.write(line)
    else:
        click.echo(line)
