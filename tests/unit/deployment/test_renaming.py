"""What is wanted of a model that got another name: the version as it was pushed, until something else changes."""

import json
from typing import Any

from baseten_tei.deployment.ownership import Owner
from baseten_tei.deployment.plan import plan_model
from baseten_tei.deployment.push_job import Job
from baseten_tei.deployment.renaming.pushed_name import config_to_push
from baseten_tei.deployment.renaming.wanted_push import as_pushed, as_pushed_after
from tests.support.specs import spec

OWNER = Owner("proj", "dev")


def job(**more: Any) -> Job:
    args = spec(labels={"team": "search"}, **more)
    return plan_model("bge", args, OWNER, "baseten").job


def test_another_name_alone_wants_what_was_pushed() -> None:
    before, after = job(), job(model_name="search")
    assert before.digest != after.digest
    wanted = as_pushed(after, "bge", before.digest)
    assert (wanted.config, wanted.digest, wanted.labels) == (
        before.config,
        before.digest,
        before.labels,
    )
    assert wanted.model == "search"
    assert as_pushed(after, None, None) == after


def test_another_name_and_anything_else_wants_a_push_under_the_new_name() -> None:
    before, after = job(), job(model_name="search", max_batch_tokens=8192)
    assert as_pushed(after, "bge", before.digest) == after


def test_what_an_update_leads_to_is_read_off_the_models_state() -> None:
    before, after = job(), job(model_name="search")
    state, inputs = (
        {"name": "bge", "digest": before.digest},
        {"name": "search", "digest": after.digest},
    )
    assert as_pushed_after(after, state, inputs).digest == before.digest
    assert as_pushed_after(after, {}, inputs) == after
    assert as_pushed_after(after, {**state, "drift": "gone"}, inputs) == after


def test_truss_finds_the_model_by_the_name_that_it_has() -> None:
    before, after = job(), job(model_name="search")
    assert config_to_push(before) == before.config
    renamed = as_pushed(after, "bge", before.digest)
    assert config_to_push(renamed) == after.config
    assert json.loads(config_to_push(renamed))["model_name"] == "search"
