"""GPU and instance: what a request for hardware lands on, at which price, and whether there is such a thing."""

from baseten_tei.deployment import instances
from baseten_tei.deployment.locked_spec import Subject
from baseten_tei.rules.gpu.subject_hardware import accelerator_of, instance_of
from baseten_tei.rules.rule import Finding, Rule

_SOURCE = "Baseten docs: resources (instance types and prices)"


def _several_gpus(subject: Subject) -> Finding | None:
    found = instance_of(subject)
    if found is None or found.gpu_count <= 1:
        return None
    return Finding(
        f"instance_type {subject.args.instance_type} has {found.gpu_count} GPUs and TEI uses one",
        f"write accelerator: {found.accelerator}, and scale with autoscaling.max_replica",
    )


def _unknown_form(subject: Subject) -> Finding | None:
    name = subject.args.instance_type
    if name is None or instances.parse_instance(name) is not None:
        return None
    return Finding(
        f"instance_type {name!r} is not one Baseten has",
        "write e.g. instance_type: L4:4x16, or accelerator: L4",
    )


def _not_in_list(subject: Subject) -> Finding | None:
    name, found = subject.args.instance_type, instance_of(subject)
    if name is None or found is None or instances.find_sku(name) is not None:
        return None
    known = instances.find_cheapest_sku(found.accelerator)
    fix = f"write instance_type: {known.name}" if known else "write instance_type: L4:4x16"
    return Finding(f"instance_type {name} is not in Baseten's list of 2026-08", fix)


def _hardware_request(subject: Subject) -> tuple[str, float, float] | None:
    """GPU, vCPUs and GiB asked for by parts, not by an exact instance."""
    gpu = accelerator_of(subject)
    if subject.args.instance_type is not None or gpu not in instances.GPUS:
        return None
    cpus, memory = (
        instances.parse_vcpus(subject.args.cpu),
        instances.parse_gibibytes(subject.args.memory),
    )
    return gpu, cpus or 0, memory or 0


def _request_text(subject: Subject) -> str:
    asked = {"cpu": subject.args.cpu, "memory": subject.args.memory}
    return " and ".join(f"{key} {value}" for key, value in asked.items() if value)


def _at_most(gpu: str) -> str:
    """What to type for the largest instance that has one such GPU."""
    largest = [it for it in instances.SKUS if it.gpu == gpu and it.gpu_count <= 1][-1]
    return f'write at most cpu: "{largest.vcpus}" and memory: {largest.memory_gib}Gi'


def _lands_on_several(subject: Subject) -> Finding | None:
    asked = _hardware_request(subject)
    small = asked and instances.find_cheapest_sku(asked[0])
    large = asked and instances.find_cheapest_sku(*asked)
    if not small or not large or large.gpu_count <= small.gpu_count:
        return None
    return Finding(
        f"accelerator {small.gpu} with {_request_text(subject)} lands on {large.name}, {large.gpu_count} GPUs "
        f"of which TEI uses one, at ${large.price:.5f} a minute: "
        f"{large.price / small.price:.1f} times the ${small.price:.5f} of {small.name}",
        _at_most(small.gpu),
    )


def _nothing_that_large(subject: Subject) -> Finding | None:
    asked = _hardware_request(subject)
    if asked is None or instances.find_cheapest_sku(*asked) is not None:
        return None
    return Finding(
        f"no instance with accelerator {asked[0]} has {_request_text(subject)}", _at_most(asked[0])
    )


def _on_no_instance(subject: Subject) -> Finding | None:
    gpu = accelerator_of(subject)
    if gpu not in instances.WITHOUT_INSTANCE:
        return None
    return Finding(
        f"truss takes accelerator {gpu}, but no instance in Baseten's list of 2026-08 has it",
        f"write accelerator: {instances.WITHOUT_INSTANCE[gpu]}",
    )


def _on_request(subject: Subject) -> Finding | None:
    gpu = accelerator_of(subject)
    if gpu not in instances.ON_REQUEST:
        return None
    return Finding(
        f"accelerator {gpu} is given on request, and a push without it ends in "
        '"not supported for your organization"',
        "write accelerator: H100, or ask Baseten's support first",
    )


RULES: tuple[Rule, ...] = (
    Rule("TEI-GPU-005", "error", "TEI uses one GPU",
         "TEI backends/candle: Device::new_cuda(0)", _several_gpus, is_firm=True),
    Rule("TEI-GPU-006", "error", "The instance type has a form and a GPU that Baseten has",
         _SOURCE, _unknown_form, is_firm=True),
    Rule("TEI-GPU-007", "warning", "The instance type is one of those listed", _SOURCE, _not_in_list),
    Rule("TEI-GPU-008", "warning", "cpu and memory fit an instance with one GPU",
         _SOURCE, _lands_on_several),
    Rule("TEI-GPU-009", "error", "Some instance is as large as cpu and memory ask",
         _SOURCE, _nothing_that_large),
    Rule("TEI-GPU-010", "warning", "Some listed instance has the GPU", _SOURCE, _on_no_instance),
    Rule("TEI-GPU-011", "warning", "The GPU is one that any organization has",
         _SOURCE, _on_request),
)  # fmt: skip
