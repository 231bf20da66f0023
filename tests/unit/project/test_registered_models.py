"""Which models a stack has: its configuration's, or those of its program, which the engine is run for."""

import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest

from baseten_tei.errors import UserError
from baseten_tei.project import program_run, pulumi_cli, registered_models
from baseten_tei.project.program_runs import each_program_once
from baseten_tei.project.registered_models import VARIABLE
from baseten_tei.project.stack import Workspace
from baseten_tei.project.stack_settings import read_stack, wanted_stacks

URN = "urn:pulumi:dev::own::{}::{}"
SPEC = {"task": "embedding", "model_id": "BAAI/bge-small-en-v1.5"}
Engine = Callable[..., list[Sequence[str]]]


def step(kinds: str, name: str, custom: bool = False) -> dict[str, Any]:
    return {"op": "create", "urn": URN.format(kinds, name), "newState": {"custom": custom}}


STACK = step("pulumi:pulumi:Stack", "own-dev")
SEARCH = step("my:app:Search$baseten-tei:index:Embedding", "search")


@pytest.fixture
def project(tmp_path: Path) -> Path:
    (tmp_path / "Pulumi.yaml").write_text("name: own\nruntime: python\n")
    (tmp_path / "Pulumi.dev.yaml").write_text("config: {baseten:target: emulator}\n")
    return tmp_path


@pytest.fixture
def engine(monkeypatch: pytest.MonkeyPatch) -> Engine:
    """An engine that ends so; returns the commands that it was given."""

    def make(
        models: Sequence[Any] = (), steps: Sequence[Any] = (STACK, SEARCH), errors: Sequence[Any] = (),
        code: int = 0, said: str = "", printed: str = "",
    ) -> list[Sequence[str]]:  # fmt: skip
        asked: list[Sequence[str]] = []

        def run(_root: Path, _stack: str, words: Sequence[str], environment: Any) -> Any:
            asked.append(words)
            if VARIABLE in environment:
                file = Path(environment[VARIABLE])
                file.write_text("".join(json.dumps(it) + "\n" for it in models))
            told = [{"severity": "error", **it} for it in errors]
            document = json.dumps({"steps": steps, "diagnostics": told})
            return (code, printed, said) if said else (code, document, "")

        monkeypatch.setattr(pulumi_cli, "_run_to_end", run)
        return asked

    return make


MODEL = {"name": "search", "spec": SPEC, "team": "ads", "place": ["__main__.py", 7]}


def test_a_programs_models_are_a_stacks_models(project: Path, engine: Engine) -> None:
    asked = engine([MODEL])
    found = read_stack(Workspace(project, "dev"))
    assert list(found.settings.models) == ["search"]
    assert (found.from_program, found.settings.team) == (True, "ads")
    assert found.places == {"search": ("__main__.py", 7)}
    assert asked == [("preview", "--json", "--show-sames")]


def test_a_program_may_need_nothing_of_a_configuration(project: Path, engine: Engine) -> None:
    engine([MODEL])
    (project / "Pulumi.dev.yaml").unlink()
    assert list(read_stack(Workspace(project, "dev")).settings.models) == ["search"]


def test_a_configuration_with_models_starts_no_engine(project: Path, engine: Engine) -> None:
    asked = engine([MODEL])
    models = json.dumps({"bge": SPEC})
    (project / "Pulumi.dev.yaml").write_text(f"config: {{baseten-tei:models: {models}}}\n")
    assert list(read_stack(Workspace(project, "dev")).settings.models) == ["bge"]
    assert asked == []


def test_a_command_runs_a_program_once(project: Path, engine: Engine) -> None:
    asked = engine([MODEL])
    with each_program_once():
        for _ in range(3):
            read_stack(Workspace(project, "dev"))
    assert len(asked) == 1
    read_stack(Workspace(project, "dev"))
    assert len(asked) == 2, "another command runs it again: the program may be another one"


def test_the_specs_file_is_private_and_goes(
    project: Path, engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    folders: list[Path] = []
    engine([MODEL])
    modes: list[int] = []
    run = pulumi_cli._run_to_end

    def look(root: Path, stack: str, words: Any, environment: Any) -> Any:
        folder = Path(environment[VARIABLE]).parent
        folders.append(folder)
        modes.append(folder.stat().st_mode & 0o077)
        return run(root, stack, words, environment)

    monkeypatch.setattr(pulumi_cli, "_run_to_end", look)
    read_stack(Workspace(project, "dev"))
    assert modes == [0]
    assert not folders[0].exists()


PROTECTED = {
    "urn": URN.format("baseten-tei:index:Embedding$baseten:index:Model", "search-model"),
    "message": "error: Preview failed: resource cannot be deleted\nbecause it is protected.",
}
END = {"message": "error: preview failed\n"}
CRASH = """error: Program failed with an unhandled exception:
Traceback (most recent call last):
  File "/p/__main__.py", line 3, in <module>
    raise ValueError("mine")
ValueError: mine
and more of it
"""


def test_what_a_run_for_models_leaves_out_is_not_an_error(project: Path, engine: Engine) -> None:
    """Below a component nothing is registered, so the preview would delete what is protected."""
    engine([MODEL], errors=[PROTECTED, END])
    assert list(read_stack(Workspace(project, "dev")).settings.models) == ["search"]


STOPPED = "stack 'dev': its models are in its program, which stops: "
ALL = ": run `pulumi preview --stack dev` for all of it"


@pytest.mark.parametrize(
    ("ending", "line"),
    [
        ({"errors": [{"message": CRASH}, END]}, f"{STOPPED}ValueError: mine and more of it{ALL}"),
        (
            {"errors": [{"message": CRASH}, {"message": "Traceback\nException: resource monitor shut down\n"}]},
            f"{STOPPED}ValueError: mine and more of it{ALL}",
        ),
        ({"errors": [{"message": "error: model 'x': no\n"}]}, f"{STOPPED}model 'x': no{ALL}"),
        ({"errors": [END]}, f"{STOPPED}preview failed{ALL}"),
        ({"errors": [{"message": f"error: token {'hf_' + 'a1' * 16}"}]}, f"{STOPPED}token [secret]{ALL}"),
        ({"code": 255, "said": "error: something new"}, f"{STOPPED}something new{ALL}"),
        (
            {"code": 6, "said": "error: no stack named 'dev' found"},
            "stack 'dev': no stack named 'dev' found: run `pulumi stack init dev`, or `pulumi login` to the backend "
            "that has it",
        ),
        (
            {"code": 3, "said": "error: PULUMI_ACCESS_TOKEN must be set for login"},
            "stack 'dev': PULUMI_ACCESS_TOKEN must be set for login: run `pulumi login`, or `pulumi login --local` to "
            "keep states on this machine",
        ),
        (
            {"code": 255, "said": "error: get stack secrets manager: incorrect passphrase"},
            "stack 'dev': get stack secrets manager: incorrect passphrase: export PULUMI_CONFIG_PASSPHRASE or "
            "PULUMI_CONFIG_PASSPHRASE_FILE, as when the stack was made",
        ),
        (
            {"code": 1, "printed": "{}\n", "said": "error: load: no language plugin 'pulumi-language-yaml' found"},
            "stack 'dev': load: no language plugin 'pulumi-language-yaml' found: install pulumi-language-yaml, which "
            "Pulumi's own bundle has",
        ),
    ],
)  # fmt: skip
def test_a_program_that_cannot_be_run_is_one_line_with_what_to_do(
    project: Path, engine: Engine, ending: dict[str, Any], line: str
) -> None:
    engine([MODEL], **ending)
    with pytest.raises(UserError) as told:
        wanted_stacks(project, ["dev"])
    assert told.value.problems == (line,)


NO_STACK = (6, "", "error: no stack named 'dev' found")


@pytest.mark.parametrize("broken", [False, True])
def test_without_credentials_a_program_runs_on_an_empty_state(
    project: Path, engine: Engine, monkeypatch: pytest.MonkeyPatch, broken: bool
) -> None:
    """As in a job of a pull request: the secrets of its configuration are placeholders there."""
    (project / "Pulumi.dev.yaml").write_text("config: {own:password: {secure: v1:abc}}\n")
    monkeypatch.setenv("PULUMI_CONFIG_PASSPHRASE_FILE", "/my/own")
    monkeypatch.setenv("ITS_OWN_VARIABLE", "x")
    engine([MODEL], errors=[{"message": CRASH}] if broken else [])
    copied = pulumi_cli._run_to_end
    asked: list[tuple[Path, Sequence[str]]] = []

    def run(root: Path, stack: str, words: Sequence[str], environment: Any) -> Any:
        asked.append((root, words))
        if root == project:
            return NO_STACK
        assert "v1:abc" not in (root / "Pulumi.dev.yaml").read_text()
        assert "PULUMI_CONFIG_PASSPHRASE_FILE" not in environment
        if words[0] != "preview":
            return 0, "", ""
        assert environment["PULUMI_BACKEND_URL"] == f"file://{root}/.state"
        assert environment["ITS_OWN_VARIABLE"] == "x", "a program may need it, as in any preview"
        return copied(root, stack, words, environment)

    monkeypatch.setattr(pulumi_cli, "_run_to_end", run)
    if broken:
        with pytest.raises(UserError) as told:
            read_stack(Workspace(project, "dev"))
        assert str(told.value).startswith(f"{STOPPED}ValueError: mine")
        assert "it ran on an empty state, for stack 'dev': no stack named" in str(told.value)
    else:
        assert list(read_stack(Workspace(project, "dev")).settings.models) == ["search"]
    assert [words[0] for _, words in asked] == ["preview", "stack", "config", "preview"]
    assert (project / "Pulumi.dev.yaml").read_text() == "config: {own:password: {secure: v1:abc}}\n"
    assert not asked[-1][0].exists()


def test_a_model_that_did_not_write_itself_down_is_of_an_older_version(
    project: Path, engine: Engine
) -> None:
    engine([])
    with pytest.raises(UserError, match="'search' is registered by an older baseten-tei"):
        read_stack(Workspace(project, "dev"))


def test_a_stack_without_models_says_where_to_write_some(project: Path, engine: Engine) -> None:
    engine([], steps=[STACK])
    with pytest.raises(UserError) as told:
        wanted_stacks(project, ["dev"])
    assert str(told.value) == (
        "there are no models in stack 'dev': write them under baseten-tei:models in Pulumi.dev.yaml if the program "
        "calls deploy(), or else register one in it, e.g. Embedding(...)"
    )


def test_what_a_program_has_besides_is_known_to_be_other_peoples(
    project: Path, engine: Engine
) -> None:
    bucket = step("aws:s3/bucket:Bucket", "b", custom=True)
    push = step("baseten-tei:index:Embedding$command:local:Command", "search-push", custom=True)
    engine([MODEL], steps=[STACK, step("my:app:Search", "mine"), SEARCH, bucket, push])
    found = registered_models.registered_models(project, "dev")
    assert [(it.urn, it.custom) for it in found.others] == [
        (URN.format("my:app:Search", "mine"), False),
        (bucket["urn"], True),
    ]
    assert program_run.Resource(SEARCH["urn"], custom=False) not in found.others
