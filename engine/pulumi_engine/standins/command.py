"""Runs one command as pulumi-command 1.2.1 does: what it sees, what is kept, how it fails.

The child gets the engine's environment, then `environment`, then the previous stdout and stderr.
A kill reaches the child alone: a grandchild that holds the pipes open is waited for, as there.
"""

import json
import os
import signal
import subprocess
import threading
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from typing import IO, Any

Log = Callable[[str], None]
_DEFAULT_INTERPRETER = ("/bin/sh", "-c")


class CommandFailedError(Exception):
    """A command did not start, or ended with anything but 0; the text is what the user reads."""


def environment(
    base: Mapping[str, str], inputs: Mapping[str, Any], previous: Mapping[str, Any]
) -> dict[str, str]:
    """Return the child's environment; previous output only when there is some and it is wanted."""
    kept = previous if inputs.get("addPreviousOutputInEnv", True) else {}
    outputs = {f"PULUMI_COMMAND_{key.upper()}": kept.get(key) for key in ("stdout", "stderr")}
    return {**base, **inputs.get("environment", {}), **{k: v for k, v in outputs.items() if v}}


def logged_streams(inputs: Mapping[str, Any]) -> frozenset[str]:
    """Return which of stdout and stderr go to the engine's log, by the `logging` input."""
    logging = inputs.get("logging", "stdoutAndStderr")
    return frozenset(name for name in ("stdout", "stderr") if name in logging.lower())


def ending(returncode: int) -> str:
    """Return `exit status 3`, or `signal: killed`: the words of the official plugin."""
    if returncode >= 0:
        return f"exit status {returncode}"
    return f"signal: {(signal.strsignal(-returncode) or str(-returncode)).lower()}"


@dataclass(eq=False)  # a run is itself, whatever it runs
class Command:
    """One run of one command. `kill` may come from any thread, before or during `run`."""

    text: str
    inputs: Mapping[str, Any]
    previous: Mapping[str, Any]
    log: Log
    _kept: dict[str, list[bytes]] = field(default_factory=lambda: {"stdout": [], "stderr": []})
    _both: list[bytes] = field(default_factory=list)
    _process: subprocess.Popen[bytes] | None = None
    _killed: bool = False

    def run(self) -> dict[str, str]:
        """Run to the end; return `stdout` and `stderr`, each without one final newline.

        Raises CommandFailedError with all that the command printed.
        """
        process = self._start()
        readers = [self._reader("stdout", process.stdout), self._reader("stderr", process.stderr)]
        if process.stdin:
            with suppress(BrokenPipeError), process.stdin as stdin:
                stdin.write(self.inputs["stdin"].encode())
        for reader in readers:
            reader.join()
        if process.wait() != 0:
            raise self._failure(ending(process.returncode))
        kept = {
            name: b"".join(parts).decode(errors="replace") for name, parts in self._kept.items()
        }
        return {name: text.removesuffix("\n") for name, text in kept.items()}

    def kill(self) -> None:
        """End the child if it runs, and never start it if it does not yet."""
        self._killed = True
        if self._process:
            self._process.kill()

    def _start(self) -> subprocess.Popen[bytes]:
        interpreter = self.inputs.get("interpreter") or _DEFAULT_INTERPRETER
        if self._killed:
            raise self._failure("context canceled")
        try:
            self._process = subprocess.Popen(  # noqa: S603 -- running what the user wrote is the job
                [*interpreter, self.text],
                cwd=self.inputs.get("dir"),
                env=environment(os.environ, self.inputs, self.previous),
                stdin=subprocess.PIPE if self.inputs.get("stdin") else subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
            )
        except OSError as error:
            raise self._failure(f"fork/exec {interpreter[0]}: {error}") from error
        if self._killed:
            self._process.kill()
        return self._process

    def _reader(self, name: str, stream: IO[bytes] | None) -> threading.Thread:
        logs = name in logged_streams(self.inputs)
        thread = threading.Thread(target=self._read, args=(name, stream, logs), daemon=True)
        thread.start()
        return thread

    def _read(self, name: str, stream: IO[bytes], logs: bool) -> None:
        with stream:
            for line in stream:
                self._kept[name].append(line)
                self._both.append(line)
                if logs:
                    self.log(line.decode(errors="replace").rstrip("\r\n"))

    def _failure(self, ended: str) -> CommandFailedError:
        printed = b"".join(self._both).decode(errors="replace")
        quoted = json.dumps(self.text, ensure_ascii=False)
        return CommandFailedError(f"{ended}: running {quoted}:\n{printed}")
