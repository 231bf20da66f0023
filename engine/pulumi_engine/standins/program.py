"""Runs one Pulumi program in this process, as the official `pulumi-language-python-exec` does.

Working directory and `sys.path[0]` are those of `main:`; a `pulumi.RunError` is two lines, another
error a traceback that starts in the program; an exit code of the program's own is its failure, but
for 32, which says that the user has read what is wrong. The engine interrupts a program that it
waits for no longer, e.g. once a resource has failed: as a Ctrl-C would.
"""

import asyncio
import logging
import os
import runpy
import signal
import sys
import threading
import traceback
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pulumi
import pulumi.runtime
from google.protobuf.json_format import MessageToDict

_OURS = str(Path(__file__).parents[2])  # put on sys.path by the wrapper that started us
_ANSWERED_SECONDS = 1.0
_ALREADY_SHOWN = 32  # the exit code after which nothing is added


def foreign_environment(root: str, option: str, prefix: str, file: str) -> str | None:
    """Return why a program must not run here: its file names another environment than ours."""
    wanted = Path(root, option)
    if not option or wanted.resolve() == Path(prefix).resolve():
        return None
    return (
        f"{file} says `virtualenv: {option}` ({wanted}), but this engine was set up for "
        f"{prefix}: run `{wanted}/bin/python -m pulumi_engine setup`, or name that one"
    )


def refusal(info: Any, file: str) -> str | None:
    """Return the same of a ProgramInfo, for programs and policy packs."""
    option = MessageToDict(info.options).get("virtualenv", "")
    return foreign_environment(info.root_directory, option, sys.prefix, file)


def is_activated(info: Any) -> bool:
    """Return whether the official host activates an environment: one that is named, or that uv or poetry keeps."""
    options = MessageToDict(info.options)
    if options.get("virtualenv"):
        return True
    tools = ("uv", "poetry")
    if "toolchain" in options:
        return options["toolchain"] in tools
    folders = [folder := Path(info.program_directory).absolute(), *folder.parents]
    return any((folder / f"{tool}.lock").exists() for folder in folders for tool in tools)


def program_traceback(error: BaseException, program: Path) -> str:
    """Return the traceback from the program's first frame on; all of it when it has none."""
    frames = [Path(f.filename).absolute() for f in traceback.extract_tb(error.__traceback__)]
    main = program if program.suffix else program / "__main__.py"
    first = frames.index(main) if main in frames else 0
    return "".join(traceback.format_exception(error, limit=first - len(frames))).rstrip()


def _configure(request: Any, engine: str) -> None:
    """Tell the SDK whose program this is, and where engine and resource monitor listen."""
    pulumi.runtime.set_all_config(dict(request.config), list(request.configSecretKeys))
    pulumi.runtime.configure(
        pulumi.runtime.Settings(
            project=request.project,
            stack=request.stack,
            monitor=request.monitor_address,
            engine=engine,
            parallel=request.parallel,
            dry_run=request.dryRun,
            organization=request.organization or "organization",
            root_directory=request.info.root_directory,
        )
    )


def _enter(request: Any) -> None:
    """Set working directory, argv, module path and PATH as in a shell."""
    os.chdir(request.info.program_directory)
    sys.argv = [request.info.entry_point, *request.args]
    sys.orig_argv = [sys.executable, "pulumi-language-python-exec", *sys.argv]
    sys.path.remove(_OURS)
    if is_activated(request.info):
        os.environ["VIRTUAL_ENV"] = sys.prefix
        os.environ["PATH"] = f"{sys.prefix}/bin{os.pathsep}{os.environ.get('PATH', '')}"


def _execute(program: str, parallel: int) -> None:
    """Run the program and wait for every resource it registers."""
    loop = asyncio.new_event_loop()
    asyncio.set_event_loop(loop)
    logging.getLogger("asyncio").setLevel(logging.CRITICAL)  # unfinished graphs are normal here
    executor = ThreadPoolExecutor(max_workers=max(parallel, 1) * 4)  # the official host's measure
    loop.set_default_executor(executor)

    def main() -> None:
        runpy.run_path(program, run_name="__main__")

    try:
        loop.run_until_complete(pulumi.runtime.run_in_stack(main))
    finally:
        executor.shutdown(wait=True)
        loop.close()
        sys.stdout.flush()
        sys.stderr.flush()


def interrupt() -> None:
    """Interrupt the program, from any thread: where the main thread waits, only a signal of its own wakes it."""
    signal.pthread_kill(threading.main_thread().ident or 0, signal.SIGINT)


def _exit_code(stop: SystemExit) -> int:
    """Return the exit code of a process; print one that is a text, as Python does."""
    if stop.code is None or isinstance(stop.code, int):
        return stop.code or 0
    print(stop.code, file=sys.stderr)
    return 1


@contextmanager
def _interruptible() -> Iterator[None]:
    """Send interrupts to the program: to the handler that it has set, if any."""
    wakeup = signal.set_wakeup_fd(-1)
    handler = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, handler)
        signal.set_wakeup_fd(wakeup)


def _show_interrupt() -> int:
    """Show the interrupt as Python does when it ends a process, by the program's own hook if it has one.

    It may have been the one with which the engine ends its hosts: this one answers, and ends.
    """
    signal.signal(signal.SIGINT, lambda *_: os._exit(0))
    end = threading.Timer(_ANSWERED_SECONDS, os._exit, (0,))
    end.daemon = True
    end.start()
    try:
        sys.excepthook(*sys.exc_info())
    except SystemExit as stop:
        return _exit_code(stop)
    return -signal.SIGINT


def _ending(request: Any) -> int:
    """Run the program; return the exit code that its process would have."""
    program = Path(request.info.program_directory, request.info.entry_point).absolute()
    try:
        with _interruptible():
            _execute(request.info.entry_point, request.parallel)
    except pulumi.RunError as error:
        pulumi.log.error(str(error))
        return 1
    except SystemExit as stop:
        return _exit_code(stop)
    except KeyboardInterrupt:
        return _show_interrupt()
    except Exception as error:
        text = program_traceback(error, program)
        pulumi.log.error(f"Program failed with an unhandled exception:\n{text}")
        return _ALREADY_SHOWN
    return 0


def run(request: Any, engine: str) -> dict[str, Any]:
    """Run the program of a RunRequest; return the fields of the RunResponse.

    `bail` says that the user has read what went wrong, so the engine adds nothing.
    """
    if refused := refusal(request.info, "Pulumi.yaml"):
        return {"error": refused}
    _configure(request, engine)
    _enter(request)
    code = _ending(request)
    if code == _ALREADY_SHOWN:
        return {"bail": True}
    return {"error": f"program exited with non-zero exit code: {code}"} if code else {}
