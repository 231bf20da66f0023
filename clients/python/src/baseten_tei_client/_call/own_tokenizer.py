"""Decides whether a tokenizer from the Hub counts for a model: it must count as the router does."""

from concurrent.futures import Future

from baseten_tei_client._call.batched_run import Job
from baseten_tei_client._call.prepare import Text, json_size
from baseten_tei_client._fingerprints import PROBES
from baseten_tei_client._router.session import Session
from baseten_tei_client._tokens import Counter, bound_tokens


async def find_counter(
    future: "Future[Counter | None] | None", session: Session, job: Job
) -> Counter | None:
    """Return the counter if it is here, and if both count the probe texts alike; the router is asked once."""
    counter = future.result() if future is not None and future.done() else None
    if counter is None:
        return None
    if session.counts_alike is None:
        texts = [Text(it, json_size(it), bound_tokens(it)) for it in PROBES]
        counts = await job.count(texts, range(len(texts)))
        session.counts_alike = counter(PROBES) == [counts[n] for n in range(len(texts))]
    return counter if session.counts_alike else None
