"""Turns the caller's list into distinct texts that can be sent."""

from dataclasses import dataclass, replace
from json.encoder import encode_basestring
from math import isnan
from typing import NamedTuple

from baseten_tei_client._call.given import list_texts
from baseten_tei_client._limits import Limits
from baseten_tei_client._tokens import CHARACTERS_PER_TOKEN, Counter, bound_each
from baseten_tei_client.errors import RefusedTextError
from baseten_tei_client.results import Refused


class Text(NamedTuple):
    """A text that can be sent."""

    text: str
    size: int
    """Bytes as JSON, with its quotes."""
    tokens: int
    """An upper bound; exact with a tokenizer."""
    was_cut: bool = False
    """Whether only its beginning is sent."""


@dataclass(frozen=True)
class Prepared:
    """The distinct texts, and for each text of the caller the place of its own there; -1 if refused."""

    texts: tuple[Text, ...]
    places: tuple[int, ...]
    refused: tuple[Refused, ...]


def prepare(texts: object, counter: Counter | None, skip: bool, prompt: str = "") -> Prepared:
    """Check each text, put the prompt before it, and merge equal ones.

    Raises:
        RefusedTextError: a text cannot be sent, and `skip` is false.
        UsageError: `texts` is not a list of texts.
    """
    given = list_texts(texts)
    refused = [Refused(n, why) for n, it in enumerate(given) if (why := find_problem(it))]
    if refused and not skip:
        raise RefusedTextError(refused[0].index, refused[0].reason)
    out = {it.index for it in refused}
    place_of: dict[str, int] = {}
    places = tuple(
        -1 if n in out else place_of.setdefault(prompt + str(it), len(place_of))
        for n, it in enumerate(given)
    )
    counts = (counter or bound_each)(list(place_of))
    distinct = tuple(Text(it, json_size(it), n) for it, n in zip(place_of, counts, strict=True))
    return Prepared(distinct, places, tuple(refused))


def recount(prepared: Prepared, counter: Counter) -> Prepared:
    """Return the same texts with their tokens counted."""
    counts = counter([it.text for it in prepared.texts])
    counted = (it._replace(tokens=n) for it, n in zip(prepared.texts, counts, strict=True))
    return replace(prepared, texts=tuple(counted))


def find_problem(text: object) -> str | None:
    """Return why no model could take this text; `None` if nothing is wrong with it."""
    if type(text) is str and text and text.isascii():
        return None
    if isinstance(text, list | tuple) and text and all(isinstance(it, int) for it in text):
        return (
            "is a list of token ids, not a string: send the text itself, since an id that the model's vocabulary "
            "has not can end the router"
        )
    if not isinstance(text, str):
        missing = text is None or (isinstance(text, float) and isnan(text))
        kind = repr(text) if missing else f"of type {type(text).__name__}"
        return f"is {kind}, not a string: convert it, or leave it out"
    if not text:
        return "is empty, which no model accepts: leave it out"
    try:
        text.encode()
    except UnicodeEncodeError as error:
        code = ord(text[error.start])
        return (
            f"contains half of a surrogate pair, U+{code:04X} at {error.start}, which cannot be encoded as UTF-8: "
            'decode its source again, or replace it with text.encode("utf-8", "replace").decode()'
        )
    return None


def json_size(text: str) -> int:
    """Return the bytes of a text as JSON. It must not contain a lone surrogate."""
    quoted = encode_basestring(text)
    return len(quoted) if quoted.isascii() else len(quoted.encode())


def fit_text(text: Text, limits: Limits, room: int, cut: bool) -> Text | str:
    """Return the text as it fits into `room` bytes, cut if `cut` allows it, or why it cannot be sent.

    TEI reads at most 250 characters for each token of `max_input_length`, so a cut there changes nothing. A cut
    to fit into a request may.
    """
    characters = CHARACTERS_PER_TOKEN * limits.max_input_length
    if len(text.text) > characters:
        if not cut:
            return (
                f"has {len(text.text)} characters, but the model reads at most {characters}: split it, "
                'or allow cutting (too_long="cut")'
            )
        text = _beginning(text, characters)
    while text.size > room:
        if not cut or room < _LEAST_ROOM:
            return (
                f"needs {text.size} bytes, but a request to this model holds at most {room}: split it, "
                "or raise --payload-limit in the model's extra_flags"
            )
        text = _beginning(text, min(len(text.text) * room // text.size, len(text.text) - 1))
    return text


def fit_query(query: Text, limits: Limits, room: int, cut: bool) -> Text | str:
    """Return the query as it fits, see `fit_text`.

    TEI keeps half of the 250 bytes for each token of a query that is longer than all of them, and cuts between
    two characters.
    """
    most = CHARACTERS_PER_TOKEN * limits.max_input_length
    if cut and len(query.text) > most:
        kept = query.text.encode()[: most // 2].decode("utf-8", "ignore")
        query = _beginning(query, len(kept))
    return fit_text(query, limits, room, cut)


_LEAST_ROOM = 16


def _beginning(text: Text, characters: int) -> Text:
    kept = text.text[:characters]
    return text._replace(text=kept, size=json_size(kept), was_cut=True)
