"""Every fault in every phase of a stack's life: recovered, or one clear error; then all is well again."""

from contextlib import nullcontext

import pytest

from tests.faults.cells import CELLS, Cell
from tests.faults.whole import assert_one_clear_error, assert_whole
from tests.support.harness import Checked
from tests.support.sampling import pick_each
from tests.support.worlds import (
    AFTER,
    BEFORE,
    MODEL,
    World,
    Worlds,
    client_of,
    start_pulumi,
    wait_for_end,
    wait_until_waiting,
)

pytestmark = pytest.mark.e2e

WORLDS = {"first up": "empty", "promote": "unpromoted"}
COMMANDS = {"refresh": "refresh", "destroy": "destroy"}


def kind_of(cell: Cell) -> str:
    """Return how the phase takes the fault: somebody's deed, waited for, one clear error, or recovered from."""
    if cell.trouble.deed:
        return "deed"
    return "lifted" if cell.trouble.lifted else "error" if cell.error else "recovers"


@pytest.mark.parametrize("cell", pick_each(CELLS, kind_of), ids=str)
def test_a_fault_is_recovered_from_or_told_in_one_clear_error(worlds: Worlds, cell: Cell) -> None:
    with worlds.copy(WORLDS.get(cell.phase, "serving")) as world:
        world.stack.configure(AFTER if cell.phase in ("update", "promote") else BEFORE)
        served = cell.phase not in ("first up", "destroy") and not cell.trouble.kills
        with client_of(world) if served else nullcontext() as client:
            told = run_with_fault(world, cell)
        if client:
            assert client.calls
            assert client.failures == []
        if cell.error:
            assert_one_clear_error(told, cell.error)
        else:
            told.check()
        world.emulator.no_faults()
        if cell.trouble.deed and cell.error:
            world.stack.refresh().check()  # as the error says
        world.stack.up().check()
        assert_whole(world)


def run_with_fault(world: World, cell: Cell) -> Checked:
    """The phase's command, with the fault in place."""
    trouble = cell.trouble
    if trouble.deed:
        world.emulator.admin("POST", "deeds", {"deed": trouble.kind, "model": MODEL})
    else:
        world.emulator.fault("*", trouble.kind, **trouble.options)
    running = start_pulumi(world.stack, COMMANDS.get(cell.phase, "up"), "--yes", "--skip-preview")
    if trouble.lifted:
        wait_until_waiting(world, running)
        world.emulator.no_faults()
    return wait_for_end(running)
