"""The saved results of a tuning: everything that was tried and measured, and what reports price tokens by."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from baseten_tei.deployment.money.costs import instance_type
from baseten_tei.operations.tuning.derive_autoscaling import CurvePoint, TunedAutoscaling
from baseten_tei.operations.tuning.samples import Summary
from baseten_tei.operations.tuning.search import Probe, SearchResult
from baseten_tei.review.report.throughput import Measurement
from baseten_tei.spec.args import ModelArgs

FOLDER = "benchmarks/results/tune"
EMULATOR = "an emulator"
"""Where a tuning was that says nothing about a GPU."""


@dataclass(frozen=True)
class CurveLoad:
    """One load of the curve: what was sent, in words, with how many requests in flight (0: an open loop)."""

    name: str
    in_flight: int
    summary: Summary


@dataclass(frozen=True)
class Occasion:
    """When and on what: `where` is Baseten, an emulator or a URL; `machine` sent the load."""

    date: str
    where: str
    machine: str
    versions: Mapping[str, str]
    texts: str
    seconds_per_probe: float
    seed: int


def find_noisy(curve: Sequence[CurveLoad]) -> Summary | None:
    """Return the figures of a closed loop that waver too much to derive anything from the curve."""
    return next((it.summary for it in curve if it.in_flight and it.summary.is_noisy), None)


def curve_points(curve: Sequence[CurveLoad]) -> list[CurvePoint]:
    """Return the closed loops among the loads, as autoscaling reads them."""
    return [
        CurvePoint(it.in_flight, it.summary.texts_per_second, it.summary.p95_ms)
        for it in curve
        if it.in_flight
    ]


def evidence_document(
    name: str,
    args: ModelArgs,
    occasion: Occasion,
    found: SearchResult,
    curve: Sequence[CurveLoad],
    autoscaling: TunedAutoscaling | None,
) -> dict[str, Any]:
    """Return the evidence as JSON."""
    return {
        "model": name,
        "model_id": args.model_id,
        "tei_version": args.tei_version,
        "instance_type": instance_type(args),
        **asdict(occasion),
        "baseline": asdict(found.baseline.point),
        "recommended": asdict(found.best.point),
        "gain": round(found.gain, 4),
        "probes": [_probe(it) for it in found.probes],
        "curve": [{**asdict(it), "summary": _summary(it.summary)} for it in curve],
        "autoscaling": _autoscaling(autoscaling) if autoscaling else None,
    }


def throughput_entry(args: ModelArgs, occasion: Occasion, best: Probe) -> list[dict[str, Any]]:
    """Return the entry that reports read (`reporting.throughput`)."""
    how = (
        f"{occasion.texts} texts, max_batch_tokens {best.point.max_batch_tokens}, "
        f"{best.point.predict_concurrency} requests in flight, baseten-tei tune"
    )
    entry = Measurement(
        model_id=args.model_id,
        instance_type=instance_type(args),
        tei_version=args.tei_version,
        tokens_per_second=round(best.tokens_per_second, 1),
        date=occasion.date,
        how=how,
    )
    return [entry.model_dump()]


def _probe(probe: Probe) -> dict[str, Any]:
    return {
        **asdict(probe.point),
        "failed": probe.failed,
        "summary": _summary(probe.summary) if probe.summary else None,
    }


def _summary(summary: Summary) -> dict[str, Any]:
    """Return a summary as JSON, which has no infinity: a latency that was not measured is null."""
    return {
        key: round(value, 3) if isinstance(value, float) and value < float("inf") else value
        if not isinstance(value, float) else None
        for key, value in asdict(summary).items()
    }  # fmt: skip


def _autoscaling(derived: TunedAutoscaling) -> dict[str, Any]:
    return {
        "settings": derived.settings.model_dump(),
        "steps": list(derived.steps),
        "met": derived.met,
    }
