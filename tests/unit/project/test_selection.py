"""Which project and which stack a command is about."""

import json
from hashlib import sha1
from pathlib import Path

import pytest

from baseten_tei.errors import UserError
from baseten_tei.project.selection import chosen_stack, chosen_stacks, project_folder, stack_files


@pytest.fixture
def project(tmp_path: Path) -> Path:
    folder = tmp_path / "project"
    folder.mkdir()
    for name in ("Pulumi.yaml", "Pulumi.dev.yaml", "Pulumi.live.yaml", "Pulumi.new.example.yaml"):
        (folder / name).touch()
    return folder


def select(project: Path, content: str) -> dict[str, str]:
    """An environment in which `pulumi stack select` left this in its workspace file."""
    path = sha1(str(project / "Pulumi.yaml").encode(), usedforsecurity=False).hexdigest()
    file = project.parent / "home" / "workspaces" / f"a-name-{path}-workspace.json"
    file.parent.mkdir(parents=True)
    file.write_text(content)
    return {"PULUMI_HOME": str(project.parent / "home")}


def test_examples_are_not_stacks(project: Path) -> None:
    assert stack_files(project) == ["dev", "live"]


@pytest.mark.parametrize("stack", ["live", "acme/live", "acme/project/live", "not-written-down"])
def test_the_selected_stack_is_meant_whether_it_has_a_file_or_not(
    project: Path, stack: str
) -> None:
    environ = select(project, json.dumps({"stack": stack}))
    assert chosen_stack(project, None, environ) == stack.rpartition("/")[2]


@pytest.mark.parametrize("content", ["", "{", "[]", "{}", '{"stack": 3}', '{"stack": ""}'])
def test_a_selection_that_cannot_be_read_is_none(project: Path, content: str) -> None:
    with pytest.raises(UserError, match="no stack is selected: choose one of 'dev', 'live'"):
        chosen_stack(project, None, select(project, content))


def test_an_option_goes_before_the_variable_and_that_before_the_selection(project: Path) -> None:
    environ = select(project, '{"stack": "dev"}')
    assert chosen_stack(project, None, {**environ, "PULUMI_STACK": "acme/live"}) == "live"
    assert chosen_stack(project, "dev", {**environ, "PULUMI_STACK": "live"}) == "dev"
    with pytest.raises(UserError, match=r"there is no stack 'prod' in .* It has: 'dev', 'live'"):
        chosen_stack(project, None, {**environ, "PULUMI_STACK": "prod"})


def test_a_project_without_stacks_says_how_to_get_one(tmp_path: Path) -> None:
    for given in (None, "dev"):
        with pytest.raises(UserError, match="run pulumi stack init"):
            chosen_stack(tmp_path, given, {"PULUMI_HOME": str(tmp_path)})


def test_a_command_for_all_stacks_takes_those_that_are_named(project: Path) -> None:
    assert chosen_stacks(project, ()) == ("dev", "live")
    assert chosen_stacks(project, ("live", "live")) == ("live",)
    with pytest.raises(UserError) as caught:
        chosen_stacks(project, ("a", "live", "b"))
    assert len(caught.value.problems) == 2


def test_a_selected_stack_that_has_no_file_is_one_of_all(project: Path) -> None:
    environ = select(project, '{"stack": "not-written-down"}')
    assert chosen_stacks(project, (), environ) == ("dev", "live", "not-written-down")
    assert chosen_stacks(project, ("not-written-down",), environ) == ("not-written-down",)


def test_a_message_names_ten_stacks_of_many(project: Path) -> None:
    for number in range(30):
        (project / f"Pulumi.team-{number:02}.yaml").touch()
    with pytest.raises(UserError) as caught:
        chosen_stack(project, "x", {"PULUMI_HOME": str(project)})
    assert str(caught.value).endswith("'team-07', 22 more")


def test_the_project_is_this_folder_or_the_nearest_above_and_a_given_one_is_that(
    project: Path,
) -> None:
    inner = project / "infra" / "program"
    inner.mkdir(parents=True)
    assert project_folder(None, inner) == project
    with pytest.raises(UserError, match="name the folder of a project with --root"):
        project_folder(inner, project)
