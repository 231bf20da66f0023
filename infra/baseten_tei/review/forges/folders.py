"""Names of a project on a forge: a repository may hold several, each in a folder of its own."""

from pathlib import PurePosixPath


def workflow_name(folder: str) -> str:
    """Return what names of workflows and jobs begin with; `folder` is the project's, empty for the repository's own."""
    return "-".join(("baseten-tei", *PurePosixPath(folder).parts))


def at_folder(folder: str) -> str:
    """Return what tells a project's artifacts from those of the repository's other projects: `@ml-search`."""
    return f"@{'-'.join(PurePosixPath(folder).parts)}" if folder else ""
