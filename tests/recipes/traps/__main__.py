"""What docs/recipes.md warns of, each shown on the emulator with the real library.

It runs in .venv-clients: `python tests/recipes/traps EMULATOR [TRAP ...] < outputs.json` prints
{trap: null, or why it is no longer there}. A trap is a function that fails when upstream has mended it.
"""

import importlib
import json
import sys
import traceback
from collections.abc import Callable
from pathlib import Path

from stack import Stack

Trap = Callable[[Stack], None]


def traps() -> dict[str, Trap]:
    """Every public function of the modules beside this one that are `of_` a client."""
    modules = [
        importlib.import_module(it.stem) for it in sorted(Path(__file__).parent.glob("of_*"))
    ]
    return {
        name: it
        for module in modules
        for name, it in vars(module).items()
        if getattr(it, "__module__", "") == module.__name__ and not name.startswith("_")
    }


def look_at(trap: Trap, stack: Stack) -> str | None:
    """None if it is still there."""
    try:
        trap(stack)
    except Exception:
        return traceback.format_exc()
    return None


def main() -> None:
    """Look at those that were named, or at all of them."""
    emulator, *names = sys.argv[1:]
    stack = Stack(json.load(sys.stdin)["models"], emulator)
    known = traps()
    print(json.dumps({name: look_at(known[name], stack) for name in names or known}))


if __name__ == "__main__":
    main()
