"""The environment of a process of ours that outlives whoever started it: what it needs, by name."""

from collections.abc import Mapping

_NEEDED = (
    "PATH", "HOME", "TMPDIR", "TZ", "LANG", "LANGUAGE", "SYSTEMROOT",
    "PYTHONPATH", "PYTHONHOME", "PYTHONUTF8", "PYTHONIOENCODING", "PYTHONDONTWRITEBYTECODE",
    "PYTHONPYCACHEPREFIX", "PYTHONHASHSEED",
)  # fmt: skip
_PREFIXES = ("LC_", "BASETEN_EMULATOR_")


def emulator_environment(environ: Mapping[str, str]) -> dict[str, str]:
    """Return what an emulator gets of an environment: no key, no credential, no proxy (its URL may hold a password)."""
    return {
        name: value
        for name, value in environ.items()
        if name in _NEEDED or name.startswith(_PREFIXES)
    }
