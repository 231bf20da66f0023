"""The one exception that means "the reader can mend this"."""

import re
from collections.abc import Iterator
from contextlib import contextmanager

LONGEST_LINE = 500
"""Characters of a line that is shown; what a file holds may be a thousand times as long."""
_LONG_WORD = re.compile(r"\S{100,}")


class UserError(Exception):
    """A mistake of the reader's, told in full: each line says which thing, which value, why, what to type.

    Shown without a traceback, and always before anything was touched.
    """

    def __init__(self, *problems: str) -> None:
        self.problems = tuple(shorten(harmless(problem)) for problem in problems)
        super().__init__("\n".join(self.problems))


def harmless(text: str) -> str:
    """Return `text` as one line that a terminal shows as it is: no escapes, no control or bidi characters."""
    return "".join(map(_shown, " ".join(text.splitlines())))


def _shown(character: str) -> str:
    if character.isprintable():
        return character
    return " " if character.isspace() else "\N{REPLACEMENT CHARACTER}"


@contextmanager
def naming(where: object) -> Iterator[None]:
    """Begin each line of a `UserError` that comes out of the `with` by what it is about, e.g. a file's name."""
    try:
        yield
    except UserError as error:
        raise UserError(*(f"{where}: {problem}" for problem in error.problems)) from error


def shorten(line: str, most: int = LONGEST_LINE) -> str:
    """Cut what is quoted in a long line: it keeps its beginning (whose?) and its end (what to type).

    It is cut between words: half of a token would be one that redaction does not know any more.
    """
    if len(line) <= most:
        return line
    line = _LONG_WORD.sub(lambda found: f"{found[0][:40]}…{found[0][-20:]}", line)
    if len(line) <= most:
        return line
    half = most // 2 - 2
    return f"{line[:half].rpartition(' ')[0]} … {line[-half:].partition(' ')[2]}"
