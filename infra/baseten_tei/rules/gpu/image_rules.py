"""GPU and image: what starts on which GPU, and what the CPU image does differently."""

from functools import partial

from baseten_tei.deployment.locked_spec import Subject
from baseten_tei.facts.tei.images import NoImage, image_for
from baseten_tei.rules.gpu import request_rules
from baseten_tei.rules.gpu.instance_rules import RULES as INSTANCE_RULES
from baseten_tei.rules.gpu.subject_hardware import accelerator_of, on_cpu
from baseten_tei.rules.rule import Finding, Rule

_COMPUTE_CAP = "TEI backends/candle/src/compute_cap.rs"


def _no_image(is_too_early: bool, subject: Subject) -> Finding | None:
    gpu = accelerator_of(subject)
    found = image_for(gpu, subject.args.tei_version) if gpu else None
    if not isinstance(found, NoImage) or found.is_too_early != is_too_early:
        return None
    return Finding.of_line(found.reason)


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
         f"{_COMPUTE_CAP}; TEI #15, #268 (V100)", partial(_no_image, False), is_firm=True),
    Rule("TEI-GPU-002", "error", "Blackwell has images from TEI 1.9.0 on",
         "TEI #640, #806", partial(_no_image, True), is_firm=True),
    Rule("TEI-GPU-003", "warning", "The CPU image batches 4 or 8 texts at the most",
         "TEI #454", _batch_on_cpu),
    Rule("TEI-GPU-004", "error", "The CPU image computes in float32", "TEI #675", _half_precision),
    *INSTANCE_RULES,
    *request_rules.RULES,
)  # fmt: skip
