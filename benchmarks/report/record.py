"""Reads and writes the last figures of each section, with date, machine and commit, as JSON."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from benchmarks.measure.timing import Figure
from benchmarks.report.aims import Aim, figure_aims
from benchmarks.sections.scale_points import Point, Taken, judge_points

RESULTS = Path(__file__).parents[1] / "results" / "speed"


@dataclass(frozen=True)
class Section:
    """One section's figures and the machine they were measured on."""

    name: str
    facts: Mapping[str, str]
    figures: tuple[Figure, ...]

    @property
    def aims(self) -> list[Aim]:
        """Return the aims of single figures, or those of all sizes together."""
        points = self.points
        return list(judge_points(points) if points else figure_aims(self.figures))

    @property
    def points(self) -> list[Point]:
        """Return the figures of `scale`; none in other sections."""
        return [it for it in self.figures if isinstance(it, Point)]


def save(section: Section, folder: Path = RESULTS) -> Path:
    """Replace `<section>.json` and return its path."""
    folder.mkdir(parents=True, exist_ok=True)
    rows = [asdict(figure) for figure in section.figures]
    path = folder / f"{section.name}.json"
    text = json.dumps({"facts": dict(section.facts), "figures": rows}, indent=1, ensure_ascii=False)
    path.write_text(f"{text}\n", encoding="utf-8")
    return path


def read_sections(order: Sequence[str], folder: Path = RESULTS) -> list[Section]:
    """Return every section that was measured, in this order."""
    paths = {name: folder / f"{name}.json" for name in order}
    return [_section(name, path) for name, path in paths.items() if path.is_file()]


def _section(name: str, path: Path) -> Section:
    read = json.loads(path.read_text(encoding="utf-8"))
    return Section(name, read["facts"], tuple(_figure(row) for row in read["figures"]))


def _figure(row: Mapping[str, Any]) -> Figure:
    """Return a figure, or a point of `scale`, from what `asdict` made of it."""
    values = {key: tuple(it) if isinstance(it, list) else it for key, it in row.items()}
    if "operation" not in values:
        return Figure(**values)
    runs = {key: tuple(Taken(**it) for it in values[key]) for key in ("runs", "other_runs")}
    return Point(**{**values, **runs})
