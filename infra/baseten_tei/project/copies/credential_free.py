"""The environment of a preview without credentials."""

from collections.abc import Mapping

from baseten_tei.project.copies.secure_values import UNCHANGED
from baseten_tei.spec.hf_token import VARIABLE

PASSPHRASE = "placeholders-only"  # noqa: S105  # what it encrypts are placeholders

_HANDED_ON = (
    "PATH", "HOME", "TMPDIR", "LANG", "LC_ALL", "CI", "BASETEN_EMULATOR_PORT",
    "PULUMI_HOME", "PULUMI_SKIP_UPDATE_CHECK", "PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION",
    "XDG_CACHE_HOME", "XDG_STATE_HOME",
    "HTTPS_PROXY", "https_proxy", "NO_PROXY", "no_proxy", "SSL_CERT_FILE",  # for Pulumi's plugins
)  # fmt: skip
"""The whole environment of a preview without credentials: no other variable can leak."""


def credential_free_environment(environ: Mapping[str, str], backend: str) -> dict[str, str]:
    """Return the environment of a preview in a state and with a passphrase of its own, without a credential."""
    return {
        **{name: environ[name] for name in _HANDED_ON if name in environ},
        "PULUMI_BACKEND_URL": backend,
        "PULUMI_CONFIG_PASSPHRASE": PASSPHRASE,
        "PIP_DISABLE_PIP_VERSION_CHECK": "1",  # Pulumi's host runs `pip list`, which asks for newer pips
        VARIABLE: UNCHANGED,
    }
