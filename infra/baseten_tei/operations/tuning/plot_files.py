"""Pictures of a tuning: PNGs, and one HTML page that holds them all. Read in black and white as well.

Throughput against the tokens of a batch; latency against load, with the line of what was wished; what a million
tokens cost by GPU. Drawn with matplotlib, which the extra `tune` brings; without it a line says so.
"""

import base64
import io
from collections.abc import Callable, Iterator, Mapping
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING, Any

from baseten_tei.facts.files.write_files import write_whole
from baseten_tei.operations.tuning import charts
from baseten_tei.operations.tuning.autoscaling import Wish
from baseten_tei.operations.tuning.prediction import Prediction

if TYPE_CHECKING:
    from matplotlib.axes import Axes

SIZE = (7.2, 4.2)
DPI = 110
_STYLE = (
    "body{font:15px/1.5 system-ui,sans-serif;max-width:52rem;margin:2rem auto;padding:0 1rem;color:#1f2328}"
    "img{max-width:100%;border:1px solid #d1d9e0}td,th{padding:.2rem .7rem;text-align:left}"
    "table{border-collapse:collapse}tr+tr{border-top:1px solid #d1d9e0}"
)


def drawn(
    path: Path, told: Mapping[str, Any], gpus: Mapping[str, Prediction], wish: Wish | None
) -> Iterator[str]:
    """Draw what is in the evidence below `path`, without an ending; what was written, a line each."""
    try:
        import matplotlib.pyplot
    except ImportError:
        yield "no pictures: type pip install 'baseten-tei[tune]' for matplotlib"
        return
    matplotlib.use("agg")
    pictures = {
        "batch": _figure(lambda axes: charts.batch(axes, told)),
        "latency": _figure(lambda axes: charts.latency(axes, told, wish)),
        "cost": _figure(lambda axes: charts.cost(axes, told, gpus)),
    }
    for name, content in pictures.items():
        write_whole(path.with_name(f"{path.name}-{name}.png"), content)
    write_whole(path.with_name(f"{path.name}.html"), _page(told, pictures))
    yield f"drew {path.name}.html and its {len(pictures)} pictures beside it"


def _figure(draw: "Callable[[Axes], None]") -> bytes:
    """A PNG."""
    from matplotlib import pyplot

    figure, axes = pyplot.subplots(figsize=SIZE, dpi=DPI, layout="constrained")
    draw(axes)
    axes.spines[["top", "right"]].set_visible(False)
    content = io.BytesIO()
    figure.savefig(content, format="png", metadata={"Software": None})
    pyplot.close(figure)
    return content.getvalue()


def _page(told: Mapping[str, Any], pictures: Mapping[str, bytes]) -> str:
    facts = ("model_id", "instance_type", "tei_version", "where", "date", "texts", "machine")
    rows = "".join(
        f"<tr><th>{escape(name)}</th><td>{escape(str(told[name]))}</td></tr>" for name in facts
    )
    settings = "".join(
        f"<tr><th>{escape(key)}</th><td>{told['baseline'][key]}</td><td>{value}</td></tr>"
        for key, value in told["recommended"].items()
    )
    images = "".join(
        f'<p><img alt="{name}" src="data:image/png;base64,{base64.b64encode(content).decode()}"></p>\n'
        for name, content in pictures.items()
    )
    title = escape(f"{told['model']}: {told['gain']:+.0%} tokens/s")
    return (
        f'<!doctype html>\n<html lang="en"><head><meta charset="utf-8"><title>{title}</title>'
        f"<style>{_STYLE}</style></head><body>\n<h1>{title}</h1>\n<table>{rows}</table>\n"
        f"<table><tr><th></th><th>as it was</th><th>recommended</th></tr>{settings}</table>\n"
        f"{images}</body></html>\n"
    )
