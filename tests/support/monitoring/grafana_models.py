"""Grafana's own types of a dashboard (grafana-foundation-sdk, made of its schema), installed once for this user."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from pulumi_engine.cache import cache_root, publish

WANTED = "grafana-foundation-sdk==1769699998!10.1.0"
_READ = """
import json, sys
sys.path.insert(0, sys.argv[1])
from grafana_foundation_sdk.cog import plugins
from grafana_foundation_sdk.cog.encoder import JSONEncoder
from grafana_foundation_sdk.models.dashboard import Dashboard
plugins.register_default_plugins()
print(JSONEncoder().encode(Dashboard.from_json(json.load(sys.stdin))))
"""


def read_dashboard(text: str) -> Any:
    """Return a dashboard as Grafana's types have read it: what they do not know is lost. Skips without the package."""
    folder = publish(cache_root(os.environ) / "grafana-foundation-sdk-10.1.0", _install, print)
    command = [sys.executable, "-c", _READ, str(folder)]
    ended = subprocess.run(
        command, input=text, capture_output=True, text=True, timeout=120, check=True
    )
    return json.loads(ended.stdout)


def _install(folder: Path) -> None:
    pip = [sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", "--target", str(folder)]
    ended = subprocess.run([*pip, WANTED], capture_output=True, text=True, timeout=300, check=False)
    if ended.returncode != 0:
        pytest.skip(f"pip install {WANTED}: {ended.stderr.strip()[-200:]}")
