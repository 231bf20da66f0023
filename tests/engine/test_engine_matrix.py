"""What a changed input of a Command does: the table measured on pulumi-command 1.2.1.

One program holds a Command per case. It is deployed as it was, previewed and deployed as it
became, on the project's engine: with the built one this is the stand-in, with an official one the
official plugin, and both have to pass.
"""

import json
from dataclasses import dataclass, field
from typing import Any

import pytest
from pulumi_project import make_project

pytestmark = pytest.mark.e2e

LOGS = (
    'printf "%s PREV=%s X=%s Y=%s\\n" "{what}" "$PULUMI_COMMAND_STDOUT" "$X" "$Y" >> "$RUNS/{name}"'
)
PROGRAM = """
import json, os
import pulumi
from pulumi_command import local

for name, case in json.load(open(os.environ["CASES"])).items():
    inputs = case[os.environ["PHASE"]]
    c = local.Command(name, **inputs, opts=pulumi.ResourceOptions(**case["options"]))
    pulumi.export(name, c.stdout)
"""
UPDATED, CREATED_AGAIN = "update PREV=out X=1 Y=", "create PREV=out X=1 Y="
CREATED = "create PREV= X=1 Y="
DELETED = "delete PREV=out X=1 Y="
REPLACED = ["replace"]


@dataclass(frozen=True)
class Case:
    """A change of inputs, and what it has to show in a preview and run in an update."""

    change: dict[str, Any]
    keys: dict[str, str]
    runs: list[str]
    steps: list[str] = field(default_factory=lambda: ["update"])
    before: dict[str, Any] = field(default_factory=dict)
    options: dict[str, Any] = field(default_factory=dict)
    has_update: bool = True


def update(change: dict[str, Any], key: str, runs: str = UPDATED, kind: str = "update") -> Case:
    """A case that runs `update` once."""
    return Case(change, {key: kind}, [runs])


def create_again(
    change: dict[str, Any], key: str, runs: str = CREATED_AGAIN, kind: str = "update"
) -> Case:
    """A case without `update`: `create` runs once more."""
    return Case(change, {key: kind}, [runs], has_update=False)


X2 = {"environment": {"X": "2"}}
ONE = {"triggers": ["a"]}
CASES = {
    "create": update({"create": "echo new"}, "create"),
    "update": update(
        {"update": LOGS.format(what="newer", name="update")}, "update", "newer PREV=out X=1 Y="
    ),
    "delete": update({"delete": "true"}, "delete"),
    "environment": update(X2, "environment.X", "update PREV=out X=2 Y="),
    "stdin": update({"stdin": "new"}, "stdin", kind="add"),
    "dir": update({"dir": "/"}, "dir", kind="add"),
    "interpreter": update({"interpreter": ["/bin/sh", "-c"]}, "interpreter", kind="add"),
    "logging": update({"logging": "none"}, "logging", kind="add"),
    "add-previous": update(
        {"add_previous_output_in_env": False},
        "addPreviousOutputInEnv",
        "update PREV= X=1 Y=",
        kind="add",
    ),
    "create-alone": create_again(
        {"create": LOGS.format(what="newer", name="create-alone")},
        "create",
        "newer PREV=out X=1 Y=",
    ),
    "delete-alone": create_again({"delete": "true"}, "delete"),
    "environment-alone": create_again(X2, "environment.X", "create PREV=out X=2 Y="),
    "stdin-alone": create_again({"stdin": "new"}, "stdin", kind="add"),
    "dir-alone": create_again({"dir": "/"}, "dir", kind="add"),
    "interpreter-alone": create_again(
        {"interpreter": ["/bin/sh", "-c"]}, "interpreter", kind="add"
    ),
    "logging-alone": create_again({"logging": "none"}, "logging", kind="add"),
    "add-previous-alone": create_again(
        {"add_previous_output_in_env": False},
        "addPreviousOutputInEnv",
        "create PREV= X=1 Y=",
        kind="add",
    ),
    "update-added": Case(
        {"update": LOGS.format(what="update", name="update-added")},
        {"update": "add"},
        [UPDATED],
        has_update=False,
    ),
    "trigger": Case(
        {"triggers": ["b"]},
        {"triggers[0]": "update-replace"},
        [CREATED, DELETED],
        REPLACED,
        before=ONE,
    ),
    "trigger-alone": Case(
        {"triggers": ["b"]},
        {"triggers[0]": "update-replace"},
        [CREATED, DELETED],
        REPLACED,
        before=ONE,
        has_update=False,
    ),
    "trigger-length": Case(
        {"triggers": ["a", "b"]},
        {"triggers[1]": "add-replace"},
        [CREATED, DELETED],
        REPLACED,
        before=ONE,
    ),
    "trigger-and-environment": Case(
        {"triggers": ["b"], **X2},
        {"triggers[0]": "update-replace", "environment.X": "update"},
        ["create PREV= X=2 Y=", DELETED],
        REPLACED,
        before=ONE,
    ),
    "trigger-delete-first": Case(
        {"triggers": ["b"]},
        {"triggers[0]": "update-replace"},
        [DELETED, CREATED],
        REPLACED,
        before=ONE,
        options={"delete_before_replace": True},
    ),
    "replace-on-changes": Case(
        X2,
        {"environment.X": "update-replace"},
        ["create PREV= X=2 Y=", DELETED],
        REPLACED,
        options={"replace_on_changes": ["environment"]},
    ),
    "ignore-changes": Case(X2, {}, [], [], options={"ignore_changes": ["environment"]}),
    "ignore-one-key": Case(
        {"environment": {"X": "2", "Y": "3"}},
        {"environment.Y": "add"},
        ["update PREV=out X=1 Y=3"],
        options={"ignore_changes": ["environment.X"]},
    ),
    "nothing": Case({}, {}, [], []),
}


def inputs_before(name: str, case: Case) -> dict[str, Any]:
    texts = {
        what: LOGS.format(what=what, name=name) + "; echo out"
        for what in ("create", "update", "delete")
    }
    if not case.has_update:
        del texts["update"]
    return {**texts, "environment": {"X": "1"}, **case.before}


@dataclass(frozen=True)
class Outcome:
    """All that the one run of all cases showed."""

    steps: dict[str, list[dict[str, Any]]]
    runs: dict[str, list[str]]
    preview: dict[str, Any]


@pytest.fixture(scope="module")
def outcome(tmp_path_factory: pytest.TempPathFactory) -> Outcome:
    folder = tmp_path_factory.mktemp("matrix")
    (runs := folder / "runs").mkdir()
    before = {name: inputs_before(name, case) for name, case in CASES.items()}
    cases = {
        name: {"old": before[name], "new": before[name] | case.change, "options": case.options}
        for name, case in CASES.items()
    }
    (folder / "cases.json").write_text(json.dumps(cases))
    project = make_project(folder, PROGRAM, CASES=str(folder / "cases.json"), RUNS=str(runs))
    project.pulumi("up", "--yes", "--skip-preview", PHASE="old")
    for file in runs.iterdir():
        assert file.read_text() == "create PREV= X=1 Y=\n"
        file.write_text("")
    preview = json.loads(project.pulumi("preview", "--json", PHASE="new"))
    assert [file.read_text() for file in runs.iterdir()] == [""] * len(CASES), "a preview ran"
    project.pulumi("up", "--yes", "--skip-preview", PHASE="new")
    steps: dict[str, list[dict[str, Any]]] = {name: [] for name in CASES}
    for step in preview["steps"]:
        steps.get(step["urn"].split("::")[-1], []).append(step)
    ran = {file.name: file.read_text().splitlines() for file in runs.iterdir()}
    return Outcome(steps, ran, preview)


@pytest.mark.parametrize("name", CASES)
def test_a_preview_shows_the_operation_and_the_changed_key(outcome: Outcome, name: str) -> None:
    steps = outcome.steps[name]

    assert [step["op"] for step in steps] == CASES[name].steps
    shown = next((step["detailedDiff"] or {} for step in steps if "detailedDiff" in step), {})
    assert {key: diff["kind"] for key, diff in shown.items()} == CASES[name].keys


@pytest.mark.parametrize("name", CASES)
def test_an_update_runs_what_the_preview_said_once(outcome: Outcome, name: str) -> None:
    assert outcome.runs[name] == CASES[name].runs
