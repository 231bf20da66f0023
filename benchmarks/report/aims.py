"""Compares every aim with what was measured."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from statistics import median

from benchmarks.measure.timing import Figure


@dataclass(frozen=True)
class Aim:
    """An aim, what was measured, and whether that meets it."""

    aim: str
    measured: str
    met: bool

    @property
    def mark(self) -> str:
        """Return "yes", or "no" in bold."""
        return "yes" if self.met else "**no**"


def figure_aims(figures: Sequence[Figure]) -> Iterator[Aim]:
    """Yield the aims of those figures that have one."""
    for figure in figures:
        if figure.aim is not None and figure.met is not None:
            yield Aim(_format_aim(figure), _format_measured(figure), figure.met)


def _format_aim(figure: Figure) -> str:
    bound = f"{figure.aim:g}x {figure.against}" if figure.others else f"{figure.aim:g} s"
    return f"{figure.what} ≤ {bound}"


def _format_measured(figure: Figure) -> str:
    ours = _format_time(median(figure.ours))
    if figure.ratio is None:
        return ours
    return f"{figure.ratio:.2f}x ({ours} to {_format_time(median(figure.others))})"


def _format_time(seconds: float) -> str:
    return f"{seconds:.2f} s" if seconds >= 0.095 else f"{1000 * seconds:.1f} ms"
