"""GPU and image: what starts on which GPU, and what the CPU image does differently."""

from baseten_tei.deployment.locked_spec import Subject
from baseten_tei.facts.tei import gpus, releases
from baseten_tei.facts.tei.images import find_first_release, image_prefixes
from baseten_tei.rules.gpu import request_rules
from baseten_tei.rules.gpu.instance_rules import RULES as INSTANCE_RULES
from baseten_tei.rules.gpu.subject_hardware import accelerator_of, on_cpu
from baseten_tei.rules.rule import Finding, Rule

_COMPUTE_CAP = "TEI backends/candle/src/compute_cap.rs"


def _no_image(subject: Subject) -> Finding | None:
    gpu = accelerator_of(subject)
    capability = gpus.COMPUTE_CAPABILITY.get(gpu or "")
    if capability is None or find_first_release(capability):
        return None
    return Finding(
        f"accelerator {gpu} has no TEI image (compute capability {capability / 10})",
        "write accelerator: L4, A10G, A100, H100 or T4",
    )


def _too_early(subject: Subject) -> Finding | None:
    gpu = accelerator_of(subject)
    capability = gpus.COMPUTE_CAPABILITY.get(gpu or "")
    if capability is None or capability in image_prefixes(subject.args.tei_version):
        return None
    if find_first_release(capability) is None:
        return None  # of no release: `_no_image` says so
    return Finding(
        f"accelerator {gpu} has no image for TEI {subject.args.tei_version}",
        f"write tei_version: {releases.ADVISED}",
    )


def _batch_on_cpu(subject: Subject) -> Finding | None:
    batch = subject.args.max_client_batch_size
    if not on_cpu(subject) or batch <= 8:
        return None
    return Finding(
        f"the CPU image runs 4 texts at a time, 8 with ONNX, whatever is asked: max_client_batch_size {batch} waits",
        "write max_client_batch_size: 8, or accelerator: T4",
    )


def _half_precision(subject: Subject) -> Finding | None:
    if not on_cpu(subject) or subject.args.dtype != "float16":
        return None
    return Finding(
        "dtype float16 on the CPU image, whose ONNX runtime takes float32 only", "leave dtype out"
    )


RULES: tuple[Rule, ...] = (
    Rule("TEI-GPU-001", "error", "The GPU has an image of TEI",
         f"{_COMPUTE_CAP}; TEI #15, #268 (V100)", _no_image, is_firm=True),
    Rule("TEI-GPU-002", "error", "Blackwell has images from TEI 1.9.0 on",
         "TEI #640, #806", _too_early, is_firm=True),
    Rule("TEI-GPU-003", "warning", "The CPU image batches 4 or 8 texts at the most",
         "TEI #454", _batch_on_cpu),
    Rule("TEI-GPU-004", "error", "The CPU image computes in float32", "TEI #675", _half_precision),
    *INSTANCE_RULES,
    *request_rules.RULES,
)  # fmt: skip
