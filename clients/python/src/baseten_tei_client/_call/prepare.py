"""From the caller's list to distinct texts that can be sent: what is refused, repeated, too long."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from json import JSONEncoder

from baseten_tei_client.errors import RefusedTextError, UsageError
from baseten_tei_client.limits import Limits
from baseten_tei_client.results import Refused
from baseten_tei_client.tokens import CHARACTERS_PER_TOKEN, Counter, most_of_each

_json = JSONEncoder(ensure_ascii=False).encode


@dataclass(frozen=True, slots=True)
class Text:
    """A text that can be sent."""

    text: str
    size: int
    """Bytes as JSON, quotes included."""
    tokens: int
    """At most; with a tokenizer exactly."""
    was_cut: bool = False
    """Whether only its beginning is sent: the model would not have read the rest."""


@dataclass(frozen=True)
class Prepared:
    """Distinct texts, and for each text that was given the place of its own: -1 where it is refused."""

    texts: tuple[Text, ...]
    places: tuple[int, ...]
    refused: tuple[Refused, ...]


def prepare(texts: Iterable[object], counter: Counter | None, skip: bool) -> Prepared:
    """Check each text by itself, and let equal ones be one.

    Raises:
        RefusedTextError: a text cannot be sent, unless `skip`.
        UsageError: no list of texts.
    """
    given = _listed(texts)
    refused = [Refused(n, why) for n, it in enumerate(given) if (why := problem(it))]
    if refused and not skip:
        raise RefusedTextError(refused[0].index, refused[0].reason)
    out = {it.index for it in refused}
    found: dict[str, int] = {}
    places = tuple(
        -1 if n in out else found.setdefault(str(it), len(found)) for n, it in enumerate(given)
    )
    counts = (counter or most_of_each)(list(found))
    distinct = tuple(Text(it, json_size(it), n) for it, n in zip(found, counts, strict=True))
    return Prepared(distinct, places, tuple(refused))


def _listed(texts: Iterable[object]) -> Sequence[object]:
    if isinstance(texts, str | bytes):
        raise UsageError("texts is one text, and a list of them is wanted: write [text]")
    return texts if isinstance(texts, list | tuple) else list(texts)


def problem(text: object) -> str | None:
    """Why a text cannot be sent, whatever the model; `None` where it can."""
    if not isinstance(text, str):
        return f"is {type(text).__name__}, no str: convert it, or leave it out"
    if not text:
        return "is empty, and the model takes no empty text: leave it out"
    if text.isascii():
        return None
    try:
        text.encode()
    except UnicodeEncodeError as error:
        code = ord(text[error.start])
        return (
            f"holds half of a surrogate pair, U+{code:04X} at {error.start}, which UTF-8 has no bytes for: "
            'decode its source anew, or replace it with text.encode("utf-8", "replace").decode()'
        )
    return None


def json_size(text: str) -> int:
    """Bytes of a text as JSON. The text has no lone surrogate."""
    quoted = _json(text)
    return len(quoted) if quoted.isascii() else len(quoted.encode())


def fitted(text: Text, limits: Limits, room: int, cut: bool) -> Text | str:
    """The text as it can be sent in `room` bytes, cut where it may be; else why it cannot.

    TEI itself reads no further than 250 characters for each token of `max_input_length`, so that a cut there
    changes nothing. A cut for want of room may.
    """
    characters = CHARACTERS_PER_TOKEN * limits.max_input_length
    if len(text.text) > characters:
        if not cut:
            return (
                f"has {len(text.text)} characters, and the model takes {characters} at most: split it, "
                'or let it be cut (too_long="cut")'
            )
        text = _beginning(text, characters)
    while text.size > room:
        if not cut or room < _LEAST_ROOM:
            return (
                f"takes {text.size} bytes, and a request of this model holds {room} at most: split it, "
                "or raise --payload-limit in the model's extra_flags"
            )
        text = _beginning(text, min(len(text.text) * room // text.size, len(text.text) - 1))
    return text


_LEAST_ROOM = 16


def _beginning(text: Text, characters: int) -> Text:
    kept = text.text[:characters]
    return replace(text, text=kept, size=json_size(kept), was_cut=True)
