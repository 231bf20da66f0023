"""`python -m baseten_emulator`: start the emulator, say where it listens, stop on a signal.

Prints one line of JSON on stdout once it listens: {"url": ..., "pid": ..., "state": ...}. The API key
that it accepts comes from BASETEN_EMULATOR_API_KEY (default "emulator"), its teams from
BASETEN_EMULATOR_TEAMS (comma-separated; default "default"); neither is ever taken from argv. Baseten's rate
limits hold with --rate-limits, or with BASETEN_EMULATOR_RATE_LIMITS set to anything but "" or "0".
"""

import argparse
import errno
import json
import os
import signal
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from baseten_emulator.world.world import World

DEFAULT_PORT = 8791
DEFAULT_API_KEY = "emulator"


def main(argv: Sequence[str] | None = None) -> int:
    """Serve until SIGTERM, SIGINT or POST /_emulator/shutdown; 0 then, 1 when it cannot start."""
    options = _parser().parse_args(argv)
    from baseten_emulator.app import App  # argparse answers --help without loading the rest
    from baseten_emulator.server import Server, allow_many_files
    from baseten_emulator.world.store import StateError

    allow_many_files()
    try:
        world = _world(options.state, options.step_seconds, options.rate_limits)
        server = Server(App(world), options.port)
    except StateError as error:
        print(error, file=sys.stderr)
        return 1
    except OSError as error:
        print(_cannot_listen(options.port, error), file=sys.stderr)
        return 1
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: server.stop())
    state = str(options.state) if options.state else None
    ready = {"url": world.base_url, "pid": os.getpid(), "state": state}
    print(json.dumps(ready), flush=True)
    server.serve_forever(poll_interval=0.05)
    server.server_close()
    world.store.close()
    return 0


def _world(state: Path | None, step_seconds: float, rate_limits: bool) -> "World":
    from baseten_emulator.world.rate_limits import RateLimits
    from baseten_emulator.world.store import Store
    from baseten_emulator.world.world import DEFAULT_TEAM, World

    teams = os.environ.get("BASETEN_EMULATOR_TEAMS", DEFAULT_TEAM).split(",")
    return World(
        store=Store.in_folder(state) if state else Store(),
        step_seconds=step_seconds,
        api_key=os.environ.get("BASETEN_EMULATOR_API_KEY") or DEFAULT_API_KEY,
        rate_limits=RateLimits() if rate_limits else None,
        teams=tuple(team.strip() for team in teams if team.strip()) or (DEFAULT_TEAM,),
    )


def _cannot_listen(port: int, error: OSError) -> str:
    if error.errno == errno.EADDRINUSE:
        return f"port {port} is already in use: run python -m baseten_emulator --port 0"
    return f"cannot listen on 127.0.0.1:{port}: {error.strerror}"


def _port(text: str) -> int:
    return int(_between(text, 0, 65535))


def _seconds(text: str) -> float:
    return _between(text, 0, 3600)


def _between(text: str, least: float, most: float) -> float:
    value = float(text)
    if not least <= value <= most:
        raise argparse.ArgumentTypeError(f"{text} must be between {least:g} and {most:g}")
    return value


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m baseten_emulator", description=__doc__)
    parser.add_argument("--port", type=_port, default=DEFAULT_PORT, help="0 takes any free port")
    parser.add_argument(
        "--state", type=Path, metavar="DIR", help="keep state here (else in memory)"
    )
    parser.add_argument(
        "--step-seconds", type=_seconds, default=0.2, help="how long BUILDING, DEPLOYING, ... last"
    )
    limited = os.environ.get("BASETEN_EMULATOR_RATE_LIMITS", "") not in ("", "0")
    parser.add_argument(
        "--rate-limits", action="store_true", default=limited, help="answer 429 as Baseten does"
    )
    return parser


if __name__ == "__main__":
    sys.exit(main())
