"""Every command means the same by a folder, a stack, a broken file and an exit code."""

import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import click
import pytest
from click.testing import CliRunner, Result

from baseten_tei.__main__ import cli, main
from baseten_tei.commands import generate, stacks
from baseten_tei.commands.shared.reference import CLI_PATH, render_reference, walk
from tests.support.harness import ROOT

ENTRY_POINT = str(Path(sys.executable).with_name("baseten-tei"))
EVERY = [it.command_path.split()[1:] for it in walk(click.Context(cli, info_name="baseten-tei"))]
ARGUMENTS = {
    "explain": ["bge"],
    "adopt": ["--all"],
    "tune": ["bge"],
    "space advance": ["bge"],
    "space back": ["bge"],
    "space verify": ["bge", "--from", "notes.jsonl", "--old", "a", "--new", "b"],
    "backfill": ["bge", "--from", "notes.jsonl", "--estimate"],
    "pr verify": ["--comment", "comment.md"],
    "pr snapshot restore": ["--into", "folder"],
}
GROUPS = ("", "pr", "pr snapshot", "space")
WITHOUT_A_PROJECT = ("pr comment",)
OF_A_PROJECT = [it for it in EVERY if " ".join(it) not in (*GROUPS, *WITHOUT_A_PROJECT)]
OF_A_STACK = [
    it for it in OF_A_PROJECT if " ".join(it) not in ("stacks", "pr init", "pr snapshot fetch")
]
READING_STACKS = [it for it in OF_A_PROJECT if it != ["pr", "init"]]
STACK = "config: {baseten:target: emulator, baseten-tei:models: {bge: {task: embedding, model_id: a/b}}}\n"


def run(words: list[str], *options: str) -> Result:
    arguments = ARGUMENTS.get(" ".join(words), [])
    return CliRunner().invoke(cli, [*words, *arguments, *options])


def ids(words: list[str]) -> str:
    return " ".join(words) or "baseten-tei"


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty folder to run in, and a Pulumi that has selected no stack."""
    folder = tmp_path / "here"
    folder.mkdir()
    monkeypatch.chdir(folder)
    monkeypatch.setenv("PULUMI_HOME", str(tmp_path / "pulumi"))
    monkeypatch.delenv("PULUMI_STACK", raising=False)
    return folder


@pytest.fixture
def project(here: Path) -> Path:
    (here / "Pulumi.yaml").write_text("name: project\n")
    (here / "Pulumi.dev.yaml").write_text(STACK)
    (here / "comment.md").write_text("")
    return here


def files(folder: Path) -> dict[str, str]:
    return {str(it): it.read_text() for it in folder.rglob("*") if it.is_file()}


@pytest.mark.parametrize("words", EVERY, ids=ids)
def test_every_command_has_help(words: list[str]) -> None:
    result = CliRunner().invoke(cli, [*words, "--help"])
    assert result.exit_code == 0
    assert result.stdout.startswith("Usage: baseten-tei")
    assert not result.stderr


def test_help_names_every_command_and_says_in_a_line_what_it_does() -> None:
    for path in GROUPS[:2]:
        lines = CliRunner().invoke(cli, [*path.split(), "--help"]).stdout.splitlines()
        listed = [it.split() for it in lines[lines.index("Commands:") + 1 :]]
        below = [it for it in EVERY if it[:-1] == path.split() and it]
        assert [words[0] for words in listed] == [it[-1] for it in below]
        assert all(words[-1].endswith(".") and len(words) > 3 for words in listed)


@pytest.mark.parametrize("words", OF_A_PROJECT, ids=ids)
def test_a_folder_that_is_not_a_project_is_one_line_and_nothing_is_written(
    words: list[str], here: Path
) -> None:
    for options, said in (([], f"in {here} or above: run this"), (["--root", "x"], "in x: name ")):
        result = run(words, *options)
        assert (result.exit_code, result.stdout) == (2, "")
        assert result.stderr.startswith("there is no Pulumi.yaml ")
        assert said in result.stderr
        assert result.stderr.count("\n") == 1
    assert files(here) == {}


@pytest.mark.parametrize("words", OF_A_STACK, ids=ids)
def test_a_stack_that_is_not_there_lists_those_that_are(words: list[str], project: Path) -> None:
    before = files(project)
    result = run(words, "--stack", "de")
    said = f"there is no stack 'de' in {project}. Perhaps you meant 'dev'? It has: 'dev'\n"
    assert (result.exit_code, result.stdout, result.stderr) == (2, "", said)
    assert files(project) == before


@pytest.mark.parametrize("words", READING_STACKS, ids=ids)
def test_a_stack_file_that_is_not_yaml_is_one_line(words: list[str], project: Path) -> None:
    (project / "Pulumi.dev.yaml").write_text("config: [")
    before = files(project)
    result = run(words)
    assert (result.exit_code, result.stdout) == (2, "")
    assert result.stderr.startswith("Pulumi.dev.yaml: is not valid YAML: ")
    assert result.stderr.count("\n") == 1
    assert files(project) == before


@pytest.mark.usefixtures("project")
@pytest.mark.parametrize("words", EVERY, ids=ids)
def test_an_option_that_is_not_there_is_one_line(words: list[str]) -> None:
    result = run(words, "--no-such-option")
    assert (result.exit_code, result.stdout, result.stderr.count("\n")) == (2, "", 1)
    assert result.stderr.startswith("No such option '--no-such-option'")
    assert f"See {' '.join(['baseten-tei', *words])} --help" in result.stderr


def test_a_command_that_is_not_there_lists_those_that_are() -> None:
    result = CliRunner().invoke(cli, ["statsu"])
    assert result.exit_code == 2
    assert result.stderr.startswith(
        "baseten-tei has no command 'statsu'. Perhaps you meant 'status'?"
    )
    assert "check, explain, lock" in result.stderr


def test_a_command_works_below_the_folder_of_its_project(
    project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (project / "infra").mkdir()
    monkeypatch.chdir(project / "infra")
    assert run(["stacks"]).stdout == "dev\n"


def test_without_a_selected_stack_the_only_one_is_meant_and_of_several_none(project: Path) -> None:
    assert "is not in locks/dev.yaml" in run(["explain"]).stderr
    shutil.copy(project / "Pulumi.dev.yaml", project / "Pulumi.production.yaml")
    result = run(["explain"])
    said = "no stack is selected: choose one of 'dev', 'production' with --stack\n"
    assert (result.exit_code, result.stderr) == (2, said)
    assert run(["check"]).stdout.count("1 model,") == 2


@pytest.mark.usefixtures("project")
@pytest.mark.parametrize("command", [stacks, generate])
@pytest.mark.parametrize(
    ("error", "code", "said"),
    [
        (KeyboardInterrupt(), 130, "interrupted"),
        (
            PermissionError(13, "Permission denied", "locks/dev.yaml"),
            2,
            "locks/dev.yaml: Permission denied: check the disk and the permissions",
        ),
        (
            OSError(28, "No space left on device"),
            2,
            "No space left on device: check the disk and the permissions",
        ),
        (ConnectionError("no route to host"), 2, "no route to host"),
    ],
)
def test_what_ends_a_command_is_one_line_and_a_code(
    command: object,
    error: BaseException,
    code: int,
    said: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def fails(*_: object) -> None:
        raise error

    monkeypatch.setattr(command, "stack_names" if command is stacks else "write", fails)
    result = run(["stacks" if command is stacks else "generate"])
    assert (result.exit_code, result.stderr.strip()) == (code, said)


def test_the_page_of_the_command_line_has_every_command() -> None:
    page = render_reference((ROOT / CLI_PATH).read_text("utf-8"))
    assert all(f"# {' '.join(['baseten-tei', *words])}\n" in page for words in EVERY)
    assert (ROOT / "docs" / "cli.md").read_text() == page


@pytest.mark.usefixtures("project")
def test_the_entry_point_is_there_and_ends_with_the_commands_code() -> None:
    for command in ([ENTRY_POINT], [sys.executable, "-m", "baseten_tei"]):
        done = subprocess.run([*command, "stacks"], capture_output=True, text=True, check=True)
        assert done.stdout == "dev\n"
        done = subprocess.run(
            [*command, "explain", "bgee"], capture_output=True, text=True, check=False
        )
        assert (done.returncode, done.stdout) == (2, "")
        assert "Perhaps you meant 'bge'? It has: 'bge'" in done.stderr
    version = subprocess.run([ENTRY_POINT, "--version"], capture_output=True, text=True, check=True)
    assert version.stdout.startswith("baseten-tei 0.")


@pytest.mark.usefixtures("project")
def test_nobody_who_reads_is_no_error() -> None:
    read, write = os.pipe()
    os.close(read)
    done = subprocess.run(
        [ENTRY_POINT, "check", "--format", "json"],
        stdout=write,
        stderr=subprocess.PIPE,
        check=False,
    )
    os.close(write)
    assert (done.returncode, done.stderr) == (141, b"")


@pytest.mark.usefixtures("project")
def test_an_interrupted_watch_ends_with_130_and_no_traceback(tmp_path: Path) -> None:
    environment = {
        **os.environ,
        "XDG_CACHE_HOME": str(tmp_path),
        "PULUMI_BACKEND_URL": f"file://{tmp_path}",
    }
    empty = tmp_path / ".pulumi" / "stacks" / "project"
    empty.mkdir(parents=True)
    (empty / "dev.json").write_text('{"checkpoint": {"latest": {}}}')
    process = subprocess.Popen(
        [ENTRY_POINT, "status", "--watch", "60"], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        env={**environment, "BASETEN_EMULATOR_PORT": "1"},
    )  # fmt: skip
    assert process.stdout is not None
    first = process.stdout.readline()
    time.sleep(0.2)
    process.send_signal(signal.SIGINT)
    _, error = process.communicate(timeout=30)
    assert first.startswith(time.strftime("%Y-"))
    assert first.endswith(", every 60 s; Ctrl-C ends it\n")
    assert (process.returncode, error) == (130, "interrupted\n")


@pytest.mark.usefixtures("project")
def test_main_returns_the_code() -> None:
    assert (main(["stacks"]), main(["explain", "bgee"]), main(["--help"])) == (0, 2, 0)


@pytest.mark.parametrize("words", [it.split() for it in GROUPS], ids=ids)
def test_without_a_command_there_is_help_and_2(words: list[str]) -> None:
    result = CliRunner().invoke(cli, words)
    assert (result.exit_code, result.stdout) == (2, "")
    assert "Commands:\n" in result.stderr
    assert "See " not in result.stderr


def completed(*words: str) -> list[str]:
    """What bash would offer for the last word."""
    environment = {
        **os.environ,
        "_BASETEN_TEI_COMPLETE": "bash_complete",
        "COMP_WORDS": " ".join(["baseten-tei", *words]),
        "COMP_CWORD": str(len(words)),
    }
    done = subprocess.run(
        [ENTRY_POINT], env=environment, capture_output=True, text=True, check=True
    )
    assert done.stderr == ""
    return [line.partition(",")[2] for line in done.stdout.splitlines() if line]


def test_a_shell_completes_commands_options_and_stacks(project: Path) -> None:
    assert completed("st") == ["status", "stacks"]
    assert completed("pr", "snapshot", "e") == ["export"]
    assert completed("status", "--li") == ["--live"]
    assert completed("status", "--stack", "d") == ["dev"]
    (project / "Pulumi.yaml").unlink()
    assert completed("status", "--stack", "d") == []


@pytest.mark.parametrize("words", OF_A_PROJECT, ids=ids)
def test_a_project_file_that_is_not_yaml_is_one_line(words: list[str], project: Path) -> None:
    (project / "Pulumi.yaml").write_text("name: [")
    subprocess.run(["git", "init", "--quiet", project], check=True)
    before = files(project)
    result = run(words)
    assert (result.exit_code, result.stdout) == (2, "")
    assert result.stderr.startswith("Pulumi.yaml: is not valid YAML: ")
    assert result.stderr.count("\n") == 1
    assert files(project) == before


def test_an_option_means_the_same_wherever_it_is() -> None:
    helps: dict[str, set[str]] = {}
    for context in walk(click.Context(cli, info_name="baseten-tei")):
        for option in context.command.params:
            for name in option.opts:
                helps.setdefault(name, set()).add(str(getattr(option, "help", "")))
    # One stack, several, those of --preview; a file or a folder; nothing else has a second meaning.
    meanings = {"--root": 1, "--stack": 3, "--format": 1, "--output": 2, "--yes": 1, "--dry-run": 1}
    assert {name: len(helps[name]) for name in meanings} == meanings
