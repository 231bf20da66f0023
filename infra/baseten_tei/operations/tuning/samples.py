"""What a load showed: throughput, latencies, refusals, and where TEI says that the time went."""

import math
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from itertools import accumulate
from statistics import fmean, linear_regression, stdev

SLICES = 4
"""Parts of the time that are compared, to tell how much a figure wavers."""
MOST_ERROR = 0.3
"""Twice the standard error, as a share of the figure, above which a figure says nothing: it is not compared or kept."""
ROUND_SHARE = math.sqrt(12)
"""Where in a round a load ends is chance: evenly spread over one round, so with a deviation of 1/sqrt(12) of it."""
TIMINGS = ("tokenization", "queue", "inference")
"""TEI's headers: `x-tokenization-time`, `x-queue-time`, `x-inference-time`, in milliseconds."""


@dataclass(frozen=True)
class Sample:
    """One request. Times in seconds since the load began; `due` is when it was to be sent, whenever it was.

    `status` is 0 without an answer; `timings` are TEI's own milliseconds, empty where its headers did not come through.
    """

    due: float
    ended: float
    status: int
    texts: int
    tokens: int
    timings: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True)
class Summary:
    """A load in figures; latencies in milliseconds, `error` the relative standard error of the throughput.

    `batch_tokens`: tokens in TEI's batches on average, as its `/metrics` tell; 0 where they do not.
    """

    requests: int
    texts_per_second: float
    tokens_per_second: float
    error: float
    mean_ms: float
    p50_ms: float
    p95_ms: float
    p99_ms: float
    refusals: Mapping[str, int]
    timings: Mapping[str, float]
    batch_tokens: float = 0.0

    @property
    def refused(self) -> str:
        """Return the refusals in words; empty where there were none."""
        return ", ".join(f"{count} x {what}" for what, count in self.refusals.items())

    @property
    def is_noisy(self) -> bool:
        """Return whether the figures waver too much to be compared, kept or calculated with."""
        return 2 * self.error > MOST_ERROR

    @property
    def tokenizing_share(self) -> float:
        """Return how much of a text's time in TEI it waits for a tokenization worker; 0 where TEI does not say."""
        total = sum(self.timings.values())
        return self.timings["tokenization"] / total if total else 0.0


def summarize_samples(
    samples: Sequence[Sample], warm_up: float, until: float = math.inf
) -> Summary:
    """Return the figures of what ended after `warm_up` seconds.

    Throughput is of what ended before `until` as well: when nothing more is sent, batches are no longer full. Where
    answers are few it is everything over all of the time.
    """
    after = sorted((it for it in samples if it.ended > warm_up), key=lambda it: it.ended)
    served = [it for it in after if it.status == 200]
    counted = [it for it in served if it.ended <= until]
    rounds = _rounds(counted)
    few = len(counted) < 2 * SLICES or rounds < SLICES
    every = sorted((it for it in samples if it.status == 200), key=lambda it: it.ended)
    rate = partial(_overall_rate, every) if few else partial(_rate, counted)
    waited = sorted((it.ended - it.due) * 1000 for it in served)
    refused = Counter(_word(it.status) for it in samples if it.status != 200)
    timings = [it.timings for it in served if it.timings]
    return Summary(
        requests=len(after),
        texts_per_second=rate(lambda it: it.texts),
        tokens_per_second=rate(_tokens),
        error=max(_error(counted), 1 / (ROUND_SHARE * rounds) if few and rounds else 0.0),
        mean_ms=fmean(waited) if waited else math.inf,
        p50_ms=percentile(waited, 50),
        p95_ms=percentile(waited, 95),
        p99_ms=percentile(waited, 99),
        refusals=dict(sorted(refused.items())),
        timings={name: fmean(it[name] for it in timings) for name in TIMINGS} if timings else {},
    )


def percentile(ordered: Sequence[float], percent: float) -> float:
    """Return the least value that `percent` of them do not exceed (nearest rank); infinite where there is none."""
    if not ordered:
        return math.inf
    return ordered[max(0, math.ceil(len(ordered) * percent / 100) - 1)]


def _word(status: int) -> str:
    return str(status) if status else "no answer"


def _tokens(sample: Sample) -> int:
    return sample.tokens


def _rounds(served: Sequence[Sample]) -> float:
    """Return how often each request in flight was answered: of few rounds, a part of one is a large part."""
    waited = fmean(it.ended - it.due for it in served) if served else 0.0
    return (served[-1].ended - served[0].due) / waited if waited else math.inf


def _overall_rate(served: Sequence[Sample], amount: Callable[[Sample], int]) -> float:
    """Return the amount over the time that it took, from the first request to the last answer."""
    took = served[-1].ended - min(it.due for it in served) if served else 0.0
    return sum(map(amount, served)) / took if took else 0.0


def _rate(served: Sequence[Sample], amount: Callable[[Sample], int]) -> float:
    """Return the amount per second, of samples in the order of their ends: the slope of their sum.

    Answers come in bursts, a batch at a time: between a first and a last one there is some part of a batch too many.
    """
    if len({it.ended for it in served}) < 2:
        return 0.0
    slope, _ = linear_regression([it.ended for it in served], list(accumulate(map(amount, served))))
    return slope


def _error(served: Sequence[Sample]) -> float:
    """Return the relative standard error over slices of the samples; 1 where there are too few."""
    size = len(served) // SLICES
    if size < 2:
        return 1.0
    rates = [_rate(served[size * n : size * (n + 1)], _tokens) for n in range(SLICES)]
    return stdev(rates) / fmean(rates) / math.sqrt(SLICES) if any(rates) else 1.0
