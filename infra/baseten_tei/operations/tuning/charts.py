"""The three charts, on axes of matplotlib's: ink and shapes alone tell things apart, so that a printer may be black."""

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from baseten_tei.deployment.instances import landing, sku
from baseten_tei.operations.tuning.autoscaling import Wish
from baseten_tei.operations.tuning.prediction import Prediction

if TYPE_CHECKING:
    from matplotlib.axes import Axes

LINE: dict[str, Any] = {"color": "0.45", "linewidth": 1}
DOT: dict[str, Any] = {
    "color": "black",
    "ecolor": "0.45",
    "fmt": "o",
    "markersize": 5,
    "capsize": 3,
}
OPEN: dict[str, Any] = {"color": "black", "markerfacecolor": "white", "linestyle": "none"}
WISH: dict[str, Any] = {"color": "black", "linewidth": 2, "linestyle": "-."}
MARKED = (("baseline", "s", "as it was"), ("recommended", "*", "recommended"))
LATENCIES = (
    ("p50_ms", ":", "50 of 100"),
    ("p95_ms", "o-", "95 of 100"),
    ("p99_ms", "--", "99 of 100"),
)


def batch(axes: "Axes", told: Mapping[str, Any]) -> None:
    """Throughput against `max_batch_tokens`: every probe, and a line through the best of each."""
    probes = [it for it in told["probes"] if it["summary"]]
    xs = [it["max_batch_tokens"] for it in probes]
    ys = [it["summary"]["tokens_per_second"] for it in probes]
    errors = [2 * it["summary"]["error"] * y for it, y in zip(probes, ys, strict=True)]
    most = {x: max(_at(x, xs, ys)) for x in sorted(xs)}
    axes.plot(list(most), list(most.values()), **LINE)
    axes.errorbar(xs, ys, yerr=errors, label="probe, ±2 standard errors", **DOT)
    for name, marker, label in MARKED:
        [(x, y)] = [
            (x, y) for it, x, y in zip(probes, xs, ys, strict=True) if _is(it, told[name])
        ] or [(xs[0], 0)]
        axes.plot([x], [y], marker, markersize=16, zorder=0, label=label, **OPEN)
    axes.set_xscale("log", base=2)
    axes.set_xticks(list(most), [f"{x:,}" for x in most])
    axes.minorticks_off()
    axes.set_ylim(0, 1.15 * max(ys))
    axes.yaxis.set_major_formatter(lambda tokens, _: f"{tokens:,.0f}")
    _named(axes, told, "max_batch_tokens (tokens in a batch)", "throughput (tokens/s)")


def latency(axes: "Axes", told: Mapping[str, Any], wish: Wish | None) -> None:
    """Latency against load: a closed loop with more and more in flight, and open loops below what that can do."""
    closed = [it for it in told["curve"] if it["in_flight"]]
    opened = [it["summary"] for it in told["curve"] if not it["in_flight"]]
    loads = [it["summary"]["texts_per_second"] for it in closed]
    for key, style, label in LATENCIES:
        values = [it["summary"][key] for it in closed]
        axes.plot(loads, values, style, color="black", markersize=4, label=label)
    for it, x in zip(closed, loads, strict=True):
        place = (x, it["summary"]["p95_ms"])
        axes.annotate(f"{it['in_flight']}", place, (-4, 6), textcoords="offset points", ha="right")
    xs, ys = zip(*((it["texts_per_second"], it["p95_ms"]) for it in opened), strict=True)
    axes.plot(xs, ys, "^", markersize=9, label="95 of 100, sent by chance", **OPEN)
    if wish:
        axes.axhline(wish.slo_ms, label=f"wished: {wish.slo_ms:g} ms", **WISH)
    highest = max(it["summary"]["p99_ms"] for it in told["curve"])
    axes.set_ylim(0, 1.1 * max(highest, wish.slo_ms if wish else 0))
    axes.set_xlim(0)
    x = "load of one replica (texts/s); numbers: requests in flight"
    _named(axes, told, x, "latency of a request (ms)")


def cost(axes: "Axes", told: Mapping[str, Any], gpus: Mapping[str, Prediction]) -> None:
    """What a million tokens cost on a replica that is always busy: predicted for each GPU, and measured."""
    rows = dict(_costs(gpus))
    names, likely = list(rows), [it[1] for it in rows.values()]
    below = [it[1] - it[0] for it in rows.values()]
    above = [it[2] - it[1] for it in rows.values()]
    axes.errorbar(likely, names, xerr=[below, above], label="predicted, with its band", **DOT)
    if (here := sku(told["instance_type"])) and here.gpu in names:
        best = max(it["summary"]["tokens_per_second"] for it in told["probes"] if it["summary"])
        place = [_usd(here.price, best)], [here.gpu]
        axes.plot(*place, "D", markersize=10, label=f"seen on {told['where']}", **OPEN)
    axes.set_xscale("log")
    axes.xaxis.set_major_formatter(lambda usd, _: f"${usd:g}")
    axes.invert_yaxis()
    _named(
        axes, told, "cost of a million tokens (US dollars, a replica that is always busy)", "GPU"
    )


def _costs(gpus: Mapping[str, Prediction]) -> Iterator[tuple[str, tuple[float, float, float]]]:
    """Least, likely and most US dollars by GPU."""
    for gpu, it in gpus.items():
        if found := landing(gpu):
            low, likely, high = (_usd(found.price, n) for n in (it.high, it.likely, it.low))
            yield gpu, (low, likely, high)


def _usd(price_per_minute: float, tokens_per_second: float) -> float:
    return price_per_minute / 60 / tokens_per_second * 1_000_000


def _at(x: int, xs: list[int], ys: list[float]) -> list[float]:
    return [y for other, y in zip(xs, ys, strict=True) if other == x]


def _is(probe: Mapping[str, Any], point: Mapping[str, int]) -> bool:
    return all(probe[key] == value for key, value in point.items())


def _named(axes: "Axes", told: Mapping[str, Any], x: str, y: str) -> None:
    model = f"{told['model_id']}, TEI {told['tei_version']}, {told['instance_type']}"
    title = f"{model}\ntexts: {told['texts']}; on {told['where']}, {told['date']}"
    axes.set_title(title, fontsize=10, loc="left")
    axes.set_xlabel(x)
    axes.set_ylabel(y)
    axes.grid(color="0.9")
    axes.set_axisbelow(True)
    axes.legend(fontsize=8, frameon=False)
