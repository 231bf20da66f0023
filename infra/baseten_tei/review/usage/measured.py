"""What was up, by Baseten's bill or its metrics: the typical replicas of a model that somebody measured.

The bill counts whole days in UTC and lags by an hour (Baseten docs: billing), so it is asked for the days before
today. A model that slept all the time, or is younger than a day, is not on it: of these the metrics of the last seven
days are asked. What neither says is not measured.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from baseten_tei.baseten.usage import Billed, Series

BILLED_DAYS = 30
"""Of at most 31."""
METRIC_DAYS = 7
"""As many as one answer may span."""
_EARLIEST = datetime(2026, 1, 1, tzinfo=UTC)
"""Of the bill."""
_DAY = timedelta(days=1)
_MOST_REPLICAS = 100_000
"""Of a number that is meant."""

ESTIMATE = "an estimate: the replicas kept up, at least one"


@dataclass(frozen=True)
class Span:
    """Some time that was looked at."""

    start: datetime
    end: datetime

    @property
    def minutes(self) -> float:
        """How long it is."""
        return (self.end - self.start).total_seconds() / 60

    def __str__(self) -> str:
        """Return it as words."""
        return f"{_show(self.start)} to {_show(self.end)} UTC"


@dataclass(frozen=True)
class Measured:
    """Replicas of a model in all of its environments, on average, and who says so."""

    replicas: float
    source: str


def billed_span(now: datetime) -> Span:
    """Return the thirty whole days before today, as far back as there are bills."""
    today = now.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    return Span(max(today - BILLED_DAYS * _DAY, _EARLIEST), today)


def metrics_span(now: datetime, created: datetime | None) -> Span:
    """Return the last seven days, as far back as there was the model."""
    start = now - METRIC_DAYS * _DAY
    return Span(max(start, created) if created else start, now)


def from_bill(bill: Iterable[Billed], span: Span, created: datetime | None) -> Measured | None:
    """Return what the bill says of one model's deployments; `None` where it has nothing of it."""
    lived = Span(max(span.start, created), span.end) if created else span
    minutes = sum(it.minutes for it in bill)
    if not 0 < minutes < _MOST_REPLICAS * lived.minutes:
        return None
    return Measured(
        minutes / lived.minutes, f"Baseten's bill of {lived}: {minutes:,} replica minutes"
    )


def from_series(series: Mapping[str, Series], span: Span) -> Measured | None:
    """Return what metrics say of one model's environments; `None` where they say nothing of one."""
    averages = [_average(it) for it in series.values()]
    known = [it for it in averages if it is not None]
    if not known or len(known) < len(averages):
        return None
    return Measured(sum(known), f"Baseten's metrics of {span}")


def _average(series: Series) -> float | None:
    known = [it for it in series.replicas if it is not None]
    if not known or not all(0 <= it < _MOST_REPLICAS for it in known):
        return None
    return sum(known) / len(known)


def _show(at: datetime) -> str:
    at = at.astimezone(UTC)
    return f"{at:%Y-%m-%d}" if (at.hour, at.minute) == (0, 0) else f"{at:%Y-%m-%d %H:%M}"
