"""In which order tests run in several processes: each begins with its share of the dear ones, and ends with cheap ones.

pytest-xdist cuts the tests into as many runs as there are processes, and who is done takes half of what another one
has left, from its end. With the dear ones there, one process would be in the dearest while the others have none.
"""

from collections.abc import Sequence
from itertools import groupby

DEAR = tuple(
    f"tests/{folder}/"
    for folder in ("e2e", "workflows", "example", "engine", "faults", "client", "sdks", "recipes")
)


def deal(names: Sequence[str], processes: int) -> list[int]:
    """Return the indices of these tests, dealt to so many processes; a module's dear tests stay together."""
    dear = [index for index, name in enumerate(names) if name.startswith(DEAR)]
    modules = [list(it) for _, it in groupby(dear, lambda index: names[index].partition("::")[0])]
    cheap = sorted(set(range(len(names))) - set(dear))
    dealt: list[int] = []
    for process in range(processes):
        hand = [index for module in modules[process::processes] for index in module]
        room = (len(names) * (process + 1)) // processes - len(dealt) - len(hand)
        dealt += hand + cheap[: max(room, 0)]
        del cheap[: max(room, 0)]
    return dealt + cheap
