"""Files as disks, editors and strangers leave them: every kind that the commands read, and what spoils it."""

import json
import os
import random
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from baseten_tei.provider.release.golden.file import render_golden
from baseten_tei.review.report.report_data import render_json
from tests.support.goldens_of import EAST, NORTH, make_golden
from tests.support.harness import DEV_STACK
from tests.support.previews import preview_text
from tests.support.reports import model_report, report_of
from tests.support.specs import raw
from tests.unit.operations.test_status import stored
from tests.unit.review.test_snapshots import SECRET_RESOURCE, snapshot

ROOT = Path(__file__).parents[2]
MODELS = {
    "bge": raw(labels={"team": "search"}, environments={"staging": {"autoscaling": {"max_replica": 2}}}),
    "rerank": raw("reranker", autoscaling={"min_replica": 1, "max_replica": 3}),
    "emotions": raw("classifier", env={"A": "b"}, max_batch_tokens=1024),
}  # fmt: skip
AFTER = {**MODELS, "bge": {**MODELS["bge"], "max_batch_tokens": 1024}}
CONFIG: dict[str, Any] = {"baseten:target": "emulator", "baseten-tei:models": MODELS}
PROJECT = {"name": "baseten-tei", "runtime": "python", "backend": {"url": "file://./.state"}}
Command = tuple[str, list[str]]
"""A command of `baseten-tei`, and its options."""
"""The module, and its arguments after `--root`."""


@dataclass(frozen=True)
class Kind:
    """A kind of file: where it is, what a good one holds, and the commands that read it."""

    path: str
    good: str
    commands: tuple[Command, ...]
    data: bool = True
    """Whether it holds JSON or YAML, and can be wrong in its shape."""


def outputs_text() -> str:
    return (ROOT / "tests/golden/outputs.json").read_text(encoding="utf-8")


def lock_text() -> str:
    """As JSON, which is YAML as well: half of it is not."""
    return json.dumps(yaml.safe_load((DEV_STACK / "locks/dev.yaml").read_text(encoding="utf-8")))


def events_text() -> str:
    """The event log of a preview, one event a line."""
    steps = json.loads(preview_text(MODELS, AFTER))["steps"]
    events = [{"preludeEvent": {"config": {}}}]
    for step in steps:
        told = {
            "op": step["op"],
            "urn": step["urn"],
            "old": step.get("oldState"),
            "new": step.get("newState"),
        }
        events.append({"resourcePreEvent": {"metadata": told}})
    events.append({"diagnosticEvent": {"severity": "info", "message": "fine"}})
    return "\n".join(json.dumps(it) for it in events)


def state_text() -> str:
    """A stack's state in a folder, as the engine writes it."""
    return json.dumps({"version": 3, "checkpoint": {"latest": {"resources": stored(MODELS)}}})


def kinds() -> list[Kind]:
    everywhere: tuple[Command, ...] = (
        ("generate", ["--check"]), ("check", []), ("explain", ["bge"]), ("stacks", []),
        ("status", ["--stack", "dev"]), ("rehearse", ["--stack", "dev"]), ("tune", ["bge"]), ("golden", []),
        ("adopt", ["--all"]), ("lock", ["--check"]), ("pr preview", ["--output", "r"]),
        ("pr snapshot restore", ["--stack", "dev", "--into", "made"]), ("doctor", []),
    )  # fmt: skip
    preview = ("pr report", ["--preview", "dev=preview.json", "--prices", "listed"])
    reviewed = (
        "pr verify",
        ["--comment", "comment.md", "--stack", "dev", "--preview", "preview.json"],
    )
    outputs: tuple[Command, ...] = (
        ("outputs", ["--file", "outputs.json"]),
        ("outputs", ["--file", "outputs.json", "--format", "kubernetes"]),
        ("outputs", ["--format", "python", "--file", "outputs.json"]),
    )
    measured = {
        "model_id": "BAAI/bge-base-en-v1.5", "instance_type": "L4:4x16", "tei_version": "1.8.3",
        "tokens_per_second": 1000.0, "date": "2026-11-01", "how": "measured",
    }  # fmt: skip
    event = {"pull_request": {"number": 7}, "repository": {"default_branch": "main"}}
    policy = {"stack-budget": {"enforcementLevel": "mandatory", "usd": 5000}, "all": "advisory"}
    checked = [*outputs[2][1], "--output", "models.py", "--check"]
    restored = ["--stack", "dev", "--into", "made", "snapshots/dev.json"]
    comment = ("pr comment", ["--file", "comment.md"])
    return [
        Kind("Pulumi.dev.yaml", json.dumps({"config": CONFIG}, indent=1), everywhere),
        Kind("Pulumi.yaml", json.dumps(PROJECT, indent=1), everywhere),
        Kind("locks/dev.yaml", lock_text(), (*everywhere[:3], everywhere[4], preview)),
        Kind("golden/dev/bge.json", golden_text(), (("golden", ["bge"]),)),
        Kind("policy/config.json", json.dumps(policy), (preview,)),
        Kind("preview.json", preview_text(MODELS, AFTER, secret="update"), (preview, reviewed)),
        Kind("preview.json", events_text(), (preview, reviewed)),
        Kind("report.json", report_text(), (("pr report", ["--from", "report.json", "--format", "markdown"]),)),
        Kind("comment.md", "<!-- baseten-tei:report -->\nfine\n", (reviewed, comment), data=False),
        Kind("snapshots/dev.json", snapshot_text(), (("pr snapshot restore", restored), everywhere[10])),
        Kind("outputs.json", outputs_text(), outputs),
        Kind("texts.txt", "one\ntwo\n", (
            ("tune", ["bge", "--texts", "texts.txt"]), ("golden", ["--texts", "texts.txt"])), data=False),
        Kind("models.py", "x = 1\n", (("outputs", checked),), data=False),
        Kind("event.json", json.dumps(event), (comment, ("pr comment", ["--find-for-commit", "0" * 40]))),
        Kind(".state/.pulumi/stacks/baseten-tei/dev.json", state_text(), (("status", []),)),
        Kind("benchmarks/results/throughput/x.json", json.dumps([measured]), (preview,)),
        Kind("docs/outputs.schema.json", "{}\n", (everywhere[0],), data=False),
        Kind("truss_configs/dev/bge/config.yaml", "model_name: bge\n", (everywhere[0],)),
    ]  # fmt: skip


def golden_text() -> str:
    return render_golden(make_golden("embedding", NORTH, EAST))


def report_text() -> str:
    return render_json(report_of(model_report("bge", "x")))


def snapshot_text() -> str:
    return snapshot(SECRET_RESOURCE).model_dump_json()


Spoil = Callable[[Path, bytes], None]


def _fifo(path: Path, _: bytes) -> None:
    os.mkfifo(path)


def _deep(levels: int, opening: str, closing: str) -> Spoil:
    return lambda path, _: path.write_text(opening * levels + "1" + closing * levels) and None


BROKEN: Mapping[str, Spoil] = {
    "latin-1": lambda path, good: path.write_bytes(good + b"\n# caf\xe9\n") and None,
    "utf-16": lambda path, good: path.write_bytes(good.decode().encode("utf-16")) and None,
    "binary": lambda path, _: path.write_bytes(bytes(range(256))) and None,
    "a folder": lambda path, _: path.mkdir(),
    "a pipe": _fifo,
    "a dangling link": lambda path, _: path.symlink_to("nowhere"),
    "a loop of links": lambda path, _: path.symlink_to(path.name),
}
"""What no command may take for a file of any kind."""
SHAPELESS: Mapping[str, Spoil] = {
    "2,000 lists deep": _deep(2_000, "[", "]"),
    "100,000 lists deep": _deep(100_000, "[", "]"),
    "2,000 mappings deep": _deep(2_000, '{"a":', "}"),
    "cut": lambda path, good: path.write_bytes(good[: len(good) // 2]) and None,
    "a brace": lambda path, _: path.write_text("{") and None,
    "a text": lambda path, _: path.write_text('"hello"') and None,
    "a number": lambda path, _: path.write_text("5") and None,
    "a list": lambda path, _: path.write_text("[1, 2]") and None,
    "a long word": lambda path, _: path.write_text("x" * 5_000) and None,
}
"""What is none of the files that hold JSON or YAML."""

WRONG: list[Any] = [
    None, True, 0, -1, 1.5, 10**30, "", "x", "x" * 5_000, "é\u2028\x00", "1e5", [], [[]], [None], {}, {"": None},
    {"a": {"b": {"c": []}}}, [1, "a", None], {"secure": "v1:x"}, "hf_" + "a" * 34, float("nan"), float("inf"),
]  # fmt: skip


def spoil_value(value: Any, dice: random.Random) -> Any:
    """A value with one thing wrong in it, at any depth."""
    places = list(_places(value))
    if not places or dice.random() < 0.03:
        return dice.choice(WRONG)
    path = dice.choice(places)
    copy = json.loads(json.dumps(value))
    holder = copy
    for step in path[:-1]:
        holder = holder[step]
    match dice.randrange(4):
        case 0:
            del holder[path[-1]]
        case 1 if isinstance(holder, dict):
            holder[f"{path[-1]}x"] = holder.pop(path[-1])
        case _:
            holder[path[-1]] = dice.choice(WRONG)
    return copy


def _places(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    inside = (
        value.items()
        if isinstance(value, dict)
        else enumerate(value)
        if isinstance(value, list)
        else ()
    )
    for key, inner in inside:
        yield (*path, key)
        yield from _places(inner, (*path, key))


def garble(content: bytes, dice: random.Random) -> bytes:
    """A text with some of its bytes cut out, doubled, swapped or overwritten."""
    where = sorted(dice.randrange(len(content) + 1) for _ in range(2))
    before, middle, after = content[: where[0]], content[where[0] : where[1]], content[where[1] :]
    noise = bytes(dice.choices(b"{}[]:,\"'\n\t -&*!|>%@`#0\xff\xc3\x00", k=dice.randrange(1, 6)))
    return before + dice.choice([b"", middle + middle, noise, noise + middle, middle[::-1]]) + after
