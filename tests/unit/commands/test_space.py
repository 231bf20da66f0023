"""`baseten-tei space advance` and `back`, on the files of a project."""

from pathlib import Path

import pytest
import yaml

from baseten_tei.__main__ import main
from baseten_tei.commands.space import change
from baseten_tei.project.registered_models import RegisteredModels
from baseten_tei.spec.spec_parser import MODELS

STACK = """\
config:
  baseten:target: {target}
  baseten-tei:models:
    search:
      task: embedding
      # of March
      model_id: BAAI/bge-small-en-v1.5
      autoscaling: {{min_replica: 1, max_replica: 4}}
      next: {{model_id: BAAI/bge-m3}}
"""


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "Pulumi.yaml").write_text("name: proj\nruntime: python\n")
    write(tmp_path, "emulator")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def write(project: Path, target: str, **changes: str) -> None:
    text = STACK.format(target=target)
    for old, new in changes.items():
        text = text.replace(f"{old}: ", f"{new}: ")
    (project / "Pulumi.dev.yaml").write_text(text)


def search(project: Path) -> dict[str, object]:
    text = (project / "Pulumi.dev.yaml").read_text()
    spec: dict[str, object] = yaml.safe_load(text)["config"][MODELS]["search"]
    return spec


def test_next_and_current_change_places_and_back(
    project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    before = search(project)
    assert main(["space", "advance", "search", "--unverified"]) == 0
    told = capsys.readouterr().out
    assert "search-2 (BAAI/bge-m3) serves under the name: search.current" in told
    assert "search (BAAI/bge-small-en-v1.5) served before" in told
    assert "wrote Pulumi.dev.yaml" in told
    after = search(project)
    assert (after["model_id"], after["edition"]) == ("BAAI/bge-m3", 2)
    assert after["previous"] == {"model_id": "BAAI/bge-small-en-v1.5", "edition": 1}
    assert "# of March" in (project / "Pulumi.dev.yaml").read_text()
    assert main(["space", "back", "search"]) == 0
    assert search(project) == {**before, "next": {"model_id": "BAAI/bge-m3", "edition": 2}}


def test_a_dry_run_shows_the_spec_and_writes_nothing(
    project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    before = search(project)
    assert main(["space", "advance", "search", "--unverified", "--dry-run", "--sleep"]) == 0
    assert '"min_replica": 0' in capsys.readouterr().out.replace(
        "min_replica: 0", '"min_replica": 0'
    )
    assert search(project) == before


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["back", "search"], "model 'search' has no previous, so there is no way back"),
        (["advance", "serch"], "has no model 'serch'. Perhaps you meant 'search'?"),
    ],
)
def test_what_cannot_be_moved_is_one_line(
    project: Path, capsys: pytest.CaptureFixture[str], words: list[str], said: str
) -> None:
    assert main(["space", *words]) == 2
    told = capsys.readouterr().err.strip()
    assert "\n" not in told
    assert said in told
    assert search(project)


@pytest.mark.parametrize("target", ["emulator", "baseten"])
def test_an_older_previous_goes_unless_pulumi_would_refuse_to_delete_it(
    project: Path, capsys: pytest.CaptureFixture[str], target: str
) -> None:
    write(project, target)
    assert main(["space", "advance", "search", "--unverified"]) == 0
    path = project / "Pulumi.dev.yaml"
    path.write_text(path.read_text() + "      next: {model_id: a/third}\n")
    capsys.readouterr()
    code, told = main(["space", "advance", "search", "--unverified"]), capsys.readouterr()
    if target == "baseten":
        assert code == 2
        assert "search would be deleted, and Pulumi protects it: write protect: false" in told.err
    else:
        assert code == 0
        assert "search (BAAI/bge-small-en-v1.5) is deleted by the next `pulumi up`" in told.out
        assert search(project)["edition"] == 3


def test_a_pinned_model_stays_where_it_is(
    project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = project / "Pulumi.dev.yaml"
    path.write_text(path.read_text() + "      deployment: previous\n")
    assert main(["space", "advance", "search", "--unverified"]) == 2
    assert "its current is pinned" in capsys.readouterr().err


@pytest.mark.usefixtures("project")
def test_commands_know_each_model_by_what_it_is_now(capsys: pytest.CaptureFixture[str]) -> None:
    main(["space", "advance", "search", "--unverified"])
    capsys.readouterr()
    for name, model in {
        "search": "bge-m3", "search.current": "bge-m3", "search.previous": "bge-small", "search-2": "bge-m3",
    }.items():  # fmt: skip
        assert main(["explain", name]) == 2  # none of them is locked
        assert model in capsys.readouterr().err


def test_a_program_gets_the_arguments_to_write_and_no_file_changes(
    project: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    spec = {**search(project), "next": {"model_id": "BAAI/bge-m3", "accelerator": "A10G"}}
    (project / "Pulumi.dev.yaml").write_text("config:\n  baseten:target: emulator\n")
    registered = RegisteredModels(specs={"search": spec})
    monkeypatch.setattr(change, "read_stack", lambda *_, **__: None)
    monkeypatch.setattr(change, "registered_models", lambda *_: registered)
    assert main(["space", "advance", "search", "--unverified"]) == 1
    told = capsys.readouterr().out
    code = told.partition("as the whole spec of model 'search':\n")[2].rpartition("then run")[0]
    args = eval(f"dict({code})", {"Autoscaling": dict})  # noqa: S307  # what was just printed
    assert args["model_id"] == "BAAI/bge-m3"
    assert args["edition"] == 2
    assert args["previous"]["model_id"] == "BAAI/bge-small-en-v1.5"
    assert args["autoscaling"] == {"min_replica": 1, "max_replica": 4}
    assert "previous" not in (project / "Pulumi.dev.yaml").read_text()


def test_a_program_in_a_language_that_drops_null_gets_the_names_of_what_is_left_out(
    project: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    spec = {**search(project), "next": {"model_id": "BAAI/bge-m3", "cpu": "4"}}
    (project / "Pulumi.dev.yaml").write_text("config:\n  baseten:target: emulator\n")
    (project / "Pulumi.yaml").write_text("name: own\nruntime: go\n")
    monkeypatch.setattr(change, "read_stack", lambda *_, **__: None)
    registered = RegisteredModels(specs={"search": spec})
    monkeypatch.setattr(change, "registered_models", lambda *_: registered)
    assert main(["space", "advance", "search", "--unverified"]) == 1
    told = capsys.readouterr().out
    code = told.partition("as the whole spec of model 'search':\n")[2].rpartition("then run")[0]
    previous = yaml.safe_load(code)["previous"]
    assert previous["without"] == ["cpu"]
    assert None not in previous.values()


@pytest.mark.usefixtures("project")
def test_a_role_that_a_model_does_not_have_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    def told(model: str) -> str:
        assert main(["explain", model]) == 2
        return capsys.readouterr().err

    assert told("search.previous") == "model 'search' has no previous\n"
    assert "stack 'dev' has no model 'search.nxt'" in told("search.nxt")
    assert "stack 'dev' has no model 'bank.next'" in told("bank.next")
    main(["space", "advance", "search", "--unverified"])
    capsys.readouterr()
    assert told("search.next").startswith("model 'search' has no next: write next: {model_id: …}")
