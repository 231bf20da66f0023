"""One stack's rehearsal, from an empty emulator to an empty one; the decisions are in `rehearsing`."""

import time
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TypeVar

from baseten_tei.baseten.private_emulator import private_emulator
from baseten_tei.baseten.target import parse_target
from baseten_tei.errors import UserError
from baseten_tei.operations.rehearsal.calls_client import call_model
from baseten_tei.operations.rehearsal.diagnostics import find_errors
from baseten_tei.operations.rehearsal.model_answers import ModelAnswers
from baseten_tei.operations.rehearsal.program_targets import left_out_lines, target_options
from baseten_tei.operations.rehearsal.project_files import Project, project_at, temporary_project
from baseten_tei.operations.rehearsal.rehearsal_report import (
    RehearsalReport,
    RehearsalResult,
    compare_models,
    report_failure,
)
from baseten_tei.operations.rehearsal.stack_copy import API_KEY, TARGET, copy_stack, pins_left_out
from baseten_tei.operations.rehearsal.stack_version import StackVersion
from baseten_tei.project.golden_files import FOLDER as GOLDEN
from baseten_tei.project.registered_models import RegisteredModels
from baseten_tei.rules.settings import Settings

_T = TypeVar("_T")


@dataclass(frozen=True)
class Rehearsal:
    """What to rehearse: a stack's present files, and those that they are compared with."""

    root: Path
    stack: str
    settings: Settings
    present: StackVersion
    base: StackVersion | None = None
    commit: str | None = None
    """The base's."""
    program: RegisteredModels | None = None
    """Where the models are registered by the program."""

    @property
    def steps(self) -> int:
        """Return how many steps it has: both sides come up and are called, and it is destroyed."""
        return 5 if self.base else 3

    @property
    def teams(self) -> list[str]:
        """Return every team that one of the sides names."""
        sides = (self.present, self.base)
        named = [side.team for side in sides if side and side.team]
        return named + [it for it in (self.program.teams.values() if self.program else ()) if it]


def rehearse(
    script: Rehearsal, environ: Mapping[str, str], advance: Callable[[str], None]
) -> RehearsalReport:
    """Bring up, call, change, call, take down; call `advance` with each step. Raises `UserError` where it cannot begin.

    Whatever happens, and an interrupt too: the stack is taken down, the emulator ended, the folder removed.
    """
    with (
        temporary_project(script.root, script.stack, environ, script.teams) as project,
        private_emulator(project.environment) as address,
    ):
        if script.program:
            project = replace(project, options=target_options(script.program.others))
        course = _Course(script, project, address, advance)
        try:
            found = course.play()
        finally:
            left = course.take_down()
    return RehearsalReport(
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
    script: Rehearsal
    project: Project
    address: str
    advance: Callable[[str], None]
    seconds: dict[str, float] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)

    def play(self) -> RehearsalResult:
        """Run everything but the end."""
        specs = self.script.settings.models
        before = self._bring_up_base()
        self._take_golden()
        try:
            after = self._bring_up("up", "calls", self.script.present)
        except UserError as error:
            tasks = {name: args.task for name, args in specs.items()}
            return report_failure(tasks, before, error.problems)
        wanted = {name for name, args in specs.items() if args.new_space}
        return compare_models(before, after, wanted)

    def take_down(self) -> Collection[str]:
        """Destroy the stack: what went wrong then."""
        try:
            self._time("destroy", self.project.destroy)
        except UserError as error:
            return error.problems
        return ()

    def _bring_up_base(self) -> dict[str, ModelAnswers]:
        """Return what the base's models answer; nothing where the base does not come up, which is not a failure."""
        if self.script.base is None:
            return {}
        try:
            return self._bring_up("up base", "calls base", self.script.base)
        except UserError as error:
            commit = str(self.script.commit)[:12]
            self.notes.append(f"{commit} does not come up, so nothing is compared with it:")
            self.notes += find_errors(error.problems)
            return {}

    def _bring_up(self, up: str, calls: str, side: StackVersion) -> dict[str, ModelAnswers]:
        """Bring one side up and call each of its models. Raises `UserError`."""
        copy = copy_stack(side.config, self.address)
        if side is self.script.present:
            self.notes += [*copy.left_out, *self._program_notes()]
        project = self._project_of(side)
        project.write(copy.config, side.lock)
        models = self._time(up, project.up)
        return self._time(
            calls, lambda: {name: call_model(it, API_KEY) for name, it in models.items()}
        )

    def _project_of(self, side: StackVersion) -> Project:
        """Return the project with the side's program: one that is in the configuration is the same on both."""
        if self.script.program is None or side is self.script.present:
            return self.project
        return project_at(self.project, self.script.root, str(self.script.commit))

    def _program_notes(self) -> list[str]:
        if self.script.program is None:
            return []
        found = self.script.program
        return [*pins_left_out(found.specs), *left_out_lines(found.others)]

    def _take_golden(self) -> None:
        """Copy golden vectors of an emulator, which hold on another one; those of real weights do not."""
        golden = self.script.root / GOLDEN / self.script.stack
        if not golden.is_dir():
            return
        if parse_target(self.script.present.config.get(TARGET)).loopback:
            self.project.take_golden(golden)
        else:
            self.notes.append(f"{GOLDEN}/{self.script.stack} is of real weights, so not compared")

    def _time(self, what: str, act: Callable[[], _T]) -> _T:
        began = time.monotonic()
        try:
            return act()
        finally:
            self.seconds[what] = round(time.monotonic() - began, 3)
            self.advance(f"{self.script.stack}: {what}")
