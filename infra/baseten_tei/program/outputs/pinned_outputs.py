"""The outputs of a model by what serves: its spec, or, where it is pinned, what the pinned version was pushed with."""

from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any

import pulumi

from baseten_tei.deployment.environment_inputs import all_environments
from baseten_tei.deployment.locked_spec import Subject, find_facts
from baseten_tei.deployment.plan import client_limits
from baseten_tei.deployment.sizes.sizing import size_spec
from baseten_tei.facts.files.json_reader import decode_json
from baseten_tei.facts.hub.lockfile import Lock
from baseten_tei.outputs.known_before_push import known_labels, known_prompts, known_space
from baseten_tei.program.resources import Environment, or_none
from baseten_tei.spec.args import EmbeddingArgs, ModelArgs
from baseten_tei.spec.spec_parser import parse_spec

Outputs = dict[str, Any]
_MERGED = ("limits", "space")
"""Outputs to whose keys the router's own are added."""


def describe(subject: Subject) -> Outputs:
    """Return the outputs that a spec and its lock decide, wherever it serves."""
    return {
        "image": subject.image,
        "tei_version": subject.args.tei_version,
        "limits": client_limits(subject.args),
        **known_labels(subject),
        **({"space": space} if (space := known_space(subject)) else {}),
        **known_prompts(subject),
    }


def pinned_subject(subject: Subject, pinned_spec: str | None, lock: Lock) -> Subject:
    """Return the model as its pinned version was pushed; as its spec says where that is not known."""
    args = parse_spec(subject.name, decode_json(pinned_spec)) if pinned_spec else []
    if isinstance(args, list) or args.task != subject.args.task:
        return subject
    own = {"autoscaling": subject.args.autoscaling, **_own_prompts(subject.args, args)}
    facts = find_facts(lock, args.model_id, args.revision)
    return Subject(subject.name, size_spec(args.model_copy(update=own), facts), facts)


def _own_prompts(spec: ModelArgs, pinned: ModelArgs) -> dict[str, Any]:
    """What no version holds: clients put the spec's prompts before texts of the same model."""
    if not (isinstance(spec, EmbeddingArgs) and spec.model_id == pinned.model_id):
        return {}
    routed = getattr(pinned, "default_prompt", None) or getattr(pinned, "default_prompt_name", None)
    return {} if routed else {"prompts": spec.prompts}


def describe_pinned(subject: Subject, name: str, environment: Environment, lock: Lock) -> Outputs:
    """Return the same outputs of the version that environment `name` is pinned to, and its digest.

    They are unknown until the pin is applied.
    """
    scaling = all_environments(subject.args)[name].autoscaling
    own = subject.args.model_copy(
        update={"autoscaling": scaling}
    )  # of the environment, not of the version
    subject = Subject(subject.name, own, subject.facts)
    whose = "" if name == own.environment else f" of environment {name!r}"
    told = pulumi.Output.all(
        environment.deployment_id,
        or_none(environment.serving_digest),
        or_none(environment.pinned_spec),
    )

    def fill(it: Sequence[Any]) -> Outputs:
        if it[2] is None:
            pulumi.log.warn(
                f"model {subject.name!r}: its outputs{whose} describe the spec and not the pinned version {it[0]} that "
                "serves, which an earlier release pinned: run `pulumi refresh`, then `pulumi up`"
            )
        return {**describe(pinned_subject(subject, it[2], lock)), "config_digest": it[1] or ""}

    found: pulumi.Output[Outputs] = told.apply(fill)
    return _leaves(found, {**describe(subject), "config_digest": ""})


def _leaves(found: pulumi.Output[Outputs], shape: Mapping[str, Any], *above: str) -> Outputs:
    """Return an output for each key, and for each below it, so that others can be written beside them."""
    return {
        key: _leaves(found, inner, *above, key)
        if isinstance(inner, Mapping) and key in _MERGED
        else found.apply(partial(_get, (*above, key)))
        for key, inner in shape.items()
    }


def _get(path: Sequence[str], values: Outputs) -> Any:
    found: Any = values
    for key in path:
        found = (found or {}).get(key)
    return found
