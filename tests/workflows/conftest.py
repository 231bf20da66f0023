"""The emulator of the end-to-end tests."""

from tests.e2e.conftest import emulator, shared_emulator

__all__ = ["emulator", "shared_emulator"]
