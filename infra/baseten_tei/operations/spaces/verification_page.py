"""The page of a verification, for a reviewer: can the index of next take over, what was found, and pictures of it."""

from collections.abc import Iterator, Mapping
from typing import Any

from baseten_tei.operations.spaces.bar_pictures import (
    AFTER,
    BEFORE,
    LOST,
    STYLE,
    Bar,
    Interval,
    draw_bars,
    draw_columns,
    draw_interval,
)
from baseten_tei.review.report.escaping import escape_html
from baseten_tei.review.report.html_blocks import (
    Cell,
    render_document,
    render_list,
    render_sentence,
    render_table,
)

Record = Mapping[str, Any]
WORDS = {True: "passed", False: "! failed", None: "reported"}
_STYLE = (
    f"body{{max-width:52rem}}tr.failed{{background:#ffebe9}}.failed .name{{font-weight:600}}{STYLE}"
)
FAINT = "#d1d9e0"


def render_page(record: Record) -> str:
    """Return the whole document."""
    title = f"{record['model']}: {_verdict(record)}"
    figures = record["figures"]
    rows = (_row(it) for it in record["checks"])
    parts = [
        f"<h1>{escape_html(title)}</h1>",
        f"<p>{render_sentence(_models(figures))}</p>",
        render_table(("check", "result", "what was found"), rows),
        *_coverage(figures["coverage"]),
        *_agreement(figures["agreement"]),
        *_judgement(figures["judgement"], record["thresholds"]["max_loss"]),
        *_latency(figures["latency"], emulated=record["emulated"]),
        render_list("Rows without a vector", _refused(figures["coverage"])),
        render_list("How it was verified", _facts(record)),
    ]
    return render_document(title, "\n".join(parts), _STYLE)


def _verdict(record: Record) -> str:
    if record["passed"]:
        return "the index of next can take over"
    failed = [it["name"] for it in record["checks"] if it["passed"] is False]
    return f"the index of next is not ready ({', '.join(failed)})"


def _models(figures: Record) -> str:
    old, new = figures["old_space"], figures["new_space"]
    return (
        f"From `{old['model_id']}` ({old['dimensions']} dimensions, {figures['old_index']}) to `{new['model_id']}` "
        f"({new['dimensions']} dimensions, {figures['new_index']})."
    )


def _row(check: Record) -> tuple[str, list[Cell]]:
    """Return a row whose result is a word as well, not a color alone."""
    cells = [(check["name"], "name"), (WORDS[check["passed"]], "fixed"), (check["found"], "text")]
    return "failed" if check["passed"] is False else "", cells


def _coverage(it: Record) -> Iterator[str]:
    yield "<h2>Rows</h2>"
    kinds = (
        ("in the index", it["present"], AFTER), ("missing", it["missing"], LOST),
        ("refused", it["refused"], BEFORE), ("no text", it["empty"], BEFORE), ("too many", it["extra"], LOST),
    )  # fmt: skip
    bars = [Bar(name, [(count, color)], f"{count:,}") for name, count, color in kinds]
    yield draw_bars("Rows that are in the index, missing, refused, and vectors of no row", bars)


def _agreement(it: Record) -> Iterator[str]:
    yield "<h2>Hits that both indexes find</h2>"
    columns = {f"{n * 10}": count for n, count in enumerate(it["by_tenth"])}
    yield f"<p>Queries by how many percent of the old index's first {it['k']} next finds:</p>"
    yield draw_columns("Queries by the part of the old hits that the new index finds", columns)
    yield "<p><small>Two good models differ here: which hits are better is another question.</small></p>"


def _judgement(it: Record | None, limit: float) -> Iterator[str]:
    yield "<h2>Which hits are better</h2>"
    if it is None:
        yield "<p>There was no reranker to judge. Overlap alone cannot say whether other hits are worse.</p>"
        return
    same = it["queries"] - it["better"] - it["worse"]
    kinds = (
        ("next better", it["better"], AFTER), ("as good", same, FAINT), ("next worse", it["worse"], LOST),
    )  # fmt: skip
    yield f"<p>{escape_html(it['judge'])} scored the hits of {it['queries']:,} queries from both indexes.</p>"
    yield draw_bars(
        "Queries by whose hits are better",
        [Bar(name, [(count, color)], f"{count:,}") for name, count, color in kinds],
    )
    yield "<p>The mean difference in nDCG, and the interval in which it is with 95 % certainty:</p>"
    difference = it["new"] - it["old"]
    yield draw_interval(
        "Mean difference in nDCG with its interval",
        Interval(it["low"], difference, it["high"], -limit),
        f"{-limit:g}: too much lost",
    )


def _latency(it: Record, *, emulated: bool) -> Iterator[str]:
    yield "<h2>What a search takes</h2>"
    yield f"<p>Milliseconds for {it['queries']:,} queries, one at a time, both models and indexes in turn.</p>"
    bars = [
        Bar(
            f"{side}, {name}", [(it[f"embed_{key}"][name], color), (it[f"search_{key}"][name], FAINT)],
            f"{it[f'all_{key}'][name]:.1f} ms",
        )
        for name in ("p50", "p95", "p99")
        for side, key, color in (("now", "old", BEFORE), ("next", "new", AFTER))
    ]  # fmt: skip
    yield draw_bars("Milliseconds of a search now and with next", bars)
    yield "<p><small>Dark: embedding the query. Light: searching in the index.</small></p>"
    if emulated:
        yield "<p>These are an emulator's timings: they say nothing about a GPU.</p>"


def _refused(it: Record) -> Iterator[str]:
    yield from (f"{name}: {why}" for name, why in it["refused_rows"].items())
    if (rest := it["refused"] - len(it["refused_rows"])) > 0:
        yield f"{rest:,} more, in the backfill's report"
    yield from (f"{name}: missing" for name in it["missing_ids"])
    if (rest := it["missing"] - len(it["missing_ids"])) > 0:
        yield f"{rest:,} more are missing"


def _facts(record: Record) -> Iterator[str]:
    figures, limits = record["figures"], record["thresholds"]
    yield f"date: {record['date']}"
    yield f"revision of next: {figures['new_space']['revision']}"
    yield f"vectors embedded anew: {figures['vectors']['sample']:,} of {figures['vectors']['stored']:,}"
    if figures["agreement"]["of_rows"]:
        yield "queries: the beginnings of rows, for want of others"
    given = (f"{name} {value:g}" for name, value in limits.items() if value is not None)
    yield f"thresholds: {', '.join(given)}"
