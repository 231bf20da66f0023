"""Any schedules at all: what is written is read back, and what does not overlap never holds at once."""

from datetime import UTC, datetime, timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from baseten_tei.deployment.schedules.baseten_schedules import (
    RemoteSchedules,
    read_remote,
    schedule_changes,
)
from baseten_tei.deployment.schedules.overlaps import find_overlaps
from baseten_tei.deployment.schedules.schedule_words import read_words, write_words
from baseten_tei.deployment.schedules.sentences import describe_schedules
from baseten_tei.deployment.schedules.windows import (
    Daily,
    Hourly,
    OneTime,
    Schedules,
    Window,
    holds,
)

NOW = datetime(2026, 11, 30, 14, 0, tzinfo=UTC)
_days = st.sets(st.integers(0, 6), min_size=1).map(lambda it: tuple(sorted(it)))
_daily = st.builds(
    lambda days, start, length: Daily(days, start, start + length),
    _days, st.integers(0, 1439), st.integers(1, 1439),
) | st.builds(lambda days: Daily(days, 0, 1440), _days)  # fmt: skip
_hourly = st.builds(
    lambda days, start, length, hours: Hourly(
        days, start, min(start + length, 59), min(hours) * 60, max(hours) * 60
    ),
    _days, st.integers(0, 58), st.integers(1, 59),
    st.sets(st.integers(0, 24), min_size=2, max_size=2),
)  # fmt: skip
_moments = st.datetimes(datetime(2026, 12, 7), datetime(2026, 12, 27)).map(
    lambda it: it.replace(second=0, microsecond=0)
)
_once = st.builds(
    lambda start, minutes: OneTime(start, start + timedelta(minutes=minutes)),
    _moments, st.integers(1, 20_000),
)  # fmt: skip
_settings = st.fixed_dictionaries(
    {"min_replica": st.integers(0, 3), "max_replica": st.integers(3, 9)},
    optional={"scale_down_delay": st.integers(0, 3600), "max_scale_down_rate": st.integers(1, 50)},
)
_window = st.builds(
    Window, st.sampled_from(["a", "b", "c.d", "e f"]), _daily | _hourly | _once, _settings, st.booleans()
)  # fmt: skip
_schedules = st.builds(
    Schedules,
    st.sampled_from(["Europe/Berlin", "UTC", "Asia/Kolkata", "America/New_York"]),
    st.lists(_window, min_size=1, max_size=4, unique_by=lambda it: it.name).map(tuple),
)


@given(_schedules)
def test_what_is_written_in_a_spec_or_to_baseten_is_read_back(schedules: Schedules) -> None:
    assert read_words(write_words(schedules)) == schedules
    request = schedule_changes(schedules, RemoteSchedules(), NOW)
    each = tuple({"id": f"sch-{it['name']}", **it} for it in request["schedules"])
    there = RemoteSchedules(request["timezone"], each)
    assert write_words(read_remote(there)) == write_words(schedules)
    assert schedule_changes(schedules, there, NOW) == {}
    assert len(describe_schedules(schedules)) == len(schedules.windows)


@settings(max_examples=60)
@given(_schedules, st.lists(st.integers(0, 20 * 1440), min_size=40, max_size=40))
def test_what_does_not_overlap_never_holds_at_once(
    schedules: Schedules, minutes: list[int]
) -> None:
    """In December no clock of these zones changes."""
    enabled = [it for it in schedules.windows if it.enabled]
    overlapping = {frozenset((one, other)) for one, other, _ in find_overlaps(schedules)}
    for minute in minutes:
        instant = datetime(2026, 12, 7, tzinfo=UTC) + timedelta(minutes=minute)
        names = [it.name for it in enabled if holds(it.when, instant, schedules.zone)]
        pairs = {frozenset((one, other)) for one in names for other in names if one != other}
        assert pairs <= overlapping, (instant, names)
