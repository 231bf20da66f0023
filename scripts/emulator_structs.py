"""Read TEI's structs and enums from a clone of its source, for the emulator: what serde reads, release by release.

`python scripts/emulator_structs.py CLONE` writes emulator/baseten_emulator/tei/start/structs.json. A type has a row
for each release that changed it.
"""

import json
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

OUT = Path(__file__).parents[1] / "emulator/baseten_emulator/tei/start/structs.json"
FOLDERS = ("backends/candle/src", "backends/src", "backends/core/src", "router/src/lib.rs")
_ITEM = re.compile(
    r"((?:^[ \t]*(?:#\[[^\n]*\]|//[^\n]*)\n)+)[ \t]*(?:pub )?(struct|enum) (\w+) \{\n", re.M
)
_ALIAS = re.compile(r"^(?:pub )?type (\w+) = ([^;]+);", re.M)
_MEMBER = re.compile(r"(?:pub(?:\(\w+\))? )?(\w+)(?:: (.+?)|\((.+?)\)|( \{))?,?$")


def main(clone: str) -> None:
    """Write the file."""
    known: dict[str, list[dict[str, Any]]] = {}
    for tag in _tags(clone):
        found = dict(_types(clone, tag))
        for name in {*found, *known}:
            rows, form = known.setdefault(name, []), found.get(name, {"gone": True})
            if not rows or {k: v for k, v in rows[-1].items() if k != "since"} != form:
                rows.append({"since": tag.removeprefix("v"), **form})
    lines = ",\n".join(f'  "{name}": [\n{_rows(known[name])}\n  ]' for name in sorted(known))
    OUT.write_text(f"{{\n{lines}\n}}\n", encoding="utf-8")


def _rows(rows: list[dict[str, Any]]) -> str:
    return ",\n".join(f"    {json.dumps(row)}" for row in rows)


def _tags(clone: str) -> list[str]:
    tags = _git(clone, "tag", "--list", "v1.*").split()
    keyed = sorted((tuple(map(int, tag[1:].split("."))), tag) for tag in tags)
    return [tag for number, tag in keyed if number >= (1, 6, 0)]


def _types(clone: str, tag: str) -> Iterator[tuple[str, dict[str, Any]]]:
    names = _git(clone, "ls-tree", "-r", "--name-only", tag, *FOLDERS).split()
    for name in sorted(names):
        if name.endswith(".rs"):
            text = _git(clone, "show", f"{tag}:{name}")
            aliases = _ALIAS.finditer(text) if "/models/" in name else ()
            yield from ((alias[1], {"type": alias[2]}) for alias in aliases)
            for item in _ITEM.finditer(text):
                if re.search(r"\bDeserialize\b", item[1]):
                    yield item[3], _form(item[1], item[2], _body(text, item.end()))


def _git(clone: str, *words: str) -> str:
    return subprocess.run(
        ["git", "-C", clone, *words], capture_output=True, text=True, check=True
    ).stdout


def _body(text: str, start: int) -> str:
    """Return what stands before the brace that closes the one before `start`."""
    depth = 1
    for at in range(start, len(text)):
        depth += (text[at] == "{") - (text[at] == "}")
        if depth == 0:
            return text[start:at]
    raise ValueError("a brace is not closed")


def _form(attributes: str, kind: str, body: str) -> dict[str, Any]:
    """Return a type as data: `fields` or `variants`, aliases, what has a default, who tells variants apart."""
    rule = re.search(r'rename_all = "([\w-]+)"', attributes)
    members, aliases, defaults, readers = {}, {}, [], {}
    for serde, name, type_name in _members(body):
        given = re.search(r'rename(?:\(deserialize)? ?= "([^"]+)"', serde)
        shown = given[1] if given else _cased(name, rule[1] if rule else None)
        members[shown] = type_name
        aliases |= dict.fromkeys(re.findall(r'alias = "([^"]+)"', serde), shown)
        if re.search(r"\bdefault\b", serde):
            defaults.append(shown)
        if reader := re.search(r'deserialize_with = "(\w+)"', serde):
            readers[shown] = reader[1]
    tag = re.search(r'tag = "(\w+)"', attributes)
    parts = {
        "fields" if kind == "struct" else "variants": members,
        "aliases": aliases,
        "defaults": defaults,
        "readers": readers,
        "tag": tag[1] if tag else "",
        "untagged": "untagged" in attributes,
    }
    return {key: value for key, value in parts.items() if value}


def _members(body: str) -> Iterator[tuple[str, str, Any]]:
    """Yield each member: its serde attributes, its name, and its type, or the form of a variant with fields."""
    serde, lines = "", iter(body.splitlines())
    for line in map(str.strip, lines):
        if line.startswith("#["):
            serde += line
        elif line and not line.startswith("//") and (found := _MEMBER.match(line)):
            content: Any = found[2] or found[3]
            if found[4]:
                inner = []
                while (more := next(lines).strip()) != "},":
                    inner.append(more)
                content = _form("", "struct", "\n".join(inner))
            yield serde if "serde(" in serde else "", found[1], content
            serde = ""


def _cased(name: str, rule: str | None) -> str:
    if rule == "lowercase":
        return name.lower()
    if rule in ("kebab-case", "snake_case"):
        joint = "-" if rule == "kebab-case" else "_"
        return re.sub(r"(?<!^)(?=[A-Z])", joint, name).lower()
    return name


if __name__ == "__main__":
    main(sys.argv[1])
