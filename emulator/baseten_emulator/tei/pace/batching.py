"""Which of the waiting texts TEI computes together: in their order, as many as `--max-batch-tokens` holds.

Source: `core/src/queue.rs`. A padded model pays for the longest text as often as there are texts.
"""

from __future__ import annotations

from collections.abc import Iterable


def batch_size(lengths: Iterable[int], max_batch_tokens: int, padded: bool) -> int:
    """How many of the texts with these lengths are the next batch; one at least, however long it is."""
    count = tokens = longest = 0
    for length in lengths:
        longest, tokens = max(longest, length), tokens + length
        cost = longest * (count + 1) if padded else tokens
        if count and cost > max_batch_tokens:
            break
        count += 1
    return count
