"""The one place that knows where Baseten is: the real service, or an emulator on this machine.

`baseten:target` in a stack's configuration is `baseten` (default), `emulator` (the embedded one of this
project), or the loopback address of another emulator. All other code is the same for each.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from baseten_tei.errors import UserError, is_sendable

BASETEN = "baseten"
EMULATOR = "emulator"
DEFAULT_EMULATOR_PORT = 8791
EMULATOR_API_KEY = "emulator"
"""What the embedded emulator accepts unless told otherwise. A real key is never sent to it."""

NO_TARGET = (
    "baseten:target is not set, so this is Baseten itself, with the account of BASETEN_API_KEY: run "
    "`pulumi config set baseten:target baseten` to say so, or `pulumi config set baseten:target emulator`"
)
"""What a user reads who has not said which Baseten is meant; a stack that has always gone without still works."""

_LOOPBACK = re.compile(r"http://(127\.0\.0\.1|localhost):\d{1,5}")


@dataclass(frozen=True)
class Target:
    """Addresses of one Baseten (source for the real ones: truss 0.18.35 `api.py`, Baseten docs)."""

    management_url: str
    remote_url: str
    """What truss calls the remote; it appends `/graphql/`."""
    model_url: str
    """A model's own endpoint, with `{model_id}` to fill in."""
    embedded: bool = False
    """Whether this is the project's own emulator, which is started when it is needed."""

    @property
    def metrics_url(self) -> str:
        """Where metrics are exported for Prometheus (Baseten docs: export metrics, overview)."""
        return f"{self.remote_url}/metrics"

    @property
    def loopback(self) -> bool:
        """Whether it is on this machine: no proxy stands between, and no real secret is at stake."""
        return self.management_url.startswith("http://")


def parse_target(value: str | None, emulator_port: str | None = None) -> Target:
    """Return the target that a stack's `baseten:target` names. Raises `UserError` for anything else."""
    match value or BASETEN:
        case "baseten":
            return Target(
                management_url="https://api.baseten.co",
                remote_url="https://app.baseten.co",
                model_url="https://model-{model_id}.api.baseten.co",
            )
        case "emulator":
            return _emulator(f"http://127.0.0.1:{_port(emulator_port)}", embedded=True)
        case address if _LOOPBACK.fullmatch(address):
            return _emulator(address, embedded=False)
        case other:
            raise UserError(
                f"baseten:target {other!r} is neither Baseten nor an emulator on this machine: "
                "write baseten:target: baseten, emulator, or http://127.0.0.1:PORT"
            )


def find_target(url: str) -> Target:
    """Return the target that a model's URL is of."""
    address = _LOOPBACK.match(url)
    return parse_target(address[0] if address else BASETEN)


def check_emulator(target: Target, stack: str, urls: Iterable[str]) -> None:
    """Raise `UserError` where a stack is on the embedded emulator of another port than this shell's.

    `urls` are those of its models: the emulator of this port is another one, and knows none of them.
    """
    if not target.embedded:
        return
    for url in urls:
        address = _LOOPBACK.match(url)
        if address and not url.startswith(f"{target.management_url}/"):
            raise UserError(
                f"stack {stack!r} was brought up on the emulator at {address[0]}, and this shell's is at "
                f"{target.management_url}: run export BASETEN_EMULATOR_PORT={address[0].rpartition(':')[2]}"
            )


def find_api_key(target: Target, environ: Mapping[str, str]) -> str:
    """Return the API key for a target, from the process environment alone. Raises `UserError` where none is set."""
    if target.embedded:
        return EMULATOR_API_KEY
    if key := environ.get("BASETEN_API_KEY", "").strip():
        if not is_sendable(key):
            raise UserError(
                "BASETEN_API_KEY has a space, a line break or another character that no key has: copy it again from "
                "https://app.baseten.co/settings/api_keys"
            )
        return key
    raise UserError(
        "no Baseten API key: create one at https://app.baseten.co/settings/api_keys, then type "
        "export BASETEN_API_KEY=<your key>"
    )


def _emulator(address: str, *, embedded: bool) -> Target:
    return Target(address, address, f"{address}/hosts/model-{{model_id}}", embedded)


def _port(given: str | None) -> int:
    if not given:
        return DEFAULT_EMULATOR_PORT
    if given.isdecimal() and 0 < int(given) < 65536:
        return int(given)
    raise UserError(
        f"BASETEN_EMULATOR_PORT {given!r} is not a port: run e.g. export BASETEN_EMULATOR_PORT=8792"
    )
