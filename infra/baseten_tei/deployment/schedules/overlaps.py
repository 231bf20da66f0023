"""Schedules that would hold at the same time: nobody documents which of them then does, and Baseten refuses them."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from itertools import combinations

from baseten_tei.deployment.schedules.sentences import show_moment
from baseten_tei.deployment.schedules.times import DASH, DAY, DAYS, write_time
from baseten_tei.deployment.schedules.windows import (
    WEEK,
    Daily,
    Hourly,
    OneTime,
    Schedules,
    Span,
    Window,
    week_spans,
)


def find_overlaps(schedules: Schedules) -> Iterator[tuple[str, str, str]]:
    """Yield two schedules that overlap, and when they first do; one that is disabled overlaps nothing."""
    there = [it for it in schedules.windows if it.enabled]
    for one, other in combinations(there, 2):
        if when := _overlap(one, other):
            yield one.name, other.name, when


def _overlap(one: Window, other: Window) -> str | None:
    """When the two first hold at the same time; `None` if they never do."""
    match one.when, other.when:
        case OneTime() as first, OneTime() as second:
            start, end = max(first.start, second.start), min(first.end, second.end)
            return f"{show_moment(start)}{DASH}{end:%H:%M}" if start < end else None
        case OneTime() as once, (Daily() | Hourly()) as often:
            return _once_within(once, often)
        case (Daily() | Hourly()) as often, OneTime() as once:
            return _once_within(once, often)
        case (Daily() | Hourly()) as first, (Daily() | Hourly()) as second:
            shared = next(_shared_spans(week_spans(first), week_spans(second)), None)
            return (
                f"{_show_minute(shared[0])}{DASH}{write_time(shared[1] % DAY)}" if shared else None
            )
    return None


def _once_within(once: OneTime, often: Daily | Hourly) -> str | None:
    """When a window that comes once first meets one that comes again and again."""
    monday = datetime.combine(
        (once.start - timedelta(days=once.start.weekday())).date(), datetime.min.time()
    )
    first = int((once.start - monday).total_seconds() // 60)
    last = first + min(int((once.end - once.start).total_seconds() // 60), WEEK)
    spans = week_spans(often)
    repeated = [*spans, *((start + WEEK, end + WEEK) for start, end in spans)]
    shared = next(_shared_spans([(first, last)], repeated), None)
    if shared is None:
        return None
    start, end = (monday + timedelta(minutes=minute) for minute in shared)
    return f"{show_moment(start)}{DASH}{end:%H:%M}"


def _shared_spans(one: list[Span], other: list[Span]) -> Iterator[Span]:
    for start, end in one:
        for start_there, end_there in other:
            if max(start, start_there) < min(end, end_there):
                yield max(start, start_there), min(end, end_there)


def _show_minute(minute: int) -> str:
    return f"{DAYS[minute // DAY].capitalize()} {write_time(minute % DAY)}"
