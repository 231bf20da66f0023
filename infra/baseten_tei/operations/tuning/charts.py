"""The three charts, on axes of matplotlib's: ink and shapes alone tell things apart, so that a printer may be black."""

from collections.abc import Iterator, Mapping, Sequence
from textwrap import fill
from typing import TYPE_CHECKING, Any

from baseten_tei.deployment.instances import find_cheapest_sku, find_sku
from baseten_tei.operations.tuning.derive_autoscaling import Wish
from baseten_tei.operations.tuning.evidence import EMULATOR
from baseten_tei.operations.tuning.prediction import Prediction

if TYPE_CHECKING:
    from matplotlib.axes import Axes

Evidence = Mapping[str, Any]
LINE: dict[str, Any] = {"color": "0.45", "linewidth": 1}
DOT: dict[str, Any] = {
    "color": "black", "ecolor": "0.45", "fmt": "o", "markersize": 5, "capsize": 3,
}  # fmt: skip
OPEN: dict[str, Any] = {"color": "black", "markerfacecolor": "white", "linestyle": "none"}
WISH: dict[str, Any] = {"color": "0.35", "linewidth": 2, "linestyle": "-."}
MARKED = (("baseline", "s", "as it was"), ("recommended", "*", "recommended"))
LATENCIES = (
    ("p50_ms", ":", "50 % of requests"), ("p95_ms", "-", "95 %"), ("p99_ms", "--", "99 %"),
)  # fmt: skip
APART = 1.35
"""The factor between two labels of a logarithmic axis that do not touch."""
LETTERS = 52
"""Of a title's line."""
ROOM = 1.12
"""Between the largest value and the frame."""


def draw_batch(axes: "Axes", evidence: Evidence) -> None:
    """Draw throughput against `max_batch_tokens`: every probe, and a line through the best of each."""
    probes = [it for it in evidence["probes"] if it["summary"]]
    xs = [it["max_batch_tokens"] for it in probes]
    ys = [it["summary"]["tokens_per_second"] for it in probes]
    errors = [2 * it["summary"]["error"] * y for it, y in zip(probes, ys, strict=True)]
    most = {x: max(_at(x, xs, ys)) for x in sorted(xs)}
    axes.plot(list(most), list(most.values()), **LINE)
    axes.errorbar(xs, ys, yerr=errors, label="one try, ±2 standard errors", **DOT)
    for name, marker, label in MARKED:
        place = [(x, y) for it, x, y in zip(probes, xs, ys, strict=True) if _is(it, evidence[name])]
        shown = (
            label if place else f"{label}: {evidence[name]['max_batch_tokens']:,}, did not start"
        )
        axes.plot(
            *zip(*place[:1], strict=True) if place else ([], []),
            marker,
            markersize=16,
            zorder=0,
            label=shown,
            **OPEN,
        )
    ticks = _apart(list(most))
    axes.set_xscale("log", base=2)
    axes.set_xticks(
        ticks, [f"{x:,}" for x in ticks], rotation=35, ha="right", rotation_mode="anchor"
    )
    axes.minorticks_off()
    axes.set_ylim(0, ROOM * max(y + error for y, error in zip(ys, errors, strict=True)))
    axes.yaxis.set_major_formatter(_thousands)
    _finish(axes, evidence, "max_batch_tokens (tokens in a batch)", "throughput (tokens/s)")


def draw_latency(axes: "Axes", evidence: Evidence, wish: Wish | None) -> None:
    """Draw latency against load: a closed loop with more and more in flight, and open loops below its maximum."""
    loads = [it for it in evidence["curve"] if it["summary"]["p99_ms"] is not None]
    closed = [it for it in loads if it["in_flight"]]
    opened = [it["summary"] for it in loads if not it["in_flight"]]
    xs = [it["summary"]["texts_per_second"] for it in closed]
    for key, style, label in LATENCIES:
        axes.plot(xs, [it["summary"][key] for it in closed], style, color="black", label=label)
    for it, x in zip(closed, xs, strict=True):
        _draw_number(axes, it["in_flight"], x, it["summary"]["p95_ms"])
    axes.plot(
        [it["texts_per_second"] for it in opened], [it["p95_ms"] for it in opened],
        "^", markersize=9, zorder=2, label="95 %, sent at random times", **OPEN,
    )  # fmt: skip
    if wish:
        axes.axhline(wish.slo_ms, label=f"wanted: {wish.slo_ms:,g} ms", zorder=0, **WISH)
    highest = [it["summary"]["p99_ms"] for it in loads]
    axes.set_ylim(0, ROOM * max([*highest, wish.slo_ms if wish else 1]))
    axes.set_xlim(0, ROOM * max([it["summary"]["texts_per_second"] for it in loads], default=1))
    axes.xaxis.set_major_formatter(_thousands)
    axes.yaxis.set_major_formatter(_thousands)
    x = "load of one replica (texts/s); in circles: requests in flight"
    _finish(axes, evidence, x, "latency of a request (ms)")


def draw_cost(axes: "Axes", evidence: Evidence, gpus: Mapping[str, Prediction]) -> None:
    """Draw what a million tokens cost on a replica that is always busy: predicted for each GPU, and measured."""
    rows = dict(_costs(gpus))
    names, likely = list(rows), [it[1] for it in rows.values()]
    below = [it[1] - it[0] for it in rows.values()]
    above = [it[2] - it[1] for it in rows.values()]
    axes.errorbar(likely, names, xerr=[below, above], label="predicted, with its band", **DOT)
    for name, usd in zip(names, likely, strict=True):
        axes.annotate(
            f"${usd:.2g}", (usd, name), (0, 5), textcoords="offset points", ha="center", fontsize=9
        )
    if place := _find_cost(evidence, names):
        axes.plot(*place, "D", markersize=10, label=f"measured on {evidence['where']}", **OPEN)
    axes.set_xscale("log")
    axes.minorticks_off()
    ticks = _dollar_ticks(*axes.get_xlim())
    axes.set_xticks(ticks, [f"${usd:g}" for usd in ticks])
    axes.invert_yaxis()
    axes.margins(y=0.12)
    _finish(axes, evidence, "US dollars a million tokens, on a busy replica", "")


def _find_cost(evidence: Evidence, names: Sequence[str]) -> tuple[list[float], list[str]] | None:
    """Return the measured dollars and their GPU; an emulator's timings say nothing about cost."""
    instance = find_sku(evidence["instance_type"])
    if evidence["where"] == EMULATOR or instance is None or instance.gpu not in names:
        return None
    best = max(it["summary"]["tokens_per_second"] for it in evidence["probes"] if it["summary"])
    return [_usd(instance.price, best)], [instance.gpu]


def _costs(gpus: Mapping[str, Prediction]) -> Iterator[tuple[str, tuple[float, float, float]]]:
    """Yield the least, likely and most US dollars by GPU."""
    for gpu, it in gpus.items():
        if found := find_cheapest_sku(gpu):
            low, likely, high = (_usd(found.price, n) for n in (it.high, it.likely, it.low))
            yield gpu, (low, likely, high)


def _usd(price_per_minute: float, tokens_per_second: float) -> float:
    return price_per_minute / 60 / tokens_per_second * 1_000_000


def _at(x: int, xs: list[int], ys: list[float]) -> list[float]:
    return [y for other, y in zip(xs, ys, strict=True) if other == x]


def _is(probe: Mapping[str, Any], point: Mapping[str, int]) -> bool:
    return all(probe[key] == value for key, value in point.items())


def _apart(values: Sequence[int]) -> list[int]:
    """Return those of rising values whose labels do not touch on a logarithmic axis."""
    kept: list[int] = []
    for value in values:
        if not kept or value >= APART * kept[-1]:
            kept.append(value)
    return kept


def _dollar_ticks(low: float, high: float) -> list[float]:
    """Return 1, 2 and 5 times the powers of ten in a range; over more than three powers the powers alone."""
    from math import floor, log10

    powers = range(floor(log10(low)), floor(log10(high)) + 1)
    steps = (1, 2, 5) if len(powers) <= 3 else (1,)
    ticks = (step * 10.0**power for power in powers for step in steps)
    return [usd for usd in ticks if low <= usd <= high]


def _draw_number(axes: "Axes", number: int, x: float, y: float) -> None:
    """Draw a number in a circle, which stays readable where lines cross it."""
    axes.plot([x], [y], "o", markersize=15, zorder=3, clip_on=False, **OPEN)
    axes.annotate(
        f"{number}", (x, y), ha="center", va="center", fontsize=8, zorder=4, annotation_clip=False
    )


def _thousands(value: float, _position: float) -> str:
    return f"{value:,.10g}"


def _finish(axes: "Axes", evidence: Evidence, x: str, y: str) -> None:
    """Write the title, what the axes are, and below them what each sign means."""
    model = fill(evidence["model_id"], LETTERS)
    setup = f"TEI {evidence['tei_version']}, {evidence['instance_type']}, {evidence['date']}"
    toy = ", not on a GPU" if evidence["where"] == EMULATOR else ""
    title = f"{model}\n{setup}, texts: {evidence['texts']}\nmeasured on {evidence['where']}{toy}"
    figure = axes.get_figure(root=True)
    assert figure is not None, "axes are drawn on a figure"  # noqa: S101  # for the type checker
    figure.suptitle(title, x=0.01, ha="left", fontsize=10)
    figure.legend(loc="outside lower left", ncols=2, fontsize=9, frameon=False, markerscale=0.6)
    axes.set_xlabel(x)
    axes.set_ylabel(y)
    axes.grid(color="0.9")
    axes.set_axisbelow(True)
