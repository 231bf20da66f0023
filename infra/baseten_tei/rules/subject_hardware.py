"""Where a subject would run, as far as it is known: unlike `Subject.instance`, these never raise."""

from baseten_tei.deployment import instances
from baseten_tei.deployment.instances import Instance
from baseten_tei.deployment.locked_spec import Subject
from baseten_tei.deployment.vram import flash_version
from baseten_tei.facts.tei import gpus
from baseten_tei.facts.tei.model_types import ModelType

_USE_FLASH = "USE_FLASH_ATTENTION"


def instance_of(subject: Subject) -> Instance | None:
    """Return the instance; `None` where the spec names none that there is."""
    args = subject.args
    if args.instance_type is not None:
        return instances.parse_instance(args.instance_type)
    gpu = args.accelerator or gpus.DEFAULT_ACCELERATOR
    known = gpu == gpus.CPU or gpu in gpus.COMPUTE_CAPABILITY
    return instances.smallest_instance(gpu) if known else None


def accelerator_of(subject: Subject) -> str | None:
    """Return the GPU, or `CPU`."""
    found = instance_of(subject)
    return found.accelerator if found else None


def on_cpu(subject: Subject) -> bool:
    """Return whether it is known to run without a GPU."""
    return accelerator_of(subject) == gpus.CPU


def dtype_of(subject: Subject) -> str:
    """Return what TEI computes in: the spec's, or its default by image and, for Gemma 3, by model type."""
    if subject.args.dtype is not None:
        return subject.args.dtype
    gemma = subject.facts is not None and subject.facts.model_type == "gemma3_text"
    return "float32" if gemma or on_cpu(subject) else "float16"


def flash_attention(subject: Subject) -> int:
    """Return the version of flash attention the router may use here: 2, on a T4 1, 0 for none."""
    gpu = accelerator_of(subject)
    if gpu is None or dtype_of(subject) != "float16":
        return 0
    return flash_version(subject.args, gpu)


def without_flash(subject: Subject) -> tuple[str, str]:
    """Return why there is no flash attention here, and what to write to get it."""
    gpu = accelerator_of(subject)
    if gpu in (gpus.CPU, "T4"):
        return f"accelerator {gpu} has none", f"write accelerator: {gpus.DEFAULT_ACCELERATOR}"
    if dtype_of(subject) != "float16":
        return f"dtype {dtype_of(subject)} turns it off", "leave dtype out"
    return f"env {_USE_FLASH} turns it off", f"leave {_USE_FLASH} out of env"


def find_poolings(subject: Subject, kind: ModelType) -> tuple[str, ...]:
    """Return the poolings that work for this type on this hardware."""
    padded = flash_attention(subject) not in kind.flash
    return (padded and kind.padded_poolings) or kind.poolings


def may_use_onnx(subject: Subject) -> bool:
    """Return whether the CPU image runs, or might run, an ONNX file, for which model types do not matter."""
    if not on_cpu(subject):
        return False
    weights = subject.facts.weights if subject.facts else None
    names = {"model.onnx", "onnx/model.onnx"}
    return weights is None or weights.format == "onnx" or bool(names.intersection(weights.files))
