"""What was measured on: figures of two machines, or of two versions, do not compare."""

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


def machine() -> dict[str, str]:
    """Machine, versions and date, each as text."""
    return {
        "date": datetime.now(UTC).strftime("%Y-%m-%d %H:%M UTC"),
        "machine": f"{_cpu()}, {os.cpu_count()} cores, {_memory_gib()} GiB, {platform.system()}",
        "load at the start": " ".join(f"{load:.1f}" for load in os.getloadavg()),
        "python": platform.python_version(),
        "engine": _engine(),
        "packages": ", ".join(f"{name} {version(name)}" for name in PACKAGES),
        "commit": _commit(),
    }


def _cpu() -> str:
    try:
        found = re.search(r"model name\s*: (.+)", Path("/proc/cpuinfo").read_text())
    except OSError:
        found = None
    return found[1].strip() if found else platform.processor() or platform.machine()


def _memory_gib() -> int:
    return round(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30)


def _engine() -> str:
    try:
        facts = json.loads((ROOT / ".engine" / "engine.json").read_text())
    except OSError:
        return "pulumi on PATH"
    return f"Pulumi {facts['version']} ({facts['kind']})"


def _commit() -> str:
    told = subprocess.run(
        ["git", "describe", "--always", "--dirty"],
        cwd=ROOT, capture_output=True, text=True, check=False,
    )  # fmt: skip
    return told.stdout.strip() or "unknown"
