"""What adopting a model could not carry over, a line each: what would change once its pin is removed."""

from collections.abc import Iterator, Mapping

from baseten_tei.baseten.statuses import FAILED
from baseten_tei.baseten.versions import Serving
from baseten_tei.deployment import instances
from baseten_tei.deployment.hardware import resolve_hardware
from baseten_tei.deployment.labels import RESERVED_LABELS
from baseten_tei.deployment.locked_spec import Subject
from baseten_tei.deployment.read_back.deployed_config import Data, Deployed, read_deployed_config
from baseten_tei.errors import redact
from baseten_tei.facts.tei.routes import SHARED_PATHS
from baseten_tei.operations.adoption.not_carried import find_losses
from baseten_tei.spec.args import ModelArgs
from baseten_tei.spec.hf_token import SECRET_NAME


def describe_losses(
    subject: Subject, it: Deployed, environments: tuple[Serving, ...], configs: Mapping[str, Data]
) -> tuple[str, ...]:
    """Return a line for each property of what runs that an entry does not carry over."""
    ours, args = read_deployed_config(subject.config), subject.args
    assert isinstance(ours, Deployed), ours  # noqa: S101  # what we generate is TEI's
    found = [*_shared_route(subject, it), *find_losses(it, ours), *_token(it, args)]
    for serving in environments:
        lines = _environment(serving, configs, args, ours)
        found += [
            f"{environment_place(serving, args)}{line}" for line in lines if line not in found
        ]
    return tuple(redact(line) for line in dict.fromkeys(found))


def _environment(
    serving: Serving, configs: Mapping[str, Data], args: ModelArgs, ours: Deployed
) -> Iterator[str]:
    current = serving.current
    if current is None or current.status in FAILED:
        yield f"left out, because it serves {current.status if current else 'nothing'}"
        return
    instance = instances.parse_instance(current.instance_type)
    wanted, _ = resolve_hardware(args)
    if instance and instance.accelerator != wanted.accelerator:
        yield f"instance_type: {current.instance_type} → {wanted.accelerator}"
    if unsaid := [
        it for it, value in current.labels.items() if it not in {*args.labels, *RESERVED_LABELS}
    ]:
        yield f"labels: {', '.join(unsaid)} → (none)"
    if serving.name != args.environment:
        theirs = read_deployed_config(configs[current.id])
        yield from [theirs] if isinstance(theirs, str) else find_losses(theirs, ours)


def environment_place(serving: Serving, args: ModelArgs) -> str:
    """Return what a line begins with that is about a further environment; empty for the model's own."""
    return "" if serving.name == args.environment else f"environments.{serving.name}: "


def _shared_route(subject: Subject, it: Deployed) -> Iterator[str]:
    """Say that the task was guessed where a route serves several, and nobody knows the model."""
    if it.path in SHARED_PATHS and subject.facts is None:
        yield (
            f"task: {it.task} is a guess: predict_endpoint {it.path} serves several tasks, and {it.origin.model_id} "
            "could not be read: if it is another one, run `baseten-tei adopt` where the Hub can be reached"
        )


def _token(it: Deployed, args: ModelArgs) -> Iterator[str]:
    if it.gated and not args.gated:
        yield (
            f"gated: it reads a Hugging Face token, and Baseten has no secret {SECRET_NAME}: before you remove "
            "the pin, write gated: true"
        )
