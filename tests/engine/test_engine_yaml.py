"""What the engine hands a program of a stack's file, asked again: the rules of `facts.files.yaml_reader`."""

import json
from pathlib import Path
from typing import Any

import pytest
from pulumi_project import make_project

from baseten_tei.project.stack_values import decode_value, parse_stack_file

pytestmark = pytest.mark.e2e

PROGRAM = """\
import os
import pathlib
import pulumi

pathlib.Path(os.environ["TOLD"]).write_text(pulumi.Config("baseten-tei").get("models") or "")
"""
SAMPLES = json.loads(
    (Path(__file__).parents[1] / "support" / "engine_yaml.json").read_text(encoding="utf-8")
)
LINE = "    m: {v: "
TOGETHER = [
    it["text"].partition(LINE)[2][:-2] for it in SAMPLES if "models" in it and LINE in it["text"]
]
REFUSED = ("value .nan", 'value "\\/"')


def test_the_engine_reads_a_hundred_values_as_our_commands_do(tmp_path: Path) -> None:
    text = "config:\n  baseten-tei:models:\n" + "".join(
        f"    m{number}: {{v: {value}}}\n" for number, value in enumerate(TOGETHER)
    )
    told = tmp_path / "told.json"
    project = make_project(tmp_path, PROGRAM, TOLD=str(told))
    (tmp_path / "Pulumi.dev.yaml").write_text(text, encoding="utf-8")
    project.pulumi("preview", "--stack", "dev")
    ours: Any = parse_stack_file(text, "probe").config["baseten-tei:models"]
    assert len(TOGETHER) > 100
    assert decode_value(told.read_text(encoding="utf-8"), "models") == ours


@pytest.mark.parametrize("name", REFUSED)
def test_the_engine_refuses_what_our_commands_refuse(tmp_path: Path, name: str) -> None:
    text = next(it["text"] for it in SAMPLES if it["name"] == name)
    told = tmp_path / "told.json"
    project = make_project(tmp_path, PROGRAM, TOLD=str(told))
    (tmp_path / "Pulumi.dev.yaml").write_text(text, encoding="utf-8")
    assert "error" in project.pulumi("preview", "--stack", "dev", check=False)
    assert not told.exists()
