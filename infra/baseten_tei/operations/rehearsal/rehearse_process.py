"""One stack's rehearsal, from an empty emulator to an empty one; the decisions are in `rehearsing`."""

import time
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeVar

from baseten_tei.baseten.private_emulator import private_emulator, teach
from baseten_tei.baseten.target import parse_target
from baseten_tei.errors import UserError
from baseten_tei.operations.rehearsal.calls_client import seen
from baseten_tei.operations.rehearsal.diagnostics import errors
from baseten_tei.operations.rehearsal.hub_for_emulator import taught_once
from baseten_tei.operations.rehearsal.project_files import Project, temporary_project
from baseten_tei.operations.rehearsal.report import Judged, Report, failed, judged
from baseten_tei.operations.rehearsal.seen import Seen
from baseten_tei.operations.rehearsal.side import Side
from baseten_tei.operations.rehearsal.stack_copy import API_KEY, TARGET, stack_copy
from baseten_tei.project.golden_files import FOLDER as GOLDEN
from baseten_tei.rules.settings import Settings

_T = TypeVar("_T")


@dataclass(frozen=True)
class Script:
    """What to rehearse: a stack's present files, and those that they are compared with."""

    root: Path
    stack: str
    settings: Settings
    present: Side
    base: Side | None = None
    commit: str | None = None
    """The base's."""

    @property
    def steps(self) -> int:
        """How many steps it has: both sides come up and are called, and it is destroyed."""
        return 5 if self.base else 3

    @property
    def teams(self) -> list[str]:
        """Every team that one of the sides names."""
        sides = (self.present, self.base)
        return [side.team for side in sides if side and side.team]


def rehearse(
    script: Script,
    environ: Mapping[str, str],
    advance: Callable[[str], None],
    clock: Callable[[], float] = time.monotonic,
) -> Report:
    """Bring up, call, change, call, take down. Raises `UserError` where that cannot even begin.

    `advance` gets each step that is done.

    Whatever happens, and an interrupt too: the stack is taken down, the emulator ended, the folder removed.
    """
    with (
        temporary_project(script.root, script.stack, environ, script.teams) as project,
        private_emulator(project.environment) as address,
    ):
        course = _Course(script, project, address, advance, clock)
        try:
            found = course.play()
        finally:
            left = course.take_down()
    return Report(
        script.stack,
        script.commit if script.base else None,
        found.rows,
        (*found.problems, *left),
        found.warnings,
        tuple(course.notes),
        course.seconds,
    )


@dataclass
class _Course:
    script: Script
    project: Project
    address: str
    advance: Callable[[str], None]
    clock: Callable[[], float]
    seconds: dict[str, float] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)

    def play(self) -> Judged:
        """Everything but the end."""
        specs = self.script.settings.models
        before = self._base()
        self._take_golden()
        try:
            after = self._seen("up", "calls", self.script.present)
        except UserError as error:
            tasks = {name: args.task for name, args in specs.items()}
            return failed(tasks, before, error.problems)
        wanted = {name for name, args in specs.items() if args.new_space}
        return judged(before, after, wanted)

    def take_down(self) -> Collection[str]:
        """Destroy the stack: what went wrong then."""
        try:
            self._timed("destroy", self.project.destroy)
        except UserError as error:
            return error.problems
        return ()

    def _base(self) -> dict[str, Seen]:
        """What the base's models show; a base that does not come up is nothing to compare with, and no failure."""
        if self.script.base is None:
            return {}
        try:
            return self._seen("up base", "calls base", self.script.base)
        except UserError as error:
            commit = str(self.script.commit)[:12]
            self.notes.append(f"{commit} does not come up, so nothing is compared with it:")
            self.notes += errors(error.problems)
            return {}

    def _seen(self, up: str, calls: str, side: Side) -> dict[str, Seen]:
        """Bring one side up and call each of its models. Raises `UserError`."""
        copy = stack_copy(side.config, self.address)
        if side is self.script.present:
            self.notes += copy.left_out
        teach(self.address, taught_once(side.facts))
        self.project.write(copy.config, side.lock)
        models = self._timed(up, self.project.up)
        return self._timed(calls, lambda: {name: seen(it, API_KEY) for name, it in models.items()})

    def _take_golden(self) -> None:
        """Golden vectors of an emulator hold on another one; those of real weights hold on none."""
        golden = self.script.root / GOLDEN / self.script.stack
        if not golden.is_dir():
            return
        if parse_target(self.script.present.config.get(TARGET)).loopback:
            self.project.take_golden(golden)
        else:
            self.notes.append(f"{GOLDEN}/{self.script.stack} is of real weights, so not compared")

    def _timed(self, what: str, act: Callable[[], _T]) -> _T:
        began = self.clock()
        try:
            return act()
        finally:
            self.seconds[what] = round(self.clock() - began, 3)
            self.advance(f"{self.script.stack}: {what}")
