"""Which models a state has as they were pushed without a lock, and since when."""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from baseten_tei.deployment.ownership import Owner
from baseten_tei.deployment.plan import plan_model
from baseten_tei.deployment.push_job import write_job
from baseten_tei.project.unlocked_pushes import find_unlocked_pushes, match_pushes, push_times
from baseten_tei.spec.type_tokens import PUSH
from tests.support.corpus import COMMIT, healthy_facts
from tests.support.specs import spec

KEY = ("BAAI/bge-base-en-v1.5", "main")
UNLOCKED = spec(revision="main")
JOB = plan_model("bge", UNLOCKED, Owner("proj", "dev"), "emulator").job
WHEN = datetime(2026, 11, 30, 11, 30, 5, 123456, tzinfo=UTC)


def state(pushed: Any = True, **resource: Any) -> dict[str, Any]:
    told = json.dumps({"deployment_id": "d1", "pushed": pushed})
    push = {
        "type": PUSH,
        "inputs": {"environment": write_job(JOB, "1")},
        "outputs": {"stdout": told},
        "created": "2026-11-01T00:00:00Z",
        "modified": "2026-11-30T11:30:05.123456789Z",
    }
    foreign = {"type": PUSH, "inputs": {"create": "ls"}, "outputs": {"stdout": "a b"}}
    return {"deployment": {"resources": [foreign, {"type": "other"}, {**push, **resource}]}}


def test_a_push_is_as_old_as_its_last_change_in_the_state() -> None:
    assert dict(push_times(state())) == {JOB.digest: WHEN}
    first = state(modified=None)
    assert dict(push_times(first))[JOB.digest] == datetime(2026, 11, 1, tzinfo=UTC)


@pytest.mark.parametrize(
    "broken", [state(pushed=False), state(outputs={}), state(modified="soon"), state(modified=7)]
)
def test_who_found_the_version_there_or_has_no_time_knows_not_when_it_was_pushed(
    broken: dict[str, Any],
) -> None:
    assert dict(push_times(broken)) == {JOB.digest: None}


def test_a_model_is_found_by_the_config_that_its_spec_alone_gives() -> None:
    times = {JOB.digest: WHEN}
    [push] = match_pushes({"bge": UNLOCKED}, times, False)[KEY]
    assert (push.model, push.pushed_at) == ("bge", WHEN)
    changed = spec(revision="main", max_batch_tokens=8192)
    assert match_pushes({"bge": changed, "other": UNLOCKED}, times, False) == {}


def test_a_pinned_model_stays_as_it_was_pushed_where_its_facts_derive_another_config() -> None:
    args = spec(revision=COMMIT)
    digest = plan_model("bge", args, Owner("proj", "dev"), "emulator").job.digest
    [push] = match_pushes({"bge": args}, {digest: None}, False)[KEY[0], COMMIT]
    assert push.serves(None), "a commit never changes"
    facts = healthy_facts("embedding")
    assert not push.changes_with(facts)
    longer = {"max_position_embeddings": 32768, "max_seq_length": 32768}
    assert push.changes_with(facts.model_copy(update=longer))


def test_what_is_locked_asks_no_state(tmp_path: Path) -> None:
    """There is none in this folder, and no Pulumi project; what cannot be read is no evidence either."""
    assert find_unlocked_pushes(tmp_path, "dev", {"bge": UNLOCKED}, {KEY: None}, False) == {}
    assert find_unlocked_pushes(tmp_path, "dev", {"bge": UNLOCKED}, {}, False) == {}
