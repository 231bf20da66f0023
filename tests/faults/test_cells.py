"""The fault matrix without the engine: the provider's resources, the driver's loop, the emulator's HTTP.

By default each fault is tried once with each of its outcomes; BASETEN_TEI_ALL_FAULTS=1 runs the whole matrix.

Between any two calls of the stack a client asks production, so that not one moment goes unseen.
"""

import random
from collections.abc import Callable

import pytest

from baseten_tei.errors import UserError
from tests.faults.cells import CELLS, UPS, Cell
from tests.faults.fuzz_world import NAME, open_fuzz_world
from tests.faults.fuzzing import Life
from tests.faults.invariants import assert_sound
from tests.support.sampling import pick_each

WAITS = 4
"""A fault that is waited for is lifted after as many pauses."""


@pytest.mark.parametrize(
    "cell", pick_each(CELLS, lambda it: f"{it.trouble.name}: {it.error}"), ids=str
)
def test_each_phase_takes_each_fault_as_the_matrix_says(cell: Cell) -> None:
    with open_fuzz_world() as fuzz:
        life = Life(fuzz, random.Random(0))  # noqa: S311  # nothing here is by chance
        prepare(life, cell)
        client = fuzz.client() if is_served_throughout(cell) else None
        break_it(life, cell)
        error = error_of(PHASES[cell.phase](life))
        assert cell.error in error if cell.error else error == ""
        assert "\n" not in error.partition("Its last log lines:")[0]
        if client:
            assert client.asked
            assert client.failures == []
        life.settle()
        assert_sound(life)


def is_served_throughout(cell: Cell) -> bool:
    """Whether something serves before the phase, and neither fault nor phase takes it away."""
    return cell.phase not in ("first up", "destroy") and not cell.trouble.kills


def prepare(life: Life, cell: Cell) -> None:
    """A world in which the phase is the next thing to happen."""
    if cell.phase != "first up":
        life.settle()
    if cell.phase in ("update", "promote"):
        life.spec["max_batch_tokens"] = 8192
    if cell.phase == "promote":
        life.fuzz.ask_emulator("POST", "/_emulator/faults", {"fault": "wrong_model"})
        assert error_of(up(life))
        life.clear()


def break_it(life: Life, cell: Cell) -> None:
    """Set the fault, or do the deed; what would take real time takes a moment."""
    trouble = cell.trouble
    if trouble.deed:
        life.fuzz.ask_emulator("POST", "/_emulator/deeds", {"deed": trouble.kind, "model": NAME})
        return
    options = dict(trouble.options)
    if trouble.kind in ("create_hangs", "slow_reply"):
        options["seconds"] = 0.01
    life.fuzz.ask_emulator("POST", "/_emulator/faults", {"fault": trouble.kind, **options})
    if trouble.lifted:
        life.fuzz.after_pauses(WAITS, life.clear)


def up(life: Life) -> Callable[[], None]:
    return lambda: life.fuzz.driver.up(life.fuzz.program(life.args))


PHASES: dict[str, Callable[[Life], Callable[[], None]]] = {
    **dict.fromkeys(UPS, up),
    "refresh": lambda life: life.fuzz.driver.refresh,
    "destroy": lambda life: lambda: life.fuzz.driver.up([]),
}


def error_of(act: Callable[[], None]) -> str:
    """The error that the reader sees; empty where all went well."""
    try:
        act()
    except UserError as error:
        return str(error)
    return ""
