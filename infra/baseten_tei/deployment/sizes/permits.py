"""How many texts may be in flight: three numbers that have to agree.

TEI's `--max-concurrent-requests` counts *texts*, not requests: each text of a batch takes one permit
(measured on TEI 1.8.3 and 1.9.3). From 1.9.0 a request that finds fewer free permits than it has texts is
refused at once with 429; before, its texts wait.
"""

from dataclasses import dataclass

from baseten_tei.facts.tei.queue_room import fillable, permits_for
from baseten_tei.facts.tei.releases import at_least
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
    batch, permits = args.max_client_batch_size, args.max_concurrent_requests
    requests = args.predict_concurrency
    if requests is None:
        room = (
            DEFAULT_PREDICT_CONCURRENCY
            if permits is None
            else fillable(args.tei_version, permits) // batch
        )
        requests = max(1, min(DEFAULT_PREDICT_CONCURRENCY, room))
    texts = requests * batch
    return Permits(
        requests, batch, permits_for(args.tei_version, texts) if permits is None else permits
    )


def find_starved_batch(args: TeiArgs) -> tuple[str, str] | None:
    """Return why one full batch is too much for the permits, and what to type; `None` where it is not."""
    permits, batch = args.max_concurrent_requests, args.max_client_batch_size
    if permits is None or batch <= fillable(args.tei_version, permits):
        return None
    enough = permits_for(args.tei_version, batch * (args.predict_concurrency or 1))
    return _name_permits(
        args, permits, batch
    ), f"write max_concurrent_requests: {enough}, or leave it out"


def find_taken_permits(args: TeiArgs) -> tuple[str, str] | None:
    """Return why what Baseten lets in takes too many permits, and what to type; `None` where it does not."""
    got = derive_permits(args)
    permits, texts = (
        got.max_concurrent_requests,
        min(got.texts_at_most, got.max_concurrent_requests),
    )
    if find_starved_batch(args) or texts <= fillable(args.tei_version, permits):
        return None
    enough = permits_for(args.tei_version, got.texts_at_most)
    why = (
        f"{got.predict_concurrency} requests of {got.max_client_batch_size} texts take {texts} of {permits} permits "
        f"(max_concurrent_requests): TEI {args.tei_version} aborts when its queue is full, so no more than half may "
        "be taken"
    )
    return why, f"write max_concurrent_requests: {enough}, or leave it out"


def _name_permits(args: TeiArgs, permits: int, batch: int) -> str:
    both = f"max_concurrent_requests {permits} is below {{}}max_client_batch_size {batch}: TEI counts texts, "
    if at_least(args.tei_version, "1.9.0"):
        return both.format("") + "and a full batch is answered 429"
    if permits < batch:
        return both.format("") + "and a full batch stalls the queue or aborts the router"
    return (
        both.format("twice ")
        + f"and TEI {args.tei_version} aborts when a batch takes more than half of them"
    )
