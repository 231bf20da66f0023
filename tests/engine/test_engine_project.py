"""What a project's `.engine/` holds, what a shell gets from it, and what PATH is asked."""

import os
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

from pulumi_engine import setup as setup_verb
from pulumi_engine.__main__ import main
from pulumi_engine.cache import cached_kinds
from pulumi_engine.decision import Kind, Machine
from pulumi_engine.errors import EngineError
from pulumi_engine.machine import describe, find_installed
from pulumi_engine.progress import Progress
from pulumi_engine.project import Engine, install, read_engine, wrapper
from pulumi_engine.setup import still_good
from pulumi_engine.shell import exports, render
from pulumi_engine.versions import BUILT as BUILT_VERSION
from pulumi_engine.versions import BUNDLE, Version

BUILT = Engine(
    "/p r/.engine/bin/pulumi", str(BUILT_VERSION), "build", "why", sys.executable, ("a", "b")
)
FOUND = Engine("/p/.engine/bin/pulumi", "3.300.0", "path", "why", sys.executable, ())


def fake_tool(folder: Path, name: str, prints: str) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    (file := folder / name).write_text(f"#!/bin/sh\necho {shlex.quote(prints)}\n")
    file.chmod(0o755)
    return file


def official_on_path(folder: Path, version: str = "v3.259.0") -> Path:
    fake_tool(folder, "pulumi-language-python", "")
    return fake_tool(folder, "pulumi", version)


def never_ask() -> bool:
    raise AssertionError("asked the network")


def test_a_pulumi_on_path_is_described(tmp_path: Path) -> None:
    pulumi = official_on_path(tmp_path)

    found = find_installed(str(tmp_path))

    assert found
    assert (found.path, found.version, found.has_language_host) == (
        pulumi,
        Version(3, 259, 0),
        True,
    )


def test_a_pulumi_that_is_a_link_has_the_language_host_of_its_bundle(tmp_path: Path) -> None:
    official_on_path(tmp_path / "opt")
    (links := tmp_path / "links").mkdir()
    (links / "pulumi").symlink_to(tmp_path / "opt/pulumi")

    found = find_installed(str(links))

    assert found
    assert found.has_language_host


def test_an_engine_of_ours_on_path_is_never_taken_for_an_official_one(tmp_path: Path) -> None:
    official_on_path(tmp_path / "other-checkout/.engine/bin")

    assert find_installed(str(tmp_path / "other-checkout/.engine/bin")) is None


def test_a_pulumi_that_fails_has_no_version(tmp_path: Path) -> None:
    fake_tool(tmp_path, "pulumi", "").write_text("#!/bin/sh\necho v3.259.0; exit 3\n")

    found = find_installed(str(tmp_path))

    assert found
    assert found.version is None


def test_the_network_is_not_asked_when_path_settles_it(tmp_path: Path) -> None:
    official_on_path(tmp_path / "bin")

    assert describe(tmp_path, str(tmp_path / "bin"), None, never_ask).releases is None


def test_the_network_is_not_asked_when_the_build_is_forced(tmp_path: Path) -> None:
    assert describe(tmp_path, "", Kind.BUILD, never_ask).releases is None


def test_the_network_is_asked_when_the_official_engine_may_be_needed(tmp_path: Path) -> None:
    assert describe(tmp_path, "", None, lambda: True).releases is True


def test_set_up_takes_the_pulumi_on_path_and_says_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    official_on_path(tmp_path / "bin")
    monkeypatch.setenv("PATH", f"{tmp_path}/bin:{os.environ['PATH']}")
    monkeypatch.delenv("PULUMI_ENGINE", raising=False)

    assert main(["--project", str(tmp_path), "setup"]) == 0

    said = capsys.readouterr()
    assert said.out == "Pulumi 3.259.0 (path: it is on PATH and new enough)\n"
    assert said.err == "engine: taking path: it is on PATH and new enough\n"
    assert (tmp_path / ".engine/bin/pulumi").resolve() == tmp_path / "bin/pulumi"

    assert main(["--project", str(tmp_path), "setup"]) == 0
    again = capsys.readouterr()
    assert (again.out, again.err) == ("", ""), "every `make` sets up first"


@pytest.mark.parametrize(("prints", "counts"), [(f"v{BUILT_VERSION}", True), ("v3.1.0", False)])
def test_only_an_engine_that_runs_and_is_the_pinned_one_enters_the_cache(
    prints: str, counts: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def build(folder: Path, **_say: object) -> None:
        fake_tool(folder, "pulumi", prints)

    monkeypatch.setattr("pulumi_engine.gobuild.build", build)
    if counts:
        setup_verb.obtain(Kind.BUILD, Machine(), tmp_path)
    else:
        with pytest.raises(EngineError, match=f"does not run, or is not Pulumi {BUILT_VERSION}"):
            setup_verb.obtain(Kind.BUILD, Machine(), tmp_path)

    assert cached_kinds(tmp_path) == ({Kind.BUILD} if counts else set())


def test_a_second_set_up_decides_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    official_on_path(tmp_path / "bin")
    first = setup_verb.setup(tmp_path, {"PATH": f"{tmp_path}/bin:{os.environ['PATH']}"})
    monkeypatch.setattr(setup_verb, "describe", never_ask)

    assert setup_verb.setup(tmp_path, {}) == first


def test_a_change_from_the_built_to_an_official_engine_leaves_no_stand_in(tmp_path: Path) -> None:
    pulumi = official_on_path(tmp_path / "bin")
    fake_tool(tmp_path / ".engine/bin", "pulumi-language-python", "a stand-in")

    install(tmp_path, pulumi, Kind.OFFICIAL, str(BUNDLE), "why")

    assert [file.name for file in (tmp_path / ".engine/bin").iterdir()] == ["pulumi"]


def test_an_interrupted_set_up_leaves_no_engine(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pulumi = official_on_path(tmp_path / "bin")
    install(tmp_path, pulumi, Kind.PATH, str(BUNDLE), "why")
    monkeypatch.setattr("pulumi_engine.project._assemble", lambda *_: never_ask())

    with pytest.raises(AssertionError):
        install(tmp_path, pulumi, Kind.PATH, str(BUNDLE), "why")

    assert read_engine(tmp_path) is None


def test_an_engine_whose_cli_is_gone_is_none(tmp_path: Path) -> None:
    pulumi = official_on_path(tmp_path / "bin")
    install(tmp_path, pulumi, Kind.PATH, str(BUNDLE), "why")
    assert read_engine(tmp_path)

    pulumi.unlink()

    assert read_engine(tmp_path) is None


def test_the_engine_is_that_of_the_project_that_one_stands_in(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """The package may be anywhere, as it is in a user's own environment."""
    (tmp_path / "Pulumi.yaml").touch()
    (inside := tmp_path / "infra/deep").mkdir(parents=True)
    install(tmp_path, official_on_path(tmp_path / "bin"), Kind.PATH, str(BUNDLE), "why")
    monkeypatch.chdir(inside)

    assert main(["which"]) == 0

    assert capsys.readouterr().out.startswith(f"{tmp_path}/.engine/bin/pulumi: ")


def test_outside_a_project_one_line_says_where_to_run_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)

    assert main(["setup"]) == 1

    [line] = capsys.readouterr().err.splitlines()
    assert line.startswith(f"engine: there is no Pulumi.yaml in {tmp_path} or above")
    assert not (tmp_path / ".engine").exists()


@pytest.mark.parametrize("verb", ["env", "which"])
def test_without_an_engine_one_line_says_what_to_run(
    verb: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["--project", str(tmp_path), verb]) == 1

    assert (
        capsys.readouterr().err
        == f"engine: {tmp_path} has no engine yet: run `python -m pulumi_engine setup` there\n"
    )


@pytest.mark.parametrize(
    ("engine", "forced", "good"),
    [
        (BUILT, None, True),
        (BUILT, Kind.BUILD, True),
        (BUILT, Kind.OFFICIAL, False),
        (FOUND, None, True),
        (None, None, False),
        (Engine("/p", "3.1.0", "build", "", sys.executable, ()), None, False),
        (Engine("/p", str(BUNDLE), "official", "", sys.executable, ()), None, True),
        (Engine("/p", str(BUNDLE), "build", "", sys.executable, ()), None, False),
        (Engine("/p", str(BUILT_VERSION), "build", "", "/another/python", ()), None, False),
    ],
)
def test_an_engine_stays_while_version_python_and_wish_do(
    engine: Engine | None, forced: Kind | None, good: bool
) -> None:
    assert still_good(engine, forced) is good


def test_the_built_engine_has_a_home_of_its_own_and_downloads_nothing() -> None:
    assert exports(BUILT) == {
        "PULUMI_SKIP_UPDATE_CHECK": "true",
        "PULUMI_HOME": "/p r/.engine/home",
        "PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION": "true",
    }


def test_an_official_engine_keeps_the_users_home_and_downloads_its_plugins() -> None:
    assert exports(FOUND) == {"PULUMI_SKIP_UPDATE_CHECK": "true"}


def test_the_exports_hold_in_a_shell_and_twice_is_once() -> None:
    script = f"PATH=/bin\n{render(BUILT) * 2}echo $PATH; echo $PULUMI_HOME"

    told = subprocess.run(["/bin/sh", "-c", script], capture_output=True, text=True, check=True)

    assert told.stdout.splitlines() == ["/p r/.engine/bin:/bin", "/p r/.engine/home"]


def test_a_wrapper_starts_the_stand_in_with_the_projects_python(tmp_path: Path) -> None:
    (code := tmp_path / "it's code/pulumi_engine/standins").mkdir(parents=True)
    (code / "__init__.py").touch()
    (code.parent / "__init__.py").touch()
    (code / "echo.py").write_text("import sys\ndef main(): print(sys.executable, sys.argv[1:])\n")
    (script := tmp_path / "start").write_text(wrapper("echo", sys.executable, code.parents[1]))

    told = subprocess.run(["/bin/sh", script, "a b"], capture_output=True, text=True, check=True)

    assert told.stdout == f"{sys.executable} ['a b']\n"


def test_progress_is_said_every_few_seconds_and_not_at_every_event() -> None:
    now, lines = [0.0], list[str]()
    progress = Progress(lines.append, lambda: now[0])

    for second in range(13):
        now[0] = float(second)
        progress.tick(f"compiled {second}")

    assert lines == ["compiled 5 (5 s)", "compiled 10 (10 s)"]


def test_the_pinned_version_is_the_one_that_go_builds() -> None:
    module = Path(__file__).parents[2] / "engine/pulumi_engine/build/go.mod"

    assert f"github.com/pulumi/pulumi/pkg/v3 v{BUILT_VERSION}\n" in module.read_text()


def test_the_versions_compare_as_numbers() -> None:
    assert Version(3, 1000, 0) > Version(3, 259, 0)
