"""Compare TEI's structs in a checkout with our rows of them: what to write down for a new release.

    git -C CHECKOUT checkout v1.9.3
    python scripts/tei_structs.py CHECKOUT 1.9.3

Prints a line for each field that is there and not in structs.json, or the other way round. Enums, model types and what
the models refuse (enums.json, candle/*.json) are compared by a person: each row has its file and line.
"""

import re
import sys
from collections.abc import Iterator
from pathlib import Path

from baseten_tei.facts.tei.loading.rows import read_rows
from baseten_tei.facts.tei.loading.serde import structs
from baseten_tei.facts.tei.releases import holds

ROWS = read_rows(Path(structs.__file__).with_name("structs.json"))
_TYPES = (
    (r"HashMap<String, (\w+)>", r"map<\1>"), (r"Vec<(\w+)>", r"list<\1>"), ("Id2Label", "map<String>"),
    ("Label2Id", "map<u32>"), ("String", "string"),
)  # fmt: skip
"""Rust's names of types → ours."""
_ATTRIBUTES = (
    ("rename", r'rename(?:\(deserialize)? = "([^"]+)"'), ("alias", r'alias = "([^"]+)"'),
    ("default", r'\bdefault(?: = "(\w+)")?'), ("with", r'deserialize_with = "(\w+)"'),
)  # fmt: skip


def compare_structs(checkout: Path, release: str) -> Iterator[str]:
    """Yield a line for each difference."""
    for struct, row in ROWS.items():
        source = checkout / row["source"]
        text = source.read_text(encoding="utf-8") if source.exists() else ""
        theirs = read_fields(text, row["rust"])
        ours = [_show(field) for field in row["fields"] if holds(field, release)]
        yield from (f"{struct}: new: {line}" for line in theirs if line not in ours)
        yield from (f"{struct}: gone: {line}" for line in ours if line not in theirs)
        if theirs != ours and sorted(theirs) == sorted(ours):
            yield f"{struct}: another order: {', '.join(theirs)}"


def read_fields(text: str, struct: str) -> list[str]:
    """Return a line for each field of a struct in a Rust source; nothing where the source does not have it."""
    found = re.search(
        rf"^\s*(?:pub )?(?:struct )?{struct} \{{$(.*?)^\s*\}},?$", text, re.DOTALL | re.MULTILINE
    )
    lines = [line.strip() for line in found[1].splitlines()] if found else []
    attributes, fields = "", []
    for line in lines:
        attributes += line if line.startswith("#[") else ""
        if declared := re.fullmatch(r"(?:pub )?(\w+): (.+),", line):
            fields.append(_declared(declared[1], declared[2], attributes))
            attributes = ""
    return fields


def _declared(name: str, type_name: str, attributes: str) -> str:
    for rust, ours in _TYPES:
        type_name = re.sub(rust, ours, type_name)
    found = {key: re.findall(pattern, attributes) for key, pattern in _ATTRIBUTES}
    row = {"name": (found["rename"] or [name])[0], "type": type_name, "aliases": found["alias"]}
    if found["default"]:
        row["default"] = found["default"][0] or True
    return _show(row | ({"with": found["with"][0]} if found["with"] else {}))


def _show(row: dict[str, object]) -> str:
    """`pad_token_id: usize default True`."""
    parts = [f"{row['name']}: {row['type']}", *map(str, row.get("aliases", ()))]  # type: ignore[call-overload]
    return " ".join([*parts, *(f"{key} {row[key]}" for key in ("default", "with") if key in row)])


if __name__ == "__main__":
    differences = list(compare_structs(Path(sys.argv[1]), sys.argv[2]))
    print("\n".join(differences) or "no difference")
    sys.exit(bool(differences))
