"""Bringing an environment's autoscaling schedules to Baseten, after what serves and the other settings are in place.

They are a call of their own: where an organization does not have them (they are in beta), the rest holds.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from functools import partial
from typing import Any

from baseten_tei.baseten.api import ApiError, BasetenApi
from baseten_tei.deployment.differences import NONE
from baseten_tei.deployment.schedules.baseten_schedules import (
    is_too_late,
    schedule_changes,
    schedule_removal,
)
from baseten_tei.deployment.schedules.daylight_saving import describe_clock_changes
from baseten_tei.deployment.schedules.schedule_words import SETTINGS, read_words
from baseten_tei.deployment.schedules.sentences import describe_settings, describe_window
from baseten_tei.deployment.schedules.windows import Schedules
from baseten_tei.errors import UserError
from baseten_tei.provider.protocol.resource import Values
from baseten_tei.spec.type_tokens import SCHEDULES

FORBIDDEN = 403
REFUSED = (400, FORBIDDEN, 404, 422)
"""How Baseten may answer where it does not know a setting, or does not allow it (guesses)."""
EARLY = ("target_in_flight_tokens", "max_scale_down_rate")
"""Settings that an organization, or an older API, may not have."""
ASK = "ask support@baseten.co for it and run `pulumi up`"


def apply_schedules(
    api: BasetenApi, state: Values, inputs: Values, model_id: str, now: datetime
) -> None:
    """Create, replace and delete schedules until they are the wanted ones; raise `UserError` where Baseten refuses.

    Where the inputs no longer manage any, those that the state managed are deleted.
    """
    wanted, before = inputs.get(SCHEDULES), state.get(SCHEDULES)
    decide: Callable[..., dict[str, Any]]
    if wanted is not None:
        decide = partial(schedule_changes, read_words(wanted), now=now)
    elif before is not None:
        decide = partial(schedule_removal, tuple(before.get("schedules") or ()))
    else:
        return
    try:
        api.change_schedules(model_id, inputs["environment"], decide)
    except ApiError as error:
        if error.status not in REFUSED:
            raise
        raise UserError(_refused_schedules(inputs, error)) from error


def _refused_schedules(inputs: Values, error: ApiError) -> str:
    named = next((key for key in SETTINGS if key in error.said), None)
    every = [*(inputs.get(SCHEDULES) or {}).get("schedules", {})]
    what = f"{named} of its schedules" if named else f"its schedules {', '.join(every)}".rstrip()
    holds = describe_settings(
        {key: it for key, it in inputs["autoscaling"].items() if key.endswith("_replica")}
    )
    return (
        f"{_environment_name(inputs)}: Baseten refuses {what} ({error.status}: {error.said}): if your organization "
        f"does not have them (schedules are in beta), {ASK}, or leave them out; all else is in place, and it scales "
        f"by autoscaling at every hour ({holds})"
    )


@contextmanager
def naming_early_settings(inputs: Values) -> Iterator[None]:
    """Say which setting it is that an organization does not have, where Baseten refuses settings in the `with`."""
    try:
        yield
    except ApiError as error:
        there = [key for key in EARLY if key in inputs["autoscaling"]]
        named = [key for key in there if key in error.said]
        if error.status == FORBIDDEN and not inputs.get("region"):
            named = (
                named or there
            )  # it does not say what: this, and a region, are all that it may be
        if error.status not in REFUSED or not named:
            raise
        raise UserError(
            f"{_environment_name(inputs)}: Baseten refuses autoscaling.{named[0]} ({error.status}: {error.said}): if "
            f"your organization does not have it, {ASK}, or leave it out; what served before serves on, as it was set"
        ) from error


def describe_changed_schedules(state: Values | None, inputs: Values) -> Iterator[str]:
    """Yield a sentence for each schedule that a preview creates, changes or deletes."""
    before, after = (
        _sentences((each or {}).get(SCHEDULES) or {}) for each in (state or {}, inputs)
    )
    for name in {**before, **after}:
        one, other = before.get(name, NONE), after.get(name, NONE)
        if one != other:
            change = other if state is None else f"{one} → {other}"
            yield f"{_environment_name(inputs)}: schedule {name}: {change}"


def _sentences(given: Any) -> dict[str, str]:
    schedules = _read_known(given)
    return {it.name: describe_window(it, schedules.timezone) for it in schedules.windows}


def describe_new_schedules(state: Values | None, inputs: Values, now: datetime) -> Iterator[str]:
    """Yield what is worth knowing of schedules that change: on which dates clocks do, which windows are too late."""
    given = inputs.get(SCHEDULES)
    if not given or given == (state or {}).get(SCHEDULES):
        return
    schedules = _read_known(given)
    for window in schedules.windows:
        if is_too_late(window, schedules.zone, now):
            when = describe_window(window, schedules.timezone)
            yield (
                f"{_environment_name(inputs)}: schedule {window.name!r} ({when}) has begun or is over, and Baseten "
                "takes new ones that begin later only, so it is not created: remove it, or write a later start"
            )
    for line in describe_clock_changes(schedules, now):
        yield f"{_environment_name(inputs)}: {line}"


def _read_known(given: Any) -> Schedules:
    """The schedules, or none where a preview does not know them all yet."""
    try:
        return read_words(given)
    except (AttributeError, KeyError, TypeError, ValueError):
        return Schedules()


def _environment_name(inputs: Values) -> str:
    return f"model {inputs['model']!r}: environment {inputs['environment']!r}"
