"""Every aim beside what was measured, met or missed."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from statistics import median

from benchmarks.measure.timing import Figure


@dataclass(frozen=True)
class Aim:
    """What was aimed at, what came out, and whether that is enough."""

    aim: str
    measured: str
    met: bool

    @property
    def told(self) -> str:
        """A miss stands out."""
        return "yes" if self.met else "**no**"


def figure_aims(figures: Sequence[Figure]) -> Iterator[Aim]:
    """The aims of figures that carry one each."""
    for figure in figures:
        if figure.aim is not None and figure.met is not None:
            yield Aim(_aim(figure), _measured(figure), figure.met)


def _aim(figure: Figure) -> str:
    bound = f"{figure.aim:g}x {figure.against}" if figure.others else f"{figure.aim:g} s"
    return f"{figure.what} ≤ {bound}"


def _measured(figure: Figure) -> str:
    ours = _time(median(figure.ours))
    if figure.ratio is None:
        return ours
    return f"{figure.ratio:.2f}x ({ours} to {_time(median(figure.others))})"


def _time(seconds: float) -> str:
    return f"{seconds:.2f} s" if seconds >= 0.095 else f"{1000 * seconds:.1f} ms"
