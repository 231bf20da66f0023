"""Running the real, unpatched truss CLI: its arguments, its environment, its answer.

What is steered and why was measured on truss 0.18.35: a key only through `BASETEN_TRUSS_AUTH_*` (no
`.trussrc` is read or written then), a private HOME (`~/.aws/config` and `~/.netrc` would change a push),
`--no-wait` (`--wait` retries for ever on 404 and loses ids on its timeout), never `--log` (its tracebacks
print the key).
"""

import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from baseten_tei.baseten.processes.starter import end_at_once, parent_gone, watch
from baseten_tei.baseten.target import Target
from baseten_tei.errors import UserError
from baseten_tei.facts.files.json_reader import decode_json
from baseten_tei.facts.network.bounds import MIB

FOLDERS = "baseten-tei-push-"
"""How the names of pushes' temporary folders begin. All that truss writes is in them."""

CAN_FORK = hasattr(os, "fork") and sys.platform != "darwin"
"""Whether a process can be a fork of another: on macOS the system's libraries crash in one (CPython bpo-33725)."""

_PASSED_ON = (
    "PATH", "LANG", "LC_ALL", "TMPDIR", "SYSTEMROOT", "SSL_CERT_FILE", "SSL_CERT_DIR",
    "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "AWS_CA_BUNDLE",
)  # fmt: skip
_PROXIES = ("http_proxy", "https_proxy", "all_proxy", "no_proxy")

PUSH_SECONDS = 600.0
"""For a whole `truss push --no-wait`: four calls and an upload of a few kB take 2 to 7 s, most of it imports."""
_LOOK_SECONDS = 0.02
_PUSHED = ("model_id", "model_version_id", "predict_url")
"""What the answer of a push that worked has, among others."""

_SETTINGS = """\
[preferences]
include_git_info = false
check_for_updates = false

[feature_flags]
enable_auto_upgrade = false
"""


@dataclass(frozen=True)
class Answer:
    """How a `truss push` ended."""

    exit_code: int
    stdout: str
    stderr: str


def push_arguments(
    folder: Path, labels: Mapping[str, Any], deploy_timeout_minutes: int, team_name: str | None
) -> list[str]:
    """Return arguments of a push that publishes, waits for nothing and promotes nothing."""
    return [
        "push", str(folder), "--no-wait", "--non-interactive", "--output", "json",
        "--labels", json.dumps(labels, sort_keys=True),
        "--deploy-timeout-minutes", str(deploy_timeout_minutes),
        *(["--team", team_name] if team_name else []),
    ]  # fmt: skip


def push_environment(
    environ: Mapping[str, str], target: Target, api_key: str, home: Path
) -> dict[str, str]:
    """Return the whole environment of the CLI: what it needs by name, so that nothing else can come along."""
    proxies = [] if target.loopback else [*_PROXIES, *(name.upper() for name in _PROXIES)]
    return {
        **plain_environment(environ, home),
        **{name: environ[name] for name in proxies if name in environ},
        "BASETEN_TRUSS_AUTH_REMOTE_URL": target.remote_url,
        "BASETEN_TRUSS_AUTH_API_KEY": api_key,
    }


def plain_environment(environ: Mapping[str, str], home: Path) -> dict[str, str]:
    """Return the environment without target, credentials and proxies (a proxy URL may contain a password)."""
    return {
        **{name: environ[name] for name in _PASSED_ON if name in environ},
        "HOME": str(home),
        "XDG_CONFIG_HOME": str(home / ".config"),
        "USER_TRUSSRC_PATH": str(home / "no-trussrc"),
        "TRUSS_NO_UPDATE_CHECK": "1",
        "NO_COLOR": "1",
        "COLUMNS": "200",
        "BASETEN_TRUSS_AUTH_KEYRING_DISABLED": "1",
    }


def prepare_home(home: Path) -> None:
    """Write truss's settings, which it would write itself, not atomically."""
    settings = home / ".config" / "truss" / "settings.toml"
    settings.parent.mkdir(parents=True)
    settings.write_text(_SETTINGS)


def run_truss(
    arguments: list[str],
    environment: Mapping[str, str],
    folder: Path,
    seconds: float = PUSH_SECONDS,
) -> Answer:
    """Run the CLI in a fork of this process and wait for it. Raises `UserError` where it takes too long.

    Its own entry point, unpatched; a fork rather than a new interpreter because nine tenths of a push are
    imports, of which this process has made some already, or all of them (`server`).
    """
    out, err = folder / "stdout", folder / "stderr"
    child = (_fork if CAN_FORK else _spawn)(arguments, environment, folder)
    try:
        code = _exit_code(child, seconds)
    except BaseException:  # we are ended, and with us our truss
        _kill(child)
        raise
    if code is None:
        raise UserError(
            f"truss push did not end within {seconds / 60:g} minutes and was stopped: check the network and "
            "https://status.baseten.co, then run `pulumi up`: a version that was made all the same is found, not "
            "pushed again"
        )
    return Answer(code, _text(out), _text(err))


def _fork(arguments: list[str], environment: Mapping[str, str], folder: Path) -> int:
    ourselves = os.getpid()
    child = os.fork()
    if child == 0:
        become_truss(arguments, environment, folder, ourselves)
    return child


def _spawn(arguments: list[str], environment: Mapping[str, str], folder: Path) -> int:
    """Do the same in a new interpreter, which is given the key in its environment, as a fork is."""
    start = (
        "import os, sys; from pathlib import Path; sys.path.insert(0, sys.argv[1])\n"
        "from baseten_tei.push.truss_cli import become_truss\n"
        "become_truss(sys.argv[4:], dict(os.environ), Path(sys.argv[2]), int(sys.argv[3]))"
    )
    here, ourselves = str(Path(__file__).parents[2]), str(os.getpid())
    return subprocess.Popen(  # noqa: S603  # our own module, fixed words
        [sys.executable, "-P", "-c", start, here, str(folder), ourselves, *arguments],
        env=dict(environment),
    ).pid


def _text(path: Path) -> str:
    """Return what was said, as far as anyone reads it: truss repeats whatever a server answers."""
    with path.open("rb") as file:
        return file.read(MIB).decode("utf-8", "replace")


def _exit_code(child: int, seconds: float) -> int | None:
    """Return how a fork ended; `None` where it did not in time, and was killed."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        pid, status = os.waitpid(child, os.WNOHANG)
        if pid:
            return os.waitstatus_to_exitcode(status)
        time.sleep(_LOOK_SECONDS)
    _kill(child)
    return None


def _kill(child: int) -> None:
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)


def _end_without_us(folder: Path) -> None:  # pragma: no cover - runs in the fork
    """Whoever forked this was killed, and cannot remove the folder by itself."""
    shutil.rmtree(folder, ignore_errors=True)
    end_at_once()


def become_truss(
    arguments: list[str], environment: Mapping[str, str], folder: Path, starter: int
) -> None:  # pragma: no cover - runs in the fork
    """Run truss in this process, which ends with it, or with the process that started it."""
    watch(parent_gone(starter), partial(_end_without_us, folder))
    code = 1
    try:
        for interrupt in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(interrupt, signal.SIG_DFL)
        tempfile.tempdir = None
        for number, path in enumerate((os.devnull, str(folder / "stdout"), str(folder / "stderr"))):
            os.dup2(os.open(path, os.O_RDWR | os.O_CREAT, 0o600), number)
        os.environ.clear()
        os.environ.update(environment)
        sys.argv = ["truss", *arguments]
        from truss.cli.cli import truss_cli

        truss_cli(arguments)
    except SystemExit as ended:
        code = ended.code if isinstance(ended.code, int) else int(ended.code is not None)
    except (
        BaseException
    ) as error:  # whatever happens, the fork must not return into the parent's code
        print(f"{type(error).__name__}: {error}", file=sys.stderr)
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)


def parse_answer(answer: Answer) -> dict[str, Any]:
    """Return the JSON of a push that worked. Raises `UserError` with truss's own message for one that did not."""
    try:
        told = decode_json(answer.stdout)
    except ValueError:
        told = {}
    told = told if isinstance(told, dict) else {}
    if answer.exit_code == 0 and all(isinstance(told.get(key), str) for key in _PUSHED):
        return told
    error = told.get("error")
    message = str((isinstance(error, dict) and error.get("message")) or _last_line(answer.stderr))
    raise UserError(f"truss push failed: {' '.join(message.split())}")


def _last_line(text: str) -> str:
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    return lines[-1] if lines else "it said nothing"
