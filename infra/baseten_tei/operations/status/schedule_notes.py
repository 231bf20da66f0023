"""Autoscaling schedules in `status`: each as a sentence, and which one is in force."""

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

from baseten_tei.baseten.versions import Serving
from baseten_tei.deployment.schedules.baseten_schedules import AFTERNOON, read_remote
from baseten_tei.deployment.schedules.schedule_words import read_words
from baseten_tei.deployment.schedules.sentences import describe_window
from baseten_tei.deployment.schedules.windows import Schedules, Window, window_at
from baseten_tei.spec.type_tokens import SCHEDULES


def settings_in_force(serving: Serving) -> Mapping[str, int]:
    """Return the autoscaling settings that hold now: of the schedule that Baseten says is in force, or the own ones."""
    window = _in_force(serving)
    return {**serving.autoscaling, **(window.settings if window else {})}


def describe_live_schedules(state: Mapping[str, Any], serving: Serving) -> Iterator[str]:
    """Yield a sentence for each schedule that there is; one that the stack does not manage stays as it is."""
    schedules = read_remote(serving.schedules)
    whose = "" if state.get(SCHEDULES) is not None else " (not managed by this stack)"
    now = _in_force(serving)
    yield from (f"{line}{whose}" for line in _sentences(schedules, now))
    for name in schedules.unreadable:
        yield f"schedule {name}: of a kind that this release of baseten-tei does not know{whose}"


def describe_stored_schedules(outputs: Mapping[str, Any], now: datetime) -> Iterator[str]:
    """Yield a sentence for each schedule that an environment's state holds; which is in force is by the clock."""
    try:
        schedules = read_words(outputs.get(SCHEDULES) or {})
    except ValueError:  # what a refresh found there, of a kind that is not known
        return
    for line in _sentences(schedules, window_at(schedules, now)):
        yield f"{outputs.get('model')}/{outputs.get('environment')}: {line}"


def _sentences(schedules: Schedules, now: Window | None) -> Iterator[str]:
    for it in schedules.windows:
        force = ", in force" if now and it.name == now.name else ""
        yield f"schedule {it.name}: {describe_window(it, schedules.timezone)}{force}"


def _in_force(serving: Serving) -> Window | None:
    """The schedule that Baseten says is in force; a whole day is two of them there."""
    there = serving.schedules
    names = [str(it["name"]) for it in there.schedules if it["id"] == there.in_force]
    found = read_remote(there).windows
    wanted = {*names, *(name.removesuffix(AFTERNOON) for name in names)}
    return next((it for it in found if it.name in wanted), None)
