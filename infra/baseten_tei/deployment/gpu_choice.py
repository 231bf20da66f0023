"""On which GPU a model fits, with how many tokens in a batch, and which of them costs least."""

from baseten_tei.deployment.hardware import first_accelerator
from baseten_tei.deployment.instances import parse_instance
from baseten_tei.deployment.money import prices
from baseten_tei.deployment.sizes.vram import (
    VRAM_GIB,
    can_start,
    count_parameters,
    estimate,
    input_length,
    is_padded,
    usable_gib,
)
from baseten_tei.facts.hub.model_facts import ModelFacts
from baseten_tei.facts.tei.gpus import CPU, DEFAULT_ACCELERATOR
from baseten_tei.facts.tei.images import Image, image_for
from baseten_tei.spec.args import ModelArgs

CHEAPEST = "cheapest"

USUAL_BATCH_TOKENS = 16384
"""TEI's default, and that of Baseten's examples; its README: "marginal gains above 16000" on an L4."""

LEAST_BATCH_TOKENS = 8192
"""The README of Baseten's TEI example, for 7B models: a GPU that holds less is not worth its price."""

LARGE = 6 * 10**9
"""Parameters from which that README's advice for "7b embedding models" holds."""

_HOST_SHARE = 0.8
"""Of the memory without a GPU, what tokenizers and the system leave to the model."""


def cheapest_problem(args: ModelArgs, facts: ModelFacts | None) -> str | None:
    """Return why `accelerator: cheapest` cannot be resolved; `None` where it can, or was not asked for."""
    if args.accelerator != CHEAPEST:
        return None
    if facts is None:
        return (
            f"accelerator cheapest needs the facts of {args.model_id}, which is not locked: "
            "run `baseten-tei lock`, or write accelerator: L4"
        )
    if cheapest_accelerator(args, facts) is not None:
        return None
    return (
        f"accelerator cheapest finds no GPU for {args.model_id} on TEI {args.tei_version} with "
        f"{tokens_to_hold(args, facts)} tokens in a batch: write a lower max_batch_tokens, or the accelerator itself"
    )


def cheapest_accelerator(args: ModelArgs, facts: ModelFacts) -> str | None:
    """Return the GPU of least price a minute on which this model runs; `None` where there is none."""
    return next((it.gpu for it in prices.by_price(args) if holds(args, facts, it.gpu)), None)


def holds(args: ModelArgs, facts: ModelFacts, accelerator: str) -> bool:
    """Return whether an image exists, attention works as it should, and memory suffices at its highest estimate."""
    image = image_for(accelerator, args.tei_version)
    if not isinstance(image, Image) or (image.no_build and args.weights == "baked"):
        return False
    if not can_start(args, facts, accelerator) or _long_without_flash(args, facts, accelerator):
        return False
    return fits(args, facts, accelerator, tokens_to_hold(args, facts))


def _long_without_flash(args: ModelArgs, facts: ModelFacts, accelerator: str) -> bool:
    """On a T4, padded attention over long texts ran out of memory or gave NaN (#760, #670, #53)."""
    long = (input_length(facts) or 0) > 512
    return accelerator == "T4" and long and is_padded(args, facts, accelerator)


def fits(args: ModelArgs, facts: ModelFacts, accelerator: str, tokens: int) -> bool:
    """Return whether the highest estimate is within what there is; not where nothing can be estimated."""
    found = estimate(args, facts, accelerator, tokens)
    return found is not None and found.total.high <= room_gib(args, accelerator)


def is_tight(facts: ModelFacts, accelerator: str) -> bool:
    """Return whether it is a 7B model on 24 GB or less, for which the README of Baseten's example says 8192 tokens."""
    return (count_parameters(facts) or 0) >= LARGE and VRAM_GIB.get(accelerator, 80) <= 24


def room_gib(args: ModelArgs, accelerator: str) -> float:
    """Return memory for the model: the GPU's; without one the host's, less what tokenizers may take."""
    if accelerator != CPU:
        return usable_gib(accelerator)
    found = prices.sku_of(args, CPU)
    return found.memory_gib * _HOST_SHARE if found else 0


def best_batch_tokens(args: ModelArgs, facts: ModelFacts, accelerator: str) -> int:
    """Return the batch that would be best where memory did not matter."""
    length = input_length(facts) or 0
    if is_tight(facts, accelerator):
        return LEAST_BATCH_TOKENS if args.auto_truncate else max(LEAST_BATCH_TOKENS, length)
    return max(USUAL_BATCH_TOKENS, length)


def fitting_batch_tokens(args: ModelArgs, facts: ModelFacts, accelerator: str) -> int | None:
    """Return the largest batch that fits, from what would be best down by halves; `None` where not even 512 does."""
    tokens = best_batch_tokens(args, facts, accelerator)
    while tokens >= 512:
        if fits(args, facts, accelerator, tokens):
            return tokens
        tokens //= 2
    return None


def accelerator_of(args: ModelArgs) -> str:
    """Return what a spec runs on, as far as its words tell (`cheapest` stays that)."""
    if args.instance_type is not None:
        found = parse_instance(args.instance_type)
        return found.accelerator if found else DEFAULT_ACCELERATOR
    return first_accelerator(args)


def tokens_to_hold(args: ModelArgs, facts: ModelFacts) -> int:
    """Return what a GPU has to hold: what was asked for, else the longest text between 8192 and 16384."""
    if "max_batch_tokens" in args.model_fields_set:
        return args.max_batch_tokens
    length = input_length(facts) or 0
    if not args.auto_truncate:
        return max(LEAST_BATCH_TOKENS, length)
    return min(max(LEAST_BATCH_TOKENS, length), USUAL_BATCH_TOKENS)
