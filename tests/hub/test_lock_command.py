"""`baseten-tei lock` in a project of its own, against a Hub on this machine."""

import json
import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest
import yaml

from baseten_tei.__main__ import main
from baseten_tei.facts.hub.lockfile import parse_lock, render_lock
from baseten_tei.project import registered_models
from baseten_tei.project.program_run import Resource
from baseten_tei.project.registered_models import VARIABLE
from tests.hub.loopback import TOKEN, LoopbackHub
from tests.hub.repositories import embedder

PINNED = {"task": "embedding", "model_id": "tiny/embedder"}
RERANKER = {"task": "reranker", "model_id": "tiny/reranker"}


@pytest.fixture
def root(tmp_path: Path, hub: LoopbackHub) -> Path:
    assert hub.address
    (tmp_path / "Pulumi.yaml").write_text("name: project\n")
    stack(tmp_path, bge=PINNED, rerank=RERANKER)
    return tmp_path


def stack(root: Path, name: str = "dev", **models: Mapping[str, object]) -> None:
    config = {"config": {"baseten-tei:models": models}}
    (root / f"Pulumi.{name}.yaml").write_text(yaml.safe_dump(config))


def lock(root: Path, *argv: str) -> int:
    return main(["lock", *argv, "--root", str(root)])


def text(root: Path, name: str = "dev") -> str:
    return (root / "locks" / f"{name}.yaml").read_text()


def test_all_models_of_a_stack_are_locked(
    root: Path, hub: LoopbackHub, capsys: pytest.CaptureFixture[str]
) -> None:
    assert lock(root) == 0
    locked = parse_lock(text(root))
    assert set(locked) == {("tiny/embedder", "main"), ("tiny/reranker", "main")}
    commit = hub.repos["tiny/embedder"].commit
    assert locked["tiny/embedder", "main"].commit == commit
    out, err = capsys.readouterr()
    assert f"locks/dev.yaml: tiny/embedder@main is new, at commit {commit}\n" in out
    assert err == ""


def test_the_models_that_a_program_registers_are_locked_and_known_to_its_rules(
    root: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Its configuration has none: `lock` said "up to date" then, and had locked nothing."""
    (root / "Pulumi.dev.yaml").write_text("config: {baseten:target: emulator}\n")

    def run_program(_root: Path, _stack: str, environment: Mapping[str, str]) -> list[Resource]:
        told = {"name": "bge", "spec": PINNED, "place": ["__main__.py", 3]}
        Path(environment[VARIABLE]).write_text(json.dumps(told) + "\n")
        return []

    monkeypatch.setattr(registered_models, "run_program", run_program)
    assert lock(root) == 0
    assert set(parse_lock(text(root))) == {("tiny/embedder", "main")}
    assert main(["explain", "bge", "--root", str(root)]) == 0
    assert main(["check", "--root", str(root)]) == 0
    out = capsys.readouterr().out
    assert "bge: tiny/embedder at " in out
    assert "stack dev: 1 model, 0 errors" in out
    assert "TEI-LOCK-001" not in out


def test_locking_again_changes_no_byte_and_says_so(
    root: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    lock(root)
    before = text(root)
    capsys.readouterr()
    assert lock(root) == 0
    assert text(root) == before
    assert capsys.readouterr().out == "locks are up to date\n"


def test_the_day_of_an_old_reading_stays_when_nothing_else_changed(root: Path) -> None:
    lock(root)
    old = [
        f.model_copy(update={"source": f"{f.source.split(',')[0]}, 2020-01-01"})
        for f in parse_lock(text(root)).values()
    ]
    (root / "locks" / "dev.yaml").write_text(render_lock(old))
    lock(root)
    assert text(root) == render_lock(old)


def test_a_branch_that_moved_is_told_field_by_field(
    root: Path, hub: LoopbackHub, capsys: pytest.CaptureFixture[str]
) -> None:
    lock(root)
    before = hub.repos["tiny/embedder"].commit
    hub.repos["tiny/embedder"] = embedder("mean_tokens")
    after = hub.repos["tiny/embedder"].commit
    capsys.readouterr()
    told = (
        f"locks/dev.yaml: tiny/embedder@main commit: {before} -> {after}\n"
        "locks/dev.yaml: tiny/embedder@main files.1_Pooling/config.json.pooling_mode_cls_token: True -> False\n"
        "locks/dev.yaml: tiny/embedder@main files.1_Pooling/config.json.pooling_mode_mean_tokens: False -> True\n"
    )
    kept = text(root)
    assert lock(root, "--check") == 1
    assert capsys.readouterr().out == told
    assert text(root) == kept
    assert lock(root) == 0
    assert capsys.readouterr().out == told + "wrote locks/dev.yaml\n"
    assert parse_lock(text(root))["tiny/embedder", "main"].commit == after


def test_a_commit_that_is_written_in_the_stack_stays_when_the_branch_moves(
    root: Path, hub: LoopbackHub
) -> None:
    stack(root, bge=PINNED | {"revision": hub.repos["tiny/embedder"].commit})
    lock(root)
    hub.repos["tiny/reranker"] = embedder()
    assert lock(root, "--check") == 0


def test_a_model_that_is_not_locked_fails_the_check(root: Path) -> None:
    assert lock(root, "--check") == 1
    assert not (root / "locks").exists()


def test_entries_that_no_model_uses_go(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    lock(root)
    stack(root, bge=PINNED)
    capsys.readouterr()
    assert lock(root, "--check") == 1
    assert lock(root) == 0
    assert set(parse_lock(text(root))) == {("tiny/embedder", "main")}
    line = "locks/dev.yaml: tiny/reranker@main is used by no model\n"
    assert capsys.readouterr().out == line * 2 + "wrote locks/dev.yaml\n"


def test_a_stack_whose_locked_models_are_all_gone_has_no_lock_file(root: Path) -> None:
    lock(root)
    stack(root, lost={"task": "embedding", "model_id": "tiny/lost"})
    assert lock(root) == 2
    assert not (root / "locks").exists()


def test_the_lock_of_a_stack_that_is_gone_goes(
    root: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    stack(root, "old", bge=PINNED)
    lock(root)
    (root / "Pulumi.old.yaml").unlink()
    capsys.readouterr()
    assert lock(root, "--check") == 1
    assert (root / "locks" / "old.yaml").exists()
    assert lock(root) == 0
    assert not (root / "locks" / "old.yaml").exists()
    assert capsys.readouterr().out == "locks/old.yaml belongs to no stack\n" * 2


@pytest.mark.parametrize("name", ["bge", "tiny/embedder"])
def test_one_model_is_read_alone_by_either_name(root: Path, hub: LoopbackHub, name: str) -> None:
    assert lock(root, name) == 0
    assert set(parse_lock(text(root))) == {("tiny/embedder", "main")}
    assert not [path for _, path, _ in hub.calls if "reranker" in path]


def test_one_stack_is_locked_alone(root: Path) -> None:
    stack(root, "staging", bge=PINNED)
    assert lock(root, "--stack", "staging") == 0
    assert not (root / "locks" / "dev.yaml").exists()
    assert set(parse_lock(text(root, "staging"))) == {("tiny/embedder", "main")}


def test_a_model_of_two_stacks_is_read_once(root: Path, hub: LoopbackHub) -> None:
    stack(root, "staging", bge=PINNED)
    lock(root)
    asked = [path for _, path, _ in hub.calls if path.startswith("/api/models/tiny/embedder/")]
    assert len(asked) == 1


@pytest.mark.parametrize(
    ("argv", "told"),
    [
        (["bgg"], "no stack has a model 'bgg'. Perhaps you meant 'bge'?"),
        (
            ["--stack", "de"],
            "there is no stack 'de' in {root}. Perhaps you meant 'dev'? It has: 'dev'",
        ),
    ],
)
def test_a_name_that_is_not_there_is_told(
    root: Path, argv: list[str], told: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert lock(root, *argv) == 2
    assert capsys.readouterr().err == f"{told.format(root=root)}\n"


def test_one_repository_that_is_not_there_keeps_no_other_from_being_locked(
    root: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    stack(root, bge=PINNED, lost={"task": "embedding", "model_id": "tiny/lost"})
    assert lock(root) == 2
    assert set(parse_lock(text(root))) == {("tiny/embedder", "main")}
    assert capsys.readouterr().err.startswith("tiny/lost is not on 127.0.0.1:")


def test_a_gated_model_without_a_token_is_not_locked_by_halves(
    root: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    stack(root, secret={"task": "embedding", "model_id": "tiny/gated", "gated": True})
    assert lock(root) == 2
    assert not (root / "locks").exists()
    assert "tiny/gated is gated (licence gemma)" in capsys.readouterr().err
    monkeypatch.setenv("HF_TOKEN", TOKEN)
    assert lock(root) == 0
    assert parse_lock(text(root))["tiny/gated", "main"].gated


def test_what_is_locked_stays_when_the_hub_fails(
    root: Path, hub: LoopbackHub, capsys: pytest.CaptureFixture[str]
) -> None:
    lock(root)
    before = text(root)
    capsys.readouterr()
    hub.broken = 503
    assert (lock(root), lock(root, "--check")) == (2, 2)
    assert text(root) == before
    host = hub.address.removeprefix("http://")
    line = (
        f"{host} answers 503: what is locked stays as it is; "
        "try again online, or set HF_ENDPOINT to a mirror\n"
    )
    assert capsys.readouterr() == ("", line * 2)


def test_a_lock_file_that_is_no_lock_is_told_by_name(
    root: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (root / "locks").mkdir()
    (root / "locks" / "dev.yaml").write_text("models: 3\n")
    assert lock(root) == 2
    assert capsys.readouterr().err == (
        "locks/dev.yaml: must be a mapping with a list `models:`: "
        "fix it, or delete the file and run `baseten-tei lock`\n"
    )


def test_the_command_asks_for_the_model_alone_leaves_nothing_at_home_and_shows_no_token(
    root: Path, hub: LoopbackHub, tmp_path: Path
) -> None:
    home = tmp_path / "home"
    home.mkdir()
    stack(root, secret={"task": "embedding", "model_id": "tiny/gated", "gated": True})
    environment = {
        "PATH": os.environ["PATH"],
        "HOME": str(home),
        "HF_ENDPOINT": hub.address,
        "HF_TOKEN": TOKEN,
        "HF_DEBUG": "1",
        "PYTHONDONTWRITEBYTECODE": "1",
    }
    done = subprocess.run(
        [sys.executable, "-m", "baseten_tei", "lock", "--root", str(root)],
        capture_output=True, text=True, env=environment, check=True,
    )  # fmt: skip
    assert list(home.rglob("*")) == []
    assert "tiny/gated@main is new" in done.stdout
    assert TOKEN not in done.stdout + done.stderr + text(root)
    assert [path for _, path, _ in hub.calls if "tiny/gated" not in path] == []
