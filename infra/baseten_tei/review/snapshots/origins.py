"""What a pull request's preview is made against."""

from collections.abc import Mapping
from typing import Literal

from baseten_tei.baseten.target import Target
from baseten_tei.rules.secrets.passphrase import FILE_VARIABLE, PUBLIC_FILE

Origin = Literal["real", "snapshot", "nothing"]

BACKENDS = ("PULUMI_ACCESS_TOKEN", "PULUMI_BACKEND_URL", "PULUMI_CONFIG_PASSPHRASE")


def choose_origin(target: Target, environ: Mapping[str, str], *, has_snapshot: bool) -> Origin:
    """Return `real` if the state's credentials are there, else `snapshot` if there is one, else `nothing`.

    A stack on an emulator has no state outside its developer's machine.
    """
    if not target.loopback and has_credentials(environ):
        return "real"
    return "snapshot" if has_snapshot else "nothing"


def has_credentials(environ: Mapping[str, str]) -> bool:
    """Return whether Baseten's key and the credentials of Pulumi's state are there."""
    file = environ.get(FILE_VARIABLE, "")
    own_file = bool(file) and not file.endswith(PUBLIC_FILE)
    state = own_file or any(environ.get(name, "").strip() for name in BACKENDS)
    return state and bool(environ.get("BASETEN_API_KEY", "").strip())


def origin_text(kind: Origin, commit: str) -> str:
    """Return what the report says that a preview was made against."""
    if kind == "real":
        return "the real state"
    if kind == "nothing":
        return "nothing, without credentials, so that every resource is new"
    at = f" of commit {commit[:7]}" if commit else ""
    return f"the state snapshot{at}, without credentials"
