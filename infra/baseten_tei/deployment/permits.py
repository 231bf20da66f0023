"""How many texts may be in flight: three numbers that have to agree.

TEI's `--max-concurrent-requests` counts *texts*, not requests: each text of a batch takes one permit
(measured on TEI 1.8.3 and 1.9.3). From 1.9.0 a request that finds fewer free permits than it has texts is
refused at once with 429; before, its texts wait, but a client batch above the permits can stall the queue.
"""

from dataclasses import dataclass

from baseten_tei.spec.args import TeiArgs

DEFAULT_PREDICT_CONCURRENCY = 32
"""Baseten's own TEI examples."""


@dataclass(frozen=True)
class Permits:
    """Requests let into a replica, texts per request, texts in flight."""

    predict_concurrency: int
    max_client_batch_size: int
    max_concurrent_requests: int

    @property
    def texts_at_most(self) -> int:
        """Texts in flight when every admitted request carries a full batch."""
        return self.predict_concurrency * self.max_client_batch_size


def derive_permits(args: TeiArgs) -> Permits:
    """Return what the spec leaves open, derived from what it says."""
    batch, texts = args.max_client_batch_size, args.max_concurrent_requests
    requests = args.predict_concurrency
    if requests is None:
        room = DEFAULT_PREDICT_CONCURRENCY if texts is None else texts // batch
        requests = max(1, min(DEFAULT_PREDICT_CONCURRENCY, room))
    return Permits(requests, batch, requests * batch if texts is None else texts)


def permits_problem(args: TeiArgs) -> str | None:
    """Return why these numbers cannot work, with what to type; `None` where they can."""
    texts, batch = args.max_concurrent_requests, args.max_client_batch_size
    if texts is None or texts >= batch:
        return None
    return (
        f"max_concurrent_requests {texts} is below max_client_batch_size {batch}: TEI counts texts, so a "
        f"full batch could never run; write max_concurrent_requests: {batch} or more, or leave it out"
    )
