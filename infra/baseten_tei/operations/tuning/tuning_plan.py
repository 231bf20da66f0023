"""What a tuning is asked to do."""

from dataclasses import dataclass

from baseten_tei.operations.tuning.derive_autoscaling import Wish
from baseten_tei.operations.tuning.request_load import Load

OPEN_SHARES = (0.5, 0.8)
"""Of what a replica can do: how soon it answers where requests come by chance, as they do."""


@dataclass(frozen=True)
class TuningPlan:
    """`texts` names their distribution or file; `texts_per_request` 0 is as many as a request may have."""

    texts: str
    texts_per_request: int
    seconds: float
    probes: int
    tolerance: float
    seed: int
    write: bool
    wish: Wish | None = None

    def closed_load(self, in_flight: int, most_texts: int) -> Load:
        """Return a closed loop."""
        return Load(self.seconds, self.texts_per_request or most_texts, clients=in_flight)

    def curve(self, most_in_flight: int, most_texts: int) -> list[Load]:
        """Return closed loops from one request in flight up to the most, by doublings."""
        counts = [1]
        while counts[-1] * 2 < most_in_flight:
            counts.append(counts[-1] * 2)
        counts += [most_in_flight] if most_in_flight > 1 else []
        return [self.closed_load(count, most_texts) for count in counts]

    def open_loops(
        self, texts_per_second: float, most_texts: int, most_in_flight: int
    ) -> list[Load]:
        """Open loops below what a replica can do."""
        size = self.texts_per_request or most_texts
        rates = [round(texts_per_second / size * share, 2) for share in OPEN_SHARES]
        return [
            Load(self.seconds, size, requests_per_second=it, most_in_flight=most_in_flight)
            for it in rates
            if it > 0
        ]
