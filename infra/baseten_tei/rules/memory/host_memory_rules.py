"""Memory of the host: tokenizers, and without a GPU the model itself."""

from baseten_tei.deployment.instances import Sku
from baseten_tei.deployment.locked_spec import Subject
from baseten_tei.deployment.money import prices
from baseten_tei.deployment.sizes.derived_counts import HOST_GIB, tokenizer_gib
from baseten_tei.deployment.sizes.vram import Band, Estimate, estimate
from baseten_tei.deployment.start_command import default_workers
from baseten_tei.facts.hub.model_facts import ModelFacts
from baseten_tei.rules.gpu.subject_hardware import accelerator_of, instance_of, on_cpu
from baseten_tei.rules.rule import Finding, Rule

ESTIMATE = "estimated from TEI's model code; checked against TEI #670, #760, #861"


def estimate_subject(subject: Subject) -> tuple[str, Estimate, ModelFacts] | None:
    """Return accelerator, memory with the spec's own batch, and facts; `None` where that is not known."""
    accelerator, facts = accelerator_of(subject), subject.facts
    if accelerator is None or facts is None:
        return None
    found = estimate(subject.args, facts, accelerator, subject.args.max_batch_tokens)
    return None if found is None else (accelerator, found, facts)


def _host_gib(subject: Subject) -> tuple[Sku, float, int] | None:
    """Instance, least memory its host needs, and tokenization workers."""
    place, facts = instance_of(subject), subject.facts
    sku = prices.sku_of(subject.args, place.accelerator) if place else None
    if place is None or sku is None or facts is None:
        return None
    workers = subject.args.tokenization_workers or default_workers(place.vcpus)
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
    found, host = estimate_subject(subject), _host_gib(subject)
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


RULES: tuple[Rule, ...] = (
    Rule("TEI-MEM-003", "warning", "Tokenizers fit the host",
         "TEI #280 (11 GB), #303, #772", _tokenizers, True),
    Rule("TEI-MEM-004", "warning", "There are no more tokenization workers than vCPUs",
         "TEI #766, #772 (208 workers: 16 s of start)", _idle_workers),
    Rule("TEI-MEM-005", "error", "Without a GPU, the model fits the host at its lowest estimate",
         ESTIMATE, _host_too_small, True),
    Rule("TEI-MEM-007", "warning", "Without a GPU, the model fits the host at its highest estimate",
         f"{ESTIMATE}; TEI #303", _host_may_be_too_small, True),
)  # fmt: skip
