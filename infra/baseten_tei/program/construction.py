"""What is other where a plugin registers a component for a program in another process, in whatever language."""

import os
import subprocess
from contextvars import ContextVar
from pathlib import Path

import pulumi

LINK = '"${XDG_STATE_HOME:-$HOME/.local/state}/baseten-tei/python/$(pwd -P | cksum | tr " " -)"'
"""Where the plugin of the update that runs in this folder says which Python it has: a push runs in the same folder."""
INTERPRETER = ("/bin/sh", "-c", f"exec {LINK}/bin/python3 -m baseten_tei.push")
"""The same on every machine and for every version of the plugin: pulumi-command runs a push again when it changes."""


current: ContextVar[pulumi.ProviderResource | None] = ContextVar("current", default=None)
"""The provider of what is in the component under construction; `None` in a program that registers its own resources."""


def of_stack(options: pulumi.ResourceOptions) -> pulumi.ResourceOptions:
    """Return the options of a resource that belongs to the stack rather than to one component."""
    return pulumi.ResourceOptions.merge(pulumi.ResourceOptions(provider=current.get()), options)


def leave_python(prefix: Path) -> None:
    """Let the pushes of this folder find the Python whose packages are at `prefix`."""
    command = ["/bin/sh", "-c", f"printf %s {LINK}"]
    asked = subprocess.run(command, stdout=subprocess.PIPE, check=True)  # noqa: S603  # fixed
    link = Path(os.fsdecode(asked.stdout))
    link.parent.mkdir(parents=True, exist_ok=True)
    fresh = link.with_name(f"{link.name}.{os.getpid()}")
    fresh.unlink(missing_ok=True)
    fresh.symlink_to(prefix)
    fresh.replace(link)
