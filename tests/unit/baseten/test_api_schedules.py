"""Autoscaling schedules through the management API, against the embedded emulator, in process."""

from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any

import pytest

from baseten_tei.deployment.schedules.baseten_schedules import (
    read_remote,
    schedule_changes,
    schedule_removal,
)
from baseten_tei.deployment.schedules.schedule_words import read_words, write_words
from tests.unit.baseten.emulated_api import Emulated


@pytest.fixture
def emulated(monkeypatch: pytest.MonkeyPatch) -> Emulated:
    return Emulated(monkeypatch)


SCHEDULES: dict[str, Any] = {
    "timezone": "Europe/Berlin",
    "schedules": {
        "day": {"days": "mon-fri", "hours": "08:00-18:00", "min_replica": 2, "max_replica": 4},
        "night": {"days": "fri-sat", "hours": "22:00-06:00", "min_replica": 0, "max_replica": 1, "enabled": False},
        "batch": {"days": "sun", "hours": "09:00-12:00", "minutes": "10-25", "min_replica": 1, "max_replica": 2,
                  "scale_down_delay": 60, "max_scale_down_rate": 20, "target_in_flight_tokens": 9},
        "sunday": {"days": "tue", "hours": "00:00-24:00", "min_replica": 1, "max_replica": 1, "enabled": False},
    },
}  # fmt: skip


def test_schedules_of_every_kind_come_back_as_they_were_sent(emulated: Emulated) -> None:
    now = datetime.fromtimestamp(emulated.clock.now(), UTC)
    start = (now + timedelta(days=200)).replace(tzinfo=None)
    sale = {"start": f"{start:%Y-%m-%d}T19:00", "end": f"{start:%Y-%m-%d}T19:30",
            "min_replica": 1, "max_replica": 9}  # fmt: skip
    wanted = read_words({**SCHEDULES, "schedules": {**SCHEDULES["schedules"], "sale": sale}})
    decide = partial(schedule_changes, wanted, now=now)
    emulated.api.change_schedules(emulated.model, "production", decide)
    serving = emulated.api.serving(emulated.model, "production")
    assert serving is not None
    assert write_words(read_remote(serving.schedules)) == write_words(wanted)
    assert decide(serving.schedules) == {}


@pytest.mark.parametrize(
    ("fault", "options"),
    [("reset", {"when": "after"}), ("bad_gateway", {"when": "before"}), ("truncated", {})],
)
def test_schedules_are_created_once_whatever_is_lost(
    emulated: Emulated, fault: str, options: Any
) -> None:
    wanted = read_words(SCHEDULES)
    emulated.fault(fault, **options)
    now = datetime.fromtimestamp(emulated.clock.now(), UTC)
    emulated.api.change_schedules(
        emulated.model, "production", partial(schedule_changes, wanted, now=now)
    )
    serving = emulated.api.serving(emulated.model, "production")
    assert serving is not None
    assert write_words(read_remote(serving.schedules)) == write_words(wanted)
    emulated.api.change_schedules(
        emulated.model, "production", partial(schedule_removal, tuple(SCHEDULES["schedules"]))
    )
    serving = emulated.api.serving(emulated.model, "production")
    assert serving is not None
    assert (serving.schedules.schedules, serving.schedules.timezone) == ((), None)
