"""What the emulator is told of the Hub: each locked repository, by the revisions that are deployed."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from baseten_emulator.tei.outcome import BootFailure
from baseten_emulator.tei.start.boot import start_container
from baseten_emulator.tei.start.known_repositories import complete_config
from baseten_emulator.tei.start.repository import Repository
from baseten_tei.baseten.emulator_hub import NotThereError, teach, teach_lock
from baseten_tei.baseten.hub_files import repository_bodies, repository_body
from baseten_tei.baseten.target import parse_target
from baseten_tei.deployment.router_reading import read_repository
from baseten_tei.errors import UserError
from baseten_tei.facts.hub.facts_of_repository import read_facts
from baseten_tei.facts.hub.lockfile import parse_lock, render_lock
from baseten_tei.facts.hub.model_facts import ModelFacts
from baseten_tei.facts.tei.loading.load import Loaded
from baseten_tei.facts.tei.loading.refusals import Refusal
from baseten_tei.rules.settings import parse_settings
from tests.support.control_client import Baseten, in_process, new_world
from tests.support.corpus import GOOD, Case, cases
from tests.support.loopback import NOBODY, loopback
from tests.unit.rules.test_popular_repositories import (
    POPULAR,
    RELEASES,
    TASKS,
    repository_of,
    spec_of,
)

BOTH_FORMATS = {"qwen2-on-cpu-with-onnx"}
"""The emulator knows one format of a repository's weights, and this one has two."""
HUB = "/_emulator/hub"
FACTS = ModelFacts(model_id="org/moods", revision="main", commit="c" * 40, source="test")


def started(case: Case) -> Any:
    facts = case.subject.facts
    assert facts is not None
    body = repository_body(facts, facts.commit)
    files = complete_config(body["files"], body.get("known"))
    repository = Repository.of(body["model_id"], files, body["gated"])
    return start_container(
        case.subject.config, {"hf_access_key": "x"}, {body["model_id"]: repository}
    )


GOOD_CASES = [case for case in cases(GOOD) if case.slug not in BOTH_FORMATS]


@pytest.mark.parametrize("case", GOOD_CASES, ids=lambda it: it.slug)
def test_a_healthy_repository_starts_on_the_emulator_as_its_lock_tells_it(case: Case) -> None:
    outcome = started(case)
    assert not isinstance(outcome, BootFailure), outcome.log_lines


@pytest.mark.parametrize("slug", ["task-no-tokenizer", "model-no-type", "task-max-pooling"])
def test_a_repository_that_a_rule_refuses_does_not_start_there_either(slug: str) -> None:
    [case] = [it for it in cases() if it.slug == slug]
    assert isinstance(started(case), BootFailure)


DEADLY = ("TEI-MODEL-011", "TEI-MODEL-012", "TEI-MODEL-013", "TEI-MODEL-018", "TEI-TASK-022")
"""Rules about files that the emulator reads field by field, and about the tensors of the weights."""


@pytest.mark.parametrize(
    "case",
    [
        it
        for it in cases()
        if it.subject.facts and it.subject.facts.repository and set(it.rules) & set(DEADLY)
    ],
    ids=lambda it: it.slug,
)
def test_the_emulator_is_told_the_files_of_a_lock_that_has_them_and_dies_of_them(
    case: Case,
) -> None:
    assert isinstance(started(case), BootFailure)


LIST, HEAD = "length-file-as-a-list", "modernbert-with-num-labels"


@pytest.mark.parametrize(
    ("slug", "member", "said"),
    [
        (LIST, '"hidden_size": 7, ', None),
        (HEAD, '"hidden_size": 7, ', "duplicate field `hidden_size`"),
        (LIST, '"pad_token_id": 0, ', "duplicate field `pad_token_id`"),
        (LIST, '"model_type": "bert", ', "duplicate field `model_type`"),
        (LIST, '"id2label": {"0": "a", "0": "b"}, ', None),
        (LIST, '"unknown": 1, "unknown": 2, ', None),
    ],
)
def test_a_name_that_is_there_twice_is_read_there_as_the_check_reads_it(
    slug: str, member: str, said: str | None
) -> None:
    [case] = [it for it in cases(GOOD) if it.slug == slug]
    facts = case.subject.facts
    assert facts is not None
    assert facts.repository is not None
    files = facts.repository.files
    twice = {**files, "config.json": "{" + member + files["config.json"][1:]}
    changed = facts.model_copy(
        update={"repository": facts.repository.model_copy(update={"files": twice})}
    )
    reading = read_repository(case.subject.args, changed)
    outcome = started(replace(case, subject=replace(case.subject, facts=changed)))
    if said is None:
        assert isinstance(reading, Loaded)
        assert not isinstance(outcome, BootFailure), outcome.log_lines
    else:
        assert isinstance(reading, Refusal)
        assert said in reading.reason
        assert isinstance(outcome, BootFailure)
        assert said in "".join(outcome.log_lines)


@pytest.mark.parametrize("task", TASKS)
def test_the_emulator_takes_every_file_that_a_lock_keeps_of_a_popular_repository(task: str) -> None:
    """What `baseten-tei lock` keeps of a repository, tokenizer_config.json among it, is told on each `up`."""
    world = new_world()
    baseten = Baseten(world, in_process(world))
    for entry in POPULAR[task]["repositories"]:
        facts = read_facts(repository_of(entry))
        for body in repository_bodies([facts]):
            baseten.post(HUB, **json.loads(json.dumps(body)))
    taught = {it["model_id"] for it in baseten.get(HUB)["models"]}
    assert taught == {it["model"] for it in POPULAR[task]["repositories"]}


@pytest.mark.parametrize("task", TASKS)
@pytest.mark.parametrize("release", RELEASES)
def test_a_popular_repository_starts_there_as_the_check_says(task: str, release: str) -> None:
    differences = []
    for entry in POPULAR[task]["repositories"]:
        facts = read_facts(repository_of(entry))
        specs = {"model": spec_of(task, entry, release)}
        (subject,) = parse_settings(specs, lock=parse_lock(render_lock([facts]))).subjects
        body = json.loads(json.dumps(repository_body(facts, facts.commit)))
        found = Repository.of(facts.model_id, body["files"], False)
        outcome = start_container(subject.config, {}, {facts.model_id: found})
        if isinstance(subject.reading, Loaded) is isinstance(outcome, BootFailure):
            differences.append(facts.model_id)
    assert differences == []


def test_a_branch_is_told_as_its_commit_and_by_name_only_where_it_was_pushed_by_name() -> None:
    kept = FACTS.model_copy(update={"pushed_unlocked": True})
    assert [it["revision"] for it in repository_bodies([FACTS])] == [FACTS.commit]
    assert [it["revision"] for it in repository_bodies([kept])] == [FACTS.commit, "main"]


def test_two_commits_of_a_repository_are_both_told() -> None:
    other = FACTS.model_copy(update={"revision": "d" * 40, "commit": "d" * 40})
    assert len(repository_bodies([FACTS, other])) == 2


def test_the_real_baseten_is_told_nothing() -> None:
    teach_lock(parse_target("baseten"), [FACTS], Path("nowhere"))


def test_an_emulator_on_this_machine_is_told_all_that_is_locked(tmp_path: Path) -> None:
    with loopback({HUB: (200, {})}) as here:
        teach_lock(parse_target(here.url), [FACTS], tmp_path)
    [asked] = here.asked
    assert json.loads(asked.body)["model_id"] == "org/moods"


def test_who_does_not_answer_or_is_no_emulator_is_left_alone(tmp_path: Path) -> None:
    teach_lock(parse_target(NOBODY), [FACTS], tmp_path)
    with loopback({}) as here:
        teach_lock(parse_target(here.url), [FACTS], tmp_path)
        assert len(here.asked) == 1
        with pytest.raises(NotThereError, match="is not the emulator"):
            teach(here.url, [{"model_id": "a/b"}])


def test_what_it_does_not_take_is_told_with_the_model_and_what_to_run(tmp_path: Path) -> None:
    with (
        loopback({HUB: (400, {"message": "hidden_size 10 is odd"})}) as here,
        pytest.raises(UserError) as caught,
    ):
        teach_lock(parse_target(here.url), [FACTS], tmp_path)
    told = str(caught.value)
    assert "org/moods" in told
    assert "hidden_size 10 is odd" in told
    assert "run `baseten-tei lock`" in told


def test_an_emulator_of_an_earlier_release_is_to_be_stopped_and_how(tmp_path: Path) -> None:
    said = {"message": "revision: extra fields not permitted"}
    with (
        loopback({HUB: (400, said)}) as here,
        pytest.raises(UserError, match="is of an earlier release: stop it") as caught,
    ):
        teach_lock(parse_target(here.url), [FACTS], tmp_path)
    assert f"curl -X POST {here.url}/_emulator/shutdown" in str(caught.value)
