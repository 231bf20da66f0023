"""What Pulumi.yaml says of the Python that runs the program, as Pulumi's host reads it (3.259.0). Pure."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

TOOLS = ("uv", "poetry")


@dataclass(frozen=True)
class PythonOptions:
    """The `virtualenv` that the project names, and the tool that knows its environment otherwise."""

    virtualenv: str | None
    tool: str | None

    @property
    def activated(self) -> bool:
        """Whether the host puts the environment first on the program's PATH, which the engine's does not have."""
        return bool(self.virtualenv or self.tool)


def parse_python_options(project: object, locked: Mapping[str, bool]) -> PythonOptions:
    """Return the options of a Pulumi.yaml; `locked` says which tools have a lock file in the program's folders."""
    runtime = _mapping(project).get("runtime")
    options = _mapping(_mapping(runtime).get("options"))
    toolchain = options.get("toolchain")
    if toolchain is None:
        toolchain = next((tool for tool in TOOLS if locked[tool]), None)
    return PythonOptions(options.get("virtualenv"), toolchain if toolchain in TOOLS else None)


def _mapping(value: object) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}
