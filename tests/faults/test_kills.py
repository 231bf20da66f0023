"""An `up` that is killed at any of its remote calls, or interrupted in a wait, is continued by the next one.

Nothing of it lives on: what it started ends, and what it waited for is not promoted later.
"""

import os
import signal
import subprocess
import time
from dataclasses import dataclass
from itertools import product
from pathlib import Path

import pytest

from tests.e2e.commands.test_doctor import doctor
from tests.faults.killing import (
    SIGNALS,
    WHOM,
    Killing,
    assert_nothing_lives,
    random_killings,
    start_with_mark,
    temporary_of,
    until,
)
from tests.faults.whole import assert_whole
from tests.support.sampling import SEED, pick
from tests.support.worlds import (
    AFTER,
    BEFORE,
    MODEL,
    World,
    Worlds,
    start_pulumi,
    wait_for_end,
    wait_until_waiting,
)

pytestmark = pytest.mark.e2e

UP = ("up", "--yes", "--skip-preview")
CALLS = 30
"""As many remote calls as one `up` of one model makes, and a few more (looks while it waits vary)."""
WHENS = ("before", "after")
SCENES = {"empty": BEFORE, "serving": AFTER}


@dataclass(frozen=True)
class Kill:
    """The `up` of a scene (the first, or one with another version) dies around its n-th call, from 0."""

    scene: str
    number: int
    when: str

    def __str__(self) -> str:
        up = "first up" if self.scene == "empty" else "update"
        return f"{up} {self.when} call {self.number}"


KILLS = [Kill(*kill) for kill in product(SCENES, range(CALLS), WHENS)]


@pytest.mark.parametrize("kill", pick(KILLS, 1), ids=str)
def test_an_up_that_is_killed_at_a_remote_call_is_continued_by_the_next(
    worlds: Worlds, kill: Kill
) -> None:
    with worlds.copy(kill.scene) as world:
        world.stack.configure(SCENES[kill.scene])
        world.emulator.fault("*", "hold", when=kill.when, skip=kill.number, calls=1)
        running = start_pulumi(world.stack, *UP, MARK=str(world.stack.folder))
        wait_until_held(world, running)
        kill_all(str(world.stack.folder))
        wait_for_end(running)
        world.emulator.no_faults()
        world.stack.pulumi("cancel", "--yes", world.stack.name)
        world.stack.up().check()
        assert_whole(world)


@pytest.mark.parametrize("scene", pick(list(SCENES), 1))
def test_no_up_makes_more_calls_than_it_is_killed_at(worlds: Worlds, scene: str) -> None:
    with worlds.copy(scene) as world:
        world.stack.configure(SCENES[scene])
        world.emulator.forget_calls()
        world.stack.up().check()
        assert CALLS / 2 < len(world.emulator.calls()) <= CALLS


def test_an_up_that_is_interrupted_in_a_long_wait_goes_on_and_pushes_nothing(
    worlds: Worlds,
) -> None:
    with worlds.copy("serving") as world:
        world.stack.configure(AFTER)
        world.emulator.fault("*", "slow")
        running = start_pulumi(world.stack, *UP)
        wait_until_waiting(world, running)
        os.killpg(running.pid, signal.SIGINT)
        told = wait_for_end(running).refused().text
        assert "interrupted: run `pulumi up` to go on" in told
        assert "Traceback" not in told
        world.emulator.no_faults()
        world.emulator.forget_calls()
        world.stack.up().check()
        assert world.emulator.pushes() == 0
        assert_whole(world)


@pytest.mark.parametrize("killing", pick(random_killings(40, CALLS - 4, SEED), 1), ids=str)
def test_what_a_killed_engine_started_ends_and_the_next_up_leaves_nothing_out_of_order(
    worlds: Worlds, killing: Killing
) -> None:
    with worlds.copy(killing.scene) as world:
        world.stack.configure(SCENES[killing.scene])
        world.emulator.fault("*", "hold", when=killing.when, skip=killing.number, calls=1)
        running = start_with_mark(world, *UP)
        wait_until_held(world, running)
        killing.strike(running)
        wait_for_end(running)
        assert_nothing_lives(temporary_of(world))
        world.emulator.no_faults()
        world.stack.pulumi("cancel", "--yes", world.stack.name)
        world.stack.up().check()
        assert_whole(world)
        assert doctor(world.stack).text == "nothing is out of order\n"


@pytest.mark.parametrize("name", pick(list(SIGNALS), 1))
@pytest.mark.parametrize("whom", pick(list(WHOM), 1))
def test_a_version_whose_release_was_killed_and_taken_back_is_not_promoted_once_it_is_ready(
    worlds: Worlds, name: str, whom: str
) -> None:
    with worlds.copy("serving") as world:
        before = world.serving()
        world.stack.configure(AFTER)
        world.emulator.fault("*", "slow")
        running = start_with_mark(world, *UP)
        wait_until_waiting(world, running)
        WHOM[whom](running.pid, SIGNALS[name])
        wait_for_end(running)
        world.stack.pulumi("cancel", "--yes", world.stack.name)
        world.stack.configure(BEFORE)
        world.stack.up().check()
        assert_nothing_lives(temporary_of(world))
        world.emulator.no_faults()
        assert until(lambda: set(statuses(world).values()) == {"ACTIVE"})
        assert world.serving() == before == world.wanted()
        world.stack.preview("--expect-no-changes").check()
        [abandoned] = set(statuses(world)) - {world.environment()["current_deployment"]["id"]}
        fixed = doctor(world.stack, "--fix").check().text
        assert fixed == f"deleted deployment {abandoned} of model 'bge'\n"
        assert_whole(world)


def statuses(world: World) -> dict[str, str]:
    return {it["id"]: it["status"] for it in world.emulator.deployments(MODEL)}


def wait_until_held(world: World, running: subprocess.Popen[str]) -> None:
    """Wait until the fault holds a call, or the `up` has ended without one more."""
    while running.poll() is None:
        faults = world.emulator.admin("GET", "faults")["faults"]
        if any(fault.get("held") for fault in faults):
            return
        time.sleep(0.02)


def kill_all(mark: str) -> None:
    """Kill what carries our mark in its environment: the engine, its plugins, the push, truss."""
    for process in Path("/proc").glob("[0-9]*"):
        try:
            ours = f"MARK={mark}\0".encode() in (process / "environ").read_bytes()
            if ours:
                os.kill(int(process.name), signal.SIGKILL)
        except OSError:
            continue  # it ended while we looked, or is not ours to look at
