"""What a cut-off push leaves behind is found and removed, with the real engine."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.support.harness import BGE, Checked, Emulator, Stack

pytestmark = pytest.mark.e2e


def doctor(stack: Stack, *arguments: str) -> Checked:
    """Without the stack's passphrase: the doctor needs none."""
    command = [
        sys.executable,
        "-m",
        "baseten_tei",
        "doctor",
        "--stack",
        stack.name,
        *arguments,
    ]
    environment = {k: v for k, v in stack.env().items() if not k.startswith("PULUMI_CONFIG_PASS")}
    ended = subprocess.run(
        command, cwd=stack.folder, env=environment, capture_output=True, text=True, check=False
    )
    return Checked(ended.returncode, ended.stdout, ended.stderr)


def push_processes(mark: str) -> list[int]:
    """The push step and the truss it forked, of this stack alone: found by their environment."""
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        try:
            ours = mark.encode() in (process / "environ").read_bytes()
            if ours and b"baseten_tei.push" in (process / "cmdline").read_bytes():
                found.append(int(process.name))
        except OSError:
            continue  # it ended while we looked
    return found


def cut_off_push(stack: Stack, emulator: Emulator, deployments: int) -> None:
    """`pulumi up` whose push is killed once Baseten has the deployment."""
    emulator.fault("bge", "create_hangs", seconds=30)
    up = subprocess.Popen(
        ["pulumi", "up", "--yes", "--skip-preview", "--non-interactive", "--stack", stack.name],
        cwd=stack.folder, env=stack.env(), stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
    )  # fmt: skip
    deadline = time.monotonic() + 60
    while len(emulator.deployments("bge")) < deployments:
        assert time.monotonic() < deadline, "truss never made the deployment"
        time.sleep(0.05)
    for pid in push_processes(str(stack.folder)):
        os.kill(pid, signal.SIGKILL)
    up.communicate(timeout=60)
    assert up.returncode != 0
    emulator.no_faults()


@pytest.mark.serving
def test_a_push_that_was_cut_off_and_taken_back_leaves_an_orphan_that_fix_deletes(
    stack: Stack, emulator: Emulator
) -> None:
    stack.configure({"bge": {**BGE, "max_batch_tokens": 8192}})
    cut_off_push(stack, emulator, deployments=2)
    assert doctor(stack).check(), "the next up goes on with it: it is no orphan yet"

    stack.configure({"bge": BGE})
    stack.up().check()
    serving = stack.outputs()["models"]["bge"]["deployment_id"]
    [orphan] = [it["id"] for it in emulator.deployments("bge") if it["id"] != serving]
    found = doctor(stack)
    assert found.code == 1
    assert f"orphan: deployment {orphan} (" in found.stdout
    [told] = json.loads(doctor(stack, "--format", "json").stdout)["findings"]
    assert (told["kind"], told["model"], told["deployment_id"]) == ("orphan", "bge", orphan)

    fixed = doctor(stack, "--fix").check()
    assert fixed.stdout == f"deleted deployment {orphan} of model 'bge'\n"
    assert [it["id"] for it in emulator.deployments("bge")] == [serving]
    assert doctor(stack).check().stdout == "nothing is out of order\n"
