"""What a shell has to export so that plain `pulumi` is the project's engine. Pure."""

import shlex
from pathlib import Path

from pulumi_engine.decision import Kind
from pulumi_engine.project import Engine


def exports(engine: Engine) -> dict[str, str]:
    """Return the variables besides PATH.

    The built engine has a home of its own, because its plugins are stand-ins, and does not try to
    download what cannot be downloaded.
    """
    always = {"PULUMI_SKIP_UPDATE_CHECK": "true"}
    if engine.kind != Kind.BUILD:
        return always
    home = Path(engine.path).parents[1] / "home"
    no_download = {"PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION": "true"}
    return {**always, "PULUMI_HOME": str(home), **no_download}


def render(engine: Engine) -> str:
    """Return lines for `eval` in sh, bash and zsh; evaluating them twice changes nothing."""
    folder = shlex.quote(str(Path(engine.path).parent))
    path = f'case ":$PATH:" in *:{folder}:*) ;; *) export PATH={folder}:"$PATH" ;; esac'
    lines = (f"export {name}={shlex.quote(value)}" for name, value in exports(engine).items())
    return "\n".join([path, *lines]) + "\n"
