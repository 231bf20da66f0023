"""A GPU that Baseten has none of: what an `up` says, and how the next one takes the next GPU, with the real engine."""

import shutil
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from tests.support.harness import BGE, DEV_STACK, ROOT, Emulator, Stack, status

pytestmark = pytest.mark.e2e

LOCKED = {**BGE, "revision": "a5beb1e3e68b9ab74eb54cfd186867f64f240e1a"}
IN_TURN = {**LOCKED, "accelerators": ["L4", "A10G"], "on_no_capacity": "next"}
EIGHTEEN_MINUTES = 1080


@contextmanager
def passing_time(emulator: Emulator) -> Iterator[None]:
    """Let eighteen minutes pass on the emulator's clock as soon as a deployment waits for a machine."""

    def pass_time() -> None:
        for _ in range(600):
            if (
                "bge" in emulator.models()
                and emulator.deployments("bge")[0]["status"] == "DEPLOYING"
            ):
                emulator.admin("POST", "clock", {"advance_seconds": EIGHTEEN_MINUTES})
                return
            time.sleep(0.1)

    clock = threading.Thread(target=pass_time)
    clock.start()
    yield
    clock.join()


def changing_calls(emulator: Emulator) -> list[str]:
    """Pushes and deactivations, in order."""
    found = []
    for call in emulator.calls():
        if str(call.get("operation")).startswith("create_model"):
            found.append("push")
        elif str(call.get("path")).endswith("/deactivate"):
            found.append("deactivate")
    return found


def production(emulator: Emulator) -> dict[str, Any]:
    path = f"/v1/models/{emulator.models()['bge']}/environments/production"
    return dict(emulator.rest(path)["current_deployment"])


def test_without_a_free_gpu_the_next_up_takes_the_next_one_behind_the_same_endpoint(
    stack: Stack, emulator: Emulator
) -> None:
    program = stack.folder / "infra"
    program.unlink()  # the provider finds the lock from where it runs
    program.mkdir()
    shutil.copy(ROOT / "infra" / "__main__.py", program)
    (stack.folder / "locks").mkdir(exist_ok=True)
    shutil.copy(DEV_STACK / "locks" / "dev.yaml", stack.folder / "locks" / f"{stack.name}.yaml")
    stack.configure({"bge": IN_TURN})
    emulator.fault("bge", "no_capacity", gpu="L4")
    with passing_time(emulator):
        refused = stack.up(BASETEN_TEI_PATIENCE_SECONDS="8").refused().text
    assert (
        "no free L4 for 18 min (scheduling): the next `pulumi up` pushes it for A10G ($0.02012 a"
        in refused
    )
    assert "instead of $0.01414): same model, same endpoint; what else holds it: T4 ($0" in refused
    model_id = emulator.models()["bge"]
    assert " is DEPLOYING: no free L4 for 18 min (scheduling)" in status(stack, "--live").text

    preview = stack.preview().check().text
    assert "no L4 was free for 18 min" in preview
    assert "pushed for A10G ($0.02012 a minute, L4 $0.01414): same model, same endpoint" in preview
    assert "4 to update (4 resources)" in status(stack).text
    stack.up().check()
    assert changing_calls(emulator) == ["push", "deactivate", "push"], "never two at once"
    [left] = emulator.deployments("bge")
    serves = production(emulator)
    assert (serves["id"], serves["status"]) == (left["id"], "ACTIVE")
    assert serves["instance_type_name"] == "A10Gx4x16"
    told = stack.outputs()["models"]["bge"]
    assert emulator.models()["bge"] == told["model_id"] == model_id
    assert model_id in told["predict_url"]
    assert "accelerator: L4" in stack.config_text("bge").read_text(), "the file follows the spec"

    emulator.no_faults()
    stays = stack.preview("--diff").check().text
    assert "it stays on A10G ($0.02012 a minute, L4 $0.01414), since no L4 was free" in stays
    assert "unchanged" in stays
    assert "nothing to do" in status(stack).check().text
    stack.configure({"bge": {key: it for key, it in IN_TURN.items() if key != "on_no_capacity"}})
    assert {step["op"] for step in stack.planned()} == {"update"}, "without it the first is planned"
