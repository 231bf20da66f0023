"""An S3 on loopback: moto's server, in an environment that has it, with one bucket."""

import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import requests

KEYS = {
    "AWS_ACCESS_KEY_ID": "canary-access-key", "AWS_SECRET_ACCESS_KEY": "canary-secret-key",
    "AWS_EC2_METADATA_DISABLED": "true",
}  # fmt: skip
"""What a client needs in its environment."""


@contextmanager
def running_object_store(python: Path) -> Iterator[str]:
    """Yield the URL of a bucket, to be filled in with a prefix: `.format("notes")`."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [python.with_name("moto_server"), "-H", "127.0.0.1", "-p", str(port)]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
        try:
            _make_bucket(f"http://127.0.0.1:{port}/bucket", process)
            options = f"endpoint_override=127.0.0.1:{port}&scheme=http&region=us-east-1"
            yield "s3://bucket/{}?" + options
        finally:
            process.terminate()
            process.wait(timeout=30)


def _make_bucket(url: str, process: "subprocess.Popen[bytes]") -> None:
    while process.poll() is None:
        try:
            requests.put(url, timeout=30).raise_for_status()
            return
        except requests.ConnectionError:
            time.sleep(0.05)
    raise RuntimeError("moto's server does not start")
