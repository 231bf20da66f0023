"""What a spec leaves open, derived from the model's locked facts; each value keeps its formula, for `explain`.

What the spec says is never changed, but for two words: a branch as `revision` becomes the commit that was
locked, and `accelerator: cheapest` the GPU that it comes to.
"""

from collections.abc import Callable

from baseten_tei.deployment.gpu_choice import (
    CHEAPEST,
    accelerator_of,
    best_batch_tokens,
    cheapest_accelerator,
    fitting_batch_tokens,
    holds,
    is_tight,
    room_gib,
    tokens_to_hold,
)
from baseten_tei.deployment.hardware import resolve_hardware
from baseten_tei.deployment.instances import AS_OF
from baseten_tei.deployment.money import prices
from baseten_tei.deployment.sizes.derived_counts import (
    Derived,
    derive_max_client_batch_size,
    derive_predict_concurrency,
    derive_tokenization_workers,
)
from baseten_tei.deployment.sizes.permits import derive_permits
from baseten_tei.deployment.sizes.vram import estimate, input_length
from baseten_tei.deployment.start_command import default_workers
from baseten_tei.facts.hub.model_facts import ModelFacts
from baseten_tei.facts.tei.gpus import DEFAULT_ACCELERATOR
from baseten_tei.spec.args import ModelArgs


def size_spec(args: ModelArgs, facts: ModelFacts | None) -> ModelArgs:
    """Return the spec with what it left open filled in; unchanged where the model was pushed before it was locked."""
    return _take_steps(args, facts)[0]


def derive_values(args: ModelArgs, facts: ModelFacts | None) -> tuple[Derived, ...]:
    """Return the values that `sized` fills in, and how."""
    return _take_steps(args, facts)[1]


def find_sizes(args: ModelArgs) -> dict[str, str | int]:
    """Return each size by its key, as it is deployed, whether the spec says it or not."""
    allowed = derive_permits(args)
    return {
        "accelerator": accelerator_of(args),
        "max_batch_tokens": args.max_batch_tokens,
        "max_client_batch_size": allowed.max_client_batch_size,
        "max_concurrent_requests": allowed.max_concurrent_requests,
        "predict_concurrency": allowed.predict_concurrency,
        "tokenization_workers": args.tokenization_workers
        or default_workers(resolve_hardware(args)[0].vcpus),
    }


def name_changed_sizes(args: ModelArgs, facts: ModelFacts) -> str:
    """Return the sizes that a lock with these facts changes: `max_client_batch_size 32 → 15, …`; empty for none."""
    before, after = find_sizes(args), find_sizes(size_spec(args, facts))
    changed = [key for key in before if before[key] != after[key]]
    return ", ".join(f"{key} {before[key]} → {after[key]}" for key in changed)


def _take_steps(args: ModelArgs, facts: ModelFacts | None) -> tuple[ModelArgs, tuple[Derived, ...]]:
    found: list[Derived] = []
    steps = STEPS if facts is not None and not facts.pushed_unlocked else ()
    for step in steps:
        derived = step(args, facts)  # type: ignore[arg-type]  # no step is taken without facts
        if derived is not None:
            found.append(derived)
            args = args.model_copy(update={derived.key: derived.value})
    return args, tuple(found)


def _revision(args: ModelArgs, facts: ModelFacts) -> Derived | None:
    if args.revision != facts.revision or args.revision == facts.commit:
        return None
    return Derived(
        "revision",
        facts.commit,
        "the commit that a branch or tag was at when it was locked",
        f"{args.revision!r} was {facts.commit[:12]} ({facts.source})",
        "this project: a locked model never moves alone",
        "a branch or tag moves",
    )


def _accelerator(args: ModelArgs, facts: ModelFacts) -> Derived | None:
    asked = args.accelerator == CHEAPEST
    if args.instance_type is not None or not (asked or args.accelerator is None):
        return None
    usual = prices.sku_of(args, DEFAULT_ACCELERATOR)
    if not asked and usual and usual.gpu_count == 1 and holds(args, facts, usual.gpu):
        return _derive_accelerator(
            args, facts, DEFAULT_ACCELERATOR, "L4, where the model fits it", "an L4 holds it"
        )
    found = cheapest_accelerator(args, facts)
    if found is None:
        return None
    reason = f"accelerator: {CHEAPEST}" if asked else f"no one {DEFAULT_ACCELERATOR} holds it"
    return _derive_accelerator(
        args, facts, found, "the least price a minute that has an image, and holds it", reason
    )


def _derive_accelerator(
    args: ModelArgs, facts: ModelFacts, accelerator: str, formula: str, reason: str
) -> Derived:
    tokens = tokens_to_hold(args, facts)
    sku = prices.sku_of(args, accelerator)
    price = f"; {sku.name} is ${sku.price:.5f} a minute" if sku else ""
    return Derived(
        "accelerator",
        accelerator,
        formula,
        f"{tokens} tokens in a batch: {_memory(args, facts, accelerator, tokens)}{price}",
        f"Baseten docs: resources (prices of {AS_OF}); TEI compute_cap.rs",
        reason,
    )


def _max_batch_tokens(args: ModelArgs, facts: ModelFacts) -> Derived | None:
    accelerator, length = accelerator_of(args), input_length(facts)
    if "max_batch_tokens" in args.model_fields_set or length is None:
        return None
    tokens = fitting_batch_tokens(args, facts, accelerator)
    if tokens is None or (tokens < length and not args.auto_truncate):
        return None  # what then stays is TEI's default, and the rules say what is wrong with it
    return Derived(
        "max_batch_tokens",
        tokens,
        "max(16384, longest text), for 7B models on 24 GB 8192; halved until the highest estimate fits",
        f"{tokens} on {accelerator}, for texts of {length}: {_memory(args, facts, accelerator, tokens)}",
        "README of Baseten's TEI example: little gain above 16000; TEI cuts or refuses longer texts",
        _why_tokens(args, facts, accelerator, tokens),
    )


def _why_tokens(args: ModelArgs, facts: ModelFacts, accelerator: str, tokens: int) -> str:
    length = input_length(facts) or 0
    if tokens < best_batch_tokens(args, facts, accelerator):
        return "twice as many would not surely fit the memory"
    if tokens == length:
        return "the longest text"
    if is_tight(facts, accelerator):
        return "a 7B model on 24 GB or less"
    return "little gain above 16000 tokens, and each text waits for its batch"


def _memory(args: ModelArgs, facts: ModelFacts, accelerator: str, tokens: int) -> str:
    need = estimate(args, facts, accelerator, tokens)
    high = f"{need.total.high:.1f}" if need else "?"
    return f"at most {high} of {room_gib(args, accelerator):.1f} GiB"


STEPS: tuple[Callable[[ModelArgs, ModelFacts], Derived | None], ...] = (
    _revision,
    _accelerator,
    _max_batch_tokens,
    derive_max_client_batch_size,
    derive_predict_concurrency,
    derive_tokenization_workers,
)
"""In this order: a later one reads what an earlier one chose."""
