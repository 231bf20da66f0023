"""TEI's releases as docs/rules.md shows them: what the rules know of each, and what of it is inferred."""

from baseten_tei.facts.tei import releases
from baseten_tei.facts.tei.flags import FLAGS
from baseten_tei.facts.tei.loading.candle.candle_config import type_names

_HEAD = """
## TEI's releases

What the rules know of each; a later patch is checked as the last one of its minor (TEI-REL-001).

| release | date | images | new: images, flags, model types | known from |
|---|---|---|---|---|
"""
_CHANGES = """
| releases | kind | what | source |
|---|---|---|---|
"""


def render_releases() -> str:
    """Return the section: a row for each release, oldest first, and one for each fix and fault."""
    pairs = zip((None, *releases.KNOWN), releases.KNOWN, strict=False)
    rows = "".join(f"{_row(before, release)}\n" for before, release in pairs)
    return _HEAD + rows + _CHANGES + "".join(map(_change, releases.TABLE["changes"]))


def _row(before: str | None, release: str) -> str:
    (row,) = (it for it in releases.TABLE["releases"] if it["version"] == release)
    name = f"{release} (inferred)" if release in releases.INFERRED else release
    new = _list_new(before, release) if before else ["the oldest that the rules know"]
    known = [row["from"], *(f"known: {it}" for it in row.get("known", ()))]
    cells = (name, row["date"], row["repository"], "; ".join(new), "; ".join(known))
    return f"| {' | '.join(cells)} |"


def _list_new(before: str, release: str) -> list[str]:
    images = _prefixes(release) - _prefixes(before)
    flags = {flag for flag, since in FLAGS.items() if since == release}
    types = type_names(release).keys() - type_names(before).keys()
    return [
        *(f"image `{it}{release}`" for it in sorted(images)),
        *(f"`--{it}`" for it in sorted(flags)),
        *(f"`{it}`" for it in sorted(types)),
    ]


def _prefixes(release: str) -> set[str]:
    return {row["prefix"] for row in releases.rows_of(releases.TABLE["images"], release)}


def _change(row: releases.Row) -> str:
    """A fix or a fault, with the releases that it holds for."""
    since, until = row.get("since"), row.get("until")
    span = (
        " to ".join(dict.fromkeys(it for it in (since, until) if it)) if until else f"from {since}"
    )
    inferred = " (inferred)" if row.get("inferred") else ""
    return f"| {span if since else 'all'}{inferred} | {row['kind']} | {row['what']} | {row['source']} |\n"
