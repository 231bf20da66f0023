"""`baseten-tei operations`: Prometheus rules and a Grafana dashboard of a stack's limits."""

from collections.abc import Iterable
from pathlib import Path

import click

from baseten_tei.baseten.target import find_target
from baseten_tei.commands.outputs import read_outputs
from baseten_tei.commands.shared.command_line import FINDING
from baseten_tei.commands.shared.options import FOLDER, on_outputs, output_option, show
from baseten_tei.errors import UserError
from baseten_tei.facts.files.read_files import read_text_if_there
from baseten_tei.operations.monitoring.dashboard import dashboard
from baseten_tei.operations.monitoring.prometheus_files import rules_file, scrape_file
from baseten_tei.operations.monitoring.watched import watch
from baseten_tei.outputs.types import StackOutputs

KEY_FILE = "/etc/prometheus/baseten-api-key"
_SCRAPE, _RULES, _DASHBOARD = "prometheus.yml", "baseten-tei-rules.yml", "dashboard.json"


@click.command(name="operations")
@output_option(FOLDER, Path("operations"))
@click.option("--check", is_flag=True, help="Write nothing; exit with 1 if a file is out of date.")
@click.option(
    "--slo-ms",
    "slo",
    multiple=True,
    metavar="[MODEL=]MS",
    help="In which 95 of 100 requests are to be answered; may be repeated. Without, response times raise no alert.",
)
@click.option(
    "--key-file",
    default=KEY_FILE,
    metavar="FILE",
    help="File with an API key, where Prometheus runs.",
)
@on_outputs
def command(
    root: Path | None,
    stack: str | None,
    output: Path,
    check: bool,
    slo: tuple[str, ...],
    key_file: str,
    file: str | None,
) -> int:
    """Write Prometheus rules and a Grafana dashboard from a stack's limits.

    prometheus.yml scrapes Baseten's metrics export, baseten-tei-rules.yml holds the limits of each environment and
    alerts (refusals, queue, cold starts, replicas, response times, versions), dashboard.json the same as graphs. The
    limits, and which version serves, are those of the stack's outputs: write them again after each `pulumi up`.
    """
    texts = _texts(read_outputs(root, stack, file), stack or "file", key_file, _read_slo(slo))
    if check:
        return _check(texts, output)
    for name, text in texts.items():
        show(text, output / name)
    return 0


def _texts(
    outputs: StackOutputs, stack: str, key_file: str, slo_ms: dict[str, float]
) -> dict[str, str]:
    watched = watch(stack, outputs, slo_ms)
    if not watched:
        raise UserError("the stack has no models, so there is nothing to watch")
    target = find_target(next(iter(outputs.models.values())).sync_url)
    return {
        _SCRAPE: scrape_file(stack, target.metrics_url, key_file, _RULES),
        _RULES: rules_file(stack, watched),
        _DASHBOARD: dashboard(stack),
    }


def _read_slo(given: Iterable[str]) -> dict[str, float]:
    """Return milliseconds by model, those of all models under ""."""
    found: dict[str, float] = {}
    for text in given:
        model, _, number = text.rpartition("=")
        try:
            found[model] = float(number)
        except ValueError:
            found[model] = 0.0
        if not 0 < found[model] < float("inf"):
            raise UserError(
                f"--slo-ms {text!r} is not a number of milliseconds: write e.g. --slo-ms bge=500"
            )
    return found


def _check(texts: dict[str, str], folder: Path) -> int:
    stale = [
        folder / name for name, text in texts.items() if read_text_if_there(folder / name) != text
    ]
    for path in stale:
        click.echo(f"{path} is out of date: run the same command without --check")
    if not stale:
        click.echo(f"{folder} is up to date")
    return FINDING if stale else 0
