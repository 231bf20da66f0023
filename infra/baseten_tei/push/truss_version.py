"""Which truss can push for us."""

OLDEST = (0, 18, 26)
"""The first truss that takes its remote from the environment (PR #2603)."""


def truss_version_problem(version: str | None) -> str | None:
    """Why this truss cannot push; `None` where it can."""
    if version is None:
        return "truss is not installed beside this program: type `make setup`, or pip install truss==0.18.35"
    numbers = tuple(int(part) for part in version.split(".")[:3] if part.isdigit())
    if numbers < OLDEST:
        return (
            f"truss {version} is too old to take its remote from the environment: "
            "type `make setup`, or pip install truss==0.18.35"
        )
    return None
