"""Prometheus's files: what to scrape, and the rules, as YAML that people read."""

from collections.abc import Sequence
from typing import Any
from urllib.parse import urlsplit

import yaml

from baseten_tei.operations.monitoring.alert_rules import alert_rules
from baseten_tei.operations.monitoring.exported_metrics import PER_MINUTE, SCRAPE_SECONDS
from baseten_tei.operations.monitoring.limit_rules import JOB, answer_rules, limit_rules
from baseten_tei.operations.monitoring.watched import Watched

_HEADER = "# Written by `baseten-tei operations` for stack {stack}: do not edit, write again after each `pulumi up`.\n"
_LIMIT = (
    f"# Baseten answers {PER_MINUTE} requests a minute of the whole organization, and 429 above that: one Prometheus\n"
    f"# that asks every {SCRAPE_SECONDS} s leaves room for others. The file {{key_file}} holds an API key (type\n"
    "# WORKSPACE_EXPORT_METRICS is enough) and nothing else.\n"
)


class _Dumper(yaml.SafeDumper):
    """Writes texts of several lines as such, and a repeated value again."""

    def ignore_aliases(self, data: Any) -> bool:
        """Of nothing."""
        del data
        return True


def _text(dumper: _Dumper, text: str) -> yaml.Node:
    style = "|" if text.endswith("\n") else None
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style)


_Dumper.add_representer(str, _text)


def scrape_file(stack: str, metrics_url: str, key_file: str, rules_file: str) -> str:
    """Return a whole configuration; of a Prometheus that is there already, its one scrape is to be taken."""
    address = urlsplit(metrics_url)
    scrape = {
        "job_name": JOB,
        "scrape_interval": f"{SCRAPE_SECONDS}s",
        "scrape_timeout": "30s",
        "scheme": address.scheme,
        "metrics_path": address.path,
        "authorization": {"type": "Api-Key", "credentials_file": key_file},
        "static_configs": [{"targets": [address.netloc]}],
    }
    config = {
        "global": {"evaluation_interval": f"{SCRAPE_SECONDS}s"},
        "rule_files": [rules_file],
        "scrape_configs": [scrape],
    }
    head = _HEADER.format(stack=stack) + _LIMIT.format(key_file=key_file)
    return head + _dump(config)


def rules_file(stack: str, watched: Sequence[Watched]) -> str:
    """Return the stack's limits and alerts."""
    groups = [
        {
            "name": f"baseten-tei {stack}: limits",
            "rules": [*limit_rules(watched), *answer_rules(stack)],
        },
        {"name": f"baseten-tei {stack}: alerts", "rules": alert_rules(stack)},
    ]
    return _HEADER.format(stack=stack) + _dump({"groups": groups})


def _dump(document: Any) -> str:
    return yaml.dump(document, Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=2**31)
