"""Memory: whether weights, activations and attention fit the GPU, and tokenizers the host."""

from baseten_tei import prices
from baseten_tei.command import MAX_TOKENIZATION_WORKERS
from baseten_tei.facts import ModelFacts
from baseten_tei.fitting import cheapest_accelerator, fitting_batch_tokens
from baseten_tei.hardware import CPU
from baseten_tei.rules.instances import Sku
from baseten_tei.rules.placed import accelerator_of, instance_of, on_cpu
from baseten_tei.rules.rule import Finding, Rule
from baseten_tei.rules.subject import Subject
from baseten_tei.sizing import HOST_GIB, tokenizer_gib
from baseten_tei.vram import Band, Estimate, estimate, is_padded, usable_gib

_ESTIMATE = "estimated from TEI's model code; checked against TEI #670, #760, #861"


def _estimated(subject: Subject) -> tuple[str, Estimate, ModelFacts] | None:
    accelerator, facts = accelerator_of(subject), subject.facts
    if accelerator is None or facts is None:
        return None
    found = estimate(subject.args, facts, accelerator, subject.args.max_batch_tokens)
    return None if found is None else (accelerator, found, facts)


def _cannot_fit(subject: Subject) -> Finding | None:
    found = _estimated(subject)
    if found is None or found[0] == CPU or found[1].total.low <= usable_gib(found[0]):
        return None
    return _finding(subject, *found, f"needs at least {found[1].total.low:.1f} GiB")


def _may_not_fit(subject: Subject) -> Finding | None:
    found = _estimated(subject)
    if found is None or found[0] == CPU or _cannot_fit(subject) is not None:
        return None
    if found[1].total.high <= usable_gib(found[0]):
        return None
    band = found[1].total
    return _finding(
        subject, *found, f"needs {band.low:.1f} to {band.high:.1f} GiB, likely {band.likely:.1f}"
    )


def _finding(subject: Subject, gpu: str, need: Estimate, facts: ModelFacts, what: str) -> Finding:
    tokens, parts = subject.args.max_batch_tokens, need
    shares = f"weights {parts.weights.likely:.1f}, activations {parts.activations.likely:.1f}"
    if parts.padded:
        shares += f", attention of padded texts {parts.attention.likely:.1f}"
    late = "fail under load with 424" if _late(subject, need) else "exit in its warm-up"
    verb = "will" if need.total.low > usable_gib(gpu) else "may"
    return Finding(
        f"{subject.args.model_id} with {tokens} tokens in a batch {what} ({shares}), and {gpu} has "
        f"{usable_gib(gpu):.1f}: TEI {verb} {late}",
        _way_out(subject, gpu, facts),
    )


def _late(subject: Subject, need: Estimate) -> bool:
    """From 1.9.0, padded models warm up with one text, so that memory runs out later."""
    return need.padded and subject.tei_at_least("1.9.0")


def _way_out(subject: Subject, gpu: str, facts: ModelFacts) -> str:
    """Fewer tokens where they suffice, another GPU where one does; both where either is a way."""
    args = subject.args
    tokens, other = fitting_batch_tokens(args, facts, gpu), cheapest_accelerator(args, facts)
    ways = [
        f"max_batch_tokens: {tokens}" if tokens and tokens < args.max_batch_tokens else "",
        f"accelerator: {other}" if other and other != gpu else "",
    ]
    if any(ways):
        return f"write {', or '.join(way for way in ways if way)}"
    if args.dtype == "float32":
        return "leave dtype out (float16)"
    return "write a lower max_batch_tokens, or a smaller model_id"


def _host_gib(subject: Subject) -> tuple[Sku, float, int] | None:
    """Instance, least memory its host needs, and tokenization workers."""
    place, facts = instance_of(subject), subject.facts
    sku = prices.sku_of(subject.args, place.accelerator) if place else None
    if place is None or sku is None or facts is None:
        return None
    default = max(1, min(place.vcpus - 1, MAX_TOKENIZATION_WORKERS))
    workers = subject.args.tokenization_workers or default
    return sku, HOST_GIB + workers * tokenizer_gib(facts), workers


def _tokenizers(subject: Subject) -> Finding | None:
    found = _host_gib(subject)
    if found is None or found[1] <= found[0].memory_gib:
        return None
    sku, need, workers = found
    return Finding(
        f"{workers} tokenization workers hold a copy of the tokenizer each, about {need:.0f} GiB of host memory, "
        f"and {sku.name} has {sku.memory_gib}",
        f"write tokenization_workers: {max(1, sku.vcpus - 1)}, or leave it out",
    )


def _idle_workers(subject: Subject) -> Finding | None:
    place, workers = instance_of(subject), subject.args.tokenization_workers
    sku = prices.sku_of(subject.args, place.accelerator) if place else None
    if workers is None or sku is None or workers <= sku.vcpus:
        return None
    return Finding(
        f"tokenization_workers {workers} on the {sku.vcpus} vCPUs of {sku.name}: a longer start and no more speed",
        f"write tokenization_workers: {max(1, sku.vcpus - 1)}, or leave it out",
    )


def _host_needs(subject: Subject) -> tuple[Sku, Band] | None:
    """Without a GPU: the instance, and the host memory of model and tokenizers."""
    found, host = _estimated(subject), _host_gib(subject)
    if found is None or host is None or not on_cpu(subject):
        return None
    tokenizers = host[1] - HOST_GIB
    return host[0], found[1].total + Band(tokenizers, tokenizers, tokenizers)


def _host_too_small(subject: Subject) -> Finding | None:
    found = _host_needs(subject)
    if found is None or found[1].low <= found[0].memory_gib:
        return None
    return _host_finding(subject, *found, f"at least {found[1].low:.1f} GiB")


def _host_may_be_too_small(subject: Subject) -> Finding | None:
    found = _host_needs(subject)
    if found is None or _host_too_small(subject) or found[1].high <= found[0].memory_gib:
        return None
    return _host_finding(subject, *found, f"{found[1].low:.1f} to {found[1].high:.1f} GiB")


def _host_finding(subject: Subject, sku: Sku, need: Band, what: str) -> Finding:
    return Finding(
        f"{subject.args.model_id} needs {what} without a GPU (float32, {subject.args.max_batch_tokens} tokens in a "
        f"batch), and {sku.name} has {sku.memory_gib}",
        f"write memory: {_next_memory(need.high)}Gi, or a lower max_batch_tokens, or accelerator: L4",
    )


def _next_memory(gib: float) -> int:
    return next((size for size in (8, 16, 32, 64) if size >= gib), 64)


def _double_precision(subject: Subject) -> Finding | None:
    args, gpu, facts = subject.args, accelerator_of(subject), subject.facts
    if args.dtype != "float32" or gpu in (None, CPU) or facts is None:
        return None
    half = args.model_copy(update={"dtype": None})
    if is_padded(half, facts, gpu or "") or facts.model_type == "distilbert":
        return None  # float32 is what it needs, or costs it nothing but memory
    return Finding(
        f"dtype float32 doubles the weights and turns flash attention off for {facts.model_type}",
        "leave dtype out (float16)",
    )


RULES: tuple[Rule, ...] = (
    Rule("TEI-MEM-001", "error", "The model fits the GPU at its lowest estimate",
         _ESTIMATE, _cannot_fit, True),
    Rule("TEI-MEM-002", "warning", "The model fits the GPU at its highest estimate",
         _ESTIMATE, _may_not_fit, True),
    Rule("TEI-MEM-003", "warning", "Tokenizers fit the host",
         "TEI #280 (11 GB), #303, #772", _tokenizers, True),
    Rule("TEI-MEM-004", "warning", "There are no more tokenization workers than vCPUs",
         "TEI #766, #772 (208 workers: 16 s of start)", _idle_workers),
    Rule("TEI-MEM-005", "error", "Without a GPU, the model fits the host at its lowest estimate",
         _ESTIMATE, _host_too_small, True),
    Rule("TEI-MEM-007", "warning", "Without a GPU, the model fits the host at its highest estimate",
         f"{_ESTIMATE}; TEI #303", _host_may_be_too_small, True),
    Rule("TEI-MEM-006", "warning", "float32 is not asked for where float16 does",
         "TEI backends/candle/src/lib.rs: flash attention needs float16", _double_precision, True),
)  # fmt: skip
