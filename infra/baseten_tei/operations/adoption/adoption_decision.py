"""One model of a workspace: the entry that a stack adopts it by, or why it is left out.

Adopting changes nothing: each environment is pinned to the version that serves it, so nothing is pushed
until the pin is removed. The report lists what a push would then change.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from baseten_tei.deployment.locked_spec import Subject
from baseten_tei.deployment.ownership import Owner
from baseten_tei.deployment.read_back.deployed_config import Deployed, read_deployed_config
from baseten_tei.deployment.read_back.spec_of_config import read_spec
from baseten_tei.facts.hub.lockfile import EMPTY_LOCK, Lock
from baseten_tei.operations.adoption.environment_entry import list_unmanaged, settings_entry
from baseten_tei.operations.adoption.found_model import (
    FoundModel,
    name_in_stack,
    refuse_model,
    serving_id,
)
from baseten_tei.operations.adoption.loaded_task import SPARSE, correct_task, serves_sparse_vectors
from baseten_tei.operations.adoption.notes import describe_losses, environment_place
from baseten_tei.provider.release.deletion_guards import PRODUCTION
from baseten_tei.rules.registry import check_model, error_lines, find_firm
from baseten_tei.rules.settings import resolve_subject
from baseten_tei.spec.args import ModelArgs
from baseten_tei.spec.spec_parser import parse_spec


@dataclass(frozen=True)
class Adopted:
    """A stack's new entry; `notes` say what it could not carry over."""

    name: str
    entry: Mapping[str, Any]
    args: ModelArgs
    notes: tuple[str, ...] = ()
    unmanaged: tuple[str, ...] = ()
    """Live settings that no spec manages: they stay on Baseten as they are."""


@dataclass(frozen=True)
class LeftOut:
    """A model that is not adopted; `write` is the spec, in words, that takes it over by hand."""

    name: str
    why: str
    write: str = ""


def decide_adoption(
    found: FoundModel,
    owner: Owner,
    *,
    by_name: bool = False,
    has_secret: bool = False,
    lock: Lock = EMPTY_LOCK,
) -> Adopted | LeftOut:
    """Return the decision for one model.

    `by_name`: it was asked for, so another stack's is taken over too. `has_secret`: Baseten has the secret
    that gated models of a stack read.
    """
    it = read_deployed_config(found.config) if found.config else "nothing was ever deployed of it"
    if isinstance(it, str):
        return LeftOut(found.name, it, _by_hand(found.name))
    if problem := refuse_model(found, owner, by_name=by_name):
        return LeftOut(found.name, problem)
    it = correct_task(it, lock)
    if serves_sparse_vectors(it, lock):
        return LeftOut(found.name, SPARSE)
    entry = _spec_entry(found, it, has_secret=has_secret)
    subject = _check_entry(name_in_stack(found.name), entry, lock)
    if isinstance(subject, str):
        by_hand = f"{_by_hand(found.name)}, task: {it.task}, model_id: {it.origin.model_id}"
        why = f"the stack refuses what runs: {subject}; change that on Baseten and adopt it again"
        return LeftOut(found.name, why, by_hand)
    return _adopt(found, it, entry, subject)


def _by_hand(name: str) -> str:
    key = name_in_stack(name)
    own_name = "" if key == name else f"model_name: {name!r} and "
    return f"a model {key!r} with {own_name}adopt: true"


def _adopt(found: FoundModel, it: Deployed, entry: Mapping[str, Any], subject: Subject) -> Adopted:
    silence = _silence_errors(subject)
    told = describe_losses(subject, it, found.environments, found.configs)
    told += tuple(f"silence: {rule}: {why}" for rule, why in silence.items())
    whole = {**entry, **({"silence": silence} if silence else {})}
    unmanaged = (
        f"{environment_place(each, subject.args)}{line}"
        for each in found.serving
        for line in list_unmanaged(each)
    )
    return Adopted(subject.name, whole, subject.args, told, tuple(unmanaged))


def _spec_entry(found: FoundModel, it: Deployed, *, has_secret: bool) -> dict[str, Any]:
    """Return the spec, then its environments, each with its pin."""
    own, *others = found.serving
    spec = read_spec(it, own.current.labels if own.current else {})
    if not has_secret:
        spec.pop(
            "gated", None
        )  # a stack with a gated model stores the secret: that would be a change
    requests = spec["predict_concurrency"]
    further = {
        each.name: {**settings_entry(each, requests), "deployment": serving_id(each)}
        for each in others
    }
    own_name = {} if name_in_stack(found.name) == found.name else {"model_name": found.name}
    return {
        **spec,
        **own_name,
        **({} if own.name == PRODUCTION else {"environment": own.name}),
        **settings_entry(own, requests),
        **({"environments": further} if further else {}),
        "deployment": serving_id(own),
        "adopt": True,
    }


def _check_entry(name: str, entry: Mapping[str, Any], lock: Lock) -> Subject | str:
    """Return the entry as the stack will read it, or what it would refuse."""
    args = parse_spec(name, entry)
    subject = args if isinstance(args, list) else resolve_subject(name, args, lock)
    lines = subject if isinstance(subject, list) else error_lines(find_firm(subject))
    if isinstance(subject, list) or lines:
        return "; ".join(line.removeprefix(f"model {name!r}: ") for line in lines)
    return subject


def _silence_errors(subject: Subject) -> dict[str, str]:
    """Return the rules that would stop the stack's preview, with why they are silenced: the model runs already."""
    return {
        it.rule.id: f"it ran so when it was adopted: {it.finding.message}"
        for it in check_model(subject)
        if it.rule.severity == "error"
    }
