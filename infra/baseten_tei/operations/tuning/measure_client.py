"""Loads, one after the other, at a router: what each showed, with a word where the figures are not the model's."""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

from baseten_tei.operations.tuning.evidence import CurveLoad
from baseten_tei.operations.tuning.load_client import Endpoint, read_metrics, send_load
from baseten_tei.operations.tuning.request_load import WARM_UP, Load
from baseten_tei.operations.tuning.samples import Summary, summarize_samples
from baseten_tei.operations.tuning.tuning_lines import BUSY, GUESSED, busy_line, figures, noisy_line
from baseten_tei.operations.tuning.tuning_plan import TuningPlan

_LINE = re.compile(r"^(te_batch_next_(?:tokens|size)_(?:sum|count)) ([0-9.eE+-]+)$", re.MULTILINE)
"""TEI's `/metrics`: how full the batches were in which it computed (`core/src/queue.rs`)."""


@dataclass(frozen=True)
class LoadSeries:
    """What all loads of a tuning have in common."""

    texts: Sequence[str]
    plan: TuningPlan
    tell: Callable[[str], None]

    def measure(self, endpoint: Endpoint, load: Load) -> Summary:
        """Send one load and return its figures."""
        before = parse_metrics(read_metrics(endpoint))
        sent = send_load(endpoint, load, self.texts, self.plan.seed)
        batch = mean_batch_tokens(before, parse_metrics(read_metrics(endpoint)))
        if sent.busy > BUSY:
            self.tell(busy_line(sent.busy))
        if sent.tokens_are_guessed:
            self.tell(GUESSED)
        seen = summarize_samples(sent.samples, WARM_UP * load.seconds, until=load.seconds)
        return replace(seen, batch_tokens=batch)

    def curve(self, endpoint: Endpoint, most_in_flight: int, most_texts: int) -> list[CurveLoad]:
        """Measure a replica from idle to full, and tell it line by line."""
        found = [
            self._measure_and_tell(endpoint, it) for it in self.plan.curve(most_in_flight, most_texts)
        ]  # fmt: skip
        known = [it.summary.texts_per_second for it in found if not it.summary.is_noisy]
        most = max(known, default=0.0)
        return found + [
            self._measure_and_tell(endpoint, it)
            for it in self.plan.open_loops(most, most_texts, most_in_flight)
        ]

    def _measure_and_tell(self, endpoint: Endpoint, load: Load) -> CurveLoad:
        shown = CurveLoad(load.name, load.clients, self.measure(endpoint, load))
        self.tell(f"  {shown.name}: {figures(shown.summary)}")
        if shown.summary.is_noisy:
            self.tell(f"    {noisy_line(shown.summary, self.plan.seconds)}")
        return shown


def parse_metrics(text: str) -> dict[str, float]:
    """Return the sums and counts of batches by name, as far as the text has them."""
    return {name: float(value) for name, value in _LINE.findall(text)}


def mean_batch_tokens(before: Mapping[str, float], after: Mapping[str, float]) -> float:
    """Return the mean tokens of a batch between two readings; 0 where there were none."""
    names = ("te_batch_next_tokens_sum", "te_batch_next_tokens_count")
    tokens, count = (after.get(name, 0.0) - before.get(name, 0.0) for name in names)
    return tokens / count if count > 0 else 0.0
