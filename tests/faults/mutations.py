"""Good answers made wrong, by chance that can be repeated: their JSON, their bytes, their status."""

import json
import random
from collections.abc import Callable, Iterator
from typing import Any

from baseten_emulator.world.wire import Response

DEEP = b"[" * 100_000 + b"]" * 100_000
HOSTILE = "\x1b[31mred\x1b[0m \u202egnp.exe\u202c \r\nerror: \x00\x07 \ud800 \u2028"
VALUES: tuple[Any, ...] = (
    None, True, False, 0, -1, 1e308, float("inf"), float("nan"), 10**400, "", " ", "x" * 20_000, HOSTILE, "../../etc",
    "{model_id}", [], {}, [[]], [None], {"": None}, [{"a": HOSTILE}] * 3, "2026-13-45T99:99:99Z", [1] * 5000,
    {HOSTILE: HOSTILE}, "9" * 5000,
)  # fmt: skip
STATUSES = (
    201, 202, 204, 206, 226, 299, 301, 302, 304, 307, 400, 401, 402, 403, 404, 405, 409, 413, 418, 422, 424, 429, 451,
    500, 502, 503, 504, 520, 599,
)  # fmt: skip
HOSTILE_BODY = HOSTILE.encode("utf-8", "replace")
BODIES: tuple[bytes, ...] = (
    b"", b" ", b"null", b"0", b"true", b'""', b"[]", b"{}", b"\xff\xfe\x00", b"\xef\xbb\xbf{}", b"{" * 500, DEEP,
    b'{"a":' * 50_000 + b"1" + b"}" * 50_000, b"<html><title>" + b"<title" * 3000 + b"hello</title>", b"NaN",
    b"<!DOCTYPE html><html><title>\n login \x1b[2J</title></html>", HOSTILE_BODY * 50, b'{"message": "' + b"m" * 100_000
    + b'"}', b'{"error": ' + DEEP[:50_000] + b"1" + DEEP[-50_000:] + b"}", b'{"retry_after": 1e999, "error": [1, {}]}',
    b'{"retry_after": -1e400}', b'{"message": {"a": ["b"]}}', b"1" * 100_000,
)  # fmt: skip

Mutation = Callable[[Response, random.Random], Response]


def mutate(answer: Response, dice: random.Random) -> Response:
    """Return an answer that is wrong in one way, or in two."""
    for _ in range(dice.choice((1, 1, 1, 2))):
        answer = dice.choice(MUTATIONS)(answer, dice)
    return answer


def _value(answer: Response, dice: random.Random) -> Response:
    """Another value at one place of the JSON."""
    return _edit(answer, dice, lambda holder, key: holder.__setitem__(key, dice.choice(VALUES)))


def _missing(answer: Response, dice: random.Random) -> Response:
    return _edit(answer, dice, lambda holder, key: holder.__delitem__(key))


def _more(answer: Response, dice: random.Random) -> Response:
    """A list that is longer, or a key that nobody knows."""

    def grow(holder: Any, key: Any) -> None:
        if isinstance(holder, list):
            holder.extend([holder[key]] * dice.choice((1, 50)))
        else:
            holder[f"new {key}"] = dice.choice(VALUES)

    return _edit(answer, dice, grow)


def _cut(answer: Response, dice: random.Random) -> Response:
    return _with(answer, body=answer.body[: dice.randrange(len(answer.body) + 1)])


def _flip(answer: Response, dice: random.Random) -> Response:
    body = bytearray(answer.body)
    for _ in range(min(len(body), dice.choice((1, 3, 20)))):
        body[dice.randrange(len(body))] = dice.randrange(256)
    return _with(answer, body=bytes(body))


def _body(answer: Response, dice: random.Random) -> Response:
    return _with(answer, body=dice.choice(BODIES))


def _status(answer: Response, dice: random.Random) -> Response:
    body = dice.choice((answer.body, dice.choice(BODIES)))
    status = dice.choice(STATUSES)
    where = (("Location", dice.choice(("/", "http://127.0.0.1:9/", "//[", "\\\\", ""))),)
    return _with(answer, status=status, body=body, headers=where if 300 <= status < 400 else ())


def _encode(answer: Response, dice: random.Random) -> Response:
    """A compression that is none, or one that nobody asked for."""
    word = dice.choice(("gzip", "br", "deflate", "gzip, gzip", "nonsense", "zstd"))
    return _with(answer, headers=(("Content-Encoding", word),))


def _set_type(answer: Response, dice: random.Random) -> Response:
    kinds = ("text/html; charset=nonsense", "", "application/json; charset=utf-16", "image/png")
    return _with(answer, content_type=dice.choice(kinds))


MUTATIONS: tuple[Mutation, ...] = (
    _value, _value, _value, _value, _missing, _missing, _more, _cut, _flip, _body, _body, _status, _encode, _set_type,
)  # fmt: skip


def _edit(answer: Response, dice: random.Random, edit: Callable[[Any, Any], None]) -> Response:
    try:
        told = json.loads(answer.body)
    except (ValueError, RecursionError):
        return _body(answer, dice)
    places = list(_places(told))
    if not places:
        return _body(answer, dice)
    edit(*dice.choice(places))
    text = json.dumps(told)
    return _with(answer, body=text.encode("utf-8", "surrogatepass"))


def _places(value: Any) -> Iterator[tuple[Any, Any]]:
    """Yield each list or mapping with each of its keys."""
    keys = (
        list(value)
        if isinstance(value, dict)
        else range(len(value))
        if isinstance(value, list)
        else ()
    )
    for key in keys:
        yield value, key
        yield from _places(value[key])


def _with(answer: Response, **changes: Any) -> Response:
    kept = {"status": answer.status, "body": answer.body, "content_type": answer.content_type,
            "headers": answer.headers}  # fmt: skip
    return Response(**{**kept, **changes})
