"""What an operation that changes nothing must not do: call Baseten, write a file, import truss."""

from pathlib import Path

from tests.support.harness import Emulator, Stack

WATCH = Path(__file__).parents[1] / "watch"
FORBIDDEN = ("truss", "baseten")
"""The CLI's package and the SDK: a second and more of imports each."""
CONTROL = ("pulumi", "baseten_tei")
"""Packages that are imported for certain: without them the watch has not worked."""


class WatchError(Exception):
    """An operation did what it must not, or could not be watched."""


def watch(stack: Stack, emulator: Emulator, operation: str) -> str:
    """Run `preview` or `up` once, not timed; one line of what was seen. Raises `WatchError`."""
    temporary, notes = stack.folder / "tmp", stack.folder / "state" / "imports"
    temporary.mkdir(exist_ok=True)
    notes.unlink(missing_ok=True)
    emulator.forget_calls()
    before = _files(stack.folder)
    getattr(stack, operation)(
        PYTHONPATH=str(WATCH), BENCHMARKS_IMPORTS=str(notes), TMPDIR=str(temporary)
    ).check()
    _nothing("calls", [str(call["path"]) for call in emulator.calls()])
    _nothing("files written or removed", sorted(before ^ _files(stack.folder)))
    imported = set(notes.read_text().split())
    _nothing("imports", sorted(imported & set(FORBIDDEN)))
    _nothing("imports that the watch missed", sorted(set(CONTROL) - imported))
    return f"{operation}: no call, no file written, {' and '.join(FORBIDDEN)} not imported"


def _nothing(what: str, found: list[str]) -> None:
    if found:
        raise WatchError(f"{what} in an operation that changes nothing: {found[:5]}")


def _files(folder: Path) -> set[str]:
    """Files of the project, each with its time; not the engine's state, nor what links lead to."""
    state = folder / "state"
    return {
        f"{path.relative_to(folder)} at {path.lstat().st_mtime_ns}"
        for path in folder.rglob("*")
        if state not in path.parents and not path.is_dir()
    }
