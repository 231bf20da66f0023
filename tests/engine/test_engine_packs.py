"""Policy packs in Python under the project's engine: they run, stop what they should, and end with it.

What an official engine does as well is asked of both; what only the stand-in does, of it alone.
"""

import fcntl
import json
import sys
from pathlib import Path

import pytest
from pulumi_project import Project, make_project

from pulumi_engine.decision import Kind

pytestmark = pytest.mark.e2e

PROGRAM = """
import pulumi

class Thing(pulumi.ComponentResource):
    def __init__(self, name, size):
        super().__init__("test:index:Thing", name, {"size": size})
        self.register_outputs({})

Thing("small", 1)
Thing("large", 9)
"""
PACK = """
import fcntl, json, os
import pulumi
import pulumi_policy as policy

told = ("PULUMI_PROJECT", "PULUMI_STACK", "PULUMI_DRY_RUN")
with open(os.environ["TOLD"], "w") as file:
    size = pulumi.Config("probe").get("size")
    json.dump([os.getcwd(), *map(os.environ.get, told), size], file)

held = open(os.environ["LOCK"], "w")
fcntl.flock(held, fcntl.LOCK_EX)  # until this process is gone

def check(args, report):
    if args.resource_type == "test:index:Thing" and args.props["size"] > args.get_config()["most"]:
        report(f"{args.name} is larger than {args.get_config()['most']:g}")

schema = policy.PolicyConfigSchema({"most": {"type": "number", "default": 10}})
policy.PolicyPack("sizes", [policy.ResourceValidationPolicy("size", "Things are small", check, config_schema=schema)])
"""


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Project:
    pytest.importorskip("pulumi_policy")
    folder = tmp_path_factory.mktemp("packs")
    made = make_project(folder, PROGRAM, LOCK=str(folder / "held"), TOLD=str(folder / "told"))
    make_pack(folder / "pack", sys.prefix)
    return made


@pytest.fixture
def built(project: Project) -> None:
    if project.engine.kind != Kind.BUILD:
        pytest.skip("the project has an official engine, so no stand-ins")


def make_pack(folder: Path, virtualenv: str) -> None:
    folder.mkdir()
    (folder / "__main__.py").write_text(PACK)
    runtime = {"name": "python", "options": {"virtualenv": virtualenv}}
    described = {"name": "sizes", "version": "0.1.0", "runtime": runtime}
    (folder / "PulumiPolicy.yaml").write_text(json.dumps(described))


def preview(project: Project, level: str, check: bool = True) -> str:
    config = project.folder / "config.json"
    config.write_text(json.dumps({"size": {"enforcementLevel": level, "most": 5}}))
    pack = ("--policy-pack", "pack", "--policy-pack-config", str(config))
    return project.pulumi("preview", *pack, check=check)


def test_what_is_mandatory_stops_a_preview(project: Project) -> None:
    shown = preview(project, "mandatory", check=False)

    assert "[mandatory]  size  (test:index:Thing: large)" in shown
    assert "large is larger than 5" in shown
    assert "small is larger" not in shown
    assert "error: preview failed" in shown


def test_what_is_advisory_is_shown_and_stops_nothing(project: Project) -> None:
    assert "[advisory]  size  (test:index:Thing: large)" in preview(project, "advisory")


def test_without_a_configuration_a_pack_has_its_defaults(project: Project) -> None:
    shown = project.pulumi("preview", "--policy-pack", "pack")

    assert "sizes@v0.1.0" in shown
    assert "is larger" not in shown


def test_a_pack_runs_for_the_preview_and_for_the_update(project: Project) -> None:
    assert "+ 3 created" in project.pulumi("up", "--yes", "--policy-pack", "pack")


def test_a_pack_runs_in_its_own_folder_and_knows_the_stacks_configuration(project: Project) -> None:
    project.pulumi("config", "set", "size", "3")

    preview(project, "advisory")

    told = json.loads((project.folder / "told").read_text())
    assert told == [str(project.folder / "pack"), "probe", "dev", "true", "3"]


def test_a_pack_does_not_outlive_the_engine(project: Project) -> None:
    preview(project, "advisory")

    with (project.folder / "held").open() as held:
        fcntl.flock(held, fcntl.LOCK_EX)  # waits for ever for a process that stays


@pytest.mark.usefixtures("built")
def test_a_pack_of_another_environment_is_refused(project: Project) -> None:
    make_pack(project.folder / "foreign", "other")

    shown = project.pulumi("preview", "--policy-pack", "foreign", check=False)

    assert "PulumiPolicy.yaml says `virtualenv: other`" in shown


@pytest.mark.usefixtures("built")
def test_a_component_plugin_is_refused_by_name(project: Project) -> None:
    (plugin := project.folder / "plugin").mkdir()
    (plugin / "PulumiPlugin.yaml").write_text("runtime: python\n")
    (plugin / "__main__.py").write_text("")

    shown = project.pulumi("package", "get-schema", str(plugin), check=False)

    assert "it starts no plugins but policy packs (engine/README.md)" in shown
