"""A spec on each GPU of its list, and the version that each of them comes to."""

from collections.abc import Sequence
from dataclasses import dataclass

from baseten_tei.deployment.config.truss_config import build_config, compute_digest
from baseten_tei.deployment.gpu_choice import accelerator_of
from baseten_tei.deployment.money.costs import instance_type
from baseten_tei.spec.args import ModelArgs


def specs_by_turn(args: ModelArgs) -> tuple[ModelArgs, ...]:
    """Return the spec on each GPU of its list, in order; the spec itself where it has no list."""
    every = args.accelerators or ()
    return tuple(args.model_copy(update={"accelerator": it}) for it in every) or (args,)


@dataclass(frozen=True)
class Turn:
    """A GPU of a spec's list, and the version for it."""

    accelerator: str
    digest: str
    instance_type: str


def list_turns(name: str, specs: Sequence[ModelArgs]) -> tuple[Turn, ...]:
    """Return the turns of a spec on each GPU of its list; none where it has no list."""
    listed = [args for args in specs if args.accelerators]
    return tuple(
        Turn(
            accelerator_of(args),
            compute_digest(build_config(name, args), args.labels),
            instance_type(args),
        )
        for args in listed
    )
