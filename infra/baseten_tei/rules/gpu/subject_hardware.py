"""Where a subject would run, as far as it is known: unlike `Subject.instance`, these never raise."""

from baseten_tei.deployment import instances
from baseten_tei.deployment.hardware import first_accelerator
from baseten_tei.deployment.instances import Instance
from baseten_tei.deployment.locked_spec import Subject
from baseten_tei.facts.tei import gpus


def instance_of(subject: Subject) -> Instance | None:
    """Return the instance; `None` where the spec names none that there is."""
    args = subject.args
    if args.instance_type is not None:
        return instances.parse_instance(args.instance_type)
    gpu = first_accelerator(args)
    return instances.smallest_instance(gpu) if gpus.is_known(gpu) else None


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
