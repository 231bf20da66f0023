"""Repositories with a verdict, from a lock through the front door: refused where the router dies or starts wrong."""

from collections.abc import Iterator, Mapping
from typing import Any

import pytest

from baseten_tei.facts.hub.lockfile import parse_lock, render_lock
from baseten_tei.rules.registry import check_model
from baseten_tei.rules.rule import Reported
from baseten_tei.rules.settings import parse_settings
from baseten_tei.spec.args import ARGS_BY_TASK
from tests.support.tei.changes import COMMIT, lock_repository
from tests.unit.facts.loading.test_cases import CASES

FAMILIES = ("TEI-MODEL-", "TEI-TASK-", "TEI-SEC-009", "TEI-TOK-001")
OURS = (
    "a head for tokens is loaded as one for texts",
    "splade of a masked language model gives a number a word",
)
"""Starts as the router means it, and is refused for what its answers would mean, or the route that gives them."""
MACHINES = {"CPU": "CPU", "L4": "L4", "T4": "T4"}


def _cases() -> Iterator[Any]:
    """Each case on a machine that a spec can name, in each release."""
    for param in CASES:
        case, release = param.values
        if isinstance(case.get("machine", "CPU"), str):
            yield pytest.param(case, release, id=param.id)


def judge(case: Mapping[str, Any], release: str) -> list[Reported]:
    """What the front door says of a case, its facts read from a lock file's text."""
    facts = lock_repository(case)
    wanted = case.get("loads", {}).get(release, {})
    task = wanted.get("task") or (
        "embedding" if "classifier" not in case["model"] else "classifier"
    )
    flags = {
        name: value
        for name, value in case.get("flags", {}).items()
        if name in ARGS_BY_TASK[task].model_fields
    }
    flags = {"auto_truncate": False, **flags}
    spec = {"model_id": facts.model_id, "revision": COMMIT, "task": task, "tei_version": release}
    machine = {"accelerator": MACHINES[case.get("machine", "CPU")], "max_client_batch_size": 4}
    lock = parse_lock(render_lock([facts]))
    (subject,) = parse_settings({"model": {**spec, **machine, **flags}}, lock=lock).subjects
    return [it for it in check_model(subject) if it.rule.id.startswith(FAMILIES)]


@pytest.mark.parametrize(("case", "release"), list(_cases()))
def test_the_front_door_judges_as_the_router_did(case: dict[str, Any], release: str) -> None:
    errors = [it for it in judge(case, release) if it.rule.severity == "error"]
    if release in case.get("says", {}):
        assert errors
        return
    skipped = [it for it in case["loads"][release].get("skipped", ()) if not it.startswith("modes")]
    if skipped or case["why"] in OURS or "format" in case["loads"][release]:
        assert errors
    else:
        assert errors == []
