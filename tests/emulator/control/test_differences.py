"""The page of differences names every operation of the emulator, and says of each behaviour how it is known."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from baseten_emulator.app import REST_ROUTES

PAGE = (Path(__file__).parents[3] / "emulator" / "DIFFERENCES.md").read_text()
BASES = ("documented", "measured", "guessed", "source", "ours", "reported by users")


def write_out(path: str) -> Iterator[str]:
    """Every path that a notation means: `[…]` may be left out, `(a,b)` are alternatives, innermost first."""
    found = re.search(r"\[([^\[\]()]*)\]|\(([^\[\]()]*)\)", path)
    if found is None:
        yield path
        return
    options = ["", found[1]] if found[1] is not None else found[2].split(",")
    for option in options:
        yield from write_out(path[: found.start()] + option + path[found.end() :])


def rows() -> list[list[str]]:
    lines = [line for line in PAGE.splitlines() if line.startswith("| ")]
    return [[cell.strip() for cell in line.strip("|").split(" |")] for line in lines]


def list_operations() -> list[str]:
    named = re.findall(r"`((?:GET|POST|PATCH|DELETE) /v1[^`]*)`", PAGE)
    return [operation for notation in named for operation in write_out(notation)]


def test_a_notation_is_written_out() -> None:
    assert list(write_out("GET /v1[/t]/(a,b)")) == [
        "GET /v1/a",
        "GET /v1/b",
        "GET /v1/t/a",
        "GET /v1/t/b",
    ]
    assert list(write_out("GET /u[/(me,{id})]")) == [
        "GET /u",
        "GET /u/me",
        "GET /u",
        "GET /u/{id}",
    ]


def test_every_operation_is_listed_and_every_listed_one_is_there() -> None:
    assert set(list_operations()) == {f"{route.method} {route.path}" for route in REST_ROUTES}


def test_every_behaviour_says_how_it_is_known() -> None:
    told = [row for row in rows() if row[0] not in ("behaviour", "operation")]
    assert told
    assert not [row for row in told if len(row) != 3 or not any(b in row[1] for b in BASES)]
