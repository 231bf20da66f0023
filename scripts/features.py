"""The page of Baseten's request fields and of what this project does with each: features.yaml as tables."""

from collections import Counter
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import yaml

DATA = Path(__file__).with_name("features.yaml")
FEATURES_PATH = "docs/features.md"
WAYS = ("managed", "read", "left out")
_OTHERS = {"terraform": "the Terraform provider", "cli": "the CLI"}
_NOTHING = ""


def load_features() -> dict[str, Any]:
    """Return what features.yaml says."""
    found: dict[str, Any] = yaml.safe_load(DATA.read_text("utf-8"))
    return found


def render_features(data: Mapping[str, Any]) -> str:
    """Return the page."""
    parts = (_render_request(name, it) for name, it in data["requests"].items())
    return f"{data['introduction']}\n" + "\n".join([*_summarise(data), *parts]).rstrip() + "\n"


def _summarise(data: Mapping[str, Any]) -> Iterator[str]:
    fields = [it for request in data["requests"].values() for it in request["fields"].values()]
    ways = Counter(it["how"] for it in fields)
    others = (f"{sum(key in it for it in fields)} by {who}" for key, who in _OTHERS.items())
    told = ", ".join(f"{ways[way]} {way}" for way in WAYS)
    yield f"Of {len(fields)} fields: {told}. {' and '.join(others)}.\n"
    yield from (f"- {_OTHERS.get(key, 'the SDK')}: {text}" for key, text in data["sources"].items())
    elsewhere = ", ".join(f"`{name}` ({why})" for name, why in data["elsewhere"].items())
    yield f"\nOf requests about a model these are about something else: {elsewhere}.\n"


def _render_request(name: str, request: Mapping[str, Any]) -> str:
    rows = (_render_row(field, it) for field, it in request["fields"].items())
    heading = "| field | here | key, or why not | Terraform | CLI |\n|---|---|---|---|---|"
    told = f"## {request['title']}\n\n`{name}`, {request['sent']}."
    return f"{told}\n\n{heading}\n" + "\n".join(rows) + "\n"


def _render_row(field: str, it: Mapping[str, str]) -> str:
    here = it.get("word") or it["why"]
    key = f"`{here}`" if "word" in it and " " not in here and "`" not in here else here
    others = (f"`{it[key]}`" if key in it else _NOTHING for key in _OTHERS)
    return f"| `{field}` | {it['how']} | {key} | {' | '.join(others)} |"
