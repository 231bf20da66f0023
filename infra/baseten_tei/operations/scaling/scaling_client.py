"""Raises an environment's replicas for the length of a `with`, on Baseten; the stack's state and files stay."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path

from baseten_tei.baseten import machine_locks
from baseten_tei.baseten.api import BasetenApi
from baseten_tei.baseten.statuses import DEAD
from baseten_tei.baseten.versions import EnvironmentSettings, Serving
from baseten_tei.errors import UserError, naming
from baseten_tei.facts.files.read_files import read_text
from baseten_tei.facts.files.write_files import write_whole
from baseten_tei.operations.scaling.raised_replicas import (
    Bounds,
    RaisedReplicas,
    bounds_of,
    describe_bounds,
    parse_note,
    raise_bounds,
    render_note,
)
from baseten_tei.operations.status.schedule_notes import settings_in_force
from baseten_tei.project.stack import Workspace
from baseten_tei.provider.release.waiting import Waiting
from baseten_tei.spec.args import ModelArgs

NOTE = "backfill-{}-{}.scaling.json"
"""In the project's folder, while replicas are raised: by the model's id and the environment."""


@dataclass(frozen=True)
class Place:
    """An environment whose replicas a job raises."""

    api: BasetenApi
    root: Path
    model: str
    """Its name on Baseten."""
    model_id: str
    environment: str
    minutes: int
    """For new replicas to be there."""
    tell: Callable[[str], None]
    waiting: Waiting = field(default_factory=Waiting)

    @property
    def note(self) -> Path:
        """Return the file that says what was before."""
        return self.root / NOTE.format(self.model_id, self.environment)

    def read(self) -> Serving:
        """Return the environment. Raises `UserError` where nothing is served there."""
        found = self.api.serving(self.model_id, self.environment)
        if found is None or found.current is None or found.current.status in DEAD:
            status = found and found.current and found.current.status
            raise UserError(
                f"{self.model} ({self.environment}) serves nothing{f' ({status})' if status else ''}: run `pulumi up`"
            )
        return found

    def write(self, bounds: Bounds) -> None:
        """Set its replicas, and nothing else."""
        self.api.update_environment(self.model_id, self.environment, EnvironmentSettings(bounds))


def find_place(
    workspace: Workspace,
    resource: str,
    args: ModelArgs,
    team: str | None,
    environment: str | None,
    tell: Callable[[str], None],
) -> Place:
    """Return where a stack's model serves. Raises `UserError` where it is not on Baseten."""
    name, minutes = args.model_name or resource, args.deploy_timeout_minutes
    api, root = workspace.api, workspace.root
    if model_id := api.find_model(name, team):
        where = environment or args.environment
        return Place(api, root, name, model_id, where, minutes, tell)
    raise UserError(f"model {name!r} is not on Baseten: run `pulumi up`")


def is_any_left(root: Path) -> bool:
    """Return whether a job runs in a project, or was killed there: then it is worth a call to look."""
    return bool(_find_notes(root))


@contextmanager
def raise_replicas(place: Place, replicas: int | None) -> Iterator[int | None]:
    """Keep so many replicas up for the length of a `with`, and yield how many came; then set what was before.

    Without `replicas` only what a killed job left is undone, and nothing is yielded. Raises `UserError`, also where
    another job has raised them.
    """
    with machine_locks.hold_if_free(str(place.note.resolve()), "scaling") as held:
        if replicas is None:
            if held and place.note.exists():
                put_back(place)
            yield None
        elif not held:
            raise UserError(
                f"another backfill keeps replicas of {place.model} ({place.environment}) up: leave --replicas out, "
                "and this one uses them as well"
            )
        else:
            with _raised(place, replicas) as present:
                yield present


@contextmanager
def _raised(place: Place, replicas: int) -> Iterator[int]:
    serving = place.read()
    wanted = _decide(place, serving, replicas)
    _check_schedule(wanted, serving, replicas)
    write_whole(place.note, render_note(wanted))
    try:
        place.tell(
            f"replicas of {wanted.place}: {describe_bounds(wanted.raised)} for this job, then "
            f"{describe_bounds(wanted.before)} again"
        )
        place.write(wanted.raised)
        yield _wait(place, replicas)
    finally:
        put_back(place)


def _decide(place: Place, serving: Serving, replicas: int) -> RaisedReplicas:
    """Return what is to be changed; a killed job's note says what was before it."""
    if place.note.exists():
        left = _read_note(place.note)
        if left.is_there(serving.autoscaling):
            return left.again(replicas)
    before = bounds_of(serving.autoscaling)
    raised = raise_bounds(before, replicas)
    return RaisedReplicas(place.model, place.model_id, place.environment, before, raised)


def _check_schedule(wanted: RaisedReplicas, serving: Serving, replicas: int) -> None:
    """Raise `UserError` where a schedule holds fewer replicas at the moment: it goes before the own settings."""
    raised = replace(serving, autoscaling={**serving.autoscaling, **wanted.raised})
    in_force = bounds_of(settings_in_force(raised))
    if in_force["min_replica"] < replicas:
        raise UserError(
            f"an autoscaling schedule of {wanted.place} is in force and keeps {describe_bounds(in_force)} replicas, "
            "whatever else is set: run this outside of its hours, or leave --replicas out"
        )


def _wait(place: Place, replicas: int) -> int:
    """Return how many replicas are there: all, or those that came within the model's time."""
    told = -1

    def look() -> int | None:
        nonlocal told
        current = place.read().current
        there = current.replicas if current else 0
        if there != told:
            told = there
            place.tell(f"{there} of {replicas} replicas are there")
        return there if there >= replicas else None

    clock = place.waiting.clock
    if (found := place.waiting.until(look, clock() + 60 * place.minutes)) is not None:
        return found
    if told < 1:
        raise UserError(
            f"no replica of {place.model} came within {place.minutes} minutes: try later"
        )
    place.tell(f"no more came within {place.minutes} minutes: this job goes on with {told}")
    return told


def put_back(place: Place) -> None:
    """Set what was before a job, unless somebody set something else meanwhile. Say what fails; its note stays then."""
    try:
        left = _read_note(place.note)
        serving = place.api.serving(left.model_id, left.environment)
        if serving is None:
            place.tell(f"{left.place} is no longer there: nothing to set back")
        elif left.is_there(serving.autoscaling):
            place.write(left.before)
            place.tell(f"replicas of {left.place}: {describe_bounds(left.before)} again")
        else:
            now = describe_bounds(serving.autoscaling)
            place.tell(f"replicas of {left.place} were set to {now} meanwhile, and stay so")
        place.note.unlink()
    except (UserError, OSError) as error:
        place.tell(
            f"replicas of {place.model} ({place.environment}) are still raised ({error}): the next backfill of it, "
            "or `pulumi refresh` and `pulumi up`, sets them back"
        )


def list_raised(root: Path) -> list[RaisedReplicas]:
    """Return what jobs have raised in a project, whether they run or were killed."""
    return [_read_note(note) for note in _find_notes(root)]


def find_left(root: Path) -> list[RaisedReplicas]:
    """Return what killed jobs left raised in a project; a job that runs is left out."""
    return [_read_note(note) for note in _find_notes(root) if _is_left(note)]


def _find_notes(root: Path) -> list[Path]:
    return sorted(root.glob(NOTE.format("*", "*")))


def _is_left(note: Path) -> bool:
    with machine_locks.hold_if_free(str(note.resolve()), "scaling") as held:
        return held and note.exists()


def _read_note(path: Path) -> RaisedReplicas:
    text = read_text(path)
    with naming(path.name):
        return parse_note(text)
