"""How the config of the version that serves differs from our version's, by field.

Both are Baseten's own answer (`GET …/deployments/{id}/config`), so a default that the server adds stands in
both and does not differ. The router's flags are compared one by one.
"""

from collections.abc import Mapping
from typing import Any

from baseten_tei.deployment.differences import NONE, Texts, find_differences, format_change
from baseten_tei.deployment.read_back.router_command import RouterCommand, read_command

Config = Mapping[str, Any]

COMMAND = "config.docker_server.start_command"
VARIABLES = "config.environment_variables."
MOST = 20
"""Fields that are named one by one; another model's config differs nearly everywhere."""


def config_drift(ours: Config, theirs: Config) -> Texts:
    """Return `config.<path>` → `ours → theirs`; empty where both do the same, or Baseten has none of one."""
    if not ours or not theirs:
        return {}
    found = {
        **_command_drift(_command(ours), _command(theirs)),
        **_variables(_part(ours, "environment_variables"), _part(theirs, "environment_variables")),
        **find_differences(_rest(ours), _rest(theirs), "config"),
    }
    shown = dict(list(found.items())[:MOST])
    left = len(found) - len(shown)
    return {**shown, "config": f"{left} more fields differ"} if left else shown


def _part(config: Config, key: str) -> Config:
    return config.get(key) or {}


def _command(config: Config) -> str:
    return str(_part(config, "docker_server").get("start_command") or "")


def _rest(config: Config) -> dict[str, Any]:
    """The config without what is compared in its own way; of `secrets` only the names mean anything."""
    server = {k: it for k, it in _part(config, "docker_server").items() if k != "start_command"}
    rest = {key: it for key, it in config.items() if key != "environment_variables"}
    return {**rest, "docker_server": server, "secrets": sorted(_part(config, "secrets"))}


def _command_drift(ours: str, theirs: str) -> Texts:
    """By flag, whatever their order and quoting; as one text where one of the two starts no router."""
    one, other = read_command(ours, {}), read_command(theirs, {})
    if isinstance(one, str) or isinstance(other, str):
        return find_differences(ours, theirs, COMMAND)
    flags = find_differences(_flags(one), _flags(other))
    return {
        **{f"{COMMAND} {flag}": text for flag, text in flags.items()},
        **find_differences(" && ".join(one.before), " && ".join(other.before), f"{COMMAND} first"),
        **find_differences(one.secrets, other.secrets, f"{COMMAND} secrets"),
        **_variables(one.environment, other.environment, f"{COMMAND} "),
    }


def _flags(command: RouterCommand) -> dict[str, str]:
    return {f"--{name}": "set" if it is None else it for name, it in command.flags.items()}


def _variables(ours: Config, theirs: Config, prefix: str = VARIABLES) -> Texts:
    """By name. What another pushed may hold a secret under any name, so its values are not shown."""
    return {
        f"{prefix}{name}": format_change(
            ours.get(name), "another value" if name in theirs else NONE
        )
        for name in {**ours, **theirs}
        if ours.get(name) != theirs.get(name)
    }
