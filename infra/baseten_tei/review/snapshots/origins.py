"""What a pull request's preview is made against, and the environment of a preview without credentials."""

from collections.abc import Mapping
from typing import Literal

from baseten_tei.baseten.target import Target
from baseten_tei.review.snapshots.secure_values import UNCHANGED
from baseten_tei.rules.secrets.passphrase import FILE_VARIABLE, PUBLIC_FILE
from baseten_tei.spec.hf_token import VARIABLE

Origin = Literal["real", "snapshot", "nothing"]

BACKENDS = ("PULUMI_ACCESS_TOKEN", "PULUMI_BACKEND_URL", "PULUMI_CONFIG_PASSPHRASE")
PASSPHRASE = "placeholders-only"  # noqa: S105  # what it encrypts are placeholders

_HANDED_ON = (
    "PATH", "HOME", "TMPDIR", "LANG", "LC_ALL", "CI", "BASETEN_EMULATOR_PORT",
    "PULUMI_HOME", "PULUMI_SKIP_UPDATE_CHECK", "PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION",
    "XDG_CACHE_HOME", "XDG_STATE_HOME",
    "HTTPS_PROXY", "https_proxy", "NO_PROXY", "no_proxy", "SSL_CERT_FILE",  # for Pulumi's plugins
)  # fmt: skip
"""The whole environment of a preview without credentials: no other variable can leak."""


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


def credential_free_environment(environ: Mapping[str, str], backend: str) -> dict[str, str]:
    """Return the environment of a preview in a state and with a passphrase of its own, without a credential."""
    return {
        **{name: environ[name] for name in _HANDED_ON if name in environ},
        "PULUMI_BACKEND_URL": backend,
        "PULUMI_CONFIG_PASSPHRASE": PASSPHRASE,
        "PIP_DISABLE_PIP_VERSION_CHECK": "1",  # Pulumi's host runs `pip list`, which asks for newer pips
        VARIABLE: UNCHANGED,
    }


def origin_text(kind: Origin, commit: str) -> str:
    """Return what the report says that a preview was made against."""
    if kind == "real":
        return "the real state"
    if kind == "nothing":
        return "nothing, without credentials, so that every resource is new"
    at = f" of commit {commit[:7]}" if commit else ""
    return f"the state snapshot{at}, without credentials"
