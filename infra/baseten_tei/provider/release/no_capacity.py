"""What a release says, and remembers, that found no free machine."""

from collections.abc import Callable, Collection, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from baseten_tei.baseten.api import ApiError, BasetenApi
from baseten_tei.baseten.startups import Startup, describe_machine
from baseten_tei.baseten.versions import Version
from baseten_tei.deployment.capacity.offers import Offer, describe_offers
from baseten_tei.deployment.instances import find_sku
from baseten_tei.provider.protocol.resource import Values

if TYPE_CHECKING:  # it brings pydantic
    from baseten_tei.facts.hub.lockfile import Lock

MAY_LACK = "Baseten may have no free instance of its type"
ReadLock = Callable[[str], "Lock"]
"""The locked facts of a stack."""


def lacks_machine(status: str, startup: Startup | None) -> bool:
    """Return whether a release ended for lack of capacity; without startups DEPLOYING to the end means that."""
    return startup.lacks_machine if startup else status == "DEPLOYING"


def write_lack(inputs: Values, version: Version, seconds: float, at: str) -> Values | None:
    """Return what the state has to know of it; `None` for a spec with one GPU, which has no other turn."""
    if len(_turns(inputs, version)) < 2:
        return None
    return {
        "digest": version.digest,
        "accelerator": describe_machine(version.instance_type),
        "deployment_id": version.id,
        "minutes": round(seconds / 60),
        "at": at,
    }


def find_others(
    api: BasetenApi, model_id: str, version: Version, lock: "Lock", but: Collection[str]
) -> list[Offer]:
    """Return other GPUs that hold the model of a deployment, by its config and the lock; none where one is missing."""
    # They bring pydantic, which a release that succeeds does not need.
    from baseten_tei.deployment.capacity.other_gpus import find_offers
    from baseten_tei.deployment.locked_spec import find_facts
    from baseten_tei.deployment.read_back.deployed_config import read_deployed_config
    from baseten_tei.deployment.read_back.spec_of_config import read_spec
    from baseten_tei.spec.spec_parser import parse_spec

    try:
        deployed = read_deployed_config(api.config(model_id, version.id))
    except ApiError:
        return []
    if isinstance(deployed, str):
        return []
    spec = read_spec(deployed, {})
    # Its sizes were chosen for its own GPU.
    bare = {key: it for key, it in spec.items() if key not in ("instance_type", "max_batch_tokens")}
    args = parse_spec("model", {**bare, "accelerator": "L4"})
    facts = None if isinstance(args, list) else find_facts(lock, args.model_id, args.revision)
    return [] if isinstance(args, list) or facts is None else find_offers(args, facts, but)


def advise(inputs: Values, version: Version, others: Sequence[Offer]) -> str:
    """Return what to do: the next GPU of the spec's list, or others that hold the model."""
    turns = _turns(inputs, version)
    if len(turns) < 2:
        return _advise_alone(version, others)
    at = [it["digest"] for it in turns].index(version.digest)
    coming = turns[(at + 1) % len(turns)]
    took = f"pushes it for {coming['accelerator']}{_compare(coming, version)}: same model, same endpoint"
    more = f"; what else holds it: {describe_offers(others)}" if others else ""
    if inputs.get("on_no_capacity") != "next":
        return f"write on_no_capacity: next, and the next `pulumi up` {took}; or wait on with `pulumi up`{more}"
    if at + 1 < len(turns):
        return f"the next `pulumi up` {took}{more}"
    last = turns[at]["accelerator"]
    return (
        f"{last} is the last of accelerators, so the next `pulumi up` begins again and {took}{more}"
    )


def _turns(inputs: Values, version: Version) -> Sequence[Mapping[str, Any]]:
    """The spec's list of GPUs, where this version is on it: what a pin names may be of another spec."""
    turns: Sequence[Mapping[str, Any]] = inputs.get("accelerators") or ()
    return turns if any(it["digest"] == version.digest for it in turns) else ()


def _advise_alone(version: Version, others: Sequence[Offer]) -> str:
    if not others:
        return "wait on with `pulumi up`, write another accelerator, or a longer deploy_timeout_minutes"
    sku = find_sku(version.instance_type)
    own = f"; {sku.gpu} is ${sku.price:.5f}" if sku else ""
    return (
        f"wait on with `pulumi up`, or write accelerator: {others[0].accelerator}; what holds the model: "
        f"{describe_offers(others)}{own}"
    )


def _compare(turn: Mapping[str, Any], version: Version) -> str:
    """Return what the turn costs, beside what was asked for."""
    before, after = find_sku(version.instance_type), find_sku(str(turn.get("instance_type")))
    if after is None:
        return ""
    instead = f" instead of ${before.price:.5f}" if before else ""
    return f" (${after.price:.5f} a minute{instead})"
