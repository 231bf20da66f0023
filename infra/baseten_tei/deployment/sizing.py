"""What a spec leaves open, derived from the model's locked facts; each value keeps its formula, for `explain`.

What the spec says is never changed, but for two words: a branch as `revision` becomes the commit that was
locked, and `accelerator: cheapest` the GPU that it comes to.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass

from baseten_tei.deployment import prices
from baseten_tei.deployment.gpu_choice import (
    CHEAPEST,
    accelerator_of,
    cheapest_accelerator,
    fitting_batch_tokens,
    holds,
    room_gib,
    tokens_to_hold,
)
from baseten_tei.deployment.instances import AS_OF
from baseten_tei.deployment.permits import DEFAULT_PREDICT_CONCURRENCY, derive_permits
from baseten_tei.deployment.start_command import MAX_TOKENIZATION_WORKERS
from baseten_tei.deployment.vram import CPU_REQUESTS, estimate, input_length
from baseten_tei.facts.hub.model_facts import ModelFacts
from baseten_tei.facts.tei.flags import PAYLOAD_LIMIT_BYTES, split_flags
from baseten_tei.facts.tei.gpus import CPU, DEFAULT_ACCELERATOR
from baseten_tei.facts.tei.queue_room import fillable
from baseten_tei.spec.args import ModelArgs

CLIENT_BATCH = 32
"""What OpenAI's API allowed at first, and TEI's default; the lower, the better Baseten can spread requests."""

BYTES_PER_TOKEN = 4
"""Of English text in a JSON body; other scripts take up to 3 bytes a character."""

SMALL_TOKENIZER_GIB, LARGE_TOKENIZER_GIB = 0.05, 0.3
"""One worker's copy: a vocabulary of 30,000 pieces, or of 130,000 to 260,000 (#280: 11 GB, one per core)."""

HOST_GIB = 2.0
"""Router, CUDA's host side and buffers, before tokenizers."""

_SMALL_VOCABULARY = frozenset(
    {"bert", "distilbert", "mpnet", "roberta", "camembert", "nomic_bert", "modernbert"}
)


@dataclass(frozen=True)
class Derived:
    """One value that the spec left open: `formula` in words, `numbers` the same with this model's."""

    key: str
    value: str | int
    formula: str
    numbers: str
    source: str


def size_spec(args: ModelArgs, facts: ModelFacts | None) -> ModelArgs:
    """Return the spec with what it left open filled in; unchanged where the model was pushed before it was locked."""
    return _take_steps(args, facts)[0]


def derive_values(args: ModelArgs, facts: ModelFacts | None) -> tuple[Derived, ...]:
    """Return the values that `sized` fills in, and how."""
    return _take_steps(args, facts)[1]


def payload_limit(args: ModelArgs) -> int:
    """Return bytes of one request's body, as TEI will take them."""
    asked = dict(split_flags(args.extra_flags)).get("payload-limit") or ""
    return int(asked) if re.fullmatch(r"[0-9]{1,18}", asked) else PAYLOAD_LIMIT_BYTES


def tokenizer_gib(facts: ModelFacts) -> float:
    """Return the host memory of one worker's copy of the tokenizer."""
    small = facts.model_type in _SMALL_VOCABULARY
    return SMALL_TOKENIZER_GIB if small else LARGE_TOKENIZER_GIB


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
    )


def _accelerator(args: ModelArgs, facts: ModelFacts) -> Derived | None:
    asked = args.accelerator == CHEAPEST
    if args.instance_type is not None or not (asked or args.accelerator is None):
        return None
    usual = prices.sku_of(args, DEFAULT_ACCELERATOR)
    if not asked and usual and usual.gpu_count == 1 and holds(args, facts, usual.gpu):
        return _derive_accelerator(args, facts, DEFAULT_ACCELERATOR, "L4, where the model fits it")
    found = cheapest_accelerator(args, facts)
    if found is None:
        return None
    return _derive_accelerator(
        args, facts, found, "the least price a minute that has an image, and holds it"
    )


def _derive_accelerator(
    args: ModelArgs, facts: ModelFacts, accelerator: str, formula: str
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
    )


def _memory(args: ModelArgs, facts: ModelFacts, accelerator: str, tokens: int) -> str:
    need = estimate(args, facts, accelerator, tokens)
    high = f"{need.total.high:.1f}" if need else "?"
    return f"at most {high} of {room_gib(args, accelerator):.1f} GiB"


def _max_client_batch_size(args: ModelArgs, facts: ModelFacts) -> Derived | None:
    length = input_length(facts)
    if "max_client_batch_size" in args.model_fields_set or length is None:
        return None
    most = CPU_REQUESTS if accelerator_of(args) == CPU else CLIENT_BATCH
    longest, limit = min(length, args.max_batch_tokens), payload_limit(args)
    permits = args.max_concurrent_requests
    permitted = most if permits is None else fillable(args.tei_version, permits)
    return Derived(
        "max_client_batch_size",
        max(1, min(most, permitted, limit // (longest * BYTES_PER_TOKEN))),
        "32 (8 without a GPU), or as many of the longest texts as one body may hold",
        f"min({most}, {limit} B / ({longest} tokens * {BYTES_PER_TOKEN} B))",
        "README of Baseten's TEI example: OpenAI's 32, low for autoscaling; TEI --payload-limit; TEI #454",
    )


def _predict_concurrency(args: ModelArgs, facts: ModelFacts) -> Derived | None:
    if args.predict_concurrency is not None:
        return None
    requests = derive_permits(args).predict_concurrency
    if accelerator_of(args) == CPU:
        return _requests_without_gpu(args, requests)
    full = -(-args.max_batch_tokens // (input_length(facts) or args.max_batch_tokens))
    return Derived(
        "predict_concurrency",
        requests,
        f"{DEFAULT_PREDICT_CONCURRENCY}, or what max_concurrent_requests leaves room for",
        f"{requests} requests; {full} single texts of full length fill a batch",
        "Baseten docs: autoscaling (32 for TEI); README of its TEI example: 1*40*512",
    )


def _requests_without_gpu(args: ModelArgs, usual: int) -> Derived:
    """More than one batch of them would only wait; but what autoscaling aims at has to be let in."""
    requests = min(usual, max(CPU_REQUESTS, args.autoscaling.concurrency_target or 0))
    return Derived(
        "predict_concurrency",
        requests,
        f"{CPU_REQUESTS}, the texts that TEI batches without a GPU, or concurrency_target",
        f"{requests} requests",
        "TEI #454",
    )


def _tokenization_workers(args: ModelArgs, facts: ModelFacts) -> Derived | None:
    sku = prices.sku_of(args, accelerator_of(args))
    if args.tokenization_workers is not None or sku is None:
        return None
    copy = tokenizer_gib(facts)
    room = int((sku.memory_gib - HOST_GIB) / 2 / copy)
    workers = max(1, min(sku.vcpus - 1, MAX_TOKENIZATION_WORKERS, room))
    return Derived(
        "tokenization_workers",
        workers,
        "vCPUs less one, at most 8, and copies of the tokenizer in half of the memory",
        f"min({sku.vcpus} - 1, {MAX_TOKENIZATION_WORKERS}, ({sku.memory_gib} - {HOST_GIB:g}) GiB / 2 / {copy} GiB)",
        "TEI #280 (11 GB, one worker per core), #766, #772",
    )


STEPS: tuple[Callable[[ModelArgs, ModelFacts], Derived | None], ...] = (
    _revision,
    _accelerator,
    _max_batch_tokens,
    _max_client_batch_size,
    _predict_concurrency,
    _tokenization_workers,
)
"""In this order: a later one reads what an earlier one chose."""
