"""Measured throughputs, as `benchmarks/results/throughput/*.json` keep them."""

from pathlib import Path

from baseten_tei.errors import UserError
from baseten_tei.reporting.throughput import FOLDER, Measured, parse_measured


def measured(root: Path) -> tuple[Measured, ...]:
    """Every measurement on file. Raises `UserError` that names the file."""
    found: list[Measured] = []
    for path in sorted((root / FOLDER).glob("*.json")):
        try:
            found += parse_measured(path.read_bytes())
        except UserError as error:
            raise UserError(
                *(f"{path.relative_to(root)}: {it}" for it in error.problems)
            ) from error
    return tuple(found)
