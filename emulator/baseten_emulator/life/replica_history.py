"""How many replicas each deployment had, at any past time: what bills and series of metrics are made of.

Between two changes of its record and its environment's a deployment's replicas follow from these, from the minutes in
which it was asked, and from the time. So the log is brought up to date when one of them changes (`Store.watch`) and
when somebody reads it.
"""

from bisect import bisect
from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Any

from baseten_emulator.life import lifecycle
from baseten_emulator.life.replicas import Course, find_course
from baseten_emulator.world.records import Activity, Deployment, Environment, ReplicaLog
from baseten_emulator.world.world import World, request_counter

_MINUTE = 60
Steps = tuple[list[float], ...]


def keep_history(world: World) -> None:
    """Log the replicas of each deployment of a world up to each change of it, and of the environment it serves."""
    world.store.watch(Deployment, lambda before: _log(world, before))
    world.store.watch(Environment, lambda before: _log_serving(world, before))


def replica_log(world: World, deployment: Deployment) -> ReplicaLog:
    """Return the log of a deployment, up to now."""
    return _log(world, deployment)


def replica_logs(world: World) -> list[ReplicaLog]:
    """Return the log of every deployment, deleted ones too, up to now."""
    for deployment in world.store.all(Deployment):
        _log(world, deployment)
    return world.store.all(ReplicaLog)


def replica_seconds(log: ReplicaLog, start: float, end: float) -> float:
    """Return for how long replicas were up between two instants, each by itself."""
    ends = [*(since for since, _ in log.steps[1:]), log.until][: len(log.steps)]
    return sum(
        count * max(0.0, min(until, end) - max(since, start))
        for (since, count), until in zip(log.steps, ends, strict=True)
    )


def average_replicas(log: ReplicaLog, start: float, end: float) -> float | None:
    """Return how many replicas there were on average; `None` where the log has nothing of that time."""
    start, end = max(start, log.steps[0][0] if log.steps else end), min(end, log.until)
    return replica_seconds(log, start, end) / (end - start) if end > start else None


def _log_serving(world: World, environment: Environment) -> None:
    serving = world.store.get(Deployment, environment.current_deployment_id)
    if serving:
        _log(world, serving)


def _log(world: World, deployment: Deployment) -> ReplicaLog:
    model, now = world.model(deployment.owner), world.now()
    log = world.store.get(ReplicaLog, deployment.id) or ReplicaLog(
        deployment.id, model.id, deployment.name, model.name, model.owner,
        deployment.instance_type, deployment.environment, deployment.created_at,
    )  # fmt: skip
    until = _known_until(deployment, now, world.step_seconds)
    added = _steps(world, deployment, log.until, until)
    log = replace(
        log,
        name=deployment.name,
        model_name=model.name,
        environment=deployment.environment or log.environment,
        until=max(log.until, until),
        steps=_merge((*log.steps, *added)),
    )
    world.store.put(log)
    return log


def _known_until(deployment: Deployment, now: float, step_seconds: float) -> float:
    """Return up to when the record tells what was: not beyond an outcome that nobody has looked at yet."""
    decided = lifecycle.decision_time(deployment, step_seconds)
    return min(now, decided) if deployment.outcome is None else now


def _uses(world: World, deployment: Deployment) -> list[float]:
    """Return when it was asked, to the minute, and the last time exactly."""
    counted = world.store.counters(request_counter(deployment.id))
    last = world.store.get(Activity, deployment.id)
    return sorted([*(int(minute) * _MINUTE for minute in counted), *([last.at] if last else [])])


def _steps(world: World, deployment: Deployment, since: float, until: float) -> Steps:
    if since >= until:
        return ()
    ready = lifecycle.decision_time(deployment, world.step_seconds)
    uses, course = _uses(world, deployment), find_course(world, deployment, since, until)
    asked = (ready, *uses)
    ends = {at + _settings_at(deployment, course, at)["scale_down_delay"] for at in asked}
    marks = {*asked, *ends, *(at for at, _ in (course.floors if course else ()))}
    edges = sorted({since, *(at for at in marks if since < at < until)})
    return tuple([at, _count_at(world, deployment, uses, course, at)] for at in edges)


def _settings_at(deployment: Deployment, course: Course | None, at: float) -> dict[str, Any]:
    return course.settings_at(at) if course else deployment.autoscaling


def _count_at(
    world: World, deployment: Deployment, uses: Sequence[float], course: Course | None, at: float
) -> float:
    """Return the replicas at an instant; a deployment that is not ready yet has none."""
    if at < lifecycle.decision_time(deployment, world.step_seconds):
        return 0
    asked = bisect(uses, at)
    activity = Activity(deployment.id, deployment.owner, uses[asked - 1]) if asked else None
    present = replace(deployment, autoscaling=_settings_at(deployment, course, at))
    status = lifecycle.status_at(present, activity, at, world.step_seconds)
    count = lifecycle.count_replicas(present, status)
    stays = course is not None and status in ("ACTIVE", "SCALED_TO_ZERO")
    return max(count, course.floor_at(at)) if course and stays else count


def _merge(steps: Iterable[Sequence[float]]) -> Steps:
    """Leave out the steps that change nothing."""
    merged: list[list[float]] = []
    for since, count in steps:
        if not merged or merged[-1][1] != count:
            merged.append([since, count])
    return tuple(merged)
