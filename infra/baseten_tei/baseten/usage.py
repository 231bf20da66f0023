"""What Baseten says was used: minutes of replicas on the bill, replicas by the minute in the metrics."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Billed:
    """A deployment's part of the bill in some range of time.

    Minutes are taken for those of all its replicas together: a guess, by "per minute a replica is up" (Baseten docs).
    """

    deployment_id: str
    model_id: str
    """Empty where Baseten does not say it."""
    model: str
    environment: str | None
    instance_type: str
    minutes: int


@dataclass(frozen=True)
class Series:
    """How many replicas an environment had: an average for each step, `None` where Baseten has none."""

    step_seconds: int
    replicas: tuple[float | None, ...]
