"""Prometheus and promtool from the Debian package, unpacked once for this user, outside of the tree."""

import os
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

import pytest

from pulumi_engine.cache import cache_root, publish


@dataclass(frozen=True)
class Told:
    """How a program ended, and what it said."""

    code: int
    text: str


def promtool(*arguments: str, folder: Path) -> Told:
    """Run promtool in a folder. Skips where it cannot be had."""
    command = [str(binaries() / "promtool"), *arguments]
    ended = subprocess.run(
        command, cwd=folder, capture_output=True, text=True, timeout=120, check=False
    )
    return Told(ended.returncode, ended.stdout + ended.stderr)


def binaries() -> Path:
    """Return the folder with prometheus and promtool. Skips where no Debian package can be downloaded."""
    if shutil.which("apt-get") is None or shutil.which("dpkg-deb") is None:
        pytest.skip("there is no apt-get and dpkg-deb: Prometheus's package cannot be unpacked")
    folder = cache_root(os.environ) / "prometheus-debian"
    return publish(folder, _unpack, print) / "usr" / "bin"


def _unpack(folder: Path) -> None:
    ended = subprocess.run(
        ["apt-get", "download", "prometheus"],
        cwd=folder, capture_output=True, text=True, timeout=300, check=False,
    )  # fmt: skip
    package = next(folder.glob("prometheus_*.deb"), None)
    if package is None:
        pytest.skip(f"apt-get download prometheus: {ended.stderr.strip()[-200:]}")
    subprocess.run(["dpkg-deb", "-x", str(package), str(folder)], check=True, timeout=300)
    package.unlink()
