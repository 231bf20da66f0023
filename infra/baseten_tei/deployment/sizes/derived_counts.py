"""How many texts, requests and tokenizers: what a spec leaves open of them, and what decided each."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from baseten_tei.deployment.gpu_choice import accelerator_of
from baseten_tei.deployment.money import prices
from baseten_tei.deployment.sizes.permits import DEFAULT_PREDICT_CONCURRENCY, derive_permits
from baseten_tei.deployment.sizes.vram import CPU_REQUESTS, input_length
from baseten_tei.deployment.start_command import MAX_TOKENIZATION_WORKERS
from baseten_tei.facts.hub.model_facts import ModelFacts
from baseten_tei.facts.tei.flags import PAYLOAD_LIMIT_BYTES, split_flags
from baseten_tei.facts.tei.gpus import CPU
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
    """One value that the spec left open: `formula` in words, `numbers` the same with this model's.

    `reason` is what decided: of several bounds the one that is met.
    """

    key: str
    value: str | int
    formula: str
    numbers: str
    source: str
    reason: str = ""


def payload_limit(args: ModelArgs) -> int:
    """Return bytes of one request's body, as TEI will take them."""
    asked = dict(split_flags(args.extra_flags)).get("payload-limit") or ""
    return int(asked) if re.fullmatch(r"\+?[0-9]{1,18}", asked) else PAYLOAD_LIMIT_BYTES


def tokenizer_gib(facts: ModelFacts) -> float:
    """Return the host memory of one worker's copy of the tokenizer."""
    small = facts.model_type in _SMALL_VOCABULARY
    return SMALL_TOKENIZER_GIB if small else LARGE_TOKENIZER_GIB


def derive_max_client_batch_size(args: ModelArgs, facts: ModelFacts) -> Derived | None:
    """Return the texts of one request."""
    length = input_length(facts)
    if "max_client_batch_size" in args.model_fields_set or length is None:
        return None
    bounds = tuple(_client_batches(args, min(length, args.max_batch_tokens)))
    most, reason, _, source = min(bounds, key=lambda bound: bound[0])
    return Derived(
        "max_client_batch_size",
        max(1, most),
        "32 (8 without a GPU), as many of the longest texts as one body may hold, or what the permits allow",
        f"min({', '.join(numbers for _, _, numbers, _ in bounds)})",
        source,
        reason,
    )


def _client_batches(args: ModelArgs, longest: int) -> Iterator[tuple[int, str, str, str]]:
    """Each bound of a client's batch: the number, why, the same with this model's numbers, its source."""
    if accelerator_of(args) == CPU:
        why = f"without a GPU TEI batches {CPU_REQUESTS} texts"
        yield CPU_REQUESTS, why, str(CPU_REQUESTS), "TEI #454"
    else:
        why = "a low number lets autoscaling, which counts requests, spread them"
        yield CLIENT_BATCH, why, str(CLIENT_BATCH), "README of Baseten's TEI example: OpenAI's 32"
    limit = payload_limit(args)
    body = f"{limit} B / ({longest} tokens * {BYTES_PER_TOKEN} B)"
    why = f"one body holds {limit} bytes, the payload limit"
    yield limit // (longest * BYTES_PER_TOKEN), why, body, "TEI --payload-limit"
    if (permits := args.max_concurrent_requests) is not None:
        texts = fillable(args.tei_version, permits)
        why = f"{texts} of {permits} permits may be taken (max_concurrent_requests)"
        yield texts, why, f"{texts} of {permits} permits", "TEI core/src/queue.rs; TEI #726"


def derive_predict_concurrency(args: ModelArgs, facts: ModelFacts) -> Derived | None:
    """Return the requests let into a replica."""
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
        "Baseten's own number for TEI"
        if requests == DEFAULT_PREDICT_CONCURRENCY
        else f"max_concurrent_requests {args.max_concurrent_requests} has room for no more full requests",
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
        _why_requests(args, usual, requests),
    )


def _why_requests(args: ModelArgs, usual: int, requests: int) -> str:
    if requests == CPU_REQUESTS:
        return f"without a GPU TEI batches {CPU_REQUESTS} texts, and more requests would only wait"
    if requests == args.autoscaling.concurrency_target:
        return f"autoscaling aims at {requests} (concurrency_target)"
    if usual == DEFAULT_PREDICT_CONCURRENCY:
        return "Baseten's own number for TEI"
    return (
        f"max_concurrent_requests {args.max_concurrent_requests} has room for no more full requests"
    )


def derive_permit_count(args: ModelArgs) -> Derived | None:
    """Return the texts in flight, of a spec whose other sizes are known; what is deployed takes it from them."""
    if args.max_concurrent_requests is not None:
        return None
    got = derive_permits(args)
    requests, batch = got.predict_concurrency, got.max_client_batch_size
    is_roomy = got.max_concurrent_requests > got.texts_at_most
    return Derived(
        "max_concurrent_requests",
        got.max_concurrent_requests,
        "predict_concurrency * max_client_batch_size; before TEI 1.9.0 twice that, up to 256",
        f"{requests} * {batch}"
        + (f" = {got.texts_at_most}, and as much room again" if is_roomy else ""),
        "TEI core/src/queue.rs (1.8.3); TEI #726",
        f"TEI {args.tei_version} aborts when all of a few permits are taken"
        if is_roomy
        else "each request that Baseten lets in has a permit for each text",
    )


def derive_tokenization_workers(args: ModelArgs, facts: ModelFacts) -> Derived | None:
    """Return the tokenizers that work at once."""
    sku = prices.sku_of(args, accelerator_of(args))
    if args.tokenization_workers is not None or sku is None:
        return None
    copy = tokenizer_gib(facts)
    room = int((sku.memory_gib - HOST_GIB) / 2 / copy)
    bounds = (
        (sku.vcpus - 1, f"{sku.vcpus} vCPUs, less one for the rest"),
        (MAX_TOKENIZATION_WORKERS, f"each holds a copy of the tokenizer: {copy} GiB"),
        (room, f"copies of the tokenizer, {copy} GiB each, in half of the memory"),
    )
    most, reason = min(bounds, key=lambda bound: bound[0])
    workers = max(1, most)
    return Derived(
        "tokenization_workers",
        workers,
        "vCPUs less one, at most 8, and copies of the tokenizer in half of the memory",
        f"min({sku.vcpus} - 1, {MAX_TOKENIZATION_WORKERS}, ({sku.memory_gib} - {HOST_GIB:g}) GiB / 2 / {copy} GiB)",
        "TEI #280 (11 GB, one worker per core), #766, #772",
        reason,
    )
