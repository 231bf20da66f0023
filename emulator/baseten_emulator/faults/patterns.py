"""Regular expressions from outside: only those that end soon, whatever they are searched in.

Python's engine backtracks over a text for each nested or adjacent repeat, `(a+)+` for ever, and nobody else is
answered meanwhile. So a pattern is short, repeats no group, and repeats at most three times.
"""

import re

from baseten_emulator.world.wire import bad_request

MAX_PATTERN = 200
MAX_REPEATS = 3
MAX_SUBJECT = 500
_ESCAPED_OR_CLASS = re.compile(r"\\.|\[\]?[^\]]*\]|\(\?", re.S)
_REPEAT = re.compile(r"[*+?{]")


def require_quick(name: str, pattern: str) -> None:
    """Refuse a pattern that is not valid, or that may take long. Raises ApiError 400 that names it."""
    if problem := _problem_of(pattern):
        raise bad_request(f"{name}: {pattern[:MAX_PATTERN]!r} {problem}")


def matches(pattern: str, text: str) -> bool:
    """Return whether the pattern is somewhere in the beginning of a text."""
    return re.search(pattern, text[:MAX_SUBJECT]) is not None


def _problem_of(pattern: str) -> str | None:
    if len(pattern) > MAX_PATTERN:
        return f"is longer than {MAX_PATTERN} characters"
    try:
        re.compile(pattern)
    except (re.error, OverflowError, RecursionError) as error:
        return f"is not a valid regular expression: {error}"
    return (
        "may take too long: repeat no group, and use at most three repeats"
        if _is_slow(pattern)
        else None
    )


def _is_slow(pattern: str) -> bool:
    """Return whether a group is repeated, or too much is; a class counts as one character, `(?` as a bracket."""
    skeleton = _ESCAPED_OR_CLASS.sub(lambda part: "(" if part[0] == "(?" else "x", pattern)
    return (
        re.search(r"\)[*+?{]", skeleton) is not None or len(_REPEAT.findall(skeleton)) > MAX_REPEATS
    )
