"""What a million tokens cost: a price per minute divided by a measured throughput.

Files are `benchmarks/results/throughput/*.json`, each a list of measurements.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError

from baseten_tei.deployment.money.costs import Prices, instance_type
from baseten_tei.errors import UserError, naming
from baseten_tei.facts.files.read_files import read_bytes
from baseten_tei.spec.args import ModelArgs
from baseten_tei.spec.messages import first_problem

FOLDER = "benchmarks/results/throughput"


class Measurement(BaseModel):
    """One measurement: this model on this instance took so many tokens a second, fully loaded."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)

    model_id: str
    instance_type: str
    tei_version: str
    tokens_per_second: Annotated[float, Field(gt=0, allow_inf_nan=False)]
    date: Annotated[str, Field(pattern=r"^\d{4}-\d{2}-\d{2}$")]
    how: str
    """How it was measured, for the reader: lengths of the texts, `max_batch_tokens`, the tool."""


_FILE = TypeAdapter(tuple[Measurement, ...])


@dataclass(frozen=True)
class PerMillion:
    """US dollars for a million tokens on a replica that is always busy, and where that comes from."""

    usd: float
    how: str


def parse_measurements(content: bytes) -> tuple[Measurement, ...]:
    """Return the measurements in a file. Raises `UserError`, one line without the file's name."""
    try:
        return _FILE.validate_json(content)
    except ValidationError as error:
        raise UserError(f"{first_problem(error)}: fix it, or delete the file") from error


def read_measurements(root: Path) -> tuple[Measurement, ...]:
    """Return every measurement of a project. Raises `UserError`, which names the file."""
    measurements: list[Measurement] = []
    for path in sorted((root / FOLDER).glob("*.json")):
        name = path.relative_to(root)
        content = read_bytes(path, name)
        with naming(name):
            measurements += parse_measurements(content)
    return tuple(measurements)


def usd_per_million_tokens(
    args: ModelArgs, prices: Prices, measured: Iterable[Measurement]
) -> PerMillion | None:
    """Return the cost by the newest measurement of this model, release and instance; `None` without it or a price."""
    name = instance_type(args)
    price = prices.of(name)
    same = [
        it
        for it in measured
        if (it.model_id, it.tei_version, it.instance_type)
        == (args.model_id, args.tei_version, name)
    ]
    if price is None or not same:
        return None
    newest = max(same, key=lambda it: it.date)
    usd = price / 60 / newest.tokens_per_second * 1_000_000
    return PerMillion(usd, f"{newest.tokens_per_second:,.0f} tokens/s, {newest.date}, {newest.how}")
