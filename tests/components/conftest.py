"""Each program gets a project folder of its own, an API key, and no CI."""

from pathlib import Path

import pytest


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The project's folder, of a person (not CI) who has an API key and no token."""
    for variable in (
        "CI",
        "HF_ACCESS_KEY",
        "BASETEN_EMULATOR_PORT",
        "PULUMI_CONFIG_PASSPHRASE",
        "PULUMI_CONFIG_PASSPHRASE_FILE",
    ):
        monkeypatch.delenv(variable, raising=False)
    monkeypatch.setenv("BASETEN_API_KEY", "the-s3cret-key")
    return tmp_path
