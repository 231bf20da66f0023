"""What TEI counts of a router that takes time: the histograms and the gauge of `/metrics`.

Names: `router/src/http/server.rs` and `core/src/queue.rs`. A histogram shows its sum and its count, and of its buckets
the last.
"""

from threading import Lock

from baseten_emulator.tei.pace.service_time import Spent


class Measures:
    """Sums and counts by name. Thread-safe."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._histograms: dict[str, tuple[float, int]] = {}

    def request(self, spent: Spent, total: float) -> None:
        """Count a request that was computed; seconds."""
        self._note("te_request_duration", total)
        self._note("te_request_tokenization_duration", spent.tokenization)
        self._note("te_request_queue_duration", spent.queue)
        self._note("te_request_inference_duration", spent.inference)

    def batch(self, texts: int, tokens: int) -> None:
        """Count a batch that was put together."""
        self._note("te_batch_next_size", texts)
        self._note("te_batch_next_tokens", tokens)

    def lines(self, waiting: int) -> list[str]:
        """Return the measures as Prometheus reads them, with the texts that wait now."""
        with self._lock:
            measured = sorted(self._histograms.items())
        histograms = [
            f'# TYPE {name} histogram\n{name}_bucket{{le="+Inf"}} {count}\n'
            f"{name}_sum {total:.6f}\n{name}_count {count}\n\n"
            for name, (total, count) in measured
        ]
        return [*histograms, f"# TYPE te_queue_size gauge\nte_queue_size {waiting}\n\n"]

    def _note(self, name: str, value: float) -> None:
        with self._lock:
            total, count = self._histograms.get(name, (0.0, 0))
            self._histograms[name] = (total + value, count + 1)
