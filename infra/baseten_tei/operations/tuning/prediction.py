"""What a model would do on a GPU that nobody measured: from its size, the GPU's arithmetic, and saved results.

    tokens/s = efficiency x operations/s of the GPU / (2 x parameters)

The efficiency is what saved results showed. Without any, a published one is used, and the band is wide.
"""

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from statistics import fmean, pstdev

from baseten_tei.deployment.instances import find_sku
from baseten_tei.review.report.throughput import Measurement

TERAFLOPS = {
    "T4": 65, "L4": 121, "L40S": 362, "A10G": 125, "A100": 312, "A100_40GB": 312, "H100": 989, "H100_40GB": 424,
    "H200": 989, "B200": 2250, "RTX_PRO_6000": 504,
}  # fmt: skip
"""Dense float16 on tensor cores, as NVIDIA's data sheets have it; an H100_40GB is three sevenths of an H100."""

PUBLISHED_EFFICIENCY = 0.34
"""TEI 0.6, bge-large (335 M parameters) on an L4: 62,000 tokens/s (benchmark in Infinity's documentation)."""
PUBLISHED_FACTOR = 3.0
"""Up and down: one result, of another release."""
LEAST_FACTOR = 1.25
ALIKE = 3.0
"""A model within this factor of the size of one that was measured is like it."""


@dataclass(frozen=True)
class Prediction:
    """Tokens a second: likely, and the band; `note` says what it rests on, and whether it extrapolates."""

    low: float
    likely: float
    high: float
    note: str
    extrapolates: bool


@dataclass(frozen=True)
class _Result:
    gpu: str
    parameters: int
    efficiency: float


def predict(
    gpu: str, parameters: int, measured: Iterable[Measurement], sizes: Mapping[str, int]
) -> Prediction | None:
    """Predict a model of so many parameters on a GPU; `None` for an unknown GPU. `sizes` are the measured models'."""
    if gpu not in TERAFLOPS:
        return None
    results = [it for each in measured if (it := _result(each, sizes))]
    ceiling = TERAFLOPS[gpu] * 1e12 / (2 * parameters)
    if not results:
        likely = PUBLISHED_EFFICIENCY * ceiling
        note = "extrapolated from one published result (bge-large on an L4, TEI 0.6); nothing was measured yet"
        return Prediction(likely / PUBLISHED_FACTOR, likely, likely * PUBLISHED_FACTOR, note, True)
    logs = [math.log(it.efficiency) for it in results]
    alike = [it for it in results if it.gpu == gpu and _is_alike(it.parameters, parameters)]
    spread = math.exp(2 * pstdev(logs)) if len(logs) > 1 else LEAST_FACTOR
    factor = max(LEAST_FACTOR, spread) * (1 if alike else 2)
    likely = math.exp(fmean(logs)) * ceiling
    note = f"from {len(results)} saved result{'s' if len(results) > 1 else ''}" + (
        "" if alike else f", extrapolated: none of them is like it on {gpu}"
    )
    return Prediction(likely / factor, likely, likely * factor, note, not alike)


def _result(measured: Measurement, sizes: Mapping[str, int]) -> _Result | None:
    found, size = find_sku(measured.instance_type), sizes.get(measured.model_id)
    if found is None or size is None or found.gpu not in TERAFLOPS:
        return None
    ceiling = TERAFLOPS[found.gpu] * 1e12 / (2 * size)
    return _Result(found.gpu, size, measured.tokens_per_second / ceiling)


def _is_alike(one: int, other: int) -> bool:
    return 1 / ALIKE <= one / other <= ALIKE
