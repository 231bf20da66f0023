"""docs/rules.md, from the rules themselves."""

from baseten_tei.rules.releases_table import render_releases
from baseten_tei.rules.rule import Rule

RULES_PATH = "docs/rules.md"

_HEAD = """\
# Rules

Problems that Baseten and TEI report only after a push. `pulumi preview` reports them first: errors stop it, warnings
appear on the model. `baseten-tei check` reports them for every stack.
To silence one for a model, with the reason:

```yaml
    bge:
      silence: {TEI-MEM-001: measured to fit with our texts}
```

Rules marked † need the model's locked facts (`baseten-tei lock`). Those marked ‡ cannot be silenced: without them there
is nothing to deploy, so that every command refuses the model, not the preview alone.
"""


def render_rules(rules: tuple[Rule, ...]) -> str:
    """Return the page: a table per family, in the order of the rules, and TEI's releases."""
    families: dict[str, list[Rule]] = {}
    for rule in rules:
        families.setdefault(rule.id.rsplit("-", 1)[0], []).append(rule)
    tables = (_table(family, found) for family, found in families.items())
    return _HEAD + "".join(tables) + render_releases()


def _table(family: str, rules: list[Rule]) -> str:
    rows = [
        f"| {rule.id}{_marks(rule)} | {rule.severity} | {_cell(rule.title)} | {_cell(rule.source)} |"
        for rule in rules
    ]
    return "\n".join(
        [f"\n## {family}\n", "| rule | severity | what | source |", "|---|---|---|---|", *rows, ""]
    )


def _marks(rule: Rule) -> str:
    return f"{'†' if rule.needs_facts else ''}{'‡' if rule.is_firm else ''}"


def _cell(text: str) -> str:
    return text.replace("|", "\\|")
