"""What a stack is previewed against in a pull request, and the environment that a preview without credentials gets."""

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
"""The whole environment of a preview without credentials: what is not named here cannot leak."""


def choose_origin(target: Target, environ: Mapping[str, str], *, has_snapshot: bool) -> Origin:
    """The real state where its credentials are there, else a snapshot, else nothing.

    A stack on an emulator has no state outside the machine of whoever develops with it.
    """
    if not target.loopback and has_credentials(environ):
        return "real"
    return "snapshot" if has_snapshot else "nothing"


def has_credentials(environ: Mapping[str, str]) -> bool:
    """Whether Baseten's key is there, and what Pulumi's state needs."""
    file = environ.get(FILE_VARIABLE, "")
    own_file = bool(file) and not file.endswith(PUBLIC_FILE)
    state = own_file or any(environ.get(name, "").strip() for name in BACKENDS)
    return state and bool(environ.get("BASETEN_API_KEY", "").strip())


def credential_free_environment(environ: Mapping[str, str], backend: str) -> dict[str, str]:
    """The environment of a preview in a state and with a passphrase of its own: it holds nothing worth hiding."""
    return {
        **{name: environ[name] for name in _HANDED_ON if name in environ},
        "PULUMI_BACKEND_URL": backend,
        "PULUMI_CONFIG_PASSPHRASE": PASSPHRASE,
        "PIP_DISABLE_PIP_VERSION_CHECK": "1",  # Pulumi's host runs `pip list`, which asks for newer pips
        VARIABLE: UNCHANGED,
    }


def origin_text(kind: Origin, commit: str) -> str:
    """What the report says that a stack was held against."""
    if kind == "real":
        return "the real state"
    if kind == "nothing":
        return "nothing, without credentials, so that every resource is new"
    at = f" of commit {commit[:7]}" if commit else ""
    return f"the state snapshot{at}, without credentials"
