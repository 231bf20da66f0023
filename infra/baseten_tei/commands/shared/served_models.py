"""A stack's models as the package baseten-tei-client connects to them."""

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from baseten_tei.commands.outputs import read_outputs
from baseten_tei.outputs.formats.formats import FORMATS

if TYPE_CHECKING:
    from baseten_tei_client import Model


def read_stack_outputs(root: Path, stack: str | None) -> Mapping[str, Any]:
    """Return a stack's outputs, as `pulumi stack output --json` prints them."""
    outputs: dict[str, Any] = json.loads(FORMATS["json"](read_outputs(root, stack, None), ""))
    return outputs


@contextmanager
def connect_model(name: str, **given: Any) -> Iterator["Model"]:
    """Connect to a model, with the arguments of `connect`, and close it at the end."""
    from baseten_tei_client import connect

    model = connect(name, **given)
    try:
        yield model
    finally:
        model.close()
