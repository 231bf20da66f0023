"""Programs and commands under the project's engine: where they run and how they fail.

What an official engine does as well is asked of both; what only the stand-ins do, of them alone.
"""

import json
import sys
from pathlib import Path

import pytest
from pulumi_project import ROOT, Project, make_project

from pulumi_engine.decision import Kind
from pulumi_engine.project import read_engine

pytestmark = pytest.mark.e2e

PROGRAM = """
import os
import pulumi
from pulumi_command import local

exec(os.environ["PROGRAM"])
"""
CREATE = 'c = local.Command("one", create={create!r}, {more})\npulumi.export("out", c.stdout)'


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Project:
    return make_project(tmp_path_factory.mktemp("behaviour"), PROGRAM)


@pytest.fixture
def built(project: Project) -> None:
    if project.engine.kind != Kind.BUILD:
        pytest.skip("the project has an official engine, so no stand-ins")


def up(project: Project, program: str, *arguments: str, check: bool = True) -> str:
    return project.pulumi("up", "--yes", "--skip-preview", *arguments, check=check, PROGRAM=program)


def preview(project: Project, program: str, check: bool = True) -> str:
    return project.pulumi("preview", check=check, PROGRAM=program)


def one(create: str, more: str = "") -> str:
    return CREATE.format(create=create, more=more)


def test_a_program_runs_in_its_own_folder_with_the_projects_python(project: Project) -> None:
    program = (
        "import json, sys; told = [os.getcwd(), sys.path[0], sys.prefix, "
        "pulumi.runtime.get_root_directory(), os.environ['PATH'].split(':')[0], __name__]\n"
        "print('TOLD ' + json.dumps(told))"
    )

    shown = preview(project, program)

    told = next(line for line in shown.splitlines() if line.strip().startswith("TOLD"))
    folder = str(project.folder)
    assert json.loads(told.split("TOLD ")[1]) == [
        f"{folder}/infra",
        ".",
        sys.prefix,
        folder,
        f"{sys.prefix}/bin",
        "__main__",
    ]


def test_nothing_is_warned_of(project: Project) -> None:
    assert "warning" not in preview(project, one("echo hi")).lower()


def errors(shown: str) -> list[str]:
    """The errors among the diagnostics."""
    lines = [line.strip() for line in shown.split("Diagnostics:")[1].splitlines()]
    return [line.removeprefix("error: ") for line in lines if line.startswith("error: ")]


def test_a_run_error_is_followed_by_a_line_of_the_hosts(project: Project) -> None:
    shown = preview(project, "raise pulumi.RunError('model bge: no such GPU')", check=False)

    assert errors(shown) == [
        "model bge: no such GPU",
        "an unhandled error occurred: program exited with non-zero exit code: 1",
    ]
    assert "Traceback" not in shown


def test_after_exit_code_32_the_host_adds_nothing(project: Project) -> None:
    shown = preview(project, "pulumi.log.error('no such GPU'); raise SystemExit(32)", check=False)

    assert errors(shown) == ["no such GPU"]


def test_any_other_error_is_a_traceback_that_starts_in_the_program(project: Project) -> None:
    shown = preview(project, "{}['absent']", check=False)

    assert "KeyError: 'absent'" in shown
    assert "/infra/__main__.py" in shown
    assert "standins" not in shown
    assert "runpy" not in shown


def test_an_exit_status_of_the_program_is_its_failure(project: Project) -> None:
    shown = preview(project, "raise SystemExit(3)", check=False)

    assert errors(shown) == [
        "an unhandled error occurred: program exited with non-zero exit code: 3"
    ]


def test_outputs_are_unknown_in_the_preview_of_a_create(project: Project) -> None:
    assert "out: [unknown]" in preview(project, one("echo hi"))


def test_a_failing_command_shows_its_status_text_and_output(project: Project) -> None:
    shown = up(project, one("echo said; exit 3", "logging='none'"), check=False)

    assert 'exit status 3: running "echo said; exit 3":' in shown
    assert "said" in shown.split("exit status 3")[1]


def test_the_interrupt_goes_to_the_programs_own_handler(project: Project) -> None:
    """It leaves a file: what it prints at its end, the engine may cut off.

    3.276.0 ends the resource monitor at the same time: where the program sees that first, it ends by itself.
    """
    left = project.folder / "interrupted"
    handler = f"lambda *_: (open({str(left)!r}, 'w').close(), os._exit(32))"
    program = f"import signal; signal.signal(signal.SIGINT, {handler})\n"

    shown = up(project, program + one("exit 3"), check=False)

    assert left.exists() or "error: Resource monitor has terminated, shutting down" in shown
    assert "Traceback" not in shown


def test_a_changed_input_is_compared_with_the_state(project: Project) -> None:
    """As the official plugin says it: `inputDiff` is false."""
    program = one("echo hi", "environment={'A': '1'}").replace('"one"', '"changed"')
    up(project, program)

    shown = project.pulumi("preview", "--json", PROGRAM=program.replace("'1'", "'2'"))

    (step,) = [it for it in json.loads(shown)["steps"] if it["urn"].endswith("::changed")]
    assert step["detailedDiff"] == {"environment.A": {"kind": "update", "inputDiff": False}}


def test_a_command_over_its_time_limit_is_killed(project: Project) -> None:
    limit = "opts=pulumi.ResourceOptions(custom_timeouts=pulumi.CustomTimeouts(create='1s'))"

    assert "signal: killed" in up(project, one("exec sleep 600", limit), check=False)


def test_the_output_of_a_command_is_shown_unless_logging_is_none(project: Project) -> None:
    assert "loud-42" in up(project, one("echo loud-$((6*7))").replace("c.stdout", "'x'"))
    assert "still-42" not in up(
        project, one("echo still-$((6*7))", "logging='none'").replace("c.stdout", "'x'")
    )


def test_a_secret_input_is_kept_secret_and_what_a_command_prints_is_not(project: Project) -> None:
    up(project, one("cat", "stdin=pulumi.Output.secret('canary'), logging='none'"))

    resources = json.loads(project.pulumi("stack", "export"))["deployment"]["resources"]
    state = next(r for r in resources if r["type"] == "command:local:Command")
    assert state["outputs"]["stdout"] == "canary"
    for values in (state["inputs"], state["outputs"]):
        assert values["stdin"]["4dabf18193072939515e22adb298388d"]
        assert "canary" not in json.dumps(values["stdin"])


def test_a_command_knows_its_project_and_its_environment(project: Project) -> None:
    create = "echo $PULUMI_PROJECT,$PULUMI_RUNTIME_VIRTUALENV,$(pwd),$PULUMI_COMMAND_STDOUT"
    up(project, one(create, "logging='none', triggers=[1]"))

    assert (
        project.pulumi("stack", "output", "out").strip()
        == f"probe,{sys.prefix},{project.folder}/infra,"
    )


def test_forty_commands_run_at_once(project: Project, tmp_path: Path) -> None:
    wait = f"touch {tmp_path}/$ME; until [ $(ls {tmp_path} | wc -l) = 40 ]; do sleep 0.02; done"
    program = (
        "limit = pulumi.CustomTimeouts(create='60s')\n"
        "for me in range(40):\n"
        f"    local.Command(f'c{{me}}', create={wait!r}, environment={{'ME': str(me)}}, "
        "logging='none', opts=pulumi.ResourceOptions(custom_timeouts=limit))"
    )

    assert "+ 40 created" in up(project, program, "--parallel=40")


@pytest.mark.usefixtures("built")
def test_what_the_stand_in_cannot_do_is_refused_before_anything_runs(project: Project) -> None:
    shown = preview(project, one("true", "asset_paths=['*'], archive_paths=['*']"), check=False)

    for key in ("assetPaths", "archivePaths"):
        assert f"pulumi-resource-command 1.2.1 (stand-in) has no {key}: leave it out" in shown


@pytest.mark.usefixtures("built")
def test_about_says_that_the_host_is_a_stand_in(project: Project) -> None:
    assert "stand-in by this project's engine/" in project.pulumi("about")


@pytest.mark.usefixtures("built")
def test_the_record_says_that_there_are_stand_ins() -> None:
    engine = read_engine(ROOT)

    assert engine
    assert (
        "with stand-ins of ours for pulumi-language-python and pulumi-resource-command"
        in engine.line
    )
