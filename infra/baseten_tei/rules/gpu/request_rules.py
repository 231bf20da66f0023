"""Hardware as a spec asks for it: in forms that truss takes, once, and so that it can be resolved."""

import re
from collections.abc import Iterator

from baseten_tei.deployment.gpu_choice import CHEAPEST, cheapest_problem
from baseten_tei.deployment.locked_spec import Subject
from baseten_tei.rules.rule import Finding, Rule

_QUANTITIES = {"cpu": (r"\d+m?", '"4"'), "memory": (r"\d+(\.\d+)?(k|[MGTPE]|[KMGTPE]i)", "16Gi")}
"""Forms that Truss takes, and an example of each."""


def _amounts(subject: Subject) -> Iterator[Finding]:
    for key, (form, example) in _QUANTITIES.items():
        value = getattr(subject.args, key)
        if value is not None and not re.fullmatch(form, value):
            yield Finding(f"{key} {value!r} is not a valid quantity", f"write {key}: {example}")


def _said_twice(subject: Subject) -> Iterator[Finding]:
    if subject.args.instance_type is None:
        return
    if subject.args.accelerator is not None:
        yield Finding("accelerator and instance_type are both set", "keep one of them")
    for key in _QUANTITIES:
        if getattr(subject.args, key) is not None:
            said = f"{key} and instance_type are both set, and Baseten would ignore {key}"
            yield Finding(said, "keep one of them")


def _listed(subject: Subject) -> Iterator[Finding]:
    args = subject.written
    if args is None or args.accelerators is None:
        return
    every = list(args.accelerators)
    if not every:
        yield Finding("accelerators is empty", "write accelerators: [L4, A10G], or accelerator: L4")
    for key in ("accelerator", "instance_type"):
        if getattr(args, key) is not None:
            yield Finding(f"{key} and accelerators are both set", "keep one of them")
    if twice := sorted({it for it in every if every.count(it) > 1}):
        kept = ", ".join(dict.fromkeys(every))
        yield Finding(
            f"accelerators names {' and '.join(twice)} twice", f"write accelerators: [{kept}]"
        )
    if CHEAPEST in every:
        yield Finding(
            f"accelerators names {CHEAPEST}, which may be any of the others",
            "write the GPUs themselves, e.g. accelerators: [L4, A10G]",
        )


def _without_next(subject: Subject) -> Finding | None:
    args = subject.written
    if args is None or args.on_no_capacity is None or len(args.accelerators or ()) > 1:
        return None
    return Finding(
        f"on_no_capacity {args.on_no_capacity} has no further GPU to take",
        "write accelerators: [L4, A10G] in the order of choice, or leave on_no_capacity out",
    )


def _cheapest(subject: Subject) -> Finding | None:
    problem = cheapest_problem(subject.args, subject.facts)
    return Finding(*problem.split(": ", 1)) if problem else None


RULES: tuple[Rule, ...] = (
    Rule("TEI-GPU-012", "error", "cpu and memory are amounts as truss reads them",
         "truss 0.18.35: Resources", _amounts, is_firm=True),
    Rule("TEI-GPU-013", "error", "An exact instance stands alone",
         "Baseten docs: resources", _said_twice, is_firm=True),
    Rule("TEI-GPU-014", "error", "accelerator: cheapest comes to a GPU",
         "this project: baseten-tei explain", _cheapest, is_firm=True),
    Rule("TEI-GPU-015", "error", "accelerators names each GPU once, and nothing else says the GPU",
         "this project: docs/lifecycle.md", _listed, is_firm=True),
    Rule("TEI-GPU-016", "error", "on_no_capacity has a further GPU to take",
         "this project: docs/lifecycle.md", _without_next, is_firm=True),
)  # fmt: skip
