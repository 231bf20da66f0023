"""What a change means for traffic: what is pushed, how it takes over, what scales to zero.

Sources: Baseten docs (rolling deployments, autoscaling, cold starts), and docs/lifecycle.md for our gates.
"""

from collections.abc import Iterator

from baseten_tei.deployment.environment_inputs import all_environments
from baseten_tei.deployment.gpu_choice import accelerator_of
from baseten_tei.deployment.money.prices import sku_of
from baseten_tei.deployment.schedules.spec_sentences import list_sentences
from baseten_tei.facts.hub.model_facts import ModelFacts
from baseten_tei.facts.tei.gpus import CPU
from baseten_tei.review.report.before_and_after import ModelChange, ModelState
from baseten_tei.review.report.change_kind import Kind, only_moves
from baseten_tei.spec.args import Autoscaling, EnvironmentArgs, ModelArgs

GIB = 1024**3


def describe_traffic(pair: ModelChange, kind: Kind, facts: ModelFacts | None) -> tuple[str, ...]:
    """Return what will happen, in order; `facts` is `None` if the model is not locked."""
    if kind == "unchanged":
        return ()
    if pair.after is None:
        return tuple(_describe_removal(pair.before, kind))
    args = pair.after.args
    if args is None:
        return ("its spec cannot be read by this version of baseten_tei",)
    if kind == "renamed":
        return (
            f"it was {pair.once}, and is the same model on Baseten: nothing is pushed, URLs stay",
        )
    if kind == "settings only":
        return (*_describe_settings(pair, args), *_describe_scale_to_zero(args, facts, pair.before))
    return (
        *_describe_push(pair, kind, args),
        *_describe_schedules(kind, args),
        *_describe_scale_to_zero(args, facts, pair.before),
    )


def _describe_removal(before: ModelState | None, kind: Kind) -> Iterator[str]:
    if kind == "forgotten":
        yield "stays on Baseten and serves on; Pulumi no longer knows it"
        return
    yield "the model goes, with its deployments and environments"
    if before and before.protected:
        yield "Pulumi will refuse: it is protected; write protect: false and `pulumi up` first"


def _describe_settings(pair: ModelChange, args: ModelArgs) -> Iterator[str]:
    if only_moves(pair):
        yield "nothing is pushed, and nothing changes on Baseten: only the stack's outputs do"
        return
    yield "nothing is pushed: what serves goes on, and Baseten applies the settings to it"
    there = pair.before.environments if pair.before else {}
    pins = []
    for name, environment in all_environments(args).items():
        if name not in there:
            yield f"environment {name} is made, and takes over the version that there is"
        if environment.deployment is not None:
            pins.append(f"{name} serves {environment.deployment} (pinned)")
    yield from pins


def _describe_push(pair: ModelChange, kind: Kind, args: ModelArgs) -> Iterator[str]:
    digest = pair.after.digest if pair.after else ""
    before = pair.before.digest if pair.before else ""
    if not digest:
        yield "nothing is pushed: every environment is pinned"
    elif before == digest:
        yield f"version {digest} is pushed again"
    else:
        yield f"version {digest} is pushed{f', after {before}' if before else ''}"
    yield from _describe_turn(pair, args)
    yield (
        f"it gets traffic once it is ready (at most {args.deploy_timeout_minutes} minutes), `/info` says what was "
        "asked for, and it answered a call; what serves now serves until then"
        if kind != "created"
        else "it is the first version: Baseten makes it production as soon as it is ready"
    )
    for name, environment in all_environments(args).items():
        if environment.deployment is None:
            yield f"{name} takes it over {_describe_promotion(environment)}"
        else:
            yield f"{name} keeps serving {environment.deployment} (pinned)"
    if args.new_space:
        yield "new_space: true: it may answer with other vectors or scores than the golden ones"


def _describe_schedules(kind: Kind, args: ModelArgs) -> Iterator[str]:
    """Yield the schedules of a new model; of another one, those that change are among the reasons."""
    if kind == "created":
        yield from (f"{path}: {sentence}" for path, sentence in list_sentences(args))


def _describe_turn(pair: ModelChange, args: ModelArgs) -> Iterator[str]:
    """Yield on which GPU of its list it is pushed, where that is not the first."""
    if not args.accelerators or args.accelerator in (None, args.accelerators[0]):
        return
    first = args.accelerators[0]
    usual = args.model_copy(update={"accelerator": first})
    price, before = (sku_of(it, accelerator_of(it)) for it in (args, usual))
    cost = (
        f" (${price.price:.5f} a minute, {first} ${before.price:.5f})" if price and before else ""
    )
    outputs = pair.before.outputs.values() if pair.before else ()
    lacks = [lack for it in outputs for lack in it.get("no_capacity") or ()]
    last = max(lacks, key=lambda it: str(it["at"]), default=None)
    why = (
        f", since no {last['accelerator']} was free for {int(last['minutes'])} min" if last else ""
    )
    yield (
        f"it is pushed for {args.accelerator}{cost}{why}: same model, same endpoint; to go back to {first}, remove "
        "on_no_capacity"
    )


def _describe_promotion(environment: EnvironmentArgs) -> str:
    promotion = environment.promotion
    if promotion is None or not promotion.rolling_deploy:
        how = "all at once"
    else:
        how = f"replica by replica{_describe_steps(environment)}"
    after = promotion.promotion_cleanup_strategy if promotion else None
    return f"{how}{f'; the version before: {after}' if after else ''}"


def _describe_steps(environment: EnvironmentArgs) -> str:
    rolling = environment.promotion.rolling_deploy_config if environment.promotion else None
    said = rolling.model_dump(exclude_none=True) if rolling else {}
    return f" ({', '.join(f'{key} {value}' for key, value in said.items())})" if said else ""


def _describe_scale_to_zero(
    args: ModelArgs, facts: ModelFacts | None, before: ModelState | None
) -> Iterator[str]:
    for name, environment in all_environments(args).items():
        now, was = environment.autoscaling, _autoscaling(before, name)
        if now.min_replica == 0 and (was is None or was.min_replica != 0):
            yield (
                f"{name} scales to zero after {now.scale_down_delay} s without requests; the next one waits for a "
                f"cold start{_cold_start(args, facts)}"
            )
        elif was is not None and was.min_replica == 0 < now.min_replica:
            yield f"{name} no longer scales to zero: no cold starts"


def _autoscaling(before: ModelState | None, environment: str) -> Autoscaling | None:
    if before is None or before.args is None:
        return None
    found = all_environments(before.args).get(environment)
    return found.autoscaling if found else None


def _cold_start(args: ModelArgs, facts: ModelFacts | None) -> str:
    """Return how much has to be loaded; the time was never measured."""
    if facts is None or facts.weights is None:
        return ""
    where = "memory" if accelerator_of(args) == CPU else "GPU memory"
    return f": {facts.weights.bytes / GIB:.1f} GiB of weights into {where}"
