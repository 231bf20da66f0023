"""The schedules of a spec's `autoscaling`: `warm` and `schedules`, and what is wrong with each of them alone."""

from collections.abc import Iterator, Mapping
from datetime import datetime
from functools import cache
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError, available_timezones

from baseten_tei.deployment.schedules.schedule_words import read_when, read_window
from baseten_tei.deployment.schedules.windows import Schedules, settings_under
from baseten_tei.errors import did_you_mean
from baseten_tei.spec.args import Autoscaling

WARM = "warm"
"""The name of the schedule that the key of this name is short for."""
MOST_LETTERS = 200
"""Of a name; a guess, with room for the second half of a whole day."""
BESIDES = frozenset({"warm", "schedules"})
"""Keys of `autoscaling` that are not settings of Baseten's."""


def baseline(autoscaling: Autoscaling) -> dict[str, int]:
    """Return the settings that hold outside every schedule; what the spec leaves out is not managed."""
    return autoscaling.model_dump(exclude_none=True, exclude=set(BESIDES))


def manages_schedules(autoscaling: Autoscaling) -> bool:
    """Return whether the spec says which schedules there are; `schedules: {}` says that there are none."""
    return autoscaling.warm is not None or autoscaling.schedules is not None


def read_schedules(autoscaling: Autoscaling) -> Schedules | None:
    """Return the schedules of a spec without `schedule_problems`, `warm` first; `None` where it manages none."""
    if not manages_schedules(autoscaling):
        return None
    windows = tuple(read_window(name, it) for name, it in _whole_words(autoscaling).items())
    return Schedules(next(iter(_timezones(autoscaling).values()), None), windows)


def settings_at(autoscaling: Autoscaling, instant: datetime) -> dict[str, Any]:
    """Return the settings that hold at an instant; `concurrency_target` is missing where the spec derives it."""
    return settings_under(baseline(autoscaling), read_schedules(autoscaling), instant)


def schedule_problems(autoscaling: Autoscaling) -> Iterator[str]:
    """Yield a line for each schedule that cannot be read, ending in what to write, and for their time zones."""
    if autoscaling.warm and WARM in (autoscaling.schedules or {}):
        yield "warm is a schedule already, and schedules has another of this name: write one of them"
    for name, words in _words(autoscaling).items():
        yield from _name_problem(name)
        try:
            read_when(words)
        except ValueError as error:
            yield f"{place(name, autoscaling)}: {error}"
    yield from _timezone_problems(autoscaling)


def place(name: str, autoscaling: Autoscaling) -> str:
    """Return where a schedule stands in `autoscaling`."""
    return WARM if name == WARM and autoscaling.warm else f"schedules.{name}"


def _words(autoscaling: Autoscaling) -> dict[str, dict[str, Any]]:
    """As they are written, by name."""
    warm = {WARM: autoscaling.warm} if autoscaling.warm else {}
    every: Mapping[str, Any] = {**(autoscaling.schedules or {}), **warm}
    ordered = sorted(every, key=lambda name: name != WARM) if warm else list(every)
    return {name: every[name].model_dump(exclude_none=True) for name in ordered}


def _whole_words(autoscaling: Autoscaling) -> dict[str, dict[str, Any]]:
    """With both replicas, which Baseten wants of each schedule: the environment's own where one is left out."""
    own = {"min_replica": autoscaling.min_replica, "max_replica": autoscaling.max_replica}
    return {name: {**own, **words} for name, words in _words(autoscaling).items()}


def _timezones(autoscaling: Autoscaling) -> dict[str, str]:
    """The time zone of each schedule that writes one, by its place."""
    return {
        place(name, autoscaling): words["timezone"]
        for name, words in _words(autoscaling).items()
        if words.get("timezone")
    }


def _name_problem(name: str) -> Iterator[str]:
    if not name.strip() or len(name) > MOST_LETTERS:
        yield f"schedules: {name!r} is not a name: write 1 to {MOST_LETTERS} characters"


def _timezone_problems(autoscaling: Autoscaling) -> Iterator[str]:
    zones = _timezones(autoscaling)
    if not zones and _words(autoscaling):
        first = place(next(iter(_words(autoscaling))), autoscaling)
        yield f"{first} has no time zone: write timezone: Europe/Berlin"
    for where, zone in zones.items():
        if problem := timezone_problem(zone):
            yield f"{where}: {problem}"
    different = list(dict.fromkeys(zones.values()))
    if len(different) > 1:
        last = next(where for where, zone in zones.items() if zone == different[1])
        yield (
            f"{last}: timezone {different[1]} differs from {different[0]}, and on Baseten an environment's schedules "
            f"share one: write timezone: {different[0]}, and its hours there"
        )


@cache
def _places() -> tuple[str, ...]:
    """Time zones with a place in their name: CEST is not near to EST. Finding them reads 600 files."""
    return tuple(sorted(it for it in available_timezones() if "/" in it))


def timezone_problem(zone: str) -> str | None:
    """Return why a time zone is not one of the IANA's, and what to write."""
    try:
        ZoneInfo(zone)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        hint = did_you_mean(zone, _places())
        said = f"timezone {zone!r} is not known: write one of the IANA's, e.g. timezone: Europe/Berlin."
        return f"{said}{hint}" if hint else said.removesuffix(".")
    return None
