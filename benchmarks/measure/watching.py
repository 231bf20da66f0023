"""Checks that an operation that changes nothing calls no API, writes no file and does not import truss."""

from pathlib import Path

from tests.support.harness import Emulator, Stack

WATCH = Path(__file__).parents[1] / "watch"
FORBIDDEN = ("truss", "baseten")
"""The CLI's package and the SDK: a second and more of imports each."""
CONTROL = ("pulumi", "baseten_tei")
"""Packages that are certainly imported: without them the watch did not work."""


class WatchError(Exception):
    """An operation did what it must not do, or could not be watched."""


def watch(stack: Stack, emulator: Emulator, operation: str) -> str:
    """Run `preview` or `up` once, not timed; return a line of what was seen. Raises `WatchError`."""
    temporary, notes = stack.folder / "tmp", stack.folder / "state" / "imports"
    temporary.mkdir(exist_ok=True)
    notes.unlink(missing_ok=True)
    emulator.forget_calls()
    before = _list_files(stack.folder)
    getattr(stack, operation)(
        PYTHONPATH=str(WATCH), BENCHMARKS_IMPORTS=str(notes), TMPDIR=str(temporary)
    ).check()
    _require_none("calls", [str(call["path"]) for call in emulator.calls()])
    _require_none("files written or removed", sorted(before ^ _list_files(stack.folder)))
    imported = set(notes.read_text().split())
    _require_none("imports", sorted(imported & set(FORBIDDEN)))
    _require_none("imports that the watch missed", sorted(set(CONTROL) - imported))
    return f"{operation}: no call, no file written, {' and '.join(FORBIDDEN)} not imported"


def _require_none(what: str, found: list[str]) -> None:
    if found:
        raise WatchError(f"{what} in an operation that changes nothing: {found[:5]}")


def _list_files(folder: Path) -> set[str]:
    """Return the project's files with their times, without the engine's state and behind links."""
    state = folder / "state"
    return {
        f"{path.relative_to(folder)} at {path.lstat().st_mtime_ns}"
        for path in folder.rglob("*")
        if state not in path.parents and not path.is_dir()
    }
