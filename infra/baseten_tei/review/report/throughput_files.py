"""Measured throughputs, as `benchmarks/results/throughput/*.json` keep them."""

from pathlib import Path

from baseten_tei.errors import naming
from baseten_tei.facts.files.read_files import read_bytes
from baseten_tei.review.report.throughput import FOLDER, Measured, parse_measured


def measured(root: Path) -> tuple[Measured, ...]:
    """Every measurement on file. Raises `UserError` that names the file."""
    found: list[Measured] = []
    for path in sorted((root / FOLDER).glob("*.json")):
        name = path.relative_to(root)
        content = read_bytes(path, name)
        with naming(name):
            found += parse_measured(content)
    return tuple(found)
