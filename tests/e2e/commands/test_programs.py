"""Commands that change something of a program that registers its models: adopt, golden, tune and rehearse."""

import subprocess
import sys
from pathlib import Path

import pytest

from tests.e2e.commands.test_adopt import EMBEDDING, pushed
from tests.e2e.commands.test_rehearse import GIT
from tests.e2e.test_own_program import write_program
from tests.support.harness import Checked, Emulator, Stack

pytestmark = pytest.mark.e2e

PROGRAM = """
from pulumi_command import local
from baseten_tei import Autoscaling, Reranker, RerankerArgs

class App(pulumi.ComponentResource):
    def __init__(self):
        super().__init__("my:app:App", "app")

embedding("bge"{more})
Reranker("rank", RerankerArgs(model_id="BAAI/bge-reranker-base"), pulumi.ResourceOptions(parent=App()))
local.Command("theirs", create="touch {made}")
"""


def run(stack: Stack, *words: str) -> Checked:
    ended = subprocess.run(
        [sys.executable, "-m", "baseten_tei", *words, "--stack", stack.name], cwd=stack.folder,
        env={**stack.env(), "HF_ENDPOINT": "http://127.0.0.1:9"}, capture_output=True, text=True, check=False,
    )  # fmt: skip
    return Checked(ended.returncode, ended.stdout, ended.stderr)


def without_models(stack: Stack) -> None:
    path = stack.folder / f"Pulumi.{stack.name}.yaml"
    kept = [it for it in path.read_text().splitlines() if "baseten-tei:models" not in it]
    path.write_text("\n".join(kept) + "\n")


def test_a_program_takes_a_model_over_by_pasted_code(
    stack: Stack, emulator: Emulator, tmp_path: Path
) -> None:
    without_models(stack)
    program = PROGRAM.format(more="", made=tmp_path / "made")
    write_program(stack, program)
    stack.up().check()
    pushed(emulator, "old", EMBEDDING)
    before = emulator.deployments("old")

    told = run(stack, "adopt", "old")
    assert told.code == 1
    code, _, then = told.stdout.partition("# write into the program:\n")[2].partition(
        "\n# then run this"
    )
    assert then.rstrip().endswith(f"baseten-tei adopt old --stack {stack.name}")
    stack.planned()  # nothing was imported, so nothing is in the way of an `up`

    write_program(stack, program + code)
    assert "pulumi import: done" in run(stack, "adopt", "old").check().stdout
    assert stack.planned() == []
    assert emulator.deployments("old") == before
    assert run(stack, "status").check().stdout.startswith("test: 3 models, nothing to do")
    assert "wrote golden/test/old.json" in run(stack, "golden").check().stdout
    assert "at most 12 probes" in run(stack, "tune", "rank", "--dry-run").check().stdout
    assert run(stack, "doctor").check().stdout == "nothing is out of order\n"


def test_a_rehearsal_compares_a_program_with_what_it_was_and_makes_models_only(
    stack: Stack, emulator: Emulator, tmp_path: Path
) -> None:
    """Of what else is in it nothing is made, and what only the real Baseten has is left out."""
    without_models(stack)
    made = tmp_path / "made"
    write_program(stack, PROGRAM.format(more="", made=made))
    (stack.folder / ".gitignore").write_text("state/\nxdg/\n")
    for words in (("init", "-b", "main"), ("add", "-A"), ("commit", "-m", "one")):
        subprocess.run([*GIT, *words], cwd=stack.folder, check=True, capture_output=True)
    pinned = ", max_batch_tokens=8192, deployment='gone', protect=True"
    write_program(stack, PROGRAM.format(more=pinned, made=made))

    told = run(stack, "rehearse", "--base", "main").check().stdout
    rows = {line.split()[0]: line for line in told.splitlines()[2:4]}
    assert "yes" in rows["bge"]
    assert "equal (cosine 1.0" in rows["bge"]
    assert " no " in rows["rank"]
    assert "model 'bge': deployment: gone is left out" in told
    assert "command:local:Command 'theirs' is left out: a rehearsal makes models only" in told
    assert not made.exists()
    assert emulator.calls() == []
