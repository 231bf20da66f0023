"""A mistake in the arguments of a spec is one line, as in YAML: whose class, which key, which value, what to write."""

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any
from unittest.mock import Mock

import pulumi
import pytest

from baseten_tei import Autoscaling, ClassifierArgs, EmbeddingArgs, EnvironmentArgs

TOKEN = "hf_" + "a" * 30


@pytest.mark.parametrize(
    ("write", "said"),
    [
        (
            lambda: EmbeddingArgs(model_id="a/b", acelerator="L4"),
            "EmbeddingArgs: unknown key 'acelerator'. Perhaps you meant 'accelerator'?",
        ),
        (
            lambda: Autoscaling(min_replicas=1),
            "Autoscaling: unknown key 'min_replicas'. Perhaps you meant 'min_replica'?",
        ),
        (
            lambda: ClassifierArgs(model_id="a/b", pooling="cls"),
            "ClassifierArgs: unknown key 'pooling'. Only task: embedding has it; leave it out",
        ),
        (lambda: EmbeddingArgs(), "EmbeddingArgs: model_id is missing: write model_id: BAAI/"),
        (
            lambda: EmbeddingArgs("a/b"),
            "EmbeddingArgs takes values by name: write EmbeddingArgs(model_id=…)",
        ),
        (
            lambda: EmbeddingArgs(model_id="a/b", accelerator="L5"),
            "EmbeddingArgs: accelerator 'L5' is not",
        ),
        (
            lambda: Autoscaling(min_replica="1"),
            "Autoscaling: min_replica should be a valid integer, not '1'",
        ),
        (
            lambda: EmbeddingArgs(model_id=Mock(pulumi.Output)),
            "EmbeddingArgs: model_id is an Output, and a spec has to be known in the preview: write a plain value",
        ),
    ],
)
def test_a_wrong_argument_is_one_line(write: Callable[[], Any], said: str) -> None:
    with pytest.raises(pulumi.RunError) as raised:
        write()
    assert str(raised.value).startswith(said)
    assert "\n" not in str(raised.value)


def test_what_looks_like_a_token_is_not_shown() -> None:
    with pytest.raises(pulumi.RunError) as raised:
        EmbeddingArgs(model_id="a/b", accelerator=TOKEN)  # type: ignore[arg-type]
    assert TOKEN not in str(raised.value)


def test_each_mistake_has_its_line() -> None:
    with pytest.raises(pulumi.RunError) as raised:
        EmbeddingArgs(model_id="a/b", acelerator="L4", gatet=True)  # type: ignore[call-arg]
    assert len(str(raised.value).splitlines()) == 2


def test_a_list_does_for_a_tuple() -> None:
    args = EmbeddingArgs(model_id="a/b", extra_flags=["--payload-limit=1"])  # type: ignore[arg-type]
    assert args.extra_flags == ("--payload-limit=1",)
    assert args.model_copy(update={"gated": True}).extra_flags == args.extra_flags


def test_a_mapping_does_for_a_spec_inside_of_another() -> None:
    args = EmbeddingArgs(model_id="a/b", environments={"staging": {}})  # type: ignore[dict-item]
    assert args.environments == {"staging": EnvironmentArgs()}


def test_in_a_pulumi_program_nothing_is_shown_beside_the_line(tmp_path: Path) -> None:
    program = tmp_path / "pulumi-language-python-exec"
    program.write_text(
        "from baseten_tei import EmbeddingArgs\nEmbeddingArgs(model_id='a/b', acelerator='L4')\n"
    )
    done = subprocess.run([sys.executable, program], capture_output=True, text=True, check=False)
    line = "error: EmbeddingArgs: unknown key 'acelerator'. Perhaps you meant 'accelerator'?\n"
    assert (done.returncode, done.stdout + done.stderr) == (32, line)
