"""Makes the project's folder `.engine/`, so that its shell finds plain `pulumi`.

```
.engine/engine.json   what was taken, and why
        bin/pulumi    the official one: a link to it.  The built one: a hard link into the cache
        bin/pulumi-language-python   only with the built engine: starts the stand-in
        home/         only with the built engine: its PULUMI_HOME, with the Command stand-in in it
```

The CLI finds a language host beside the file that is running, after following symbolic links, and
warns of one on PATH that is another. So the official CLI is linked symbolically, which leads to
its own hosts; the built one is linked hard, which keeps it beside the project's stand-in and
takes no disk. The Command stand-in is installed as a plugin, where the CLI finds it without a word.
"""

import json
import os
import shlex
import shutil
import subprocess
import sys
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from pulumi_engine.decision import Kind
from pulumi_engine.errors import EngineError
from pulumi_engine.versions import COMMAND_PLUGIN

_CODE = Path(__file__).parents[1]  # where this package is imported from
STAND_INS = {
    "pulumi-language-python": "language_python",
    "pulumi-resource-command": "resource_command",
}


@dataclass(frozen=True)
class Engine:
    """The engine of a project, as `which --json` prints it."""

    path: str
    version: str
    kind: str
    why: str
    python: str
    stand_ins: tuple[str, ...]

    @property
    def line(self) -> str:
        """Return one line for people."""
        helped = f", with stand-ins of ours for {' and '.join(self.stand_ins)}"
        return f"Pulumi {self.version} ({self.kind}: {self.why}){helped if self.stand_ins else ''}"


def project_folder(start: Path, environment: Path) -> Path:
    """Return the nearest folder with a Pulumi.yaml, or the one that holds the virtual environment and will have one.

    Raises EngineError where there is neither.
    """
    for folder in (start, *start.parents):
        if (folder / "Pulumi.yaml").is_file():
            return folder
    if environment.parent == start:
        return start
    raise EngineError(
        f"there is no Pulumi.yaml in {start} or above: run this in a project's folder, or name it with --project"
    )


def read_engine(root: Path) -> Engine | None:
    """Return the engine that the project has; None when there is none or it is gone."""
    try:
        fields: dict[str, Any] = json.loads((root / ".engine/engine.json").read_text())
        engine = Engine(**{**fields, "stand_ins": tuple(fields["stand_ins"])})
    except (OSError, ValueError, KeyError, TypeError):
        return None
    return engine if Path(engine.path).exists() and Path(engine.python).exists() else None


def wrapper(module: str, python: str, code: Path = _CODE) -> str:
    """Return a shell script that starts a stand-in with the project's Python, from any directory."""
    start = f"import sys; sys.path[0] = {str(code)!r}; from pulumi_engine.standins.{module} import main; main()"
    return f'#!/bin/sh\nexec {shlex.quote(python)} -u -c {shlex.quote(start)} "$@"\n'


def _write_wrapper(file: Path, module: str, python: str) -> None:
    file.write_text(wrapper(module, python))
    file.chmod(0o755)


def _link_or_copy(source: Path, target: Path) -> None:
    """Make a hard link, or across file systems a copy of 115 MB."""
    try:
        os.link(source, target)
    except OSError:
        shutil.copy2(source, target)


def _install_command_plugin(bin_folder: Path, home: Path, python: str) -> None:
    """Have the CLI itself put the stand-in where it looks for the official plugin."""
    name = "pulumi-resource-command"
    _write_wrapper(home / name, STAND_INS[name], python)
    command = ["plugin", "install", "resource", "command", str(COMMAND_PLUGIN), "--reinstall"]
    done = subprocess.run(  # noqa: S603 -- fixed arguments
        [bin_folder / "pulumi", *command, "--file", home / name],
        env={**os.environ, "PULUMI_HOME": str(home), "PULUMI_SKIP_UPDATE_CHECK": "true"},
        capture_output=True,
        text=True,
    )
    if done.returncode:
        raise EngineError(f"the Command stand-in cannot be installed: {done.stderr.strip()}")


def _fill(bin_folder: Path, home: Path, binary: Path, kind: Kind) -> None:
    """Fill `bin/`, and for the built engine `home/`, whose login and settings stay."""
    if kind is not Kind.BUILD:
        (bin_folder / "pulumi").symlink_to(binary)
        return
    _link_or_copy(binary, bin_folder / "pulumi")
    host = "pulumi-language-python"
    _write_wrapper(bin_folder / host, STAND_INS[host], sys.executable)
    home.mkdir(exist_ok=True)
    _install_command_plugin(bin_folder, home, sys.executable)


def _assemble(folder: Path, binary: Path, kind: Kind) -> None:
    """Make a new `bin/` beside the old one, then swap them."""
    old, new = folder / "bin.old", folder / "bin.new"
    for left_over in (old, new):
        shutil.rmtree(left_over, ignore_errors=True)
    new.mkdir(parents=True)
    _fill(new, folder / "home", binary, kind)
    if (folder / "bin").exists():
        (folder / "bin").rename(old)
    new.rename(folder / "bin")
    shutil.rmtree(old, ignore_errors=True)


def install(root: Path, binary: Path, kind: Kind, version: str, why: str) -> Engine:
    """Make the project's `.engine/` for this engine and the running Python; return its record."""
    folder = root / ".engine"
    record = folder / "engine.json"
    record.unlink(missing_ok=True)  # an interrupted set-up leaves no engine that looks whole
    _assemble(folder, binary, kind)
    stand_ins = tuple(STAND_INS) if kind is Kind.BUILD else ()
    engine = Engine(str(folder / "bin/pulumi"), version, kind.value, why, sys.executable, stand_ins)
    record.write_text(json.dumps(asdict(engine), indent=2) + "\n")
    return engine
