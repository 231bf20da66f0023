"""What a change of the outputs' schema breaks for those who read outputs: plain data in, a line each out."""

from collections.abc import Iterator, Mapping
from typing import Any

Schema = Mapping[str, Any]
Kinds = frozenset[str]

_HARMLESS = frozenset({"null", "missing"})
"""What nobody misses when it is gone."""


def contract_problems(before_schema: Schema, after_schema: Schema) -> list[str]:
    """Return what a reader of outputs could rely on before and cannot after; nothing where keys were only added."""
    before, after = keys(before_schema), keys(after_schema)
    gone = [path for path in before if path not in after]
    return [
        *(f"{path} is gone" for path in gone if _parent(path) not in gone),
        *(
            f"{path} was {_join_kinds(kinds)} and is {_join_kinds(after[path])}"
            for path, kinds in before.items()
            if path in after and (after[path] - kinds or kinds - after[path] - _HARMLESS)
        ),
    ]


def schema_version(schema: Schema) -> int:
    """Return the version of the contract that a schema describes."""
    return int(schema["properties"]["schema_version"]["const"])


def keys(schema: Schema) -> dict[str, Kinds]:
    """Return what each key may hold: `{"models.*.embedding.limits.max_input_length": {"integer", "null"}, …}`.

    `*` is any name; below it comes a model's task. What need not be there may be `missing`.
    """
    return dict(_below(schema, schema, ""))


def _below(node: Schema, root: Schema, path: str) -> Iterator[tuple[str, Kinds]]:
    node = _resolve(node, root)
    for name, inner in node.get("properties", {}).items():
        missing = set() if name in node.get("required", ()) else {"missing"}
        yield f"{path}{name}", _kinds(inner, root) | missing
        yield from _below(inner, root, f"{path}{name}.")
    if isinstance(others := node.get("additionalProperties"), Mapping):
        yield f"{path}*", _kinds(others, root)
        yield from _below(others, root, f"{path}*.")
    for arm in node.get("anyOf", ()):
        if "$ref" in arm:  # a class, or null
            yield from _below(arm, root, path)
    for task, arm in node.get("discriminator", {}).get("mapping", {}).items():
        yield f"{path}{task}", Kinds({"object"})
        yield from _below({"$ref": arm}, root, f"{path}{task}.")


def _kinds(node: Schema, root: Schema) -> Kinds:
    node = _resolve(node, root)
    if arms := node.get("anyOf") or node.get("oneOf"):
        return Kinds().union(*(_kinds(arm, root) for arm in arms))
    if "items" in node:
        return Kinds({f"array of {_join_kinds(_kinds(node['items'], root))}"})
    return Kinds({str(node["type"])})


def _resolve(node: Schema, root: Schema) -> Schema:
    if "$ref" not in node:
        return node
    found: Schema = root["$defs"][node["$ref"].rpartition("/")[2]]
    return found


def _parent(path: str) -> str:
    return path.rpartition(".")[0]


def _join_kinds(kinds: Kinds) -> str:
    return " or ".join(sorted(kinds))
