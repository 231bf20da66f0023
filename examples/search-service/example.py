"""Runs the whole example on this machine: both stacks, an index, the service, one search. See `make example`.

`--once` ends it after the search; otherwise Ctrl-C does.
"""

import argparse
import json
import os
import signal
import socket
import subprocess
import sys
import urllib.parse
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

HERE = Path(__file__).absolute().parent
ROOT = HERE.parents[1]
STATE = ROOT / ".state" / "search-service"
PYTHON = ROOT / ".venv-search-service" / "bin" / "python"
QUERY = "I am angry: why are the leaves of my tomato plants yellow?"


def require_free_port(port: int) -> None:
    """Exit with one line, before anything is brought up, if the service could not listen on this port."""
    try:
        socket.create_server(("127.0.0.1", port)).close()
    except (OSError, OverflowError) as error:
        why = os.strerror(error.errno) if isinstance(error, OSError) and error.errno else error
        sys.exit(
            f"port {port} cannot be used ({why}): run `make example PORT=8001`, or without make give --port 8001"
            " (0: any free port)"
        )


def step(title: str, *command: str | Path, folder: Path = HERE) -> None:
    """Show and run a command; exit with its exit code if it fails."""
    print(f"\n== {title}\n$ {' '.join(map(str, command))}", flush=True)
    code = subprocess.run(command, cwd=folder, check=False).returncode
    if code:
        sys.exit(code)


def read_output(*command: str) -> str:
    """Return what a command prints."""
    return subprocess.run(command, cwd=HERE, check=True, capture_output=True, text=True).stdout


def bring_up_stacks() -> Path:
    """Bring both stacks up; return the file with the service's settings."""
    up = ("pulumi", "up", "--yes", "--skip-preview", "--suppress-outputs", "--stack", "dev")
    step("The embeddings stack", *up, "--refresh", folder=ROOT)  # starts the emulator if it is down
    if "dev" not in {
        it["name"] for it in json.loads(read_output("pulumi", "stack", "ls", "--json"))
    }:
        read_output("pulumi", "stack", "init", "dev", "--no-select")  # keeps the selected stack
    step("The service's stack, with a StackReference to it", *up)
    STATE.mkdir(parents=True, exist_ok=True)
    settings = STATE / "settings.json"
    output = read_output("pulumi", "stack", "output", "settings", "--json", "--stack", "dev")
    settings.write_text(output)
    return settings


@contextmanager
def run_service(*options: str | Path) -> Iterator[str]:
    """Run the service for the length of a `with`, and give its address."""
    command = (PYTHON, "-m", "search_service", "serve", *options)
    print(f"\n== The service\n$ {' '.join(map(str, command))}", flush=True)
    with subprocess.Popen(command, cwd=HERE, stdout=subprocess.PIPE, text=True) as process:
        line = process.stdout.readline() if process.stdout else ""
        if not line:
            sys.exit(process.wait())
        print(line, end="", flush=True)
        try:
            yield line.split(" at ")[1].split()[0]
        finally:
            process.terminate()


def search(address: str) -> None:
    """Send one query and print its answer."""
    url = f"{address}/api/search?{urllib.parse.urlencode({'q': QUERY, 'count': 3})}"
    print(f"\n== A search\n$ curl '{url}'")
    direct = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    with direct.open(url, timeout=60) as answer:
        result = json.load(answer)
    print(f"mood: {', '.join(it['label'] for it in result['moods'])}")
    for hit in result["hits"]:
        moods = ", ".join(it["label"] for it in hit["moods"])
        print(
            f"{hit['relevance']:.3f}  {hit['title']}  (place {hit['nearness']} by vector; {moods})"
        )


def main() -> None:
    """Run everything."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--once", action="store_true", help="end after the search")
    parser.add_argument("--port", type=int, default=8000, help="the service's; 0: any free port")
    arguments = parser.parse_args()
    require_free_port(arguments.port)
    os.environ["BASETEN_API_KEY"] = "emulator"  # never the reader's own key
    files = ("--settings", bring_up_stacks(), "--index", STATE / "notes.db")
    step("Documents into the index", PYTHON, "-m", "search_service", "index", *files)
    beside = ("--next", STATE / "next.db")
    with run_service(*files, *beside, "--port", str(arguments.port)) as address:
        search(address)
        if not arguments.once:
            print(f"\nOpen {address} in a browser. Ctrl-C ends it.", flush=True)
            signal.pause()


if __name__ == "__main__":
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # so that the service ends as well
    try:
        main()
    except KeyboardInterrupt:
        print()
