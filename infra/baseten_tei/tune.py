"""`python -m baseten_tei.tune MODEL [--stack S]`: find the settings with which a model does most, by measuring.

Up to 12 settings are tried, each on a deployment of its own that is deleted again, under a load of texts of realistic
length. What is best goes into Pulumi.<stack>.yaml, to be reviewed, with the evidence in benchmarks/results/tune; with
--peak and --slo-ms, autoscaling settings as well. `--url` only measures a router that is there already. docs/tuning.md.

Exit: 0 done, 1 it could not be measured, 2 it cannot be begun, 130 interrupted.
"""

import argparse
import sys
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from types import FrameType

from baseten_tei import slots
from baseten_tei.ending import INTERRUPTED, ends_with, on_interrupt
from baseten_tei.errors import UserError, naming
from baseten_tei.generate import stacks
from baseten_tei.measured_url import measured_url
from baseten_tei.names import perhaps
from baseten_tei.prepare import ready
from baseten_tei.reading import is_there, read_text
from baseten_tei.rules.subject import Subject
from baseten_tei.scratch import Scratch, cleaned
from baseten_tei.tuned import Tuning
from baseten_tei.tuning.autoscaling import Wish
from baseten_tei.tuning.plan import Plan
from baseten_tei.tuning.texts import DISTRIBUTIONS, file_texts, made_texts
from baseten_tei.workspace import Workspace

TEXTS = 4096
"""Different texts that are made ready; they are sent in turn."""


@ends_with(2)
def main(argv: Sequence[str] | None = None) -> int:
    """Tune, clean, or measure a URL; and say by the exit code how it went."""
    arguments = _parser().parse_args(argv)
    on_interrupt(_interrupted)
    try:
        if arguments.url:
            return measured_url(arguments.url, _texts(arguments), _plan(arguments), _tell)
        workspace = Workspace(arguments.root, arguments.stack)
        if arguments.clean:
            return _clean(workspace, arguments.model)
        if not arguments.model:
            raise UserError("name the model to tune, e.g. python -m baseten_tei.tune bge")
        subject = _subject(workspace, arguments.model)
        plan, texts = _plan(arguments), _texts(arguments)
    except KeyboardInterrupt:
        print("interrupted: nothing was deployed", file=sys.stderr)
        return INTERRUPTED
    try:
        name = f"{workspace.target.management_url} {workspace.owner}"
        with slots.one_at_a_time(name, slots.TUNING):
            _clean(workspace, subject.name)
            scratch = Scratch(workspace, subject.name, subject.args, _tell)
            Tuning(workspace, subject, scratch, texts, plan, _tell).run()
    except (UserError, OSError) as error:
        print(error, file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("interrupted: what was deployed for it is deleted", file=sys.stderr)
        return INTERRUPTED
    return 0


_tell = partial(print, flush=True)


def _clean(workspace: Workspace, name: str | None) -> int:
    for it in cleaned(workspace, name):
        _tell(f"deleted {it}, which an earlier run left behind")
    return 0


def _interrupted(_number: int, _frame: FrameType | None) -> None:
    """Heard once: a second one would leave a deployment behind that costs money."""
    on_interrupt(lambda *_: None)
    raise KeyboardInterrupt


def _subject(workspace: Workspace, name: str) -> Subject:
    """The model, its sizes derived, and judged. Raises `UserError`."""
    found = [it for it in stacks(workspace.root) if it.name == workspace.stack]
    subjects = {it.name: it for stack in found for it in stack.settings.subjects}
    if name not in subjects:
        known = perhaps(name, subjects)
        raise UserError(f"stack {workspace.stack!r} has no model {name!r}.{known}")
    return ready([subjects[name]])[name].subject


def _plan(arguments: argparse.Namespace) -> Plan:
    """Raises `UserError`."""
    if (arguments.peak is None) != (arguments.slo_ms is None):
        raise UserError("--peak and --slo-ms go together: how many texts a second, how soon")
    if arguments.seconds <= 0 or arguments.probes < 2:
        raise UserError("write --seconds above 0, and --probes of 2 or more")
    wish = arguments.peak and Wish(arguments.peak, arguments.slo_ms, arguments.cold_start)
    return Plan(
        wish=wish or None,
        texts=arguments.texts,
        texts_per_request=arguments.texts_per_request,
        seconds=arguments.seconds,
        probes=arguments.probes,
        tolerance=arguments.tolerance / 100,
        seed=arguments.seed,
        write=not arguments.dry_run,
    )


def _texts(arguments: argparse.Namespace) -> list[str]:
    """Raises `UserError` for a name that is neither a distribution nor a file."""
    if arguments.texts in DISTRIBUTIONS:
        return made_texts(arguments.texts, TEXTS, arguments.seed)
    path = Path(arguments.texts)
    if not is_there(path):
        known = ", ".join(DISTRIBUTIONS)
        raise UserError(f"--texts {arguments.texts!r} is neither a file nor one of {known}")
    text = read_text(path)
    with naming(path):
        return file_texts(text, TEXTS, arguments.seed)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m baseten_tei.tune", description=__doc__)
    add = parser.add_argument
    add("model", nargs="?", metavar="MODEL", help="name in the stack")
    add("--stack", default="dev", help="default: dev")
    add(
        "--texts",
        default="passages",
        help=f"{', '.join(DISTRIBUTIONS)}, or a file, one text a line",
    )
    add(
        "--texts-per-request",
        type=int,
        default=0,
        metavar="N",
        help="default: all that it may have",
    )
    add("--seconds", type=float, default=20.0, help="of load for each probe; default: 20")
    add("--probes", type=int, default=12, help="most settings to try; default: 12")
    add(
        "--tolerance",
        type=float,
        default=3.0,
        metavar="PERCENT",
        help="what makes no difference; default: 3",
    )
    add(
        "--peak",
        type=float,
        metavar="TEXTS/S",
        help="derive autoscaling for so many texts a second",
    )
    add("--slo-ms", type=float, metavar="MS", help="in which 95 of 100 requests are to be answered")
    add("--cold-start", type=int, default=120, metavar="S", help="of a replica; default: 120")
    add("--seed", type=int, default=0, help="of the texts and their order; default: 0")
    add("--url", help="measure this router, and deploy nothing")
    add("--clean", action="store_true", help="only delete what killed runs left behind")
    add("--dry-run", action="store_true", help="write nothing into the stack's configuration")
    add("--root", type=Path, default=Path.cwd(), help="folder of Pulumi.yaml")
    return parser


if __name__ == "__main__":
    sys.exit(main())
