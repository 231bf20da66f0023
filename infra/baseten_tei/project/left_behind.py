"""Files of a stack under the name that it had before: `pulumi stack rename` moves its configuration alone."""

import shlex
from collections.abc import Iterator
from glob import escape
from pathlib import Path

PLACES = ("locks/{}.yaml", "golden/{}", "verified/{}", "truss_configs/{}")
"""What is kept for a stack, by its name."""
SHOWN = 3
"""Files that a warning names at the most."""


def left_behind(root: Path, stack: str) -> str | None:
    """Return a warning for files of no stack if this stack has none of its own; `None` otherwise.

    Without its lock a model may become another one, and without its golden vectors nothing compares them.
    """
    moves = [move for place in PLACES for move in _moves(root, stack, place)][:SHOWN]
    if not moves:
        return None
    named = ", ".join(before for before, _ in moves)
    commands = " && ".join(shlex.join(["git", "mv", *move]) for move in moves)
    return (
        f"{named}: no stack has this name, and stack {stack!r} has no such files: models may be pushed again or "
        f"released unchecked. If the stack was renamed, run `{commands}`"
    )


def _moves(root: Path, stack: str, place: str) -> Iterator[tuple[str, str]]:
    wanted = place.format(stack)
    if (root / wanted).exists():
        return
    for path in sorted(root.glob(place.format("*"))):
        name = path.stem if path.is_file() else path.name
        stands = path.is_dir() or place.endswith(path.suffix or "/")
        if stands and not any(root.glob(f"Pulumi.{escape(name)}.*yaml")):
            yield place.format(name), wanted
