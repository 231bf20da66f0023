"""What the values of a spec mean together: everything that can be refused before anything is touched."""

import re
from collections.abc import Iterator, Mapping

from baseten_tei import flags, hardware
from baseten_tei.images import Image, image_for
from baseten_tei.names import (
    environment_problem,
    environment_variable,
    model_name_problem,
    perhaps,
    repository_problem,
)
from baseten_tei.permits import permits, permits_problem
from baseten_tei.redaction import looks_like_a_token
from baseten_tei.release import RESERVED_LABELS
from baseten_tei.spec import Autoscaling, EmbeddingArgs, ModelArgs
from baseten_tei.versions import at_least


def baseten_name(name: str, args: ModelArgs) -> str:
    """The model's name on Baseten."""
    return name if args.model_name is None else args.model_name


def problems(name: str, args: ModelArgs) -> list[str]:
    """Everything that is wrong with one model, a line each, the model named first."""
    found = [
        model_name_problem(baseten_name(name, args)),
        # It is a folder's name as well, so it may hold no more than a name on Baseten may.
        None if args.model_name is None else model_name_problem(name, "name"),
        environment_problem(args.environment),
        repository_problem(args.model_id, args.revision),
        permits_problem(args),
        *_hardware(args),
        *_options(args),
        *_extra_flags(args),
        *_environment_variables(args.env),
        *_labels(args.labels),
        *_autoscaling(args),
    ]
    return [f"model {name!r}: {problem}" for problem in found if problem]


def duplicate_problems(models: Mapping[str, ModelArgs]) -> list[str]:
    """Models that would meet on Baseten, or in the flat outputs, under one name."""
    on_baseten: dict[str, str] = {}
    in_outputs: dict[str, str] = {}
    found = []
    for name, args in models.items():
        variable = environment_variable(name)
        taken = on_baseten.setdefault(environment_variable(baseten_name(name, args)), name)
        also = in_outputs.setdefault(variable, name)
        if taken != name:
            found.append(
                f"model {name!r}: model {taken!r} already has the Baseten name "
                f"{baseten_name(name, args)!r} (case, '-', '_' and '.' do not tell models apart): "
                "give one of them another model_name"
            )
        elif also != name:
            found.append(
                f"model {name!r}: the outputs of model {also!r} are already called {variable}_…: "
                "give one of them another name"
            )
    return found + _environment_clashes(models)


def _environment_clashes(models: Mapping[str, ModelArgs]) -> list[str]:
    """Model `a` in `b-production` and model `a-b` in `production` would be one resource to Pulumi."""
    seen: dict[str, str] = {}
    found = []
    for name, args in models.items():
        resource = f"{name}-{args.environment}"
        first = seen.setdefault(resource, name)
        if first != name:
            found.append(
                f"model {name!r}: with its environment it is called {resource!r}, as model {first!r} is: "
                "give one of them another name or environment"
            )
    return found


_QUANTITIES = {"cpu": (r"\d+m?", '"4"'), "memory": (r"\d+(\.\d+)?[KMGTPE]i?", "16Gi")}
"""Forms that Truss takes (0.18.35, `Resources`), and an example of each."""


def _hardware(args: ModelArgs) -> Iterator[str]:
    for key, (form, example) in _QUANTITIES.items():
        value = getattr(args, key)
        if value is not None and not re.fullmatch(form, value):
            yield f"{key} {value!r} is no amount: write {key}: {example}"
        elif value is not None and args.instance_type is not None:
            yield f"{key} and instance_type are both set, and Baseten would ignore {key}: keep one of them"
    if args.instance_type is None:
        accelerator = args.accelerator or hardware.DEFAULT_ACCELERATOR
    elif args.accelerator is not None:
        yield "accelerator and instance_type are both set: keep one of them"
        return
    elif (found := hardware.instance(args.instance_type)) is None:
        yield (
            f"instance_type {args.instance_type!r} is not one Baseten has: "
            "write e.g. instance_type: L4:4x16, or accelerator: L4"
        )
        return
    elif found.gpu_count > 1:
        yield (
            f"instance_type {args.instance_type} has {found.gpu_count} GPUs and TEI uses one: write "
            f"accelerator: {found.accelerator}, and scale with autoscaling.max_replica"
        )
        return
    else:
        accelerator = found.accelerator
    yield from _image(accelerator, args)


def _image(accelerator: str, args: ModelArgs) -> Iterator[str]:
    image = image_for(accelerator, args.tei_version)
    if isinstance(image, str):
        yield image
    elif image.no_build and args.weights == "baked":
        yield (
            f"weights: baked needs a Truss build, and TEI {args.tei_version} runs from the unmodified "
            "upstream image: write weights: cached, or tei_version: 1.8.3"
        )


def _options(args: ModelArgs) -> Iterator[str]:
    if args.served_model_name is not None and not at_least(args.tei_version, "1.9.0"):
        yield (
            f"served_model_name needs TEI 1.9.0 (TEI {args.tei_version} does not start with it): "
            "leave it out, or write tei_version: 1.9.3"
        )
    yield from _unpassable("served_model_name", args.served_model_name)
    if not isinstance(args, EmbeddingArgs):
        return
    if args.default_prompt is not None and args.default_prompt_name is not None:
        yield "default_prompt and default_prompt_name are both set: keep one of them"
    for key in ("default_prompt", "default_prompt_name"):
        todo = f"leave it out of {key}, or put the prompt before the text in the client"
        yield from _unpassable(key, getattr(args, key), todo)


def _unpassable(what: str, value: str | None, todo: str = "leave it out") -> Iterator[str]:
    if re.search(r"[%\n\r\x00]", value or ""):
        yield f"{what} holds '%' or a line break, which Truss's process supervisor cannot pass on: {todo}"
    if looks_like_a_token(value or ""):
        yield f"{what} would hold a secret in clear: remove it"


def _extra_flags(args: ModelArgs) -> Iterator[str]:
    seen: set[str] = set()
    for name, value in flags.split_flags(args.extra_flags):
        flag = f"extra_flags: --{name}"
        if name in flags.OURS:
            yield f"{flag} is generated already: write {flags.OURS[name]}: … instead"
        elif name in flags.FORBIDDEN:
            yield f"{flag}: {flags.FORBIDDEN[name]}"
        elif name not in flags.FLAGS:
            yield f"{flag} is not a flag of TEI {args.tei_version}.{perhaps(name, flags.FLAGS)}"
        elif name in seen:
            yield f"{flag} is given twice, and TEI refuses that: keep one"
        elif (value is None) != (name in flags.SWITCHES):
            yield f"{flag} {'needs a' if value is None else 'takes no'} value: write {_form(name)}"
        elif name in flags.NUMBERS and not re.fullmatch(r"[1-9][0-9]*", value or ""):
            yield f"{flag} {value!r} is not a number above 0: write {_form(name)}"
        else:
            yield from _unpassable(flag, value)
        seen.add(name)


def _form(name: str) -> str:
    return f"--{name}" if name in flags.SWITCHES else f"--{name}=VALUE"


def _environment_variables(env: Mapping[str, str]) -> Iterator[str]:
    by_variable = {flags.environment_name(flag): flag for flag in flags.FLAGS}
    for name, value in env.items():
        flag = by_variable.get(name, "")
        if not re.fullmatch(r"[A-Za-z_][A-Za-z0-9_]*", name):
            yield f"env: {name!r} is not an environment variable's name"
        elif looks_like_a_token(value) or name in {"HF_TOKEN", "HF_API_TOKEN", "API_KEY"}:
            yield (
                f"env: {name} would hold a secret in clear: remove it and write gated: true "
                "(the stack then stores the secret hf_access_key)"
            )
        elif flag in flags.FORBIDDEN:
            yield f"env: {name}: {flags.FORBIDDEN[flag]}"
        elif flag in flags.OURS:
            yield f"env: {name} is generated already: write {flags.OURS[flag]}: … instead"
        elif flag:
            yield f"env: {name} sets a router flag: write extra_flags: [{_form(flag)!r}] instead"


def _labels(labels: Mapping[str, str]) -> Iterator[str]:
    for name, value in labels.items():
        if name in RESERVED_LABELS:
            yield f"labels: {name} is set by the push itself: choose another name"
        if looks_like_a_token(value):
            yield f"labels: {name} would hold a secret in clear: remove it"


def _autoscaling(args: ModelArgs) -> Iterator[str]:
    settings: Autoscaling = args.autoscaling
    if settings.min_replica > settings.max_replica:
        yield (
            f"autoscaling.min_replica {settings.min_replica} is above max_replica "
            f"{settings.max_replica}: write max_replica: {settings.min_replica} or more"
        )
    requests = permits(args).predict_concurrency
    if (settings.concurrency_target or 0) > requests:
        yield (
            f"autoscaling.concurrency_target {settings.concurrency_target} is above predict_concurrency "
            f"{requests}, so a replica could never reach it: write concurrency_target: {requests} or less"
        )


def resolved_hardware(args: ModelArgs) -> tuple[hardware.Instance, Image]:
    """Instance and image of a spec that has no problems.

    Raises `ValueError` for one that has, which `problems` would have told.
    """
    found = (
        hardware.instance(args.instance_type)
        if args.instance_type
        else hardware.smallest_instance(args.accelerator or hardware.DEFAULT_ACCELERATOR)
    )
    image = found and image_for(found.accelerator, args.tei_version)
    if found is None or not isinstance(image, Image):
        raise ValueError(f"no image for {args.instance_type or args.accelerator}")
    return found, image
