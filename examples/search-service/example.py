"""The whole example on this machine: both stacks, an index, the service, one search. Run by `make example`.

`--once` ends it after the search; else Ctrl-C does.
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


def check_port(port: str) -> None:
    """End before anything is brought up where another program listens on the service's port."""
    try:
        socket.create_server(("127.0.0.1", int(port))).close()
    except OSError:
        sys.exit(f"port {port} is in use: run make example PORT=0 for any free port, or name one")


def step(title: str, *command: str | Path, folder: Path = HERE) -> None:
    """Run a command in sight of the reader; end with its exit code if it fails."""
    print(f"\n== {title}\n$ {' '.join(map(str, command))}", flush=True)
    code = subprocess.run(command, cwd=folder, check=False).returncode
    if code:
        sys.exit(code)


def read(*command: str) -> str:
    """What a command prints."""
    return subprocess.run(command, cwd=HERE, check=True, capture_output=True, text=True).stdout


def stacks() -> Path:
    """Both stacks up; the file of the service's settings."""
    up = ("pulumi", "up", "--yes", "--skip-preview", "--suppress-outputs", "--stack", "dev")
    step("The embeddings stack", *up, "--refresh", folder=ROOT)  # starts the emulator if it is down
    if "dev" not in {it["name"] for it in json.loads(read("pulumi", "stack", "ls", "--json"))}:
        read(
            "pulumi", "stack", "init", "dev", "--no-select"
        )  # which stack is selected stays as it is
    step("The service's stack, with a StackReference to it", *up)
    STATE.mkdir(parents=True, exist_ok=True)
    settings = STATE / "settings.json"
    settings.write_text(read("pulumi", "stack", "output", "settings", "--json", "--stack", "dev"))
    return settings


@contextmanager
def service(*options: str | Path) -> Iterator[str]:
    """The service at work, and its address."""
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
    """One query, and what comes back."""
    url = f"{address}/api/search?{urllib.parse.urlencode({'q': QUERY, 'count': 3})}"
    print(f"\n== A search\n$ curl '{url}'")
    direct = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    with direct.open(url, timeout=60) as answer:
        found = json.load(answer)
    print(f"mood: {', '.join(it['label'] for it in found['moods'])}")
    for hit in found["hits"]:
        moods = ", ".join(it["label"] for it in hit["moods"])
        print(
            f"{hit['relevance']:.3f}  {hit['title']}  (place {hit['nearness']} by vector; {moods})"
        )


def main() -> None:
    """All of it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--once", action="store_true", help="end after the search")
    parser.add_argument("--port", default="8000", help="of the service; 0 for any that is free")
    arguments = parser.parse_args()
    check_port(arguments.port)
    os.environ["BASETEN_API_KEY"] = "emulator"  # a key of the reader's own has no business here
    files = ("--settings", stacks(), "--index", STATE / "index.db")
    step("Documents into the index", PYTHON, "-m", "search_service", "index", *files)
    with service(*files, "--port", arguments.port) as address:
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
