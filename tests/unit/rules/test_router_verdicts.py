"""Repositories with a verdict, from a lock through the front door: refused where the router dies or starts wrong."""

from collections.abc import Iterator, Mapping
from typing import Any

import pytest

from baseten_tei.facts.hub.lockfile import parse_lock, render_lock
from baseten_tei.rules.registry import check_model
from baseten_tei.rules.rule import Reported
from baseten_tei.rules.settings import parse_settings
from baseten_tei.spec.args import ARGS_BY_TASK
from tests.support.tei.advice import follow
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


def spec_of(case: Mapping[str, Any], release: str) -> dict[str, Any]:
    """What a stack says of a case."""
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
    spec = {"model_id": "org/model", "revision": COMMIT, "task": task, "tei_version": release}
    machine = {"accelerator": MACHINES[case.get("machine", "CPU")], "max_client_batch_size": 4}
    return {**spec, **machine, **flags}


def judge(case: Mapping[str, Any], spec: Mapping[str, Any]) -> list[Reported]:
    """What the front door says of a case, its facts read from a lock file's text."""
    lock = parse_lock(render_lock([lock_repository(case, "org/model")]))
    (subject,) = parse_settings({"model": spec}, lock=lock).subjects
    return [it for it in check_model(subject) if it.rule.id.startswith(FAMILIES)]


@pytest.mark.parametrize(("case", "release"), list(_cases()))
def test_the_front_door_judges_as_the_router_did(case: dict[str, Any], release: str) -> None:
    errors = [it for it in judge(case, spec_of(case, release)) if it.rule.severity == "error"]
    if release in case.get("says", {}):
        assert errors
        return
    skipped = [it for it in case["loads"][release].get("skipped", ()) if not it.startswith("modes")]
    if skipped or case["why"] in OURS or "format" in case["loads"][release]:
        assert errors
    else:
        assert errors == []


@pytest.mark.parametrize(("case", "release"), list(_cases()))
def test_advice_that_is_followed_leads_to_no_other_refusal(
    case: dict[str, Any], release: str
) -> None:
    spec = spec_of(case, release)
    errors = [it for it in judge(case, spec) if it.rule.severity == "error"]
    told = {it.rule.id for it in errors}
    for found in errors:
        if (changed := follow(found.finding.fix, spec)) is not None:
            after = [it for it in judge(case, changed) if it.rule.severity == "error"]
            assert {it.rule.id for it in after} <= told - {found.rule.id}
