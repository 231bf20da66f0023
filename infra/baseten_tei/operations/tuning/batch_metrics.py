"""TEI's `/metrics`: how full the batches were in which it computed (`core/src/queue.rs`)."""

import re
from collections.abc import Mapping

_LINE = re.compile(r"^(te_batch_next_(?:tokens|size)_(?:sum|count)) ([0-9.eE+-]+)$", re.MULTILINE)


def parse_metrics(text: str) -> dict[str, float]:
    """The sums and counts of batches, by name; what is not there is not in it."""
    return {name: float(value) for name, value in _LINE.findall(text)}


def mean_batch_tokens(before: Mapping[str, float], after: Mapping[str, float]) -> float:
    """Tokens in a batch on average, of those between two looks; 0 where there were none, or nobody told."""
    names = ("te_batch_next_tokens_sum", "te_batch_next_tokens_count")
    tokens, count = (after.get(name, 0.0) - before.get(name, 0.0) for name in names)
    return tokens / count if count > 0 else 0.0
