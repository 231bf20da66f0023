"""Days, hours, minutes and local times as a spec writes them, and back. Each raises `ValueError` with what to write."""

import re
from collections.abc import Iterable
from datetime import datetime

DASH = "\N{EN DASH}"
DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
"""Monday is 0, as in `datetime.weekday()`."""
EVERY_DAY = "every day"
DAY = 24 * 60
"""Minutes."""

_TO = rf"\s*[-{DASH}]\s*"
_TIME = r"(\d{1,2})(?::(\d{2}))?"
_HOURS = re.compile(_TIME + _TO + _TIME)
_MINUTES = re.compile(rf"(\d+){_TO}(\d+)")
_DAY_NAMES = {
    name: number
    for number, name in enumerate(
        ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
    )
}


def read_days(text: str) -> tuple[int, ...]:
    """Return the days of `mon-fri`, `sat,sun` or `every day`; Monday is 0."""
    if text.strip().lower() == EVERY_DAY:
        return tuple(range(7))
    found: set[int] = set()
    for part in text.split(","):
        first, dash, last = part.replace(DASH, "-").partition("-")
        found |= _days_between(_day(first, text), _day(last if dash else first, text))
    return tuple(sorted(found))


def write_days(days: Iterable[int]) -> str:
    """Return days as a spec writes them, e.g. `mon-fri`."""
    return ",".join("-".join(DAYS[day] for day in run) for run in day_runs(days)) or EVERY_DAY


def day_runs(days: Iterable[int]) -> list[tuple[int, ...]]:
    """Return runs of days: one day, or the first and the last of several; nothing for every day."""
    there = sorted(set(days))
    if len(there) == 7:
        return []
    runs: list[list[int]] = []
    for day in there:
        if runs and runs[-1][-1] == day - 1:
            runs[-1].append(day)
        else:
            runs.append([day])
    return [(run[0], run[-1]) if len(run) > 1 else (run[0],) for run in runs]


def _day(word: str, text: str) -> int:
    word = word.strip().lower()
    named = [
        number for name, number in _DAY_NAMES.items() if len(word) >= 3 and name.startswith(word)
    ]
    if len(named) == 1:
        return named[0]
    raise ValueError(f"days {text!r} holds {word!r}, which is not a day: write days: mon-fri")


def _days_between(first: int, last: int) -> set[int]:
    """From one day to the other, over Sunday where the other is before it."""
    return {(first + step) % 7 for step in range((last - first) % 7 + 1)}


def read_hours(text: str) -> tuple[int, int]:
    """Return minutes of the day of `08:00-18:00`; an end before the start is on the next day, so above 24 hours."""
    found = _HOURS.fullmatch(text.strip())
    if found is None:
        raise ValueError(f"hours {text!r} is not a range of times: write hours: 08:00-18:00")
    first, last = found.group(1, 2), found.group(3, 4)
    start, end = (int(hour) * 60 + int(minute or 0) for hour, minute in (first, last))
    if any(int(minute or 0) > 59 for _, minute in (first, last)) or start >= DAY or end > DAY:
        raise ValueError(
            f"hours {text!r} holds a time that no day has: write times from 00:00 to 24:00"
        )
    if start == end:
        raise ValueError(
            f"hours {text!r} begins and ends at the same time: write hours: 00:00-24:00 for the whole day"
        )
    return start, end if end > start else end + DAY


def write_hours(start: int, end: int) -> str:
    """Return hours as a spec writes them, e.g. `22:00-07:00`."""
    last = end if end <= DAY else end - DAY
    return f"{write_time(start)}-{write_time(last)}"


def write_time(minutes: int) -> str:
    """Return a time of the day, e.g. `08:30`."""
    return f"{minutes // 60:02}:{minutes % 60:02}"


def read_minutes(text: str) -> tuple[int, int]:
    """Return the minutes of `0-15`, the second of which is no longer in the window."""
    found = _MINUTES.fullmatch(text.strip())
    start, end = map(int, found.groups()) if found else (0, 0)
    if not found or not 0 <= start < end <= 59:
        raise ValueError(
            f"minutes {text!r} is not a range within an hour: write minutes: 0-15, from 0 to 59, the first one lower"
        )
    return start, end


def read_local_time(text: str, key: str) -> datetime:
    """Return a local date and time; `key` is what it is called in the spec."""
    example = f'write {key}: "2026-12-24T08:00"'
    try:
        found = datetime.fromisoformat(text.strip())
    except ValueError:
        raise ValueError(f"{key} {text!r} is not a date and a time: {example}") from None
    if len(text.strip()) <= len("2026-12-24"):
        raise ValueError(f"{key} {text!r} has no time of the day: {example}")
    if found.tzinfo is not None:
        raise ValueError(
            f"{key} {text!r} has an offset, and the schedules' time zone says it: {example}"
        )
    return found.replace(second=0, microsecond=0)


def write_local_time(moment: datetime) -> str:
    """Return a local date and time as a spec writes it."""
    return moment.strftime("%Y-%m-%dT%H:%M")
