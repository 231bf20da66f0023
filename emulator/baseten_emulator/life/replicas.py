"""How many replicas a deployment has: those that the settings in force ask for, and those that are still going.

Replicas come at once. What is too much after a schedule's window goes as Baseten documents it: after
`scale_down_delay`, and then at most `max_scale_down_rate` percent of what is there for each `autoscaling_window`, one
at least. A change of settings counts at once, as if they had always been so (ours).
"""

import math
from bisect import bisect
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from operator import itemgetter
from typing import Any
from zoneinfo import ZoneInfo

from baseten_emulator.life import lifecycle, schedules
from baseten_emulator.life.schedule_windows import list_windows
from baseten_emulator.world.records import Activity, Deployment, Environment
from baseten_emulator.world.world import World

_PAST = 24 * 3600.0
"""How far back windows are looked at; a descent that takes longer ends then."""
_LONGEST = 62 * 24 * 3600.0
"""Of a history that is looked at in one go."""
Step = tuple[float, int]
Span = tuple[float, float, dict[str, Any]]
_BEGIN = itemgetter(0)


def find_environment(world: World, deployment: Deployment) -> Environment | None:
    """Return the environment that a deployment serves now."""
    environment = world.environment(deployment.owner, deployment.environment)
    serves = environment is not None and environment.current_deployment_id == deployment.id
    return environment if serves else None


def on_settings_at(world: World, deployment: Deployment, at: float) -> Deployment:
    """Return a deployment on the settings in force at an instant: its own, and over them a schedule's."""
    environment = find_environment(world, deployment)
    schedule = schedules.find_in_force(environment, at) if environment else None
    if environment is None or schedule is None:
        return deployment
    return replace(deployment, autoscaling=schedules.join_settings(environment, schedule))


def count_now(world: World, deployment: Deployment) -> int | None:
    """Return the replicas of a ready deployment whose environment has schedules, None for any other."""
    now, activity = world.now(), world.store.get(Activity, deployment.id)
    course = find_course(world, deployment, now, now)
    if course is None:
        return None
    present = replace(deployment, autoscaling=course.settings_at(now))
    status = lifecycle.status_at(present, activity, now, world.step_seconds)
    return max(course.floor_at(now), lifecycle.count_replicas(present, status))


@dataclass(frozen=True)
class Course:
    """What schedules make of a deployment over some time: each part by when it begins, in order."""

    spans: Sequence[Span]
    floors: Sequence[Step]
    """Replicas that are there without a request."""

    def settings_at(self, at: float) -> dict[str, Any]:
        """Return the autoscaling settings in force at an instant."""
        return self.spans[max(0, bisect(self.spans, at, key=_BEGIN) - 1)][2]

    def floor_at(self, at: float) -> int:
        """Return the replicas that are there at an instant without a request."""
        index = bisect(self.floors, at, key=_BEGIN)
        return self.floors[index - 1][1] if index else 0


def find_course(world: World, deployment: Deployment, since: float, until: float) -> Course | None:
    """Return the course of a deployment between two instants; None where it serves no environment with schedules."""
    environment = find_environment(world, deployment)
    if environment is None or not environment.schedules or deployment.scaled_down:
        return None
    ready_at = lifecycle.decision_time(deployment, world.step_seconds)
    start = max(ready_at, max(since, until - _LONGEST) - _PAST)
    spans = list(_spans(environment, start, until))
    return Course(spans, list(_play(spans))) if spans else None


def _play(spans: Iterable[Span]) -> Iterator[Step]:
    """Yield each change of the number of replicas."""
    count, due = 0, math.inf
    for begin, end, settings in spans:
        least = settings["min_replica"]
        due = min(due, begin + settings["scale_down_delay"]) if count > least else math.inf
        if count <= least:
            count = least
            yield begin, count
        while count > least and due <= end:
            goes = math.floor(count * settings["max_scale_down_rate"] / 100)
            count = max(least, count - max(1, goes))
            yield due, count
            due += settings["autoscaling_window"]


def _spans(environment: Environment, start: float, until: float) -> Iterator[Span]:
    """Yield the spans of time on the same settings, the last of them ending with `until`."""
    zone = ZoneInfo(environment.timezone or "UTC")
    windows = sorted(
        (*window, number)
        for number, schedule in enumerate(environment.schedules)
        if schedule["enabled"]
        for window in list_windows(schedule, zone, start, until + 1)
    )
    edges = {start, *(edge for first, last, _ in windows for edge in (first, last))}
    moments = sorted(edge for edge in edges if start <= edge <= until)
    starts = [first for first, _, _ in windows]
    for begin, end in zip(moments, [*moments[1:], until][: len(moments)], strict=True):
        index = bisect(starts, begin) - 1
        holds = index >= 0 and windows[index][1] > begin
        schedule = environment.schedules[windows[index][2]] if holds else None
        yield begin, end, schedules.join_settings(environment, schedule)
