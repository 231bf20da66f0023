"""Which models a stack's state has as they were pushed without a lock."""

from collections.abc import Iterator, Mapping
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Any

from baseten_tei.deployment.config.truss_config import build_config, compute_digest
from baseten_tei.deployment.push_job import PREFIX
from baseten_tei.deployment.sizes.sizing import name_changed_sizes, size_spec
from baseten_tei.errors import UserError
from baseten_tei.facts.files.json_reader import decode_json
from baseten_tei.facts.hub.late_locks import Pushes, UnlockedPush
from baseten_tei.facts.hub.lockfile import Key
from baseten_tei.facts.hub.model_facts import ModelFacts
from baseten_tei.project.pulumi_cli import exported_state
from baseten_tei.spec.args import ModelArgs
from baseten_tei.spec.names import is_commit
from baseten_tei.spec.type_tokens import PUSH


def find_unlocked_pushes(
    root: Path,
    stack: str,
    models: Mapping[str, ModelArgs],
    locked: Mapping[Key, Any],
    emulated: bool,
) -> Pushes:
    """Return the models that are not locked yet, and were pushed so; none where no state can be read."""
    late = {
        name: args for name, args in models.items() if (args.model_id, args.revision) not in locked
    }
    try:
        exported = exported_state(root, stack) if late else {}
    except UserError:
        return {}
    return match_pushes(late, dict(push_times(exported)), emulated)


def match_pushes(
    models: Mapping[str, ModelArgs], times: Mapping[str, datetime | None], emulated: bool
) -> Pushes:
    """Return the models whose config, as the spec alone gives it, was pushed; `times` are by config digest."""
    found: dict[Key, list[UnlockedPush]] = {}
    for name, args in models.items():
        digest = _digest(name, args)
        if digest is not None and digest in times:
            changes = partial(_changes, name, args, digest)
            numbers = partial(name_changed_sizes, args)
            at_commit = is_commit(args.revision)
            push = UnlockedPush(name, times[digest], emulated, at_commit, changes, numbers)
            found.setdefault((args.model_id, args.revision), []).append(push)
    return found


def push_times(exported: Mapping[str, Any]) -> Iterator[tuple[str, datetime | None]]:
    """Yield the digest of each push in a state, and when it pushed; `None` where it found what was there already."""
    for resource in (exported.get("deployment") or {}).get("resources") or ():
        environment = (resource.get("inputs") or {}).get("environment")
        if resource.get("type") == PUSH and isinstance(environment, Mapping):
            told = (resource.get("outputs") or {}).get("stdout")
            when = resource.get("modified") or resource.get("created")
            yield str(environment.get(f"{PREFIX}DIGEST")), _time(when) if _pushed(told) else None


def _changes(name: str, args: ModelArgs, digest: str, facts: ModelFacts) -> bool:
    return _digest(name, size_spec(args, facts)) != digest


def _digest(name: str, args: ModelArgs) -> str | None:
    try:
        return compute_digest(build_config(name, args), args.labels)
    except ValueError:  # a spec that cannot work was never pushed
        return None


def _pushed(told: Any) -> bool:
    try:
        said = decode_json(told)
    except (TypeError, ValueError):
        return False
    return isinstance(said, Mapping) and said.get("pushed") is True


def _time(text: Any) -> datetime | None:
    try:
        found = datetime.fromisoformat(text)
    except (TypeError, ValueError):
        return None
    return found if found.tzinfo else None
