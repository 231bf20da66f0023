"""A program that is rehearsed on an emulator: its models are without what only the real Baseten has."""

import json
import os
from collections.abc import Mapping
from typing import Any

import pulumi

from baseten_tei.facts.files.write_files import append_line
from baseten_tei.project.rehearsed_outputs import VARIABLE
from baseten_tei.spec.args import ModelArgs


def is_rehearsed() -> bool:
    """Return whether the program runs for `baseten-tei rehearse`."""
    return VARIABLE in os.environ


def without_pins(args: ModelArgs) -> ModelArgs:
    """Return a spec without deployments, which an emulator does not have, and unprotected, so that it can go."""
    environments = {
        name: it.model_copy(update={"deployment": None}) for name, it in args.environments.items()
    }
    return args.model_copy(
        update={"deployment": None, "protect": None, "environments": environments}
    )


def report_outputs(name: str, outputs: Mapping[str, Any]) -> None:
    """Write a model's outputs down once they are known: a program may export them under any name, or not at all."""
    pulumi.Output.from_input(dict(outputs)).apply(
        lambda known: append_line(os.environ[VARIABLE], json.dumps({name: known}))
    )
