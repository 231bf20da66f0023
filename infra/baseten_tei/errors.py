"""The exception for what the user can fix, and what every message is made with."""

import difflib
import re
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from types import MappingProxyType

LONGEST_LINE = 500
"""Characters of a line that is shown; what a file holds may be a thousand times as long."""
_LONG_WORD = re.compile(r"\S{100,}")


class UserError(Exception):
    """A mistake that the user can fix: each line says which thing, which value, why, what to do.

    Shown without a traceback, and always before anything was touched.
    """

    def __init__(self, *problems: str) -> None:
        self.problems = tuple(shorten(to_plain_line(problem)) for problem in problems)
        super().__init__("\n".join(self.problems))


def setup_advice(elsewhere: str) -> str:
    """Return what to run where something is not installed: in the product's own clone, make does it."""
    in_clone = (Path(__file__).parents[2] / "engine" / "env.sh").is_file()
    return "run `make setup`, then `source engine/env.sh`" if in_clone else elsewhere


def to_plain_line(text: str) -> str:
    """Return `text` as one line that a terminal shows as it is: no escapes, no control or bidi characters."""
    return "".join(map(_plain_character, " ".join(text.splitlines())))


def _plain_character(character: str) -> str:
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


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """Return ` Perhaps you meant 'x'?` where a known word is close, else an empty text."""
    by_case = {name.lower(): name for name in known}
    close = difflib.get_close_matches(word.lower(), by_case, n=1, cutoff=0.5)
    return f" Perhaps you meant {by_case[close[0]]!r}?" if close else ""


_MOST_NAMED = 10


def list_names(known: Iterable[str]) -> str:
    """Return `'a', 'b'`: names for a message, which has room for the first ten."""
    names = [repr(name) for name in known]
    more = [f"{len(names) - _MOST_NAMED} more"] if len(names) > _MOST_NAMED else []
    return ", ".join([*names[:_MOST_NAMED], *more]) or "none"


MASK = "[secret]"


_AUTHORIZATION = re.compile(r"(?i)\b(Api-Key|Bearer)\s+[^\s'\",}]+")


_SHORTEST = 4
"""A shorter "secret" would mask ordinary words and hides nothing worth hiding."""


HUGGING_FACE = "a Hugging Face token"


KINDS: Mapping[str, re.Pattern[str]] = MappingProxyType(
    {
        HUGGING_FACE: re.compile(r"(?:hf_|api_org_)[A-Za-z0-9]{16,}"),
        "a Baseten API key": re.compile(r"(?<![\w.-])[A-Za-z0-9]{8}\.[A-Za-z0-9]{32}(?![\w.-])"),
        "a Pulumi access token": re.compile(r"pul-[0-9a-f]{40}"),
        "a GitHub token": re.compile(r"gh[pousr]_[A-Za-z0-9]{36,}|github_pat_\w{22,}"),
        "a GitLab token": re.compile(r"glpat-[\w-]{20,}"),
        "an AWS access key": re.compile(r"(?<![A-Z0-9])(?:AKIA|ASIA)[A-Z0-9]{16}(?![A-Z0-9])"),
        "an OpenAI or Anthropic key": re.compile(
            r"(?<!\w)sk-(?=[\w-]*[0-9])(?=[\w-]*[A-Z])[\w-]{32,}"
        ),
        "a Google API key": re.compile(r"AIza[\w-]{35}"),
        "a Slack token": re.compile(r"xox[abeoprs]-[\w-]{10,}"),
        "a private key": re.compile(r"-----BEGIN [A-Z ]*PRIVATE KEY-----(?s:.)*?(?:-----END|\Z)"),
        "a URL with a password": re.compile(r"(?<=://)[^\s/:@]*:[^\s/@]+(?=@)"),
    }
)
"""What a credential looks like, by the name that messages give its kind."""


_ANY = re.compile("|".join(form.pattern for form in KINDS.values()))


def redact(text: str, secrets: Iterable[str | None] = ()) -> str:
    """Return `text` without the given secrets, authorization headers, and whatever looks like a credential.

    A secret read from a file often ends in a line break that no text repeats: it is masked without it.
    """
    for secret in secrets:
        if secret and len(secret.strip()) >= _SHORTEST:
            text = text.replace(secret.strip(), MASK)
    return _ANY.sub(MASK, _AUTHORIZATION.sub(rf"\1 {MASK}", text))


def kind_of_secret(value: str) -> str | None:
    """Return what kind of credential a value looks like, e.g. `a Hugging Face token`; `None` for other text."""
    if not _ANY.search(value):
        return None
    return next(kind for kind, form in KINDS.items() if form.search(value))


def looks_like_a_token(value: str) -> bool:
    """Return whether a value has the form of a credential."""
    return kind_of_secret(value) is not None


def is_sendable(key: str) -> bool:
    """Return whether a key or token can stand in an HTTP header: visible ASCII, without spaces."""
    return key.isascii() and key.isprintable() and " " not in key
