"""Builds the Pulumi CLI from Go modules; their checksums are those of `build/go.sum`."""

import os
import subprocess
from collections import deque
from collections.abc import Iterator
from pathlib import Path

from pulumi_engine.cache import Say
from pulumi_engine.errors import EngineError
from pulumi_engine.progress import Progress
from pulumi_engine.versions import BUILT

MODULE = Path(__file__).with_name("build")
PACKAGE = "github.com/pulumi/pulumi/pkg/v3/cmd/pulumi"
_VERSION = "github.com/pulumi/pulumi/sdk/v3/go/common/version.Version"
_FLAGS = ("-trimpath", "-ldflags", f"-s -w -X {_VERSION}=v{BUILT}")
_LAST_LINES = 15  # of what go says, when it fails


def _go(*arguments: str) -> Iterator[str]:
    """Run go in our module and pass on its lines as they come.

    CGO is off, as in the official CLI: no C compiler is needed. Raises EngineError with go's last
    lines.
    """
    process = subprocess.Popen(  # noqa: S603 -- fixed arguments
        ["go", *arguments],  # noqa: S607 -- the go that the user has on PATH is the one meant
        cwd=MODULE,
        env={**os.environ, "CGO_ENABLED": "0"},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    last: deque[str] = deque(maxlen=_LAST_LINES)
    with process:
        for line in process.stdout or ():
            last.append(line.rstrip())
            yield last[-1]
    if process.returncode:
        raise EngineError(f"`go {arguments[0]}` failed in {MODULE}:\n  " + "\n  ".join(last))


def _fetch(say: Say) -> int:
    """Download the modules; return the number of packages in the CLI."""
    progress, modules, packages = Progress(say), 0, 0
    for line in _go("list", "-deps", PACKAGE):
        if line.startswith("go: downloading"):
            modules += 1
            progress.tick(f"downloaded {modules} Go modules")
        else:
            packages += 1
    return packages


def build(folder: Path, say: Say) -> None:
    """Put `pulumi` into the folder: 2 to 5 minutes on two cores, seconds with a warm Go cache."""
    say(f"building Pulumi {BUILT} from Go modules: 2 to 5 minutes on two cores, once per user")
    packages = _fetch(say)
    progress = Progress(say)
    compiling = _go("build", "-v", *_FLAGS, "-o", str(folder / "pulumi"), PACKAGE)
    for compiled, _ in enumerate(compiling, start=1):
        progress.tick(f"compiled {compiled} of at most {packages} packages")
