"""What clocks that are put forward or back do to schedules within a year, a sentence each."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from baseten_tei.deployment.schedules.times import DAY
from baseten_tei.deployment.schedules.windows import Daily, OneTime, Schedules, instants

YEAR = timedelta(days=366)
_STEP = timedelta(hours=6)
"""No zone changes its clocks twice within it."""


@dataclass(frozen=True)
class ClockChange:
    """Local times that a date does not have, or has twice: from `start`, before `end`."""

    start: datetime
    end: datetime
    twice: bool

    @property
    def what(self) -> str:
        """What happens, as words."""
        happens = "comes twice" if self.twice else "does not exist"
        return f"{self.start:%H:%M} to {self.end:%H:%M} {happens}"


def describe_clock_changes(schedules: Schedules, now: datetime) -> Iterator[str]:
    """Yield what happens to a schedule on each date of the year after `now` on which the clocks change.

    Only one that begins or ends at a local time that the date does not have, or has twice, is worth a word. A
    window of every hour simply does not happen in an hour that is not there.
    """
    if not schedules.timezone:
        return
    for change in clock_changes(schedules.zone, now, now + YEAR):
        for window in schedules.windows:
            happens = _consequence(window.when, change, schedules.zone) if window.enabled else None
            if happens:
                yield (
                    f"schedule {window.name!r} on {change.start:%Y-%m-%d} in {schedules.timezone}: "
                    f"{change.what}, so it {happens}"
                )


def clock_changes(zone: ZoneInfo, start: datetime, end: datetime) -> Iterator[ClockChange]:
    """Yield each change of a zone's clocks between two instants, in order."""
    at = start.astimezone(UTC)
    while at < end:
        after = at + _STEP
        if _offset(zone, at) != _offset(zone, after):
            yield _find_change(zone, at, after)
        at = after


def _find_change(zone: ZoneInfo, before: datetime, after: datetime) -> ClockChange:
    """Find the instant of the change, to a minute, by halving."""
    old, new = _offset(zone, before), _offset(zone, after)
    while after - before > timedelta(seconds=1):
        middle = before + (after - before) / 2
        before, after = (middle, after) if _offset(zone, middle) == old else (before, middle)
    instant = (after + timedelta(seconds=30)).replace(second=0, microsecond=0, tzinfo=None)
    return ClockChange(instant + min(old, new), instant + max(old, new), twice=new < old)


def _offset(zone: ZoneInfo, instant: datetime) -> timedelta:
    return instant.astimezone(zone).utcoffset() or timedelta()


def _consequence(when: object, change: ClockChange, zone: ZoneInfo) -> str | None:
    """What becomes of a schedule on the date of a change; `None` where nothing does."""
    if isinstance(when, OneTime):
        return _consequence_once(when, change, zone)
    if not isinstance(when, Daily):
        return None
    begins = [it for it in _times_of(when, when.start, change) if _is_within(it, change)]
    ends = [it for it in _times_of(when, when.end, change) if change.start < it < change.end]
    if begins and ends and not change.twice:
        return "does not happen"
    said = [("begins", it) for it in begins] + [("ends", it) for it in ends]
    return " and ".join(_say(edge, at, change) for edge, at in said) or None


def _times_of(when: Daily, minute: int, change: ClockChange) -> list[datetime]:
    """The local time of an edge on the date of a change, by whichever day's window it is of."""
    midnight = datetime.combine(change.start.date(), datetime.min.time())
    day, minute = divmod(minute, DAY)
    is_there = (midnight.weekday() - day) % 7 in when.days
    return [midnight + timedelta(minutes=minute)] if is_there else []


def _is_within(at: datetime, change: ClockChange) -> bool:
    """Whether a beginning is affected: one at the first minute of an hour that comes twice is not."""
    return change.start <= at < change.end and not (change.twice and at == change.start)


def _say(edge: str, at: datetime, change: ClockChange) -> str:
    if change.twice:
        return f"{edge} at {at:%H:%M} twice"
    return f"{edge} at {change.end:%H:%M} instead of {at:%H:%M}"


def _consequence_once(when: OneTime, change: ClockChange, zone: ZoneInfo) -> str | None:
    edges = zip(("begins", "ends"), (when.start, when.end), instants(when, zone), strict=True)
    said = [
        f"{edge} at the first {at:%H:%M}"
        if change.twice
        else f"{edge} at {instant.astimezone(UTC).astimezone(zone):%H:%M}"
        for edge, at, instant in edges
        if change.start <= at < change.end
    ]
    return " and ".join(said) or None
