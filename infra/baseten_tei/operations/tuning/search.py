"""Which settings to try, so that few tries find the knee.

Each try is a deployment of its own: minutes, and money. Throughput over the size of a batch rises, bends, and then
stays or falls; so the batch is found by golden section over its doublings, where what is as good as a larger one
counts as better. As the batch grows, so do the requests in flight: else a larger batch would never be full, and look
as good as a smaller one. What is left is tried one step at a time, and stays where a step makes no difference.

A difference counts when it is above the tolerance; above twice that where the figures waver by more.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace

from baseten_tei.operations.tuning.samples import Summary
from baseten_tei.operations.tuning.settings_point import (
    LEAST_REQUESTS,
    MOST_TEXTS,
    SearchBounds,
    SettingsPoint,
    doublings,
    requests_for,
)

TOKENIZING_SHARE = 0.5
"""A text that waits longer for a tokenization worker than for the GPU says which of the two is short."""
GOLDEN = 0.382


@dataclass(frozen=True)
class Probe:
    """A point and what it showed; `failed` says why there is nothing to show."""

    point: SettingsPoint
    summary: Summary | None
    failed: str = ""

    @property
    def tokens_per_second(self) -> float:
        """Return the throughput; 0 for settings that did not work."""
        return self.summary.tokens_per_second if self.summary else 0.0


def build_probe(point: SettingsPoint, summary: Summary) -> Probe:
    """Return what a load showed; settings with which nothing was answered do not work."""
    if summary.texts_per_second or not summary.refused:
        return Probe(point, summary)
    return Probe(point, None, f"it answered nothing ({summary.refused})")


class NoisyProbeError(Exception):
    """A probe whose figures waver too much to be compared, so that nothing can be recommended."""

    def __init__(self, summary: Summary) -> None:
        super().__init__(f"±{2 * summary.error:.0%}")
        self.summary = summary


@dataclass(frozen=True)
class SearchResult:
    """The end of a search: what was tried, in order, the settings as they are, and those to take."""

    probes: tuple[Probe, ...]
    baseline: Probe
    best: Probe

    @property
    def gain(self) -> float:
        """Return throughput of the best over that of the settings as they are, less 1."""
        before = self.baseline.tokens_per_second
        return self.best.tokens_per_second / before - 1 if before else 0.0


Measure = Callable[[SettingsPoint], Probe]


@dataclass
class Search:
    """`tokens_per_text` is the mean of the load; `budget` the most probes, the first of them included.

    `texts_per_request` 0: a request is as large as `max_client_batch_size` lets it be.
    """

    start: SettingsPoint
    bounds: SearchBounds
    tokens_per_text: float
    measure: Measure
    texts_per_request: int = 0
    budget: int = 12
    tolerance: float = 0.03
    _probes: dict[SettingsPoint, Probe] = field(default_factory=dict)

    def run(self) -> SearchResult:
        """Search, until nothing is left to try or the budget is used up. Raises `NoisyProbeError`."""
        baseline = self._probe(self.start)
        self._requests(self._texts(self._workers_and_batch()))
        probes = tuple(self._probes.values())
        return SearchResult(probes, baseline, self._soonest(baseline))

    def _workers_and_batch(self) -> SettingsPoint:
        """Return the best workers and batch; if a better batch needs more workers, its neighbours are tried again."""
        least, most = self.bounds.least_batch_tokens, self.bounds.most_batch_tokens
        point = self._batch(self._workers(self.start), least, most)
        helped = self._workers(point)
        if helped == point:
            return point
        tokens = helped.max_batch_tokens
        return self._batch(helped, max(least, tokens // 2), min(most, tokens * 2))

    def _workers(self, point: SettingsPoint) -> SettingsPoint:
        """Double the workers as long as TEI's headers say that texts wait for them."""
        while (
            self._tokenizing_share(point) >= TOKENIZING_SHARE
            and point.tokenization_workers * 2 <= self.bounds.most_workers
        ):
            point = replace(point, tokenization_workers=point.tokenization_workers * 2)
        return point

    def _batch(self, point: SettingsPoint, least: int, most: int) -> SettingsPoint:
        values = doublings(point.max_batch_tokens, least, most)
        return self._golden(
            [self._with_requests(replace(point, max_batch_tokens=v)) for v in values]
        )

    def _texts(self, point: SettingsPoint) -> SettingsPoint:
        """Try larger requests with as many texts in flight; most gain nothing, and one try shows it."""
        larger = point.max_client_batch_size * 2
        if larger > MOST_TEXTS or self.texts_per_request:
            return point
        tried = self._with_requests(replace(point, max_client_batch_size=larger))
        return tried if self._beats(tried, point) else point

    def _requests(self, point: SettingsPoint) -> SettingsPoint:
        """Halve the requests in flight as long as that costs nothing: they would only wait."""
        while point.predict_concurrency >= 2 * LEAST_REQUESTS:
            fewer = replace(point, predict_concurrency=point.predict_concurrency // 2)
            if not self._affordable(fewer) or self._beats(point, fewer):
                break
            point = fewer
        return point

    def _with_requests(self, point: SettingsPoint) -> SettingsPoint:
        texts = self.texts_per_request or point.max_client_batch_size
        requests = requests_for(point.max_batch_tokens, texts, self.tokens_per_text)
        return replace(point, predict_concurrency=requests)

    def _golden(self, points: Sequence[SettingsPoint]) -> SettingsPoint:
        """Return the peak of points in the order of their batch; of equals the smallest."""
        low, high = 0, len(points) - 1
        while low < high:
            left, right = golden(low, high)
            if not self._affordable(points[left], points[right]):
                break
            if self._beats(points[right], points[left]):
                low = left + 1
            else:
                high = right - 1
        tried = [it for it in points if it in self._probes]
        peak = [it for it in points[low : high + 1] if it in tried]
        return max(
            peak or tried, key=lambda it: self._probes[it].tokens_per_second, default=points[0]
        )

    def _soonest(self, baseline: Probe) -> Probe:
        """Return, of all that are as good as the best, the settings as they are, or else what answers soonest."""
        most = max(self._probes.values(), key=lambda it: it.tokens_per_second)
        equal = [
            it
            for it in self._probes.values()
            if it.summary and not self._beats(most.point, it.point)
        ]
        if baseline in equal or not equal:
            return baseline
        return min(equal, key=lambda it: it.summary.p95_ms if it.summary else 0)

    def _beats(self, one: SettingsPoint, other: SettingsPoint) -> bool:
        """Return whether one does more than another by enough to count; nothing is tried beyond the budget."""
        if not self._affordable(one, other):
            return False
        more, less = self._probe(one), self._probe(other)
        errors = [it.summary.error for it in (more, less) if it.summary]
        margin = self.tolerance * (1 + (max(errors, default=0.0) > self.tolerance))
        return more.tokens_per_second > less.tokens_per_second * (1 + margin)

    def _affordable(self, *points: SettingsPoint) -> bool:
        new = {it for it in points if it not in self._probes}
        return len(self._probes) + len(new) <= self.budget

    def _probe(self, point: SettingsPoint) -> Probe:
        if point not in self._probes:
            probe = self.measure(point)
            if probe.summary and probe.summary.is_noisy:
                raise NoisyProbeError(probe.summary)
            self._probes[point] = probe
        return self._probes[point]

    def _tokenizing_share(self, point: SettingsPoint) -> float:
        summary = self._probe(point).summary if self._affordable(point) else None
        return summary.tokenizing_share if summary else 0.0


def golden(low: int, high: int) -> tuple[int, int]:
    """Return two places that divide a range by the golden section; of two neighbours, the neighbours themselves."""
    cut = round(GOLDEN * (high - low))
    left, right = low + cut, high - cut
    if left < right:
        return left, right
    return (left - 1, left) if left > low else (left, left + 1)
