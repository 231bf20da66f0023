"""Pictures of a tuning: PNGs, and one HTML page that holds them all. Read in black and white as well.

Throughput against the tokens of a batch; latency against load, with the line of what was wanted; what a million
tokens cost by GPU. Drawn with matplotlib, which the extra `tune` brings; without it a line says so.
"""

import base64
import io
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from baseten_tei.facts.files.write_files import write_whole
from baseten_tei.operations.tuning import charts
from baseten_tei.operations.tuning.derive_autoscaling import Wish
from baseten_tei.operations.tuning.evidence import EMULATOR
from baseten_tei.operations.tuning.prediction import Prediction
from baseten_tei.review.report.escaping import escape_html
from baseten_tei.review.report.html_blocks import render_document, render_list, render_table

if TYPE_CHECKING:
    from matplotlib.axes import Axes

SIZE = (5.0, 4.6)
"""Inches: small, so that letters are still readable where a phone shrinks the picture."""
DPI = 150
_STYLE = "body{max-width:52rem}img{width:40rem}"
_FACTS = {
    "model_id": "model", "instance_type": "instance", "tei_version": "TEI", "where": "measured on", "date": "date",
    "texts": "texts", "machine": "load sent by",
}  # fmt: skip
_DESCRIPTIONS = {
    "batch": "Throughput in tokens a second against max_batch_tokens",
    "latency": "Latency of a request in milliseconds against the load of one replica in texts a second",
    "cost": "What a million tokens cost in US dollars, by GPU",
}


def draw_charts(
    path: Path, evidence: Mapping[str, Any], gpus: Mapping[str, Prediction], wish: Wish | None
) -> Iterator[str]:
    """Draw what is in the evidence below `path`, without an ending; what was written, a line each."""
    try:
        import matplotlib.pyplot
    except ImportError:
        yield "no pictures: run pip install 'baseten-tei[tune]' for matplotlib"
        return
    matplotlib.use("agg")
    pictures = {
        "batch": _figure(lambda axes: charts.draw_batch(axes, evidence)),
        "latency": _figure(lambda axes: charts.draw_latency(axes, evidence, wish)),
        "cost": _figure(lambda axes: charts.draw_cost(axes, evidence, gpus)),
    }
    for name, content in pictures.items():
        write_whole(path.with_name(f"{path.name}-{name}.png"), content)
    write_whole(path.with_name(f"{path.name}.html"), _page(evidence, pictures))
    yield f"drew {path.name}.html and its {len(pictures)} pictures beside it"


def _figure(draw: "Callable[[Axes], None]") -> bytes:
    """Return a PNG."""
    from matplotlib import pyplot

    figure, axes = pyplot.subplots(figsize=SIZE, dpi=DPI, layout="constrained")
    draw(axes)
    axes.spines[["top", "right"]].set_visible(False)
    content = io.BytesIO()
    figure.savefig(content, format="png", metadata={"Software": None})
    pyplot.close(figure)
    return content.getvalue()


def _page(evidence: Mapping[str, Any], pictures: Mapping[str, bytes]) -> str:
    emulated = evidence["where"] == EMULATOR
    title = f"{evidence['model']}: {evidence['gain']:+.0%} tokens/s{' (on an emulator)' if emulated else ''}"
    facts = (f"{name}: {evidence[key]}" for key, name in _FACTS.items())
    settings = [
        ("", [(key, "name"), (str(evidence["baseline"][key]), "number"), (str(value), "number")])
        for key, value in evidence["recommended"].items()
    ]
    parts = [
        f"<h1>{escape_html(title)}</h1>",
        "<p>These are an emulator's timings: they say nothing about a GPU.</p>" if emulated else "",
        render_table(("setting", "as it was", "recommended"), settings),
        *(_image(name, content) for name, content in pictures.items()),
        render_list("How it was measured", facts),
    ]
    return render_document(title, "\n".join(parts), _STYLE)


def _image(name: str, content: bytes) -> str:
    source = f"data:image/png;base64,{base64.b64encode(content).decode()}"
    return f'<p><img alt="{_DESCRIPTIONS[name]}" src="{source}"></p>'
