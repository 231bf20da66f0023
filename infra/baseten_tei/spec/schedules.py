"""The words of autoscaling schedules in a spec; how they are read is in `deployment/schedules`."""

from typing import Annotated

from pydantic import Field

from baseten_tei.spec.in_python import Words


class Warm(Words):
    """Short for a recurring schedule named `warm` that keeps replicas up (Baseten docs: autoscaling schedules)."""

    days: str | None = None
    """Days on which it begins: `mon-fri`, `sat,sun`; default: every day."""
    hours: str
    """From and to, on the clock of `timezone`; `22:00-07:00` ends on the next day, `00:00-24:00` is a whole day."""
    timezone: str | None = None
    """IANA time zone; all schedules of an environment share one, and one of them has to write it."""
    min_replica: Annotated[int, Field(ge=1)]
    """Replicas kept up then; `max_replica` stays the environment's own."""


class Schedule(Words):
    """A window in which an environment scales by other settings; its name is what Baseten knows it by."""

    days: str | None = None
    """Days on which a recurring window begins: `mon-fri`, `sat,sun`; default: every day."""
    hours: str | None = None
    """From and to, on the clock of `timezone`; `22:00-07:00` ends on the next day, `00:00-24:00` is a whole day."""
    minutes: str | None = None
    """Minutes of every hour (of `hours`, if written), from 0 to 59; the second one is no longer in it."""
    start: str | None = None
    """Local date and time at which a window that comes once begins."""
    end: str | None = None
    """Local date and time at which it ends."""
    timezone: str | None = None
    """IANA time zone; all schedules of an environment share one, and one of them has to write it."""
    min_replica: Annotated[int, Field(ge=0)] | None = None
    """Replicas kept up then; default: the environment's own."""
    max_replica: Annotated[int, Field(ge=1)] | None = None
    """Replicas at the most then; default: the environment's own."""
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
    """Of that window; default: the environment's own. Early access at Baseten."""
    enabled: bool = True
    """Whether it takes effect; one that is disabled stays on Baseten."""
