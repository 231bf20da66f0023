"""Take away what is the dev stack's: its resources, its state, the emulator's memory. Run by `make clean`.

All of it lies in `.state/`, where the state of any other stack lies as well by default. So nothing is touched while
another stack has resources there, nothing is deleted once destroying fails, and what is not dev's stays.
"""

import gzip
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

ROOT = Path(__file__).absolute().parents[1]
STATE = ROOT / ".state"
STACKS = STATE / ".pulumi" / "stacks"
SERVICE = ROOT / "examples" / "search-service"
PROJECTS = {
    "search-service": SERVICE,
    "baseten-tei": ROOT,
}  # in the order of destroying: one refers to the other
OWN = {f"{project}/dev" for project in PROJECTS}
EMPTY = ("pulumi:pulumi:Stack", "pulumi:providers:")


class CleanError(Exception):
    """One line: what is in the way, and what to run."""


def count_resources(state: Mapping[str, Any]) -> int:
    """Return how many resources a state file holds, or is in the middle of making."""
    latest = (state.get("checkpoint") or {}).get("latest") or {}
    kept = [it for it in latest.get("resources") or [] if not str(it["type"]).startswith(EMPTY)]
    return len(kept) + len(latest.get("pending_operations") or [])


def read_stacks() -> Iterator[tuple[str, int]]:
    """Yield each stack in `.state/`, as `project/stack`, with the number of its resources. Raises CleanError."""
    for file in sorted(STACKS.rglob("*.json")) + sorted(STACKS.rglob("*.json.gz")):
        name = str(file.relative_to(STACKS)).removesuffix(".gz").removesuffix(".json")
        try:
            data = gzip.decompress(file.read_bytes()) if file.suffix == ".gz" else file.read_bytes()
            yield name, count_resources(json.loads(data))
        except (OSError, ValueError, AttributeError, KeyError, TypeError) as error:
            raise CleanError(
                f"{file.relative_to(ROOT)} cannot be read ({error}), so what {name} holds is unknown: move it out of"
                " .state/, then run make clean again"
            ) from error


def require_no_other(stacks: Mapping[str, int]) -> None:
    """Refuse while another stack than dev has resources in `.state/`. Raises CleanError."""
    others = [f"{name} ({count})" for name, count in stacks.items() if count and name not in OWN]
    if others:
        raise CleanError(
            f".state/ holds the resources of other stacks: {', '.join(others)[:200]}. Nothing was removed: destroy them"
            " first (pulumi destroy --stack NAME), or move them to another backend (docs/production.md)"
        )


def destroy(project: str) -> None:
    """Destroy a project's dev stack, and forget it. Raises CleanError."""
    base = ["pulumi", "--non-interactive", "--cwd", str(PROJECTS[project])]
    for words in (
        ["destroy", "--yes", "--stack", "dev"],
        ["stack", "rm", "dev", "--yes", "--preserve-config"],
    ):
        try:
            code = subprocess.run([*base, *words], check=False).returncode
        except FileNotFoundError as error:
            raise CleanError(
                "there is no pulumi on PATH: run make setup, then make clean again"
            ) from error
        if code:
            raise CleanError(
                f"`pulumi {' '.join(words)}` of {project} failed, and its state was kept: see above; then run"
                " make clean again"
            )


def remove_what_is_left() -> None:
    """Remove the emulator's memory and the example's index; the rest only if no stack is left."""
    for name in ("emulator", "search-service"):
        shutil.rmtree(STATE / name, ignore_errors=True)
    (STATE / "emulator.log").unlink(missing_ok=True)
    if not list(read_stacks()):
        shutil.rmtree(STATE / ".pulumi", ignore_errors=True)
    if STATE.is_dir() and not list(STATE.iterdir()):
        STATE.rmdir()


def main() -> None:
    """Destroy the dev stacks and remove what they left, unless other stacks have resources. Raises CleanError."""
    stacks = dict(read_stacks())
    require_no_other(stacks)
    os.environ["PULUMI_BACKEND_URL"] = f"file://{STATE}"
    os.environ["PULUMI_CONFIG_PASSPHRASE_FILE"] = str(ROOT / "engine" / "dev-passphrase")
    for name in ("PULUMI_CONFIG_PASSPHRASE", "PULUMI_STACK"):
        os.environ.pop(name, None)
    for project in PROJECTS:
        if f"{project}/dev" in stacks:
            destroy(project)
    subprocess.run(["make", "--silent", "emulator-stop"], cwd=ROOT, check=True)
    remove_what_is_left()


if __name__ == "__main__":
    try:
        main()
    except CleanError as reason:
        sys.exit(f"make clean: {reason}")
