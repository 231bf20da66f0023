"""What a tuning prints: a line for each probe as it ends, then the settings to take, their gain, and why."""

from collections.abc import Iterator
from dataclasses import fields

from baseten_tei.operations.tuning.derive_autoscaling import TunedAutoscaling
from baseten_tei.operations.tuning.prediction import Prediction
from baseten_tei.operations.tuning.samples import Summary
from baseten_tei.operations.tuning.search import Probe, SearchResult
from baseten_tei.operations.tuning.settings_point import SearchBounds, SettingsPoint

GUESSED = (
    "tokens are guessed from words: the router's header x-compute-tokens does not come through"
)
BUSY = 0.8
"""Share of a core from which the load's client may be what is slow."""


def probe_line(number: int, probe: Probe) -> str:
    """Return one probe in one line."""
    shown = figures(probe.summary) if probe.summary else f"does not work: {probe.failed}"
    return f"{number:2}. {settings(probe.point)}: {shown}"


def settings(point: SettingsPoint) -> str:
    """Return a point in the words of a spec."""
    return ", ".join(f"{it.name} {getattr(point, it.name)}" for it in fields(point))


def figures(summary: Summary) -> str:
    """Return a load's outcome in one line."""
    timings = " + ".join(f"{name} {value:.0f}" for name, value in summary.timings.items())
    return (
        f"{summary.texts_per_second:,.0f} texts/s, {summary.tokens_per_second:,.0f} tokens/s "
        f"(±{2 * summary.error:.0%}), "
        f"p50 {summary.p50_ms:.0f} ms, p95 {summary.p95_ms:.0f} ms, p99 {summary.p99_ms:.0f} ms"
        + (f"; TEI: {timings} ms" if timings else "")
        + (f", {summary.batch_tokens:,.0f} tokens in a batch" if summary.batch_tokens else "")
        + (f"; refused: {summary.refused}" if summary.refused else "")
    )


def result_lines(name: str, found: SearchResult) -> Iterator[str]:
    """Yield what to take, and what that gains."""
    changed = found.baseline.point.changes_to(found.best.point)
    if not changed:
        yield f"{name}: nothing to change: none of {len(found.probes)} settings was better by more than the tolerance"
        return
    words = ", ".join(
        f"{key} {getattr(found.baseline.point, key)} -> {value}" for key, value in changed.items()
    )
    yield f"{name}: {words}"
    before, after = found.baseline, found.best
    yield (
        f"expected: {before.tokens_per_second:,.0f} -> {after.tokens_per_second:,.0f} tokens/s "
        f"({found.gain:+.0%}), found in {len(found.probes)} probes"
    )


def autoscaling_lines(derived: TunedAutoscaling) -> list[str]:
    """Return the settings, and how they came about."""
    it = derived.settings
    head = (
        f"autoscaling: concurrency_target {it.concurrency_target}, target_utilization_percentage "
        f"{it.target_utilization_percentage}, min_replica {it.min_replica}, max_replica {it.max_replica}"
    )
    return [head, *(f"  {step}" for step in derived.steps)]


def bounds_line(bounds: SearchBounds) -> str:
    """Return the bounds of a batch in one line."""
    return (
        f"max_batch_tokens from {bounds.least_batch_tokens:,} ({bounds.limits['least']}) "
        f"to {bounds.most_batch_tokens:,} ({bounds.limits['most']})"
    )


def prediction_line(found: Prediction) -> str:
    """Return a prediction in one line."""
    low, likely, high = (
        f"{float(f'{it:.2g}'):,.0f}" for it in (found.low, found.likely, found.high)
    )
    return f"predicted: {likely} tokens/s ({low} to {high}), {found.note}"


def noisy_line(summary: Summary, seconds: float) -> str:
    """Return what to do where a load of so many seconds was too short, or why it told nothing."""
    if not summary.texts_per_second and summary.refused:
        return f"nothing was answered ({summary.refused})"
    return f"too noisy to compare (±{2 * summary.error:.0%}): measure longer, e.g. --seconds {max(60, 3 * seconds):g}"


def busy_line(busy: float) -> str:
    """Return the warning for a load whose own client may be the bottleneck."""
    return f"the load took {busy:.0%} of a core here: these figures may be the client's, not the model's"
