"""Which truss can push for us."""

from baseten_tei.errors import setup_advice

OLDEST = (0, 18, 26)
"""The first truss that takes its remote from the environment (PR #2603)."""
_TODO = setup_advice("run pip install 'truss>=0.18.26,<0.19' in its virtual environment")


def truss_version_problem(version: str | None) -> str | None:
    """Return why this truss cannot push; `None` where it can."""
    if version is None:
        return f"truss is not installed beside this program: {_TODO}"
    numbers = tuple(int(part) for part in version.split(".")[:3] if part.isdigit())
    if numbers < OLDEST:
        return f"truss {version} is too old to take its remote from the environment: {_TODO}"
    return None
