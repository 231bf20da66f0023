"""The input of an environment that holds its autoscaling schedules, typed and checked; see `inputs`."""

from collections.abc import Iterator
from typing import Annotated, Self

from pydantic import Field, model_validator
from pydantic_core import PydanticCustomError

from baseten_tei.deployment.schedules.overlaps import find_overlaps
from baseten_tei.deployment.schedules.schedule_words import read_when, read_words
from baseten_tei.deployment.schedules.spec_schedules import timezone_problem
from baseten_tei.provider.protocol.input_types import NotEmpty, Typed


class AutoscalingSchedule(Typed):
    """A window in which an environment scales by other settings: recurring, or once (`start`, `end`)."""

    days: NotEmpty | None = None
    """Days on which a recurring window begins: `mon-fri`, `sat,sun`; default: every day."""
    hours: NotEmpty | None = None
    """From and to, e.g. `08:00-18:00`; `22:00-07:00` ends on the next day, `00:00-24:00` is a whole day."""
    minutes: NotEmpty | None = None
    """Minutes of every hour, e.g. `0-15`."""
    start: NotEmpty | None = None
    """Local date and time at which a window that comes once begins, e.g. `2026-12-24T08:00`."""
    end: NotEmpty | None = None
    """Local date and time at which it ends."""
    min_replica: Annotated[int, Field(ge=0)]
    """Replicas kept up then."""
    max_replica: Annotated[int, Field(ge=1)]
    """Replicas at the most then."""
    concurrency_target: Annotated[int, Field(ge=1)] | None = None
    """Of that window; default: the environment's own."""
    autoscaling_window: Annotated[int, Field(ge=10, le=3600)] | None = None
    """Of that window; default: the environment's own."""
    scale_down_delay: Annotated[int, Field(ge=0, le=3600)] | None = None
    """Of that window; default: the environment's own."""
    target_utilization_percentage: Annotated[int, Field(ge=1, le=100)] | None = None
    """Of that window; default: the environment's own."""
    max_scale_down_rate: Annotated[int, Field(ge=1, le=50)] | None = None
    """Of that window; default: the environment's own."""
    target_in_flight_tokens: Annotated[int, Field(ge=1)] | None = None
    """Of that window; default: the environment's own (early access at Baseten)."""
    enabled: bool | None = None
    """Whether it takes effect; default: true."""

    @model_validator(mode="after")
    def _has_a_time(self) -> Self:
        try:
            read_when(self.model_dump())
        except ValueError as error:
            raise PydanticCustomError("schedule", "{said}", {"said": str(error)}) from None
        if self.min_replica > self.max_replica:
            raise _more_than_most(self.min_replica, self.max_replica)
        return self


def _more_than_most(least: int, most: int) -> PydanticCustomError:
    said = f"min_replica {least} is above max_replica {most}: write max_replica: {least} or more"
    return PydanticCustomError("schedule", "{said}", {"said": said})


class AutoscalingSchedules(Typed):
    """All autoscaling schedules of an environment (Baseten docs: autoscaling schedules, in beta there)."""

    timezone: NotEmpty | None = None
    """IANA time zone of all of them, e.g. `Europe/Berlin`; needed where there is one."""
    schedules: dict[NotEmpty, AutoscalingSchedule]
    """Schedules by name; one that is not here is deleted."""

    @model_validator(mode="after")
    def _agree(self) -> Self:
        said = next(_schedules_problems(self), None)
        if said:
            raise PydanticCustomError("schedules", "{said}", {"said": said})
        return self


def _schedules_problems(given: AutoscalingSchedules) -> Iterator[str]:
    if given.schedules and given.timezone is None:
        yield "timezone is missing: write timezone: Europe/Berlin"
    if given.timezone and (problem := timezone_problem(given.timezone)):
        yield problem
        return
    for one, other, when in find_overlaps(read_words(given.model_dump())):
        yield f"schedules {one} and {other} overlap ({when}): write hours of which only one has each"
