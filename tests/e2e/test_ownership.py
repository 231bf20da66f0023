"""Whose a model is: two states of one name, a lost state, a renamed stack, a replaced resource."""

import json
import re
import shutil
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from subprocess import run
from threading import Event
from typing import Any

import pytest
import requests

from tests.support.harness import API_KEY, BGE, RERANKER, Checked, Emulator, Stack, status
from tests.support.sampling import ALL
from tests.support.worlds import PAIR, TOKEN

pytestmark = pytest.mark.e2e

OLD_STATE = Path(__file__).parent / "data" / "state_of_an_earlier_release.json"
"""Exported from what commit 06105b1 brought up, without times and traces: three models, one gated, one with staging."""
OTHER = {"bge": {**BGE, "max_batch_tokens": 8192}}


def resources(stack: Stack) -> list[dict[str, Any]]:
    exported = stack.pulumi("stack", "export", "--stack", stack.name).check().stdout
    return list(json.loads(exported)["deployment"]["resources"])


def outputs(stack: Stack) -> dict[str, Any]:
    ours = (it for it in resources(stack) if it["type"].startswith("baseten:index:"))
    return {it["urn"].rpartition("::")[2]: it["outputs"] for it in ours}


def deployments(emulator: Emulator) -> dict[str, list[str]]:
    return {
        name: sorted(it["id"] for it in emulator.deployments(name)) for name in emulator.models()
    }


@contextmanager
def asking(url: str) -> Iterator[list[int]]:
    """A client that asks throughout: the answers that were no 200."""
    failed: list[int] = []
    stop = Event()

    def ask() -> None:
        headers = {"Authorization": f"Api-Key {API_KEY}"}
        while not stop.wait(0.05):
            answer = requests.post(url, json={"input": "a"}, headers=headers, timeout=30)
            failed.extend([answer.status_code] if answer.status_code != 200 else [])

    with ThreadPoolExecutor(1) as pool:
        asker = pool.submit(ask)
        try:
            yield failed
        finally:
            stop.set()
        asker.result()


def _leave_to_be_deleted(stack: Stack, kind: str) -> None:
    """What a replacement leaves behind that is killed before it deletes: each resource once more, to be deleted."""
    exported = json.loads(stack.pulumi("stack", "export", "--stack", stack.name).check().stdout)
    every = exported["deployment"]["resources"]
    old = [{**it, "delete": True} for it in every if it["type"].startswith(kind)]
    exported["deployment"]["resources"] = every + old
    path = stack.folder / "killed.json"
    path.write_text(json.dumps(exported))
    stack.pulumi("stack", "import", "--file", str(path), "--stack", stack.name).check()


@pytest.mark.pair
def test_what_is_replaced_or_tainted_stays_and_answers_throughout(
    stack: Stack, emulator: Emulator
) -> None:
    there, before = (emulator.models(), deployments(emulator), emulator.secrets()), outputs(stack)
    urns = [it["urn"] for it in resources(stack) if it["type"].startswith(("baseten:", "command:"))]
    emulator.forget_calls()
    with asking(stack.outputs()["models"]["bge"]["predict_url"]) as failed:
        replaced = [word for urn in urns for word in ("--replace", urn)]
        told = stack.pulumi("up", "--yes", "--skip-preview", "--stack", stack.name, *replaced)
        assert f"{len(urns)} replaced" in told.check().text
        assert "bge stays on Baseten: it is 'bge-model' now" in told.text
        stack.pulumi("state", "taint", *urns, "--yes", "--stack", stack.name).check()
        assert f"{len(urns)} replaced" in stack.up().check().text
        _leave_to_be_deleted(stack, "baseten:index:")
        told = stack.up().check()
        assert "bge/staging stays on Baseten: it is 'bge-staging' now" in told.text
        assert "12 unchanged" in told.text
    assert failed == []
    assert (emulator.models(), deployments(emulator), emulator.secrets()) == there
    assert emulator.pushes() == 0
    assert outputs(stack) == before
    stack.destroy().check()
    assert (emulator.models(), emulator.secrets()) == ({}, [])


@pytest.mark.pair
def test_a_second_state_of_the_same_name_is_refused_and_a_lost_one_comes_back(
    stack: Stack, tmp_path: Path, emulator: Emulator
) -> None:
    ours, theirs = stack, Stack(tmp_path / "theirs", emulator.url)
    theirs.configure(OTHER)
    refused = theirs.up().refused().text
    assert "model 'bge' is on Baseten already, pushed by stack baseten-tei/test" in refused
    theirs.destroy().check()
    assert emulator.pushes() == 0
    assert "12 unchanged" in ours.up().check().text

    shutil.rmtree(ours.folder / "state" / ".pulumi")
    ours.pulumi("stack", "init", "test").check()
    ours.configure(PAIR)
    what_to_run = re.search(r"run `pulumi (config set \S+ [^`\s]+)`", ours.up().refused().text)
    assert what_to_run
    ours.pulumi(*what_to_run[1].split(), "--stack", "test").check()
    ours.up().check()
    assert "12 unchanged" in ours.up().check().text
    assert status(ours).check().stdout == "test: 2 models, nothing to do\n"
    assert emulator.pushes() == 0
    told = ours.destroy().check().text
    assert "secret 'hf_access_key' is kept on Baseten, because this stack did not make it" in told
    assert emulator.models() == {}


APART = {"two machines": True, "one machine": False} if ALL else {"two machines": True}


@pytest.mark.parametrize("apart", APART.values(), ids=APART)
def test_of_two_first_ups_at_once_one_serves_its_own_and_the_other_says_whose_it_is(
    tmp_path: Path, emulator: Emulator, apart: bool
) -> None:
    """Apart, neither sees the locks of the other's pushes."""
    stacks = []
    for name, models in (("one", {"bge": BGE}), ("two", OTHER)):
        (tmp_path / f"{name}-locks").mkdir()
        locks = {it: str(tmp_path / f"{name}-locks") for it in ("TMPDIR", "XDG_RUNTIME_DIR")}
        stack = Stack(tmp_path / name, emulator.url, environment=locks if apart else {})
        stack.configure(models)
        stacks.append(stack)
    with ThreadPoolExecutor(2) as pool:
        ups: list[Checked] = list(pool.map(Stack.up, stacks))
    assert sorted(it.code != 0 for it in ups) == [False, True], ups
    [(winner, _)] = [it for it in zip(stacks, ups, strict=True) if it[1].code == 0]
    [(_, told)] = [it for it in zip(stacks, ups, strict=True) if it[1].code != 0]
    model = emulator.models()["bge"]
    serving = emulator.rest(f"/v1/models/{model}/environments/production")["current_deployment"]
    assert serving["labels"]["pulumi_state"] == outputs(winner)["state-id"]["value"]
    assert "pushed by stack baseten-tei/test (state id st-" in told.text


@pytest.mark.serving
def test_another_name_of_the_stack_or_the_project_changes_nothing(
    stack: Stack, emulator: Emulator
) -> None:
    (stack.folder / "locks").mkdir()
    (stack.folder / "locks" / "test.yaml").write_text("")
    stack.pulumi("stack", "rename", "prod", "--stack", "test").check()
    stack.name = "prod"
    preview = stack.preview().check().text
    assert "6 unchanged" in preview
    assert "locks/test.yaml, truss_configs/test: no stack has this name" in preview
    project = stack.folder / "Pulumi.yaml"
    text = project.read_text()
    project.unlink()
    project.write_text(text.replace("name: baseten-tei", "name: vectors"))
    names = [f"organization/{it}/prod" for it in ("vectors", "baseten-tei")]
    stack.pulumi("stack", "rename", names[0], "--stack", names[1]).check()
    assert "6 unchanged" in stack.up().check().text
    assert status(stack).check().stdout == "prod: 1 model, nothing to do\n"
    assert doctor(stack).stdout == "nothing is out of order\n"
    stack.configure(OTHER)
    stack.up().check()
    assert emulator.pushes() == 1
    newest = max(emulator.deployments("bge"), key=lambda it: str(it["created_at"]))
    assert newest["labels"]["pulumi_project"] == "vectors"
    stack.destroy().check()
    assert emulator.models() == {}


def doctor(stack: Stack) -> Checked:
    command = [sys.executable, "-m", "baseten_tei", "doctor", "--stack", stack.name]
    ended = run(command, cwd=stack.folder, env=stack.env(), capture_output=True, text=True, check=False)  # fmt: skip
    return Checked(ended.returncode, ended.stdout, ended.stderr)


def test_a_stack_of_an_earlier_release_gets_an_id_and_nothing_is_pushed_or_replaced(
    tmp_path: Path,
) -> None:
    """Nothing listens at the target: a preview asks nobody."""
    stack = Stack(tmp_path / "project", "http://127.0.0.1:9", environment=TOKEN)
    stack.configure({**PAIR, "rerank": RERANKER})
    stack.pulumi("stack", "import", "--file", str(OLD_STATE), "--stack", "test").check()
    steps = {it["urn"].split("::")[2].rpartition("$")[2]: it["op"] for it in stack.planned()}
    assert {kind: op for kind, op in steps.items() if not kind.startswith("baseten-tei:")} == {
        "baseten:index:StateId": "create"
    }
    told = status(stack)
    assert told.stdout.splitlines()[1:] == ["  create state-id"], told.text


@pytest.mark.serving
def test_another_name_on_baseten_is_given_in_place_and_pushes_nothing(
    stack: Stack, emulator: Emulator
) -> None:
    """Also where somebody else gave it: the next `up` takes it back. The next push goes to the same model."""
    model_id, before = emulator.models()["bge"], stack.outputs()
    renamed = {**BGE, "model_name": "search"}
    stack.configure({"bge": renamed, "other": {**RERANKER, "model_name": "bge"}})
    assert "is given up by bge-model and taken by other-model" in stack.preview().refused().text
    stack.configure({"bge": renamed})
    told = stack.up().check().text
    assert "4 updated" in told  # with the component
    assert "model 'bge' is renamed to 'search' on Baseten" in told
    assert (emulator.models(), stack.outputs()) == ({"search": model_id}, before)
    assert "nothing to do" in status(stack).check().text

    emulator.rest(f"/v1/models/{model_id}", "PATCH", {"name": "theirs"})
    assert "model 'search' drifted: renamed to 'theirs' by hand" in stack.refresh().check().text
    stack.up().check()
    assert (emulator.models(), stack.outputs(), emulator.pushes()) == (
        {"search": model_id},
        before,
        0,
    )

    stack.configure({"bge": {**renamed, "max_batch_tokens": 8192}})
    stack.up().check()
    assert (emulator.models(), emulator.pushes()) == ({"search": model_id}, 1)
    assert stack.outputs()["models"]["bge"]["predict_url"] == before["models"]["bge"]["predict_url"]
