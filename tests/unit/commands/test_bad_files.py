"""Whatever is in a file: a command ends with one of its codes, in lines that name the file, and asks nobody.

A sample by default; BASETEN_TEI_ALL_FAULTS=1 runs 1,000 specs and 1,500 files (BASETEN_TEI_FAULT_SEED chooses which).
"""

import json
import random
import shutil
import socket
import traceback
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from baseten_tei.__main__ import main
from baseten_tei.baseten import emulator_hub
from baseten_tei.baseten.api import calls as baseten_calls
from baseten_tei.baseten.api.retries import retrying
from baseten_tei.commands import golden, rehearse, tune
from baseten_tei.commands.shared.command_line import FINDING, MISTAKE
from baseten_tei.errors import UserError
from baseten_tei.project import pulumi_cli, stack
from baseten_tei.provider.release.golden import recorder
from baseten_tei.review.forges import forge_client as forge_calls
from tests.support import spoiling
from tests.support.sampling import ALL, SEED, pick
from tests.support.spoiling import BROKEN, SHAPELESS, Kind

SPECS, FILES = (1_000, 1_500) if ALL else (60, 120)
LONGEST = 500
WENT_ON = (
    "fine so far",
    "no pulumi here",
    "the change is blocked",
    "is not in locks",
    "nothing was reviewed",
    "no model 'bge'",
    "no Baseten API key",
    "about no pull request",
)
"""What a command says of other things than the file: that was good enough."""
KINDS = spoiling.kinds()
_EVERY = [(kind, how) for kind in KINDS for how in (*BROKEN, *(SHAPELESS if kind.data else ()))]
WHOLE = pick(_EVERY, 80)


@pytest.fixture(scope="module")
def good(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project in which every file is good."""
    folder = tmp_path_factory.mktemp("good")
    for kind in KINDS:
        path = folder / kind.path
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(kind.good, encoding="utf-8")
    return folder


@pytest.fixture
def project(good: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "project"
    shutil.copytree(good, folder)
    monkeypatch.chdir(folder)
    return folder


@pytest.fixture(autouse=True)
def asked(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> list[Any]:
    """Whoever is asked over a network; no pulumi runs, and what would deploy something stops before."""
    calls: list[Any] = []

    def refuse(_: socket.socket, address: Any) -> None:
        calls.append(address)
        raise ConnectionRefusedError(111, "Connection refused")

    monkeypatch.setattr(socket.socket, "connect", refuse)
    monkeypatch.setattr(socket.socket, "connect_ex", refuse)
    monkeypatch.setattr(pulumi_cli, "_run_to_end", _pulumi)
    for module in (emulator_hub, golden, stack, tune):
        monkeypatch.setattr(module, "ensure_running", lambda *_: calls.append("the emulator"))
    for calls_module in (forge_calls, baseten_calls):
        monkeypatch.setattr(
            calls_module, "retrying", lambda *_: retrying(lambda _: None, lambda: 0.0)
        )
    for module, name in ((rehearse, "rehearse"), (tune, "delete_leftovers")):
        monkeypatch.setattr(module, name, _would_begin)
    monkeypatch.setattr(recorder, "REFUSED_SECONDS", 0.0)
    variables = {
        "GITHUB_REPOSITORY": "o/r", "GITHUB_TOKEN": "t", "GITHUB_EVENT_PATH": "event.json",
        "GITHUB_API_URL": "http://127.0.0.1:9", "XDG_CACHE_HOME": str(tmp_path), "HF_ENDPOINT": "http://127.0.0.1:9",
    }  # fmt: skip
    for name in ("PULUMI_BACKEND_URL", "BASETEN_API_KEY", "PULUMI_CONFIG_PASSPHRASE", "CI"):
        monkeypatch.delenv(name, raising=False)
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    return calls


def _pulumi(_root: Path, _stack: str, words: Any, _environment: Any) -> tuple[int, str, str]:
    """What pulumi says: the state, and otherwise that it cannot."""
    if tuple(words[:2]) == ("stack", "export"):
        return (
            0,
            json.dumps({"deployment": json.loads(spoiling.state_text())["checkpoint"]["latest"]}),
            "",
        )
    return 1, "", "error: no pulumi here"


def _would_begin(*_: Any) -> None:
    raise UserError("everything is fine so far")


def run(
    command: spoiling.Command, project: Path, capsys: pytest.CaptureFixture[str]
) -> tuple[int, str]:
    """A command's exit code and messages. The test ends here where it raises, or says too much at once."""
    name, words = command
    root = [] if name == "pr comment" else ["--root", str(project)]  # which needs no project
    code = main([*name.split(), *words, *root])
    said = capsys.readouterr().err
    assert code in (0, 1, 2), said
    assert [line[:80] for line in said.splitlines() if len(line) > LONGEST] == []
    assert "Traceback" not in said
    return code, said


def is_stale(kind: Kind, command: spoiling.Command) -> bool:
    """Whether the file is one that is generated, and merely out of date: stdout says which."""
    return "--check" in command[1] and kind.path.startswith(("truss_configs", "models.py"))


def spoilt(kind: Kind, project: Path) -> Path:
    path = project / kind.path
    path.unlink()
    return path


@pytest.mark.parametrize(
    ("kind", "how"), WHOLE, ids=lambda it: it if isinstance(it, str) else it.path
)
def test_a_broken_file_is_named_and_nobody_is_asked(
    kind: Kind, how: str, project: Path, asked: list[Any], capsys: pytest.CaptureFixture[str]
) -> None:
    (BROKEN.get(how) or SHAPELESS[how])(spoilt(kind, project), kind.good.encode())
    for command in kind.commands:
        code, said = run(command, project, capsys)
        if Path(kind.path).name in said:
            assert code == MISTAKE, (command, said)
        else:
            assert (code, is_stale(kind, command)) == (FINDING, True), (command, said)
        assert asked == [], command


def test_a_wrong_spec_is_refused_or_read_by_every_command_alike(
    project: Path, asked: list[Any], capsys: pytest.CaptureFixture[str]
) -> None:
    """What the stack's file is wrong in, each command says, and names the file."""
    path, kind = project / "Pulumi.dev.yaml", KINDS[0]
    wrong: list[str] = []
    for number in range(SPECS):
        dice = random.Random(f"{SEED} spec {number}")  # noqa: S311  # a sample, not a secret
        config = {
            **spoiling.CONFIG,
            "baseten-tei:models": spoiling.spoil_value(spoiling.MODELS, dice),
        }
        text = json.dumps({"config": config}) if number % 2 else yaml.safe_dump({"config": config})
        path.write_text(text, encoding="utf-8")
        for command in dice.sample(kind.commands[:5], 2):
            wrong += [f"spec {number}: {it}" for it in tried(command, path, project, asked, capsys)]
    assert not wrong, "\n".join(wrong)


def test_a_file_with_anything_wrong_in_it_ends_in_lines_that_name_it(
    project: Path, asked: list[Any], capsys: pytest.CaptureFixture[str]
) -> None:
    wrong: list[str] = []
    for number in range(FILES):
        dice = random.Random(f"{SEED} file {number}")  # noqa: S311  # a sample, not a secret
        kind = KINDS[number % len(KINDS)]
        path = project / kind.path
        path.write_bytes(spoilt_content(kind, dice))
        command = dice.choice(kind.commands)
        wrong += [f"file {number}: {it}" for it in tried(command, path, project, asked, capsys)]
        path.write_text(kind.good, encoding="utf-8")
    assert not wrong, "\n".join(wrong)


def spoilt_content(kind: Kind, dice: random.Random) -> bytes:
    if kind.data and dice.random() < 0.7:
        lines = kind.good.splitlines() if "preludeEvent" in kind.good else [kind.good]
        where = dice.randrange(len(lines))
        lines[where] = json.dumps(spoiling.spoil_value(yaml.safe_load(lines[where]), dice))
        return "\n".join(lines).encode("utf-8", "surrogatepass")
    return spoiling.garble(kind.good.encode(), dice)


def tried(
    command: spoiling.Command,
    path: Path,
    project: Path,
    asked: list[Any],
    capsys: pytest.CaptureFixture[str],
) -> Iterator[str]:
    """What is wrong with how a command takes a file: a refusal names it, and comes before anybody is asked."""
    asked.clear()
    shutil.rmtree(project / "made", ignore_errors=True)
    try:
        code, said = run(command, project, capsys)
    except (Exception, SystemExit) as error:
        yield f"{command}: {type(error).__name__} {str(error)[:200]}: {traceback.format_exc()[-500:]}"
        return
    went_on = asked or any(it in said for it in WENT_ON)
    if code and said and not went_on and path.name not in said:
        yield f"{command}: does not name {path.name}: {said[:300]}"


@pytest.mark.parametrize(
    "printed",
    ["", "[]", "{", "[" * 100_000, '{"deployment": 5}', '{"deployment": {"resources": [5]}}'],
)
def test_what_pulumi_prints_may_be_anything(
    project: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], printed: str
) -> None:
    monkeypatch.setattr(pulumi_cli, "_run_to_end", lambda *_: (0, printed, ""))
    shutil.rmtree(project / ".state")
    export = ["--stack", "dev", "--output", "s.json"]
    for command in (
        ("doctor", []),
        ("status", []),
        ("pr snapshot export", export),
        ("golden", []),
        ("outputs", []),
    ):
        code, said = run(command, project, capsys)
        assert code == MISTAKE, (command, said)
        assert "dev" in said or "pulumi up" in said, (command, said)
