"""Replicas that a backfill raises: what was before is written down first, and comes back however it ends."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from baseten_tei.baseten import machine_locks
from baseten_tei.baseten.api import ApiError
from baseten_tei.baseten.versions import EnvironmentSettings, Serving
from baseten_tei.deployment.schedules.baseten_schedules import RemoteSchedules
from baseten_tei.errors import UserError
from baseten_tei.operations.diagnosis import LiveModel, find_raised
from baseten_tei.operations.scaling.scaling_client import (
    Place,
    find_left,
    is_any_left,
    list_raised,
    raise_replicas,
)
from baseten_tei.operations.status.status_client import _find_notes
from baseten_tei.operations.status.stored_resources import StoredResources
from baseten_tei.provider.release.waiting import Waiting
from tests.support.fakes import AUTOSCALING, Clock, FakeApi, version

BEFORE = {"min_replica": 1, "max_replica": 4}
RAISED = {"min_replica": 8, "max_replica": 8}


class Scaling(FakeApi):
    """Replicas come with the looks at the environment, at most `room` of them."""

    room = 100

    def serving(self, model_id: str, environment: str) -> Serving | None:
        assert model_id == "m1"
        found = self.served[environment]
        assert found.current
        least = min(found.autoscaling["min_replica"], self.room)
        there = found.current.replicas
        now = min(least, there + 3) if there < least else there
        self.served[environment] = replace(found, current=replace(found.current, replicas=now))
        return found


@pytest.fixture
def api() -> Scaling:
    served = Serving("production", version(replicas=1), {**AUTOSCALING, **BEFORE})
    return Scaling(environments={"production": served})


@pytest.fixture
def said() -> list[str]:
    return []


@pytest.fixture
def place(api: Any, tmp_path: Path, said: list[str]) -> Place:
    clock = Clock()
    waiting = Waiting(clock, clock.sleep)
    return Place(api, tmp_path, "bge-2", "m1", "production", 30, said.append, waiting)


def settings(api: FakeApi) -> dict[str, int]:
    found = api.served["production"].autoscaling
    return {key: found[key] for key in BEFORE}


def changes(api: FakeApi) -> list[EnvironmentSettings]:
    return [call[-1] for call in api.calls]


@contextmanager
def killed(place: Place, replicas: int) -> Iterator[None]:
    """As a kill -9 leaves it: raised, with the note, and nobody holds it."""
    job = raise_replicas(place, replicas)
    job.__enter__()
    note = place.note.read_text()
    api: Any = place.api
    there = dict(api.served)
    job.__exit__(None, None, None)
    api.served.update(there)
    place.note.write_text(note)
    api.calls.clear()
    yield


def test_replicas_are_up_for_the_job_and_then_as_before(
    place: Place, api: Scaling, said: list[str]
) -> None:
    with raise_replicas(place, 8) as replicas:
        assert replicas == 8
        assert settings(api) == RAISED
        assert json.loads(place.note.read_text())["before"] == BEFORE
    assert settings(api) == BEFORE
    assert changes(api) == [EnvironmentSettings(RAISED), EnvironmentSettings(BEFORE)]
    assert not is_any_left(place.root)
    assert said == [
        "replicas of bge-2 (production): 8-8 for this job, then 1-4 again",
        "1 of 8 replicas are there",
        "4 of 8 replicas are there",
        "7 of 8 replicas are there",
        "8 of 8 replicas are there",
        "replicas of bge-2 (production): 1-4 again",
    ]


def test_fewer_than_the_most_are_kept_up_without_another_limit(place: Place, api: Scaling) -> None:
    with raise_replicas(place, 2):
        assert settings(api) == {"min_replica": 2, "max_replica": 4}


@pytest.mark.parametrize("end", [KeyboardInterrupt(), RuntimeError("the store is full")])
def test_a_job_that_fails_or_is_interrupted_sets_back_what_was_before(
    place: Place, api: Scaling, end: BaseException
) -> None:
    with pytest.raises(type(end)), raise_replicas(place, 8):
        raise end
    assert settings(api) == BEFORE
    assert not place.note.exists()


def test_what_was_before_is_written_down_before_anything_is_changed(
    place: Place, api: Scaling, monkeypatch: pytest.MonkeyPatch
) -> None:
    noted: list[bool] = []

    def refuse(*_: Any) -> str:
        noted.append(place.note.exists())
        raise ApiError("max_replica is above the workspace's limit", status=400)

    monkeypatch.setattr(api, "update_environment", refuse)
    with pytest.raises(ApiError, match="above the workspace's limit"), raise_replicas(place, 800):
        pass
    assert noted[0]


def test_after_a_kill_the_next_run_goes_on_and_knows_what_was_before(
    place: Place, api: Scaling
) -> None:
    with killed(place, 8), raise_replicas(place, 6) as replicas:
        assert replicas == 8, "those that are there are used"
        assert settings(api) == {"min_replica": 6, "max_replica": 6}
    assert settings(api) == BEFORE


def test_after_a_kill_a_run_without_replicas_sets_them_back_first(
    place: Place, api: Scaling
) -> None:
    with killed(place, 8), raise_replicas(place, None) as replicas:
        assert replicas is None
        assert settings(api) == BEFORE
        assert not place.note.exists()


def test_without_replicas_nothing_is_asked_or_changed(place: Place, api: Scaling) -> None:
    with raise_replicas(place, None):
        assert not is_any_left(place.root)
    assert api.calls == []


def test_what_somebody_else_set_meanwhile_stays(
    place: Place, api: Scaling, said: list[str]
) -> None:
    with raise_replicas(place, 8):
        api.update_environment("m1", "production", EnvironmentSettings({"max_replica": 9}))
    assert settings(api) == {"min_replica": 8, "max_replica": 9}
    assert said[-1] == "replicas of bge-2 (production) were set to 8-9 meanwhile, and stay so"
    assert not place.note.exists()


def test_where_baseten_does_not_answer_at_the_end_the_note_stays_and_the_job_counts(
    place: Place, api: Scaling, said: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: Any) -> str:
        raise ApiError("Baseten answered 503", status=503)

    with raise_replicas(place, 8):
        monkeypatch.setattr(api, "update_environment", refuse)
    assert place.note.exists()
    assert said[-1].startswith("replicas of bge-2 (production) are still raised (Baseten answered")


def test_a_job_goes_on_with_the_replicas_that_came(
    place: Place, api: Scaling, said: list[str]
) -> None:
    api.room = 3
    with raise_replicas(place, 8) as replicas:
        assert replicas == 3
    assert "no more came within 30 minutes: this job goes on with 3" in said


def test_a_second_job_on_the_same_environment_is_told_and_changes_nothing(
    place: Place, api: Scaling
) -> None:
    with raise_replicas(place, 8):
        api.calls.clear()
        with (
            pytest.raises(UserError, match="another backfill keeps replicas"),
            raise_replicas(place, 9),
        ):
            pass
        with raise_replicas(place, None):
            pass
        assert api.calls == []
        assert find_left(place.root) == [], "of a job that runs, nothing is left"
        assert settings(api) == RAISED
    assert settings(api) == BEFORE


def test_a_schedule_that_keeps_fewer_replicas_is_told_at_once(place: Place, api: Scaling) -> None:
    night = {
        "id": "s1", "name": "night", "cadence": "DAILY", "enabled": True, "start_hour": 0, "start_minute": 0,
        "end_hour": 12, "end_minute": 0, "weekdays": ["MONDAY"],
        "autoscaling_settings": {"min_replica": 0, "max_replica": 2},
    }  # fmt: skip
    schedules = RemoteSchedules("UTC", (night,), "s1")
    api.served["production"] = replace(api.served["production"], schedules=schedules)
    with (
        pytest.raises(UserError, match=r"is in force and keeps 0-2 replicas"),
        raise_replicas(place, 8),
    ):
        pass
    assert api.calls == []
    assert not place.note.exists()


@pytest.mark.parametrize("current", [None, version(status="INACTIVE")])
def test_an_environment_that_serves_nothing_is_not_scaled(
    place: Place, api: Scaling, monkeypatch: pytest.MonkeyPatch, current: Any
) -> None:
    empty = replace(api.served["production"], current=current)
    monkeypatch.setattr(api, "serving", lambda *_: empty)
    with pytest.raises(UserError, match="serves nothing"), raise_replicas(place, 8):
        pass
    assert api.calls == []


def test_a_note_that_nobody_can_read_says_what_to_run(place: Place) -> None:
    place.note.write_text("{}")
    with pytest.raises(UserError, match="run `pulumi refresh`"), raise_replicas(place, 8):
        pass


def test_doctor_tells_what_a_killed_backfill_left_until_it_is_set_back(
    place: Place, api: Scaling
) -> None:
    with killed(place, 8):
        left = find_left(place.root)
        live = LiveModel("m1", "bge-2", None, [], [api.served["production"]])
        [told] = find_raised(left, [live])
        assert told.line == (
            "raised replicas: bge-2 (production) still has 8-8 replicas for a backfill that was cut off, instead of "
            "1-4: run that backfill again, or `pulumi refresh`, then `pulumi up`"
        )
        api.update_environment("m1", "production", EnvironmentSettings(BEFORE))
        assert not [*find_raised(left, [replace(live, environments=[api.served["production"]])])]
        assert not [*find_raised(left, [])], "another stack's model"


def test_status_says_why_an_environment_differs_from_its_spec(place: Place) -> None:
    with raise_replicas(place, 8):
        [it] = list_raised(place.root)
        state = StoredResources({}, {}, {"m1": "bge.next"})
        assert [*_find_notes(state, [it], "m1", "production")] == [
            "is bge.next",
            "a backfill raised its replicas to 8-8; 1-4 again at its end",
        ]
        assert [*_find_notes(state, [it], "m1", "staging")] == ["is bge.next"]
        assert not [*_find_notes(state, [it], "m2", "production")]
    assert list_raised(place.root) == []


def test_a_killed_process_holds_no_lock(tmp_path: Path) -> None:
    script = (
        "import os, signal\nfrom baseten_tei.baseten.machine_locks import hold_if_free\n"
        f"with hold_if_free({str(tmp_path)!r}, 'scaling') as held:\n    assert held\n"
        "    os.kill(os.getpid(), signal.SIGKILL)\n"
    )
    ended = subprocess.run([sys.executable, "-c", script], env={**os.environ}, check=False)
    assert ended.returncode == -signal.SIGKILL
    with machine_locks.hold_if_free(str(tmp_path), "scaling") as held:
        assert held
