"""A deployed config that starts TEI, read: its router's flags, its release, its task, its weights.

The config is what `GET /v1/models/{m}/deployments/{d}/config` gives: as pushed by hand or by truss, with or
without truss's defaults.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from baseten_tei.deployment.read_back.origin import Origin, find_origin
from baseten_tei.deployment.read_back.router_command import RouterCommand, read_command
from baseten_tei.errors import HUGGING_FACE, kind_of_secret
from baseten_tei.facts.tei import flags, releases
from baseten_tei.facts.tei.image_reference import ImageReference, read_image
from baseten_tei.facts.tei.routes import TASK_BY_PATH

Data = Mapping[str, Any]

TOKEN_NAME = re.compile(r"(?i)(hf|hugging_?face).*(key|token)")
"""What people call the secret, or the variable, with their Hugging Face token."""

_NO = frozenset({"", "n", "no", "f", "false", "off", "0"})
"""What clap reads as "off" where a switch is set by a variable."""

TOKEN_FLAGS = frozenset({"hf-token", "hf-api-token"})


@dataclass(frozen=True)
class Deployed:
    """A deployed config whose start command is the router's."""

    config: Data
    command: RouterCommand
    origin: Origin
    task: str
    image: ImageReference

    @property
    def version(self) -> str:
        """The image's TEI release: `1.8.3`; of a tag that moves the newest that is known here."""
        return self.image.release

    @cached_property
    def environment(self) -> dict[str, str]:
        """The container's variables, the script's own among them."""
        own = {name: str(value) for name, value in _part(self.config, "environment_variables")}
        return own | dict(self.command.environment)

    @cached_property
    def flags(self) -> dict[str, str | None]:
        """The router's flags by name; each can be given by a variable too, and the command line wins."""
        return router_flags(self.command, self.environment)

    @property
    def path(self) -> str:
        """The route that `/predict` leads to on Baseten."""
        return str(self.config["docker_server"].get("predict_endpoint"))

    @property
    def gated(self) -> bool:
        """Whether something in the config hands out a Hugging Face token."""
        by_flag = bool(TOKEN_FLAGS & self.flags.keys())
        return by_flag or bool(self.command.secrets) or any(_token_signs(self.config))


def read_deployed_config(config: Data) -> Deployed | str:
    """Return a config as TEI's, or why it is not."""
    server = config.get("docker_server")
    if not server or not server.get("start_command"):
        return "has no docker_server with a start_command: it does not run TEI's own image"
    variables = {name: str(value) for name, value in _part(config, "environment_variables")}
    command = read_command(server["start_command"], variables)
    if isinstance(command, str):
        return command
    image = read_image(str((config.get("base_image") or {}).get("image") or ""))
    if isinstance(image, str):
        return image
    task = TASK_BY_PATH.get(server.get("predict_endpoint") or "")
    if task is None:
        return f"predict_endpoint {server.get('predict_endpoint')!r} is not a route of TEI, so its task is unknown"
    origin = find_origin(config, router_flags(command, variables | dict(command.environment)))
    return origin if isinstance(origin, str) else Deployed(config, command, origin, task, image)


def router_flags(command: RouterCommand, variables: Mapping[str, str]) -> dict[str, str | None]:
    """Return the flags of a command line and of the variables that stand for them."""
    by_variable = {flags.environment_name(flag): flag for flag in flags.FLAGS}
    named = {by_variable[it]: value for it, value in variables.items() if it in by_variable}
    return {**named, **command.flags}


def auto_truncates(given: Mapping[str, str | None], version: str) -> bool:
    """Return whether the router cuts long texts: off by default until 1.8.3, on from 1.9.0."""
    if "auto-truncate" not in given:
        return releases.at_least(version, "1.9.0")
    value = given["auto-truncate"]
    if releases.at_least(version, "1.9.2"):
        return value in (None, "true")
    return value is None or value.lower() not in _NO  # a switch, which only its variable turns off


def _token_signs(config: Data) -> Iterator[bool]:
    """One for each part of a config that may tell of a Hugging Face token."""
    weights = config.get("weights") or ()
    yield any(it.get("auth_secret_name") or it.get("auth") for it in weights)
    yield any(TOKEN_NAME.fullmatch(name) for name, _ in _part(config, "secrets"))
    build = (config.get("build") or {}).get("secret_to_path_mapping") or {}
    yield any(TOKEN_NAME.fullmatch(name) for name in build)
    variables = [str(value) for _, value in _part(config, "environment_variables")]
    yield any(kind_of_secret(value) == HUGGING_FACE for value in variables)


def _part(config: Data, key: str) -> list[tuple[str, Any]]:
    return list((config.get(key) or {}).items())
