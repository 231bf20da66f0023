"""Settings to try: four numbers of a spec, and between which bounds each may lie."""

import math
from collections.abc import Mapping
from dataclasses import dataclass, fields

from baseten_tei.deployment.gpu_choice import accelerator_of, fits
from baseten_tei.deployment.money import prices
from baseten_tei.deployment.sizes.permits import derive_permits
from baseten_tei.deployment.sizes.vram import input_length
from baseten_tei.facts.hub.model_facts import ModelFacts
from baseten_tei.spec.args import ModelArgs

MOST_BATCH_TOKENS = 131_072
LEAST_BATCH_TOKENS = 512
MOST_REQUESTS = 256
"""In flight at one replica: more clients than that test themselves."""
MOST_TEXTS = 256
"""In one request; Baseten's own example says to keep it low, for autoscaling."""
BATCHES_IN_FLIGHT = 3
"""One on the GPU, one waiting for it, one being tokenized or sent: fewer leave the GPU idle."""
LEAST_REQUESTS = 8
"""Let into a replica: traffic is never as even as a load, and some of its requests are small."""


@dataclass(frozen=True)
class SettingsPoint:
    """One set of settings, in the words of a spec."""

    max_batch_tokens: int
    max_client_batch_size: int
    predict_concurrency: int
    tokenization_workers: int

    def changes_to(self, other: "SettingsPoint") -> dict[str, int]:
        """Return the values of another point that differ, by their keys in a spec."""
        return {
            it.name: getattr(other, it.name)
            for it in fields(self)
            if getattr(self, it.name) != getattr(other, it.name)
        }

    def apply_to(self, args: ModelArgs) -> ModelArgs:
        """Return a spec with these settings; texts in flight follow from them."""
        return args.model_copy(update={**vars(self), "max_concurrent_requests": None})


@dataclass(frozen=True)
class SearchBounds:
    """What may be tried. `limits` says in words why the batch may not be larger or smaller, for the reader."""

    least_batch_tokens: int
    most_batch_tokens: int
    most_workers: int
    limits: Mapping[str, str]


def point_of(args: ModelArgs) -> SettingsPoint:
    """Return what a spec, sizes derived, is set to."""
    allowed = derive_permits(args)
    sku = prices.sku_of(args, accelerator_of(args))
    workers = args.tokenization_workers or max(1, (sku.vcpus if sku else 4) - 1)
    return SettingsPoint(
        args.max_batch_tokens, allowed.max_client_batch_size, allowed.predict_concurrency, workers
    )


def search_bounds(args: ModelArgs, facts: ModelFacts | None) -> SearchBounds:
    """Return bounds from the longest text to what memory surely holds; without facts, near what is set."""
    sku = prices.sku_of(args, accelerator_of(args))
    workers = max(2, sku.vcpus if sku else 4)
    here = args.max_batch_tokens
    if facts is None:
        why = "not locked, so neither the longest text nor the memory is known"
        return SearchBounds(here, here * 4, workers, {"least": why, "most": why})
    least = max(LEAST_BATCH_TOKENS, min(input_length(facts) or here, here))
    most = here
    while most * 2 <= MOST_BATCH_TOKENS and fits(args, facts, accelerator_of(args), most * 2):
        most *= 2
    limits = {
        "least": f"the longest text has {input_length(facts)} tokens",
        "most": f"the highest estimate of memory on {accelerator_of(args)}",
    }
    return SearchBounds(least, most, workers, limits)


def requests_for(max_batch_tokens: int, texts_per_request: int, tokens_per_text: float) -> int:
    """Return the requests in flight that keep a batch of that size full, and the next one waiting."""
    needed = BATCHES_IN_FLIGHT * max_batch_tokens / (texts_per_request * tokens_per_text)
    return max(LEAST_REQUESTS, min(MOST_REQUESTS, math.ceil(needed)))


def doublings(here: int, least: int, most: int) -> list[int]:
    """Return `here` with its doublings and halvings between two bounds."""
    found = [here]
    while found[0] // 2 >= least:
        found.insert(0, found[0] // 2)
    while found[-1] * 2 <= most:
        found.append(found[-1] * 2)
    return found
