"""How long work takes on a GPU that is not there: a toy with a hidden best batch.

    batch     = (overhead_tokens + tokens x (1 + strain x doublings beyond the knee)) / tokens_per_second
    tokenizer = tokens / (tokens_per_second x tokenizer_share), for each of the workers, which share the vCPUs

A batch's fixed cost is spread over its tokens, so throughput rises with `--max-batch-tokens` up to about the knee, and
stays or falls beyond it. Where the knee is, how sharp, and how many workers it takes, is drawn from a seed for each
repository: a tuning has to find it by measuring.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from random import Random

TOKENS_PER_SECOND = 60_000.0
"""Of a bge-large on an L4 (Infinity's benchmark of TEI: 62,000)."""


@dataclass(frozen=True)
class ServiceTime:
    """One model on one GPU. `overhead_tokens`: tokens that a batch's fixed cost is worth.

    `tokenizer_share`: how much of the GPU's speed one tokenization worker keeps up with.
    """

    tokens_per_second: float
    overhead_tokens: float
    knee_tokens: float
    strain: float
    tokenizer_share: float
    vcpus: float = 4

    @classmethod
    def draw(cls, seed: int, repo_id: str, given: Mapping[str, float]) -> "ServiceTime":
        """Draw the same for the same seed and repository; `given` numbers replace those that are drawn."""
        dice = Random(f"{seed}/{repo_id.lower()}")  # noqa: S311 - a model's character, not a secret
        knee = 2 ** dice.uniform(10.5, 15)
        drawn = cls(
            tokens_per_second=TOKENS_PER_SECOND,
            overhead_tokens=dice.uniform(0.2, 0.5) * knee,
            knee_tokens=knee,
            strain=dice.uniform(0.05, 0.6),
            tokenizer_share=dice.uniform(0.3, 1.2),
        )
        if "knee_tokens" in given:
            drawn = replace(
                drawn, overhead_tokens=drawn.overhead_tokens / knee * given["knee_tokens"]
            )
        return replace(drawn, **{name: float(value) for name, value in given.items()})

    def batch_seconds(self, tokens: int) -> float:
        """Return the seconds of one batch on the GPU."""
        beyond = max(0.0, math.log2(tokens / self.knee_tokens))
        work = self.overhead_tokens + tokens * (1 + self.strain * beyond)
        return work / self.tokens_per_second

    def tokenizing_seconds(self, tokens: int, workers: int) -> float:
        """Return the seconds of one text on one of `workers`; more of them than vCPUs only share."""
        crowd = max(1.0, workers / self.vcpus)
        return crowd * tokens / (self.tokens_per_second * self.tokenizer_share)


@dataclass(frozen=True)
class Spent:
    """Where a request's time went, in seconds, as the mean of its texts (TEI: `router/src/http/server.rs`)."""

    tokenization: float = 0.0
    queue: float = 0.0
    inference: float = 0.0


NOTHING = Spent()
"""A model that answers at once."""
