"""Describes the machine and the versions, since figures of two of them cannot be compared."""

import json
import os
import platform
import re
import subprocess
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path

from tests.support.harness import ROOT

PACKAGES = ("pulumi", "pulumi-command", "truss", "baseten", "pydantic")


def describe_machine() -> dict[str, str]:
    """Return machine, versions and date, each as text."""
    return {
        "date": datetime.now(UTC).strftime("%Y-%m-%d %H:%M UTC"),
        "machine": f"{_read_cpu()}, {os.cpu_count()} cores, {_read_memory_gib()} GiB, {platform.system()}",
        "load at the start": " ".join(f"{load:.1f}" for load in os.getloadavg()),
        "python": platform.python_version(),
        "engine": _read_engine(),
        "packages": ", ".join(f"{name} {version(name)}" for name in PACKAGES),
        "commit": _read_commit(),
    }


def _read_cpu() -> str:
    try:
        match = re.search(r"model name\s*: (.+)", Path("/proc/cpuinfo").read_text())
    except OSError:
        match = None
    return match[1].strip() if match else platform.processor() or platform.machine()


def _read_memory_gib() -> int:
    return round(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30)


def _read_engine() -> str:
    try:
        facts = json.loads((ROOT / ".engine" / "engine.json").read_text())
    except OSError:
        return "pulumi on PATH"
    return f"Pulumi {facts['version']} ({facts['kind']})"


def _read_commit() -> str:
    described = subprocess.run(
        ["git", "describe", "--always", "--dirty"],
        cwd=ROOT, capture_output=True, text=True, check=False,
    )  # fmt: skip
    return described.stdout.strip() or "unknown"
