"""Loads, one after the other, at a router: what each showed, with a word where the figures are not the model's."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from baseten_tei.operations.tuning.evidence import CurveLoad
from baseten_tei.operations.tuning.load import WARM_UP, Load
from baseten_tei.operations.tuning.load_client import Endpoint, asked_metrics, send
from baseten_tei.operations.tuning.messages import BUSY, GUESSED, busy_line, figures
from baseten_tei.operations.tuning.metrics import mean_batch_tokens, parsed
from baseten_tei.operations.tuning.options import Plan
from baseten_tei.operations.tuning.samples import Summary, summary


@dataclass(frozen=True)
class Loading:
    """What all loads of a tuning have in common."""

    texts: Sequence[str]
    plan: Plan
    tell: Callable[[str], None]

    def shown(self, endpoint: Endpoint, load: Load) -> Summary:
        """What one load shows."""
        before = parsed(asked_metrics(endpoint))
        sent = send(endpoint, load, self.texts, self.plan.seed)
        batch = mean_batch_tokens(before, parsed(asked_metrics(endpoint)))
        if sent.busy > BUSY:
            self.tell(busy_line(sent.busy))
        if sent.tokens_are_guessed:
            self.tell(GUESSED)
        seen = summary(sent.samples, WARM_UP * load.seconds, until=load.seconds)
        return replace(seen, batch_tokens=batch)

    def curve(self, endpoint: Endpoint, most_in_flight: int, most_texts: int) -> list[CurveLoad]:
        """A replica from idle to full, told line by line."""
        found = [
            self._told(endpoint, it) for it in self.plan.curve(most_in_flight, most_texts)
        ]  # fmt: skip
        most = max(it.summary.texts_per_second for it in found)
        return found + [self._told(endpoint, it) for it in self.plan.open_loops(most, most_texts)]

    def _told(self, endpoint: Endpoint, load: Load) -> CurveLoad:
        shown = CurveLoad(load.name, load.clients, self.shown(endpoint, load))
        self.tell(f"  {shown.name}: {figures(shown.summary)}")
        return shown
