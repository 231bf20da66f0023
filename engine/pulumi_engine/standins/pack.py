"""Runs one policy pack in a process of its own, by the SDK's `pulumi.policy`, and passes on what it prints.

Its first line is the port that it serves on, so nothing it prints may wait in a buffer (`-u`).
"""

import json
import queue
import subprocess
import sys
import threading
from collections.abc import Iterator
from typing import IO, Any

Output = tuple[str, bytes | int]
"""A field of RunPluginResponse and its value: `("stdout", b"40123\\n")`, at last `("exitcode", 0)`."""

KIND = "analyzer"
"""What the engine calls a policy pack."""


def command(request: Any) -> list[str]:
    """Return the argv of a RunPluginRequest: the engine's arguments, its address last, and the folder."""
    return [
        sys.executable, "-u", "-m", "pulumi.policy", *request.args, request.info.program_directory,
    ]  # fmt: skip


def environment(request: Any, stack: Any) -> dict[str, str]:
    """Return the engine's variables, and the stack's name and configuration if the engine sent them."""
    own = {} if stack is None else {
        "PULUMI_ORGANIZATION": stack.organization,
        "PULUMI_PROJECT": stack.project,
        "PULUMI_STACK": stack.stack,
        "PULUMI_DRY_RUN": json.dumps(stack.dry_run),
        "PULUMI_CONFIG": json.dumps(dict(stack.config)),
    }  # fmt: skip
    return {**own, **dict(variable.split("=", 1) for variable in request.env)}


def start(request: Any, stack: Any = None) -> subprocess.Popen[bytes]:
    """Start it in the pack's folder, as the official host does whatever the engine says."""
    return subprocess.Popen(  # noqa: S603 -- running the user's policy pack is the job
        command(request),
        cwd=request.info.program_directory,
        env=environment(request, stack),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )


def outputs(process: subprocess.Popen[bytes]) -> Iterator[Output]:
    """Yield what it prints, as it comes, and then its exit code."""
    printed: queue.SimpleQueue[Output | None] = queue.SimpleQueue()
    streams = {"stdout": process.stdout, "stderr": process.stderr}
    for name, stream in streams.items():
        threading.Thread(target=_read, args=(name, stream, printed), daemon=True).start()
    for _ in streams:
        yield from iter(printed.get, None)
    yield "exitcode", process.wait()


def _read(name: str, stream: IO[bytes], printed: "queue.SimpleQueue[Output | None]") -> None:
    with stream:
        for line in stream:
            printed.put((name, line))
    printed.put(None)
