"""The clients of stores: an environment of their own, for they bring 700 MB."""

import subprocess
from pathlib import Path

from tests.support.harness import ROOT


def make_stores_environment() -> Path:
    """The environment of tests/client/stores, made where it is not there."""
    subprocess.run(
        [ROOT / "scripts/venv-of.sh", "tests/client/stores", "clients/python"], check=True
    )
    return ROOT / ".venv-stores"


def stores_packages() -> Path:
    """Where its packages are, for a process of the project's own Python that is to have them as well."""
    [found] = make_stores_environment().glob("lib/python3*/site-packages")
    return found
