"""GPU and image: what starts on which GPU, and what the CPU image does differently."""

import re
from collections.abc import Collection

from baseten_tei.deployment import instances
from baseten_tei.deployment.locked_spec import Subject
from baseten_tei.facts.tei import gpus, releases
from baseten_tei.rules.gpu.instances import RULES as INSTANCE_RULES
from baseten_tei.rules.placement import accelerator_of, on_cpu
from baseten_tei.rules.rule import Finding, Rule

_COMPUTE_CAP = "TEI backends/candle/src/compute_cap.rs"
_BLACKWELL = {"100": {100}, "120": {120}}
_RUNS_ON = {
    "turing": {75},
    "": set(range(80, 90)),
    "86": set(range(86, 90)),
    "89": {89},
    "hopper": {90},
    **_BLACKWELL,
}
"""Prefix of an image's tag → compute capabilities that its router starts on."""
_SUPPORTED = frozenset().union(*_RUNS_ON.values())
_TAG = re.compile(r"(?:([a-z]+(?:-arm64)?|\d+)-)?(\d+\.\d+(?:\.\d+)?)(-grpc)?", re.ASCII)


def image_problem(reference: str, accelerator: str) -> str | None:
    """Why an image of TEI, the mirror's or upstream's, would not serve on this GPU; `None` where it would.

    For images that others chose: the ones generated here follow from the GPU.
    """
    match = _TAG.fullmatch(reference.rpartition(":")[2])
    if match is None:
        return f"{reference} names no release of TEI"
    prefix, version, grpc = match[1] or "", match[2], match[3]
    if grpc:
        return f"{reference} speaks gRPC only, and Baseten calls HTTP routes"
    if prefix == "cuda":
        return f"{reference} has no text-embeddings-router, only one per GPU behind its entrypoint"
    if prefix in _BLACKWELL and not releases.at_least(version, "1.9"):
        return f"{reference} was never published: images for Blackwell came with TEI 1.9.0"
    return _capability_problem(reference, prefix, accelerator)


def _capability_problem(reference: str, prefix: str, accelerator: str) -> str | None:
    if accelerator == gpus.CPU or prefix.startswith("cpu"):
        both = accelerator == gpus.CPU and prefix.startswith("cpu")
        return None if both else f"{reference} does not fit accelerator {accelerator}"
    capability = gpus.COMPUTE_CAPABILITY.get(accelerator, 0)
    if capability in _RUNS_ON.get(prefix, ()):
        return None
    return f"{reference} does not start on {accelerator} (compute capability {capability / 10})"


def organization_lacks_gpu(accelerator: str, available_skus: Collection[str]) -> Finding | None:
    """Whether none of the account's instance types (`GET /v1/instance_types`) has this GPU.

    Baseten tells it at the push: "The GPU type 'A10G' is not supported for your organization".
    """
    found = {it.accelerator for name in available_skus if (it := instances.instance(name))}
    if not found or accelerator in found:
        return None
    return Finding(
        f"none of this organization's instance types has accelerator {accelerator}",
        f"write accelerator: {' or '.join(sorted(found))}; or ask Baseten's support for {accelerator}",
    )


def _no_image(subject: Subject) -> Finding | None:
    gpu = accelerator_of(subject)
    capability = gpus.COMPUTE_CAPABILITY.get(gpu or "")
    if capability is None or capability in _SUPPORTED:
        return None
    return Finding(
        f"accelerator {gpu} (compute capability {capability / 10}) has no image of TEI",
        "write accelerator: L4, A10G, A100, H100 or T4",
    )


def _too_early(subject: Subject) -> Finding | None:
    gpu = accelerator_of(subject)
    capability = gpus.COMPUTE_CAPABILITY.get(gpu or "")
    if str(capability) not in _BLACKWELL or subject.tei_at_least("1.9.0"):
        return None
    return Finding(
        f"accelerator {gpu} has no image of TEI {subject.args.tei_version}",
        f"write tei_version: {releases.KNOWN[-1]}",
    )


def _forced_batch(subject: Subject) -> Finding | None:
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
         f"{_COMPUTE_CAP}; TEI #15, #268 (V100)", _no_image),
    Rule("TEI-GPU-002", "error", "Blackwell has images from TEI 1.9.0 on",
         "TEI #640, #806", _too_early),
    Rule("TEI-GPU-003", "warning", "The CPU image batches 4 or 8 texts at the most",
         "TEI #454", _forced_batch),
    Rule("TEI-GPU-004", "error", "The CPU image computes in float32", "TEI #675", _half_precision),
    *INSTANCE_RULES,
)  # fmt: skip
