"""A rehearsal of a program that registers more than models: only the models are made, and what they are in."""

from collections.abc import Iterable

from baseten_tei.project.program_run import Resource
from baseten_tei.project.urns import kind_of, name_of
from baseten_tei.spec.type_tokens import COMPONENTS, PROVIDER

OURS = (f"**{COMPONENTS}**", f"**{PROVIDER}**", "**pulumi:providers:baseten**")
"""Of URNs, as `--target` takes them: `**` is any text (pulumi 3.259.0 to 3.276.0)."""


def target_options(others: Iterable[Resource]) -> tuple[str, ...]:
    """Return the options of `pulumi up` that leave the other resources out; none where there are none."""
    found = list(others)
    if not any(it.custom for it in found):
        return ()
    # With `**` one that the other side of the rehearsal does not have is not an error.
    holders = (f"**::{it.urn.split('::', 2)[2]}" for it in found if not it.custom)
    return tuple(word for urn in (*OURS, *holders) for word in ("--target", urn))


def left_out_lines(others: Iterable[Resource]) -> list[str]:
    """Return a line for what is not made in a rehearsal."""
    return [
        f"{kind_of(it.urn)} {name_of(it.urn)!r} is left out: a rehearsal makes models only"
        for it in others
        if it.custom
    ]
