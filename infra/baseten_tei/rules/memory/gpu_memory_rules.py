"""Memory: whether weights, activations and attention fit the GPU."""

from baseten_tei.deployment.gpu_choice import cheapest_accelerator, fitting_batch_tokens
from baseten_tei.deployment.locked_spec import Subject
from baseten_tei.deployment.sizes.vram import Estimate, is_padded, usable_gib
from baseten_tei.facts.hub.model_facts import ModelFacts
from baseten_tei.facts.tei.gpus import CPU
from baseten_tei.rules.gpu.subject_hardware import accelerator_of
from baseten_tei.rules.memory import host_memory_rules
from baseten_tei.rules.memory.host_memory_rules import ESTIMATE, estimate_subject
from baseten_tei.rules.rule import Finding, Rule


def _cannot_fit(subject: Subject) -> Finding | None:
    found = estimate_subject(subject)
    if found is None or found[0] == CPU or found[1].total.low <= usable_gib(found[0]):
        return None
    return _finding(subject, *found, f"needs at least {found[1].total.low:.1f} GiB")


def _may_not_fit(subject: Subject) -> Finding | None:
    found = estimate_subject(subject)
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
         ESTIMATE, _cannot_fit, True),
    Rule("TEI-MEM-002", "warning", "The model fits the GPU at its highest estimate",
         ESTIMATE, _may_not_fit, True),
    Rule("TEI-MEM-006", "warning", "float32 is not asked for where float16 does",
         "TEI backends/candle/src/lib.rs: flash attention needs float16", _double_precision, True),
    *host_memory_rules.RULES,
)  # fmt: skip
